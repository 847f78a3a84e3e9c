import { type ColumnTable, type RowSink, rowReader } from './columns.ts';
import { decode } from './csv-rows.ts';
import { parseExactJson } from './exact-json.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { type SourceFile, textBytes } from './source-file.ts';

/** Longest line that is read. */
const lineSizeMax = 16 * 1024 * 1024;

/**
 * Reads JSON lines (UTF-8, one object a line) and hands each row's fields to `sink`. Keys are found by name, without
 * regard to letter case; keys that the table does not name are passed over. Numbers keep the digits they were written
 * with. An object where the table wants text is kept as its JSON.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readJsonLineRows<T extends ColumnTable>(
  file: SourceFile,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const read = rowReader(file.name, table, sink);
  const binder = keyBinder(table);
  let rows = 0;
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === '') continue;
    const record = parseLine(file.name, line, text);
    const keys = binder(record);
    rows += 1;
    read((field) => toText(record[keys[field] ?? '']), line);
  }
  return rows;
}

async function* linesOf(file: SourceFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const bytes of textBytes(file)) {
    const lines = (rest + decode(file.name, () => decoder.decode(bytes, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineSizeMax) {
      throw new FileRefusedError({
        code: 'lineTooLong',
        file: file.name,
        message: `${file.name}: a line is longer than ${lineSizeMax} characters`,
      });
    }
    yield* lines;
  }
  rest += decode(file.name, () => decoder.decode());
  if (rest !== '') yield rest;
}

function parseLine(fileName: string, line: number, text: string): Readonly<Record<string, unknown>> {
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
function keyBinder(table: ColumnTable) {
  const wanted = Object.values(table).map((column) => column.names.map((name) => name.toLowerCase()));
  let lastShape = '';
  let lastKeys: readonly (string | undefined)[] = [];
  return (record: Readonly<Record<string, unknown>>): readonly (string | undefined)[] => {
    const keys = Object.keys(record);
    const shape = keys.join('\n');
    if (shape !== lastShape) {
      lastShape = shape;
      lastKeys = wanted.map((names) => keys.find((key) => names.includes(key.toLowerCase())));
    }
    return lastKeys;
  };
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
