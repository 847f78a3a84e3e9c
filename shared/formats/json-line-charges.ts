import { type ChargeReader, chargeFields, isKeyField, resourceColumn } from './charge-reader.ts';
import { type ChargeRows, type RowPlace, rowTeller } from './charge-rows.ts';
import { ChargeTally, chargeSpans, type Span } from './charge-tally.ts';
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
  const place = chargeSpanPlacer(table, scanner.spans);
  const tally = new ChargeTally(totals, place.spans.keys.length / 2);
  const binder = keyBinder(file.name, table);
  let rows = 0;
  const tell = chargeRows === undefined ? undefined : rowTeller(chargeRows);
  const readScanned: LineHandler = (bytes, start, end, line, view) => {
    rows += 1;
    place.set();
    const known = tally.add(bytes, view, place.spans);
    if (known !== undefined) {
      if (tell !== undefined)
        tell({ line, bytes, start, end, key: tally.key, values: bytes, spans: place.spans }, tally.day, known);
      return;
    }
    const tokens = place.fieldSpans();
    for (const [field, [start, end]] of tokens.entries()) if (start !== end) binder.mark(field);
    const read = readRow((field) => {
      const [from, to] = tokens[field] ?? [0, 0];
      return from === to ? undefined : tokenText(bytes, from, to);
    }, line);
    if (read === undefined) return;
    tally.learn(view, place.spans, read);
    if (tell !== undefined)
      tell({ line, bytes, start, end, key: tally.key, values: bytes, spans: place.spans }, read.day, read.charge);
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
    if (tell !== undefined && read !== undefined)
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

type LineHandler = (bytes: Uint8Array, start: number, end: number, line: number, view: DataView) => void;

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
    const whole = Buffer.concat([...rest, last]);
    handLine(whole, 0, whole.length, viewOf(whole));
    rest = [];
    restBytes = 0;
  };
  const handLine = (bytes: Uint8Array, start: number, end: number, view: DataView): void => {
    if (end - start > limits.rowBytesMax) throw lineTooLong(file.name, line);
    const isMarked = line === 1 && byteOrderMark.every((byte, at) => bytes[start + at] === byte);
    onLine(bytes, isMarked ? start + byteOrderMark.length : start, end, line, view);
  };
  const takePiece = (piece: Uint8Array): void => {
    const { bytes, view } = load(piece);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      if (rest.length > 0) takeRest(bytes.subarray(0, end));
      else handLine(bytes, start, end, view);
      line += 1;
      start = end + 1;
    }
    if (start < bytes.length) {
      rest.push(new Uint8Array(bytes.subarray(start)));
      restBytes += bytes.length - start;
      if (restBytes > limits.rowBytesMax) throw lineTooLong(file.name, line);
    }
  };
  for await (const chunk of checkedBytes(file, () => line)) {
    for (const piece of loadablePieces(chunk)) takePiece(piece);
    if (chargeRows !== undefined) await chargeRows.drain();
  }
  if (rest.length > 0) takeRest(new Uint8Array(0));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** The values that a listener is told of a line that has no spans of its own: plain text, one after another. */
function valuesOf(table: ColumnTable, record: Readonly<Record<string, unknown>>): Pick<RowPlace, 'values' | 'spans'> {
  const folded = new Map(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
  const spans = chargeSpans(0);
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

/** A token as a cell of text, just as it comes out of a record. */
function tokenText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = textOf(bytes, start, end);
  const isPlain = text.startsWith('"') && !text.includes('\\');
  return isPlain ? text.slice(1, -1) : toText(parseExactJson(text));
}

/** Takes the spans of a charge from those of the scanner's names, which stand in the order of the table. */
function chargeSpanPlacer(table: ColumnTable, found: Int32Array) {
  const fields = Object.keys(table);
  const slots: number[][] = [];
  for (const { names } of Object.values(table)) {
    const first = (slots.at(-1)?.at(-1) ?? -1) + 1;
    slots.push(names.map((_, index) => first + index));
  }
  const tableSlots = slots.flat().length;
  const resource = resourceColumn.resource.names.flatMap((_, index) =>
    2 * (tableSlots + index) < found.length ? [tableSlots + index] : [],
  );
  const slotsOf = (field: string) => slots[fields.indexOf(field)];
  const [day, quantity, cost] = [chargeFields.day, chargeFields.quantity, chargeFields.cost].map(slotsOf);
  const keySlots = fields.filter(isKeyField).map(slotsOf);
  const spans = chargeSpans(keySlots.length);
  /** The span of the first name that the line has; empty where it has none. */
  const setSpan = (span: Span, at: number, candidates: readonly number[] = []): void => {
    span[at] = 0;
    span[at + 1] = 0;
    for (const slot of candidates) {
      const start = found[2 * slot] ?? -1;
      if (start === -1) continue;
      span[at] = start;
      span[at + 1] = found[2 * slot + 1] ?? 0;
      return;
    }
  };
  const set = (): void => {
    setSpan(spans.day, 0, day);
    setSpan(spans.quantity, 0, quantity);
    setSpan(spans.cost, 0, cost);
    setSpan(spans.resource, 0, resource);
    for (let key = 0; key < keySlots.length; key += 1) setSpan(spans.keys, 2 * key, keySlots[key]);
  };
  /** Start and end of the value of each field of the table; the same where the line has none. */
  const fieldSpans = () =>
    slots.map((candidates) => {
      const span = new Int32Array(2);
      setSpan(span, 0, candidates);
      return [span[0] ?? 0, span[1] ?? 0] as const;
    });
  return { spans, set, fieldSpans };
}
