import { type Decimal, parseDecimal } from '../domain/decimal.ts';
import { DigitGroups, ExactSums } from '../domain/exact-sum.ts';
import { type ChargeHandle, dayBit, type MeterTotals } from '../domain/meter-totals.ts';
import { ByteKeys } from './byte-keys.ts';
import type { ChargeDetail } from './charge-detail.ts';

/** Start and end of one value. */
export type Span = Int32Array;

/**
 * Where in its bytes a charge has what a tally needs. `keys` covers every column that is read but the day and the two
 * amounts, the unit price included; columns that stand side by side are one span.
 */
export type ChargeSpans = {
  readonly keys: Int32Array;
  readonly day: Span;
  readonly quantity: Span;
  readonly cost: Span;
  /** The resource id; empty where there is none. It belongs to no key: a meter has thousands of resources. */
  readonly resource: Span;
};

export function chargeSpans(keySpans: number): ChargeSpans {
  return {
    keys: new Int32Array(2 * keySpans),
    day: new Int32Array(2),
    quantity: new Int32Array(2),
    cost: new Int32Array(2),
    resource: new Int32Array(2),
  };
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

/** A row that was read field by field and accepted. `day` is its day of use, `YYYY-MM-DD`. */
export type ReadCharge = { readonly charge: LearnedCharge; readonly day: string };

/** Keys and days that are remembered at once; beyond that the tally is emptied into the totals and learns anew. */
const tallyLimits = { keys: 131_072, keyBytes: 64 * 1024 * 1024, days: 4096 } as const;

type TallyLimits = { readonly [limit in keyof typeof tallyLimits]: number };

const quote = 34;

/**
 * Adds up charges by the bytes of their rows, before any of it is text. A row whose key and day have the same bytes as
 * those of a row that was read field by field before it is the same charge with other amounts: only the amounts are
 * read, and added as integers. So each rule (folding, exclusion, calendar, names) runs once for each different key, and
 * is written once, in the readers of rows. Price × quantity is not multiplied for each row but once for each key, since
 * the price is part of the key. So is the month of use: totals are kept by month, with the days that have rows.
 */
export class ChargeTally {
  readonly #totals: MeterTotals;
  readonly #limits: TallyLimits;
  readonly #keys: ByteKeys;
  readonly #days = new ByteKeys(1);
  readonly #quantities = new ExactSums();
  readonly #costs = new ExactSums();
  readonly #quantity = new DigitGroups();
  readonly #cost = new DigitGroups();
  #charges: LearnedCharge[] = [];
  #rows: number[] = [];
  /** Of each key: the days of its month with rows, as bits. */
  #daysOfKeys: number[] = [];
  /** Of each spelling of a day: the day itself, its month as a number, and its bit in that month. */
  #dayTexts: string[] = [];
  #months: number[] = [];
  #dayBits: number[] = [];
  #lastDay = -1;
  #lastKey = -1;
  /** Keys of before the tally was emptied. */
  #formerKeys = 0;

  constructor(totals: MeterTotals, keySpans: number, limits: TallyLimits = tallyLimits) {
    this.#totals = totals;
    this.#limits = limits;
    this.#keys = new ByteKeys(keySpans);
  }

  /** The day of the row that `add` took last. */
  get day(): string {
    return this.#dayTexts[this.#lastDay] ?? '';
  }

  /**
   * The number of the key of the row that `add` or `learn` took last: the same for all rows of a key, and no other's.
   * Whoever counts by it need not touch the charge itself, which is memory that is rarely at hand.
   */
  get key(): number {
    return this.#formerKeys + this.#lastKey;
  }

  /**
   * Adds a row, if all of it is known.
   * @returns what it is; undefined when the row must be read field by field, and learned then
   */
  add(bytes: Uint8Array, view: DataView, spans: ChargeSpans): LearnedCharge | undefined {
    const day = this.#days.find(view, spans.day);
    if (day === -1) return undefined;
    const key = this.#keys.find(view, spans.keys, this.#months[day]);
    if (key === -1) return undefined;
    const hasQuantity = readAmount(this.#quantity, bytes, spans.quantity);
    const hasCost = readAmount(this.#cost, bytes, spans.cost);
    if (hasQuantity && hasCost) {
      this.#quantities.add(key, this.#quantity);
      this.#costs.add(key, this.#cost);
    } else if (!this.#addLongAmounts(key, bytes, spans)) return undefined;
    this.#rows[key] = (this.#rows[key] ?? 0) + 1;
    this.#daysOfKeys[key] = (this.#daysOfKeys[key] ?? 0) | (this.#dayBits[day] ?? 0);
    this.#lastDay = day;
    this.#lastKey = key;
    return this.#charges[key];
  }

  /** Remembers a row that was read field by field and accepted. */
  learn(view: DataView, spans: ChargeSpans, { charge, day }: ReadCharge): void {
    const month = monthNumber(day);
    if (this.#days.find(view, spans.day) === -1) {
      if (this.#days.size === this.#limits.days) this.#forgetDays();
      this.#days.insert(view, spans.day);
      this.#dayTexts.push(day);
      this.#months.push(month);
      this.#dayBits.push(dayBit(day));
    }
    this.#lastKey = this.#keys.find(view, spans.keys, month);
    if (this.#lastKey !== -1) return;
    if (this.#keys.size === this.#limits.keys || this.#keys.sizeBytes > this.#limits.keyBytes) this.flush();
    this.#lastKey = this.#keys.insert(view, spans.keys, month);
    this.#charges.push(charge);
    this.#rows.push(0);
    this.#daysOfKeys.push(0);
  }

  /** Moves what was added up into the totals. */
  flush(): void {
    for (const [key, { line, unitPrice }] of this.#charges.entries()) {
      const rows = this.#rows[key] ?? 0;
      if (rows === 0) continue;
      const days = this.#daysOfKeys[key] ?? 0;
      const [quantity, cost] = [this.#quantities.sum(key), this.#costs.sum(key)];
      this.#totals.addMore(line, { unitPrice, quantity, cost, rows, days });
    }
    this.#formerKeys += this.#keys.size;
    this.#keys.clear();
    this.#quantities.clear();
    this.#costs.clear();
    this.#charges = [];
    this.#rows = [];
    this.#daysOfKeys = [];
  }

  #forgetDays(): void {
    this.#days.clear();
    this.#dayTexts = [];
    this.#months = [];
    this.#dayBits = [];
  }

  /** Amounts with an exponent, more than nine digits before the point or 27 after it. */
  #addLongAmounts(key: number, bytes: Uint8Array, spans: ChargeSpans): boolean {
    const quantity = decimalAt(bytes, spans.quantity);
    const cost = decimalAt(bytes, spans.cost);
    if (quantity === undefined || cost === undefined) return false;
    this.#quantities.addDecimal(key, quantity);
    this.#costs.addDecimal(key, cost);
    return true;
  }
}

/** Months counted from the year 0, of a day `YYYY-MM-DD`. */
function monthNumber(day: string): number {
  return 12 * Number(day.slice(0, 4)) + Number(day.slice(5, 7));
}

/** Quotes around an amount are passed over, as CSV and JSON both may have them; anything else in it is no digit. */
function readAmount(amount: DigitGroups, bytes: Uint8Array, span: Span): boolean {
  const start = span[0] ?? 0;
  const end = span[1] ?? 0;
  if (start === end) return false;
  return bytes[start] === quote ? amount.read(bytes, start + 1, end - 1) : amount.read(bytes, start, end);
}

/** Undefined as well where the bytes are not plainly a decimal, such as escaped ones: the reader of rows decides. */
function decimalAt(bytes: Uint8Array, span: Span): Decimal | undefined {
  const start = span[0] ?? 0;
  const end = span[1] ?? 0;
  if (start === end) return undefined;
  const inner = bytes[start] === quote ? bytes.subarray(start + 1, end - 1) : bytes.subarray(start, end);
  return parseDecimal(Buffer.from(inner.buffer, inner.byteOffset, inner.length).toString('latin1'));
}
