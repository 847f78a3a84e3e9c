import { CsvError, type Parser, parse } from 'csv-parse';
import { checkedBytes } from './checked-bytes.ts';
import { emptyFile } from './csv-refusal.ts';
import { refusedCsv } from './csv-rows.ts';
import { parseExactJson } from './exact-json.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { checkWidth, foldColumnName } from './header.ts';
import { limits } from './limits.ts';
import { ReplayedBytes } from './replayed-bytes.ts';
import type { SourceFile } from './source-file.ts';

/** How a file's rows are laid out; `jsonPage` is one document, as version 1 of the API answers. */
export type RowLayout = 'csv' | 'jsonLines' | 'jsonPage' | 'parquet';

/** A row by folded column name. Absent values are left out. */
export type SampleRow = ReadonlyMap<string, string>;

/** The beginning of a file: what its columns are called, and a few rows. */
export type FileHead = {
  readonly layout: RowLayout;
  /** As the file writes them. */
  readonly columns: readonly string[];
  readonly rows: readonly SampleRow[];
};

/** A file whose beginning is known and which is still to be read. `close` is for who does not read it. */
export type LookedAt = { readonly head: FileHead; readonly file: SourceFile; readonly close: () => Promise<void> };

/**
 * Reads the beginning of a file.
 * @returns its head, and the file once more from its first byte
 * @throws FileRefusedError when it has no beginning that can be read
 */
export async function lookAt(file: SourceFile): Promise<LookedAt> {
  const bytes = new ReplayedBytes(file.bytes);
  try {
    const head = await headOf({ name: file.name, bytes: bytes.look() });
    return { head, file: { name: file.name, bytes: bytes.read() }, close: () => bytes.close() };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function headOf(file: SourceFile): Promise<FileHead> {
  const name = file.name.toLowerCase().replace(/\.gz$/, '');
  if (isCsvName(file.name)) return csvHead(file);
  if (name.endsWith('.json') || name.endsWith('.jsonl')) return jsonHead(file);
  throw unknownFileType(file.name);
}

/** Whether a file is CSV, compressed or not: its name says so. */
export function isCsvName(fileName: string): boolean {
  return /\.csv(\.gz)?$/i.test(fileName);
}

/** The name of the file says nothing that can be read. */
export function unknownFileType(fileName: string): FileRefusedError {
  return new FileRefusedError({
    code: 'unknownFileType',
    file: fileName,
    message: `${fileName}: not a kind of file that can be read; expected .csv, .csv.gz, .json, .json.gz or .parquet`,
  });
}

async function csvHead(file: SourceFile): Promise<FileHead> {
  const parser = parse({ bom: true, max_record_size: limits.rowBytesMax, relax_column_count: true });
  const records: string[][] = [];
  try {
    // Without a header yet, reading goes on until there is one or the parser finds the row too long.
    await feedUntil(file, parser, (takenBytes) => {
      const taken = takeRecords(parser, records);
      return taken > limits.headRowsMax || (taken > 0 && takenBytes > limits.headBytesMax);
    });
  } catch (error) {
    // Where there is a header, whoever reads the rows meets the error again, with its line.
    const hasHeader = takeRecords(parser, records) > 0;
    if (!(error instanceof CsvError)) {
      if (!isBadEncoding(error) || !hasHeader) throw error;
    } else if (!hasHeader) throw refusedCsv(file.name, 1, error);
  } finally {
    parser.destroy();
  }
  const [columns, ...rows] = records;
  if (columns === undefined) throw emptyFile(file.name);
  checkWidth(file.name, columns);
  const folded = columns.map(foldColumnName);
  const toSample = (row: readonly string[]): SampleRow =>
    new Map(folded.flatMap((name, index) => (row[index] === undefined ? [] : [[name, row[index]]])));
  return { layout: 'csv', columns, rows: rows.slice(0, limits.headRowsMax).map(toSample) };
}

/** Hands text to the parser until `isEnough`, or the file ends. */
async function feedUntil(file: SourceFile, parser: Parser, isEnough: (takenBytes: number) => boolean): Promise<void> {
  const failure = Promise.withResolvers<never>();
  parser.once('error', failure.reject);
  failure.promise.catch(() => {}); // Raced below; a failure after the race has nobody left to tell.
  const feeding = async () => {
    const decoder = new TextDecoder();
    let taken = 0;
    for await (const chunk of checkedBytes(file, () => 1)) {
      parser.write(decoder.decode(chunk, { stream: true }));
      taken += chunk.length;
      if (isEnough(taken)) return;
    }
    const ended = Promise.withResolvers<void>();
    parser.end(() => ended.resolve());
    isEnough(taken);
    await ended.promise;
    isEnough(taken);
  };
  await Promise.race([feeding(), failure.promise]);
}

function isBadEncoding(error: unknown): boolean {
  return error instanceof FileRefusedError && error.problem.code === 'badEncoding';
}

function takeRecords(parser: Parser, records: string[][]): number {
  for (let record: unknown = parser.read(); record !== null; record = parser.read()) records.push(record as string[]);
  return records.length;
}

async function jsonHead(file: SourceFile): Promise<FileHead> {
  const decoder = new TextDecoder('utf-8');
  let text = '';
  let isPage: boolean | undefined;
  let isWhole = true;
  try {
    for await (const chunk of checkedBytes(file, () => text.split('\n').length)) {
      text += decoder.decode(chunk, { stream: true });
      isPage ??= pageOrLines(text);
      const isEnough = isPage === true ? text.length > limits.pageBytesMax : hasEnoughLines(text);
      if (!isEnough) continue;
      isWhole = false;
      break;
    }
  } catch (error) {
    // Where there is a whole line, whoever reads the rows meets the bad byte again, with its line.
    if (!isBadEncoding(error) || isPage !== false) throw error;
    isWhole = false;
  }
  if (text.trim() === '') throw emptyFile(file.name);
  if (isPage ?? isPageStart(text)) return pageHead(file.name, text);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const records = (isWhole || lines.length < 2 ? lines : lines.slice(0, -1))
    .slice(0, limits.headRowsMax)
    .map(parseOrNone);
  return {
    layout: 'jsonLines',
    columns: namesOf(records),
    rows: records.flatMap((record) => toSampleRow(record) ?? []),
  };
}

/** A page is read whole, as its rows stand anywhere in it. */
function pageHead(fileName: string, text: string): FileHead {
  const records = pageRecords(parseOrNone(text));
  if (records === undefined) {
    const message = `${fileName}: it is not valid JSON; expected JSON lines, a list of rows, or one under items or value`;
    throw new FileRefusedError({ code: 'badJson', file: fileName, message });
  }
  const sample = records.slice(0, limits.headRowsMax);
  return { layout: 'jsonPage', columns: namesOf(sample), rows: sample.flatMap((record) => toSampleRow(record) ?? []) };
}

function hasEnoughLines(text: string): boolean {
  return text.length > limits.headBytesMax || text.split('\n', limits.headRowsMax + 2).length > limits.headRowsMax + 1;
}

/** Whether `text` begins a page; undefined while its first line is not complete. */
function pageOrLines(text: string): boolean | undefined {
  const [first = '', second] = text.trimStart().split('\n', 2);
  return second === undefined ? undefined : isPageStart(first);
}

/** A line of JSON lines is a whole object; a page begins an array, or an object that goes on or holds its rows. */
function isPageStart(firstLine: string): boolean {
  const value = parseOrNone(firstLine);
  if (value !== undefined) return pageRecords(value) !== undefined;
  return /^\s*\[|^\s*\{\s*(?:"(?:totalCount|items|value|links|attributes|@odata[^"]{0,40})"|$)/.test(firstLine);
}

function parseOrNone(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The rows of a document: itself, or its member `items` (version 1 of the API) or `value` (Graph). */
export function pageRecords(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (typeof document !== 'object' || document === null) return undefined;
  const held = document as Readonly<Record<string, unknown>>;
  const rows = held['items'] ?? held['value'];
  return Array.isArray(rows) ? rows : undefined;
}

function namesOf(records: readonly unknown[]): readonly string[] {
  const names = new Map<string, string>();
  for (const record of records.slice(0, limits.headRowsMax)) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
    for (const name of Object.keys(record)) if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()];
}

function toSampleRow(record: unknown): SampleRow | undefined {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
  return new Map(
    Object.entries(record).flatMap(([name, value]) =>
      value === null || value === undefined
        ? []
        : [[name.toLowerCase(), typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}
