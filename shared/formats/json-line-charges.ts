import { type ChargeReader, chargeFields, isKeyField } from './charge-reader.ts';
import { ChargeTally, chargeSpans, type Span } from './charge-tally.ts';
import { checkedBytes } from './checked-bytes.ts';
import type { ColumnTable } from './columns.ts';
import { parseExactJson } from './exact-json.ts';
import { keyBinder, lineTooLong, parseLine, toText } from './json-line-rows.ts';
import { JsonLineScanner } from './json-line-scan.ts';
import { limits } from './limits.ts';
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
  { table, totals, readRow, onProgress }: ChargeReader<T>,
): Promise<number> {
  const scanner = new JsonLineScanner(Object.values<ColumnTable[string]>(table).flatMap((column) => column.names));
  const place = chargeSpanPlacer(table, scanner.spans);
  const tally = new ChargeTally(totals, place.spans.keys.length / 2);
  const binder = keyBinder(file.name, table);
  let rows = 0;
  const readScanned = (bytes: Uint8Array, view: DataView, line: number): void => {
    rows += 1;
    place.set();
    if (tally.add(bytes, view, place.spans)) return;
    const tokens = place.fieldSpans();
    for (const [field, [start, end]] of tokens.entries()) if (start !== end) binder.mark(field);
    const learned = readRow((field) => {
      const [start, end] = tokens[field] ?? [0, 0];
      return start === end ? undefined : tokenText(bytes, start, end);
    }, line);
    if (learned !== undefined) tally.learn(view, place.spans, learned);
  };
  const readUnusual = (bytes: Uint8Array, start: number, end: number, line: number): void => {
    const text = textOf(bytes, start, end);
    if (text.trim() === '') return;
    rows += 1;
    const record = parseLine(file.name, line, text);
    const keys = binder.bind(record, line);
    readRow((field) => {
      const key = keys[field];
      return key === undefined ? undefined : toText(record[key]);
    }, line);
  };
  await forEachLine(file, (bytes, start, end, line, view) => {
    if (line % linesBetween === 0) onProgress(rows);
    if (scanner.scan(view, start, end)) readScanned(bytes, view, line);
    else readUnusual(bytes, start, end, line);
  });
  if (rows > 0) binder.check();
  tally.flush();
  return rows;
}

type LineHandler = (bytes: Uint8Array, start: number, end: number, line: number, view: DataView) => void;

/** Splits at LF; only a line that spans several chunks is copied. */
async function forEachLine(file: SourceFile, onLine: LineHandler): Promise<void> {
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
  for await (const bytes of checkedBytes(file, () => line)) {
    const view = viewOf(bytes);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      if (rest.length > 0) takeRest(bytes.subarray(0, end));
      else handLine(bytes, start, end, view);
      line += 1;
      start = end + 1;
    }
    if (start === bytes.length) continue;
    rest.push(new Uint8Array(bytes.subarray(start)));
    restBytes += bytes.length - start;
    if (restBytes > limits.rowBytesMax) throw lineTooLong(file.name, line);
  }
  if (rest.length > 0) takeRest(new Uint8Array(0));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
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
