import { once } from 'node:events';
import { CsvError, type Parser, parse } from 'csv-parse';
import { type ColumnTable, type RowSink, rowReader } from './columns.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { bindHeader } from './header.ts';
import { limits } from './limits.ts';
import { type SourceFile, textBytes } from './source-file.ts';

type PlacedRecord = readonly string[] & { readonly line: number };

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
  const place = lineCounter();
  const parser = parse({
    bom: true,
    max_record_size: limits.rowBytesMax,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: false,
    on_record: (record: string[], { lines }) => Object.assign(record, { line: place.next(record, lines) }),
  });
  const feeding = feed(file, parser);
  let positions: readonly number[] | undefined;
  let rows = 0;
  try {
    for await (const record of parser as AsyncIterable<PlacedRecord>) {
      if (positions === undefined) {
        positions = bindHeader(file.name, table, record);
        continue;
      }
      const bound = positions;
      rows += 1;
      read((field) => record[bound[field] ?? -1], record.line);
    }
    await feeding;
  } catch (error) {
    parser.destroy();
    await feeding.catch(() => {}); // The error in hand is the first one; what feeding adds is its echo.
    throw error instanceof CsvError ? refusedCsv(file.name, place.line(), error) : error;
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

/**
 * Counts the lines on which records begin. The parser's own count, of the lines up to the end of a record, serves only
 * to tell whether the record spans several: inside quotes it takes CRLF for two.
 */
function lineCounter() {
  let line = 1;
  let counted = 0;
  return {
    /** The line of the record that is being parsed. */
    line: () => line,
    /** Takes the next record that is complete, and tells its line. */
    next: (record: readonly string[], linesCounted: number): number => {
      const start = line;
      line += linesCounted - counted === 1 ? 1 : record.join(' ').split(/\r\n|\n|\r/).length;
      counted = linesCounted;
      return start;
    },
  };
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

/** The refusal that an error of the parser stands for, in words that do not repeat what the file holds. */
export function refusedCsv(fileName: string, line: number, error: CsvError): FileRefusedError {
  const { code, reason } = csvReason(error);
  return new FileRefusedError(
    { code, file: fileName, line, message: `${fileName}, line ${line}: ${reason}` },
    { cause: error },
  );
}

function csvReason(error: CsvError): { readonly code: string; readonly reason: string } {
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH': {
      const [, expected = '', found = ''] = /expect (\d+), got (\d+)/.exec(error.message) ?? [];
      return { code: 'raggedRow', reason: `the row has ${found} fields; expected ${expected}` };
    }
    case 'CSV_MAX_RECORD_SIZE':
      return { code: 'rowTooLong', reason: `the row is longer than ${limits.rowBytesMax} bytes; expected its end` };
    case 'INVALID_OPENING_QUOTE':
      return { code: 'badCsv', reason: 'a quote stands inside a field that does not begin with one; expected none' };
    case 'CSV_INVALID_CLOSING_QUOTE':
      return { code: 'badCsv', reason: 'text follows a closing quote; expected a comma or the end of the row' };
    case 'CSV_QUOTE_NOT_CLOSED':
      return { code: 'badCsv', reason: 'a quoted field is still open at the end of the file; expected a quote' };
    default:
      return { code: 'badCsv', reason: error.message.replace(/ (?:on|at) line \d+/, '') };
  }
}
