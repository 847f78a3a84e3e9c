import { add, type Decimal, decimal, parseDecimal, zero } from '../domain/decimal.ts';
import { type ChargeHandle, dayBit, type MeterTotals, type PricedSum } from '../domain/meter-totals.ts';
import type { ChargeDetail } from './charge-detail.ts';
import type { RowScan } from './row-scan.ts';

/** Start and end of one value. */
export type Span = Int32Array;

/** Where in its bytes a charge has what a listener is told of. */
export type ChargeSpans = {
  readonly quantity: Span;
  readonly cost: Span;
  /** The resource id; empty where there is none. It belongs to no key: a meter has thousands of resources. */
  readonly resource: Span;
};

/** Empty spans, to be filled in anew for each row. */
export function chargeSpans(): ChargeSpans {
  return { quantity: new Int32Array(2), cost: new Int32Array(2), resource: new Int32Array(2) };
}

/** What a charge that was read field by field came to; all rows of one key share it. */
export type LearnedCharge = {
  readonly line: ChargeHandle;
  readonly unitPrice: Decimal;
  /** One string for all charges of a subscription. */
  readonly subscriptionId: string;
  /** Where somebody listens to the rows. */
  readonly detail?: ChargeDetail;
};

/** A row that was read field by field and accepted, and is in no total yet. `day` is its day of use, `YYYY-MM-DD`. */
export type ReadCharge = {
  readonly charge: LearnedCharge;
  readonly day: string;
  readonly quantity: Decimal;
  readonly cost: Decimal;
};

/** One row, for its total. */
export function moreOf({ charge: { unitPrice }, day, quantity, cost }: ReadCharge): PricedSum {
  return { unitPrice, quantity, cost, rows: 1, days: dayBit(day) };
}

/** Keys and days that are remembered at once; beyond that the tally is emptied into the totals and learns anew. */
const tallyLimits = { keys: 131_072, keyBytes: 64 * 1024 * 1024, days: 4096 } as const;

type TallyLimits = { readonly [limit in keyof typeof tallyLimits]: number };

/** Where a record has what was added up, in bytes: `row-scan.wat`. */
const record = { rows: 8, days: 12, quantity: 32, cost: 64 } as const;

const fractionPlaces = 27;

/** Spans before those of the key: day, quantity and cost. */
export const spansBeforeKey = 3;

const noKey = -1;
const amountsDoNotFit = -2;
const quote = 34;

/**
 * Adds up charges by the bytes of their rows, before any of it is text. A row whose key and day have the same bytes as
 * those of a row that was read field by field before it is the same charge with other amounts: only the amounts are
 * read, and added as integers. So each rule (folding, exclusion, calendar, names) runs once for each different key, and
 * is written once, in the readers of rows. Price × quantity is not multiplied for each row but once for each key, since
 * the price is part of the key. So is the month of use: totals are kept by month, with the days that have rows.
 *
 * A key is every column that is read but the day and the two amounts, the unit price included; columns that stand side
 * by side are one span. Finding a key, by all of its bytes, and adding the amounts is done in WebAssembly, where the
 * text is: see `row-scan.wat`. Amounts that do not fit its four groups of nine digits are added here, as decimals.
 */
export class ChargeTally {
  readonly #totals: MeterTotals;
  readonly #scan: RowScan;
  readonly #keySpans: number;
  readonly #limits: TallyLimits;
  /** Of each key. */
  #charges: LearnedCharge[] = [];
  #records: number[] = [];
  /** By key: amounts that did not fit. */
  readonly #longAmounts = new Map<number, { readonly quantity: Decimal; readonly cost: Decimal }>();
  /** Of each spelling of a day. */
  #dayTexts: string[] = [];
  #lastKey = noKey;
  /** Keys of before the tally was emptied. */
  #formerKeys = 0;

  /** The spans of a charge stand in `scan`. */
  constructor(totals: MeterTotals, scan: RowScan, keySpans: number, limits: TallyLimits = tallyLimits) {
    this.#totals = totals;
    this.#scan = scan;
    this.#keySpans = keySpans;
    this.#limits = limits;
  }

  /** The day of the row that `add` took last. */
  get day(): string {
    return this.#dayTexts[this.#scan.day] ?? '';
  }

  /**
   * The number of the key of the row that `add` or `learn` took last: the same for all rows of a key, and no other's.
   * Whoever counts by it need not touch the charge itself, which is memory that is rarely at hand. −1 for a key that is
   * too long to be remembered.
   */
  get key(): number {
    return this.#lastKey === noKey ? noKey : this.#formerKeys + this.#lastKey;
  }

  /**
   * Adds a row of `bytes`, if all of it is known.
   * @returns what it is; undefined when the row must be read field by field, and learned then
   */
  add(bytes: Uint8Array): LearnedCharge | undefined {
    const key = this.#scan.wasm.charge(this.#keySpans);
    if (key === noKey) return undefined;
    this.#lastKey = key === amountsDoNotFit ? this.#scan.key : key;
    if (key === amountsDoNotFit && !this.#addLongAmounts(this.#lastKey, bytes)) return undefined;
    return this.#charges[this.#lastKey];
  }

  /** Remembers a row that was read field by field and accepted, if it is of `bytes` where `scan` has them, and adds it. */
  learn(read: ReadCharge, bytes: Uint8Array | undefined): void {
    this.#lastKey = noKey;
    if (bytes !== undefined && !this.#remember(read.charge, read.day)) {
      this.flush();
      this.#remember(read.charge, read.day);
    }
    const isAdded = this.#lastKey !== noKey && bytes !== undefined && this.add(bytes) !== undefined;
    if (!isAdded) this.#totals.addMore(read.charge.line, moreOf(read));
  }

  /** @returns false when there is no room: the tally must be emptied first */
  #remember(charge: LearnedCharge, day: string): boolean {
    const { wasm, keyBytes } = this.#scan;
    const number = this.#charges.length;
    const { keys, keyBytes: keyBytesMax, days } = this.#limits;
    const month = monthNumber(day);
    const learned = wasm.learnDay(this.#dayTexts.length, month, dayBit(day));
    if (learned === -1) return false;
    if (learned === 1) {
      this.#dayTexts.push(day);
      if (this.#dayTexts.length > days) return false;
    }
    const isFull = number === keys || keyBytes > keyBytesMax;
    const at = wasm.learnKey(number, this.#keySpans, month, isFull ? 1 : 0);
    if (at === -1) return false;
    this.#lastKey = this.#scan.key;
    if (at === 0) return true;
    this.#charges.push(charge);
    this.#records.push(at);
    return true;
  }

  /** Moves what was added up into the totals. */
  flush(): void {
    for (const [key, { line, unitPrice }] of this.#charges.entries()) {
      const at = this.#records[key] ?? 0;
      const rows = this.#scan.integerAt(at + record.rows);
      if (rows === 0) continue;
      const days = this.#scan.integerAt(at + record.days);
      const long = this.#longAmounts.get(key);
      const quantity = this.#sumAt(at + record.quantity, long?.quantity);
      const cost = this.#sumAt(at + record.cost, long?.cost);
      this.#totals.addMore(line, { unitPrice, quantity, cost, rows, days });
    }
    this.#formerKeys += this.#charges.length;
    this.#scan.wasm.forgetKeys();
    this.#charges = [];
    this.#records = [];
    this.#longAmounts.clear();
    this.#dayTexts = [];
  }

  #sumAt(address: number, long: Decimal | undefined): Decimal {
    const sum = decimal(`${this.#scan.unitsAt(address)}e-${fractionPlaces}`);
    return long === undefined ? sum : add(sum, long);
  }

  /** Amounts with an exponent, more than nine digits before the point or 27 after it. */
  #addLongAmounts(key: number, bytes: Uint8Array): boolean {
    const { spans, wasm } = this.#scan;
    const quantity = decimalAt(bytes, spans[2] ?? 0, spans[3] ?? 0);
    const cost = decimalAt(bytes, spans[4] ?? 0, spans[5] ?? 0);
    if (quantity === undefined || cost === undefined) return false;
    const known = this.#longAmounts.get(key) ?? { quantity: zero, cost: zero };
    this.#longAmounts.set(key, { quantity: add(known.quantity, quantity), cost: add(known.cost, cost) });
    wasm.countRow();
    return true;
  }
}

/** Months counted from the year 0, of a day `YYYY-MM-DD`. */
function monthNumber(day: string): number {
  return 12 * Number(day.slice(0, 4)) + Number(day.slice(5, 7));
}

/** Undefined as well where the bytes are not plainly a decimal, such as escaped ones: the reader of rows decides. */
function decimalAt(bytes: Uint8Array, start: number, end: number): Decimal | undefined {
  if (start === end) return undefined;
  const inner = bytes[start] === quote ? bytes.subarray(start + 1, end - 1) : bytes.subarray(start, end);
  return parseDecimal(Buffer.from(inner.buffer, inner.byteOffset, inner.length).toString('latin1'));
}
