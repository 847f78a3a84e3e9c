import { once } from 'node:events';
import { CsvError, type Parser, parse } from 'csv-parse';
import { type ColumnTable, type RowSink, rowReader } from './columns.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { type SourceFile, textBytes } from './source-file.ts';

type CsvRecord = { readonly info: { readonly lines: number }; readonly record: readonly string[] };

/** Longest row that is read; a longer one is a lost quote, not data. */
const rowSizeMax = 16 * 1024 * 1024;

/**
 * Reads a CSV file (RFC 4180, header first, UTF-8) and hands each row's fields to `sink`. Columns are found by name;
 * columns that the table does not name are passed over.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readCsvRows<T extends ColumnTable>(
  file: SourceFile,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const read = rowReader(file.name, table, sink);
  const parser = parse({ bom: true, info: true, max_record_size: rowSizeMax, skip_empty_lines: false });
  const feeding = feed(file, parser);
  let positions: readonly number[] | undefined;
  let rows = 0;
  let nextLine = 1;
  try {
    for await (const { info, record } of parser as AsyncIterable<CsvRecord>) {
      const line = nextLine;
      nextLine = info.lines + 1;
      if (positions === undefined) {
        positions = bindHeader(file.name, table, record);
        continue;
      }
      const bound = positions;
      rows += 1;
      read((field) => record[bound[field] ?? -1], line);
    }
    await feeding;
  } catch (error) {
    parser.destroy();
    await feeding.catch(() => {}); // The error in hand is the first one; what feeding adds is its echo.
    throw error instanceof CsvError ? refusedCsv(file.name, error) : error;
  }
  if (positions === undefined) {
    throw new FileRefusedError({
      code: 'emptyFile',
      file: file.name,
      message: `${file.name}: the file is empty; expected a header row`,
    });
  }
  return rows;
}

/** Decodes and hands the bytes on, waiting where the parser is behind. */
async function feed(file: SourceFile, parser: Parser): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of textBytes(file)) {
      if (parser.destroyed) return;
      const text = decode(file.name, () => decoder.decode(bytes, { stream: true }));
      if (!parser.write(text)) await drained(parser);
    }
    parser.end(decode(file.name, () => decoder.decode()));
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error('Reading failed', { cause: error }));
    throw error;
  }
}

/** Resolves when the parser takes more, or has been destroyed and never will. */
async function drained(parser: Parser): Promise<void> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  try {
    await Promise.race([once(parser, 'drain', options), once(parser, 'close', options)]);
  } finally {
    settled.abort();
  }
}

/** @throws FileRefusedError when the bytes are not UTF-8 */
export function decode(fileName: string, decoding: () => string): string {
  try {
    return decoding();
  } catch (error) {
    throw new FileRefusedError(
      { code: 'badEncoding', file: fileName, message: `${fileName}: the bytes are not UTF-8 text` },
      { cause: error },
    );
  }
}

/** Position in the file of each field of the table; -1 where an optional column is absent. */
function bindHeader(fileName: string, table: ColumnTable, header: readonly string[]): readonly number[] {
  const folded = header.map((name) => name.trim().toLowerCase());
  const doubled = folded.find((name, index) => name !== '' && folded.indexOf(name) !== index);
  if (doubled !== undefined) {
    throw new FileRefusedError({
      code: 'duplicateColumn',
      file: fileName,
      line: 1,
      column: doubled,
      message: `${fileName}, line 1: the column ${doubled} is there twice`,
    });
  }
  return Object.values(table).map((column) => {
    const wanted = column.names.map((name) => name.toLowerCase());
    const position = folded.findIndex((name) => wanted.includes(name));
    if (position === -1 && column.required) {
      const name = column.names[0] ?? '';
      throw new FileRefusedError({
        code: 'missingColumn',
        file: fileName,
        line: 1,
        column: name,
        message: `${fileName}, line 1: the column ${name} is missing`,
      });
    }
    return position;
  });
}

function refusedCsv(fileName: string, error: CsvError): FileRefusedError {
  const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
  const where = line === undefined ? fileName : `${fileName}, line ${line}`;
  return new FileRefusedError(
    {
      code: error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH' ? 'raggedRow' : 'badCsv',
      file: fileName,
      ...(line === undefined ? {} : { line }),
      message: `${where}: ${error.message}`,
    },
    { cause: error },
  );
}
