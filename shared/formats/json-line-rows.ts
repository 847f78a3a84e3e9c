import { checkedBytes } from './checked-bytes.ts';
import { type ColumnTable, type RowSink, rowReader, rowsBetweenDrains } from './columns.ts';
import { parseExactJson } from './exact-json.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { limits } from './limits.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Reads JSON lines (UTF-8, one object a line) and hands each row's fields to `sink`. Keys are found by name, without
 * regard to letter case; keys that the table does not name are passed over. Numbers keep the digits they were written
 * with. An object where the table wants text is kept as its JSON. A record may leave out a key that is required, as
 * writers of JSON leave out nulls; a file in which no record has it is refused.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readJsonLineRows<T extends ColumnTable>(
  file: SourceFile,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const read = rowReader(file.name, table, sink);
  const binder = keyBinder(file.name, table);
  let rows = 0;
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === '') continue;
    const record = parseLine(file.name, line, text);
    const keys = binder.bind(record, line);
    rows += 1;
    read((field) => {
      const key = keys[field];
      return key === undefined ? undefined : toText(record[key]);
    }, line);
    if (rows % rowsBetweenDrains === 0) await sink.drain?.();
  }
  if (rows > 0) binder.check();
  return rows;
}

async function* linesOf(file: SourceFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let line = 1;
  for await (const bytes of checkedBytes(file, () => line)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      if (text.length > limits.rowBytesMax) throw lineTooLong(file.name, line);
      yield text;
      line += 1;
    }
    if (rest.length > limits.rowBytesMax) throw lineTooLong(file.name, line);
  }
  if (rest !== '') yield rest;
}

/** A line goes on beyond what is kept in memory. The words do not repeat what it holds. */
export function lineTooLong(fileName: string, line: number): FileRefusedError {
  return new FileRefusedError({
    code: 'lineTooLong',
    file: fileName,
    line,
    message: `${fileName}, line ${line}: the line is longer than ${limits.rowBytesMax} bytes; expected its end`,
  });
}

/** @throws FileRefusedError when the line is not a JSON object */
export function parseLine(fileName: string, line: number, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badLine(fileName, line, 'it is not valid JSON', error);
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badLine(fileName, line, 'expected a JSON object');
  return value as Record<string, unknown>;
}

function badLine(fileName: string, line: number, reason: string, cause?: Error): FileRefusedError {
  return new FileRefusedError(
    { code: 'badJson', file: fileName, line, message: `${fileName}, line ${line}: ${reason}` },
    { cause },
  );
}

/** Finds the record's spelling of each field's key. Records of one file nearly always share their keys, so one is kept. */
export function keyBinder(fileName: string, table: ColumnTable) {
  const columns = Object.values(table);
  const missing = new Set(columns.filter((column) => column.required));
  let lastShape: string | undefined;
  let lastKeys: readonly (string | undefined)[] = [];
  const bind = (record: Readonly<Record<string, unknown>>, line: number): readonly (string | undefined)[] => {
    const keys = Object.keys(record);
    const shape = keys.join('\n');
    if (shape === lastShape) return lastKeys;
    const find = (name: string) => keyNamed(keys, name, { fileName, line });
    lastShape = shape;
    lastKeys = columns.map((column) => {
      const key = column.names.map(find).find((found) => found !== undefined);
      if (key !== undefined) missing.delete(column);
      return key;
    });
    return lastKeys;
  };
  /** @throws FileRefusedError when no record had a required key; a single record may leave out what is null */
  const check = (): void => {
    for (const column of missing) throw missingColumn(fileName, column.names[0] ?? '');
  };
  /** Takes note that a record has the key of a field, counted as in the table, when it was not bound. */
  const mark = (field: number): void => {
    const column = columns[field];
    if (column !== undefined) missing.delete(column);
  };
  return { bind, mark, check };
}

function keyNamed(
  keys: readonly string[],
  name: string,
  place: { readonly fileName: string; readonly line: number },
): string | undefined {
  const [key, second] = keys.filter((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (second === undefined) return key;
  const { fileName, line } = place;
  throw new FileRefusedError({
    code: 'duplicateColumn',
    file: fileName,
    line,
    column: name,
    message: `${fileName}, line ${line}: the column ${name} is there twice`,
  });
}

function missingColumn(fileName: string, column: string): FileRefusedError {
  return new FileRefusedError({
    code: 'missingColumn',
    file: fileName,
    column,
    message: `${fileName}: the column ${column} is missing in every row`,
  });
}

/** A value of a record as a cell of text; undefined where there is none. */
export function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
