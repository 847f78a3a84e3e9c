import { type ColumnTable, type RowSink, rowReader, rowsBetweenDrains } from './columns.ts';
import { parseExactJson } from './exact-json.ts';
import { pageRecords } from './file-head.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { foldHeader } from './header.ts';
import { limits } from './limits.ts';
import { type SourceFile, unpackedText } from './source-file.ts';

/**
 * Reads one JSON document that holds rows, as version 1 of the API answers a page: a list, or an object whose `items`
 * (or `value`) is one. It is read whole, since a page has at most 2,000 rows. Rows are counted in place of lines.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readJsonPageRows<T extends ColumnTable>(
  file: SourceFile,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const records = pageRecords(await parseDocument(file));
  if (records === undefined) throw badPage(file.name, 'expected a list of rows, or one under items or value');
  const read = rowReader(file.name, table, sink);
  const columns = Object.values(table);
  const missing = new Set(columns.filter((column) => column.required));
  for (const [index, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw badPage(file.name, `row ${index + 1} is not an object`);
    }
    const values = byFoldedName(file.name, record);
    const found = columns.map((column) => {
      const name = column.names.find((candidate) => values.has(candidate.toLowerCase()));
      if (name !== undefined) missing.delete(column);
      return name === undefined ? undefined : values.get(name.toLowerCase());
    });
    read((field) => found[field], index + 1);
    if ((index + 1) % rowsBetweenDrains === 0) await sink.drain?.();
  }
  for (const column of records.length === 0 ? [] : missing) throw missingInEveryRow(file.name, column.names[0] ?? '');
  return records.length;
}

function byFoldedName(fileName: string, record: object): ReadonlyMap<string, string | undefined> {
  const names = foldHeader(fileName, Object.keys(record));
  const values = Object.values(record).map((value: unknown) =>
    value === null || value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value),
  );
  return new Map(names.map((name, index) => [name, values[index]]));
}

async function parseDocument(file: SourceFile): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of unpackedText(file)) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.pageBytesMax) {
      throw badPage(file.name, `the document is longer than ${limits.pageBytesMax} bytes; expected JSON lines`);
    }
    chunks.push(chunk);
  }
  try {
    return parseExactJson(new TextDecoder().decode(Buffer.concat(chunks)));
  } catch (error) {
    if (error instanceof SyntaxError) throw badPage(file.name, 'it is not valid JSON', error);
    throw error;
  }
}

function badPage(fileName: string, reason: string, cause?: Error): FileRefusedError {
  return new FileRefusedError({ code: 'badJson', file: fileName, message: `${fileName}: ${reason}` }, { cause });
}

function missingInEveryRow(fileName: string, column: string): FileRefusedError {
  const message = `${fileName}: the column ${column} is missing in every row`;
  return new FileRefusedError({ code: 'missingColumn', file: fileName, column, message });
}
