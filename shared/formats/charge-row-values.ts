import { decimal, toText } from '../domain/decimal.ts';
import { resourceHash, resourceKeyOf, resourceKeyText } from '../domain/resource-key.ts';
import type { ChargeRow } from './charge-rows.ts';
import type { Span } from './charge-tally.ts';

const quote = 34;
const backslash = 92;
const minus = 45;
const point = 46;
const digitZero = 48;
const digitNine = 57;

/** Reads what differs from row to row of one charge out of the bytes of a row that is told: resource and amounts. */
export class ChargeRowValues {
  #isCsv = false;
  /** Of the values of the row before: most rows are in the same chunk. */
  #values: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** To be told when the file has a header row: its values are written as CSV writes them, else as JSON does. */
  header(): void {
    this.#isCsv = true;
  }

  quantity({ values, spans }: ChargeRow): string {
    return amountText(values, spans.quantity);
  }

  cost({ values, spans }: ChargeRow): string {
    return amountText(values, spans.cost);
  }

  resourceKey(row: ChargeRow): string {
    return resourceKeyText(this.resourceHash(row));
  }

  /** The id of the resource in its one spelling; empty where the row has none. */
  resourceId({ values, spans }: ChargeRow): string {
    const place = this.#resourcePlace(values, spans.resource);
    return place === undefined ? '' : this.#decoded(values, place).trim().toLowerCase();
  }

  /** What its key is made of; 0 for no resource. */
  resourceHash({ values, spans }: ChargeRow): number {
    const place = this.#resourcePlace(values, spans.resource);
    if (place === undefined) return 0;
    const { start, end, isQuoted } = place;
    if (values !== this.#values) {
      this.#values = values;
      this.#view = new DataView(values.buffer, values.byteOffset, values.length);
    }
    const special = isQuoted && !this.#isCsv ? backslash : quote;
    const hash = resourceHash(this.#view, start, end, special);
    if (hash !== 0) return hash;
    const key = resourceKeyOf(this.#decoded(values, place));
    return key === '' ? 0 : Number.parseInt(key, 16) | 0;
  }

  #resourcePlace(values: Uint8Array, span: Span): ValuePlace | undefined {
    const start = span[0] ?? 0;
    const end = span[1] ?? 0;
    if (start >= end) return undefined;
    if (values[start] === quote) return { start: start + 1, end: end - 1, isQuoted: true };
    if (!this.#isCsv && textOf(values, start, Math.min(end, start + 5)) === 'null') return undefined;
    return { start, end, isQuoted: false };
  }

  #decoded(values: Uint8Array, { start, end, isQuoted }: ValuePlace): string {
    const text = textOf(values, start, end);
    if (!isQuoted) return text;
    return this.#isCsv ? text.replaceAll('""', '"') : String(JSON.parse(`"${text}"`));
  }
}

/** A value without its quotes. */
type ValuePlace = { readonly start: number; readonly end: number; readonly isQuoted: boolean };

/** As `toText` writes it. Most amounts are written so in the file, and need not be made a number to find out. */
function amountText(bytes: Uint8Array, span: Span): string {
  let start = span[0] ?? 0;
  let end = span[1] ?? 0;
  if (bytes[start] === quote) {
    start += 1;
    end -= 1;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  if (isPlain(bytes, start, end)) return text;
  return toText(decimal(text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text));
}

/** Digits with a point between them or none, no zero too many at either end, and not minus nothing. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] === minus ? start + 1 : start;
  let pointAt = end;
  for (let at = first; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= digitZero && byte <= digitNine) continue;
    if (byte !== point || pointAt !== end) return false;
    pointAt = at;
  }
  if (pointAt === first || pointAt === end - 1) return false;
  if (bytes[first] === digitZero && pointAt !== first + 1) return false;
  if (pointAt < end) return bytes[end - 1] !== digitZero;
  return first === start || bytes[first] !== digitZero;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
