import { type ChargeReader, chargeFields, isKeyField, resourceColumn } from './charge-reader.ts';
import { type ChargeRows, type RowPlace, rowTeller } from './charge-rows.ts';
import { ChargeTally, chargeSpans, moreOf, type Span } from './charge-tally.ts';
import { checkedBytes } from './checked-bytes.ts';
import type { ColumnTable } from './columns.ts';
import { parseExactJson } from './exact-json.ts';
import { keyBinder, lineTooLong, parseLine, toText } from './json-line-rows.ts';
import { JsonLineScanner } from './json-line-scan.ts';
import { limits } from './limits.ts';
import { loadablePieces } from './row-scan.ts';
import type { SourceFile } from './source-file.ts';

/** Lines between two tellings of progress. */
const linesBetween = 4096;

const lineFeed = 10;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/**
 * Reads JSON lines of charges into meter totals: the same outcome as `readJsonLineRows` with a sink that adds each row.
 * A line of which anything is new or unusual is read by JSON.parse.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readJsonLineCharges<T extends ColumnTable>(
  file: SourceFile,
  { table, totals, readRow, chargeRows, onProgress }: ChargeReader<T>,
): Promise<number> {
  const names = Object.values<ColumnTable[string]>(table).flatMap((column) => column.names);
  const scanner = new JsonLineScanner(chargeRows === undefined ? names : [...names, ...resourceColumn.resource.names]);
  const { rowScan } = scanner;
  const { wasm } = rowScan;
  const slots = fieldSlots(table, scanner);
  const sources = [slots.day, slots.quantity, slots.cost, ...slots.keys];
  rowScan.setSources(sources.flatMap((candidates) => [candidates.length, ...candidates]));
  const tally = new ChargeTally(totals, rowScan, slots.keys.length);
  const told = chargeSpans();
  const token = new Int32Array(2);
  const binder = keyBinder(file.name, table);
  let rows = 0;
  const tell = chargeRows === undefined ? undefined : rowTeller(chargeRows);
  const placeOf = (bytes: Buffer, start: number, end: number, line: number): RowPlace => {
    setSpan(told.quantity, scanner, slots.quantity);
    setSpan(told.cost, scanner, slots.cost);
    setSpan(told.resource, scanner, slots.resource);
    return { line, bytes, start, end, key: tally.key, values: bytes, spans: told };
  };
  const readScanned: LineHandler = (bytes, start, end, line, view) => {
    rows += 1;
    wasm.jsonSpans(sources.length);
    const isLoaded = scanner.isLoaded(view);
    const known = isLoaded ? tally.add(bytes) : undefined;
    if (known !== undefined) {
      if (tell !== undefined) tell(placeOf(bytes, start, end, line), tally.day, known);
      return;
    }
    for (const [field, candidates] of slots.fields.entries()) {
      setSpan(token, scanner, candidates);
      if (token[0] !== token[1]) binder.mark(field);
    }
    const read = readRow((field) => {
      const [from = 0, to = 0] = setSpan(token, scanner, slots.fields[field] ?? []);
      return from === to ? undefined : tokenText(bytes, from, to);
    }, line);
    if (read === undefined) return;
    tally.learn(read, isLoaded ? bytes : undefined);
    if (tell !== undefined) tell(placeOf(bytes, start, end, line), read.day, read.charge);
  };
  const readUnusual: LineHandler = (bytes, start, end, line) => {
    const text = textOf(bytes, start, end);
    if (text.trim() === '') return;
    rows += 1;
    const record = parseLine(file.name, line, text);
    const keys = binder.bind(record, line);
    const read = readRow((field) => {
      const key = keys[field];
      return key === undefined ? undefined : toText(record[key]);
    }, line);
    if (read === undefined) return;
    totals.addMore(read.charge.line, moreOf(read));
    if (tell !== undefined)
      tell({ line, bytes, start, end, key: -1, ...valuesOf(table, record) }, read.day, read.charge);
  };
  const onLine: LineHandler = (bytes, start, end, line, view) => {
    if (line % linesBetween === 0) onProgress(rows);
    if (scanner.scan(view, start, end)) readScanned(bytes, start, end, line, view);
    else readUnusual(bytes, start, end, line, view);
  };
  await forEachLine(file, { onLine, chargeRows, load: (piece) => scanner.load(piece) });
  await chargeRows?.drain();
  if (rows > 0) binder.check();
  tally.flush();
  return rows;
}

type LineHandler = (bytes: Buffer, start: number, end: number, line: number, view: DataView) => void;

type LineHandling = {
  readonly onLine: LineHandler;
  readonly load: JsonLineScanner['load'];
  readonly chargeRows: ChargeRows | undefined;
};

/** Splits at LF. */
async function forEachLine(file: SourceFile, { onLine, load, chargeRows }: LineHandling): Promise<void> {
  let line = 1;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  const takeRest = (last: Uint8Array): void => {
    const { bytes, view } = load(Buffer.concat([...rest, last]));
    handLine(bytes, 0, bytes.length, view);
    rest = [];
    restBytes = 0;
  };
  const handLine = (bytes: Buffer, start: number, end: number, view: DataView): void => {
    if (end - start > limits.rowBytesMax) throw lineTooLong(file.name, line);
    const isMarked = line === 1 && byteOrderMark.every((byte, at) => bytes[start + at] === byte);
    onLine(bytes, isMarked ? start + byteOrderMark.length : start, end, line, view);
  };
  const keepRest = (piece: Uint8Array): void => {
    if (piece.length === 0) return;
    rest.push(new Uint8Array(piece));
    restBytes += piece.length;
    if (restBytes > limits.rowBytesMax) throw lineTooLong(file.name, line);
  };
  /** The line that spans two pieces is loaded by itself, before the piece that it ends in. */
  const takePiece = (piece: Uint8Array): void => {
    const restEnd = rest.length === 0 ? -1 : piece.indexOf(lineFeed);
    if (restEnd === -1 && rest.length > 0) {
      keepRest(piece);
      return;
    }
    if (restEnd !== -1) {
      takeRest(piece.subarray(0, restEnd));
      line += 1;
    }
    const { bytes, view } = load(piece.subarray(restEnd + 1));
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      handLine(bytes, start, end, view);
      line += 1;
      start = end + 1;
    }
    keepRest(bytes.subarray(start));
  };
  for await (const chunk of checkedBytes(file, () => line)) {
    for (const piece of loadablePieces(chunk)) takePiece(piece);
    if (chargeRows !== undefined) await chargeRows.drain();
  }
  if (rest.length > 0) takeRest(new Uint8Array(0));
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** The values that a listener is told of a line that has no spans of its own: plain text, one after another. */
function valuesOf(table: ColumnTable, record: Readonly<Record<string, unknown>>): Pick<RowPlace, 'values' | 'spans'> {
  const folded = new Map(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
  const spans = chargeSpans();
  const pieces: Buffer[] = [];
  let at = 0;
  const place = (span: Span, names: readonly string[] = []): void => {
    const name = names.find((candidate) => folded.has(candidate.toLowerCase()));
    const piece = Buffer.from((name === undefined ? '' : toText(folded.get(name.toLowerCase()))) ?? '', 'utf8');
    pieces.push(piece);
    span[0] = at;
    at += piece.length;
    span[1] = at;
  };
  place(spans.quantity, table[chargeFields.quantity]?.names);
  place(spans.cost, table[chargeFields.cost]?.names);
  place(spans.resource, resourceColumn.resource.names);
  return { values: Buffer.concat(pieces), spans };
}

/** A token that a scanner has found as a cell of text, just as it comes out of a record. */
function tokenText(bytes: Buffer, start: number, end: number): string | undefined {
  const first = bytes[start];
  if (first === quote) {
    const inner = textOf(bytes, start + 1, end - 1);
    if (!inner.includes('\\')) return inner;
  }
  const text = textOf(bytes, start, end);
  const isNumber = first === minus || (first !== undefined && first >= digitZero && first <= digitNine);
  return isNumber ? text : toText(parseExactJson(text));
}

const quote = 34;
const minus = 45;
const digitZero = 48;
const digitNine = 57;

/** Which of the scanner's names each field may have, in the order of preference. They stand in the order of the table. */
function fieldSlots(table: ColumnTable, { spans }: JsonLineScanner) {
  const names = Object.keys(table);
  const fields: (readonly number[])[] = [];
  let next = 0;
  for (const column of Object.values(table)) {
    const first = next;
    next += column.names.length;
    fields.push(column.names.map((_, index) => first + index));
  }
  const resource = resourceColumn.resource.names
    .map((_, index) => next + index)
    .filter((slot) => 2 * slot < spans.length);
  const slotsOf = (field: string) => fields[names.indexOf(field)] ?? [];
  return {
    fields,
    day: slotsOf(chargeFields.day),
    quantity: slotsOf(chargeFields.quantity),
    cost: slotsOf(chargeFields.cost),
    keys: names.filter(isKeyField).map(slotsOf),
    resource,
  };
}

/** The span of the first name that the line has; empty where it has none. */
function setSpan(span: Span, { spans }: JsonLineScanner, candidates: readonly number[]): Span {
  const slot = candidates.find((candidate) => spans[2 * candidate] !== -1);
  span[0] = slot === undefined ? 0 : (spans[2 * slot] ?? 0);
  span[1] = slot === undefined ? 0 : (spans[2 * slot + 1] ?? 0);
  return span;
}
