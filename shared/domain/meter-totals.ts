import { add, type Decimal, decimal, divide, isZero, multiply, toText, zero } from './decimal.ts';
import type { ExclusionReason, MeterCharge } from './usage.ts';

/**
 * The total of one meter line in one dataset: one (subscription, meter, region, unit, currency), with rows that a rule
 * sets aside, and rows that name different invoices, kept apart. Amounts are exact decimal text. Totals add up in any order to the same bytes.
 */
export type MeterTotal = {
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly excludedBy?: ExclusionReason;
  readonly invoiceId?: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  readonly quantity: string;
  readonly cost: string;
  /** Sum of unit price × quantity, in pricing currency: what a blended unit price is made of. */
  readonly pricedQuantity: string;
  /** The one unit price of all rows; absent where rows carry several. */
  readonly unitPrice?: string;
  readonly rows: number;
};

/** Places of a unit price that is blended from several: more than any price that Microsoft publishes has. */
const blendedPricePlaces = 18;

/** The text that two totals share when they are the same meter line. Sorting by it sorts by subscription first. */
export function meterLineKey(
  line: Pick<MeterTotal, 'subscriptionId' | 'meterId' | 'region' | 'unit' | 'currency' | 'excludedBy' | 'invoiceId'>,
): string {
  const { subscriptionId, meterId, region, unit, currency, excludedBy = '', invoiceId = '' } = line;
  return [subscriptionId, meterId, region, unit, currency, excludedBy, invoiceId].join('\u0001');
}

/**
 * The part of a cost export that stands against some invoices: rows that name one of them, and rows that name none, as in an open
 * month. What is left names no invoice any more, and what then is one meter line is one total.
 */
export function totalsForInvoices(totals: readonly MeterTotal[], invoiceIds: readonly string[]): readonly MeterTotal[] {
  const own = totals.filter(({ invoiceId }) => invoiceId === undefined || invoiceIds.includes(invoiceId));
  const unnamed = own.map(({ invoiceId: _, ...total }): MeterTotal => total);
  return [...Map.groupBy(unnamed, meterLineKey).values()].map((group) => group.reduce(addTotals));
}

/** How many rows each invoice has; those that name none stand under the empty text. */
export function rowsByInvoice(totals: readonly MeterTotal[]): Readonly<Record<string, number>> {
  const rows = new Map<string, number>();
  for (const { invoiceId = '', rows: count } of totals) rows.set(invoiceId, (rows.get(invoiceId) ?? 0) + count);
  return Object.fromEntries([...rows].sort(([left], [right]) => (left < right ? -1 : 1)));
}

export function totalOfCharge(charge: MeterCharge): MeterTotal {
  return toTotal(sumOfCharge(charge));
}

/** The sum of two totals of one meter line. The key is the left one's; names are the first in the alphabet. */
export function addTotals(left: MeterTotal, right: MeterTotal): MeterTotal {
  const { unitPrice, ...rest } = left;
  const samePrice = unitPrice !== undefined && unitPrice === right.unitPrice;
  return {
    ...rest,
    meterName: firstName(left.meterName, right.meterName),
    meterCategory: firstName(left.meterCategory, right.meterCategory),
    meterSubCategory: firstName(left.meterSubCategory, right.meterSubCategory),
    quantity: addText(left.quantity, right.quantity),
    cost: addText(left.cost, right.cost),
    pricedQuantity: addText(left.pricedQuantity, right.pricedQuantity),
    ...(samePrice ? { unitPrice } : {}),
    rows: left.rows + right.rows,
  };
}

/**
 * The price per unit that `total` was charged at, in pricing currency: the rows' own where they agree, else
 * Σ(price × quantity) ÷ Σ quantity, rounded half away from zero to 18 decimals; undefined where the quantity is zero.
 */
export function unitPriceOf(total: MeterTotal): Decimal | undefined {
  if (total.unitPrice !== undefined) return decimal(total.unitPrice);
  const quantity = decimal(total.quantity);
  return isZero(quantity) ? undefined : divide(decimal(total.pricedQuantity), quantity, blendedPricePlaces);
}

/** What a total says of its meter line beside the amounts. */
type MeterLineNames = Omit<MeterTotal, 'quantity' | 'cost' | 'pricedQuantity' | 'unitPrice' | 'rows'>;

/** A meter line that is being added up; to be handed back to the `MeterTotals` that it came from. */
export type MeterLineSum = {
  names: MeterLineNames;
  quantity: Decimal;
  cost: Decimal;
  priced: Decimal;
  unitPrice: Decimal | undefined;
  rows: number;
};

/** Rows of one meter line with one unit price, added up. */
export type PricedSum = Pick<MeterCharge, 'unitPrice' | 'quantity' | 'cost'> & {
  readonly rows: number;
  /** The days of their month with rows, as bits; bit 0 is the first. */
  readonly days?: number;
};

/** Adds charges up to meter totals while a file is read. Memory grows with the number of meter lines, not of rows. */
export class MeterTotals {
  readonly #sums = new Map<string, MeterLineSum>();

  /** @returns the meter line that the charge belongs to */
  add(charge: MeterCharge): MeterLineSum {
    const key = meterLineKey(charge);
    const known = this.#sums.get(key);
    if (known === undefined) {
      const sum = sumOfCharge(charge);
      this.#sums.set(key, sum);
      return sum;
    }
    this.addMore(known, { ...charge, rows: 1 });
    known.names = withNames(known.names, charge);
    return known;
  }

  /** Adds rows to a meter line that `add` returned; their names must be those of charges added before. */
  addMore(sum: MeterLineSum, more: PricedSum): void {
    sum.quantity = add(sum.quantity, more.quantity);
    sum.cost = add(sum.cost, more.cost);
    sum.priced = add(sum.priced, multiply(more.unitPrice, more.quantity));
    if (sum.unitPrice !== undefined && !sum.unitPrice.equals(more.unitPrice)) sum.unitPrice = undefined;
    sum.rows += more.rows;
  }

  /** All totals, ordered by key (code units), so that equal sums give equal bytes. */
  sorted(): readonly MeterTotal[] {
    const keys = [...this.#sums.keys()].sort();
    return keys.flatMap((key) => {
      const sum = this.#sums.get(key);
      return sum === undefined ? [] : [toTotal(sum)];
    });
  }
}

function withNames(total: MeterLineNames, charge: MeterCharge): MeterLineNames {
  const { meterName, meterCategory, meterSubCategory } = charge;
  const isSame =
    meterName === total.meterName &&
    meterCategory === total.meterCategory &&
    meterSubCategory === total.meterSubCategory;
  if (isSame) return total;
  return {
    ...total,
    meterName: firstName(total.meterName, meterName),
    meterCategory: firstName(total.meterCategory, meterCategory),
    meterSubCategory: firstName(total.meterSubCategory, meterSubCategory),
  };
}

function sumOfCharge(charge: MeterCharge): MeterLineSum {
  const { unitPrice, quantity, cost } = charge;
  const names = {
    subscriptionId: charge.subscriptionId,
    meterId: charge.meterId,
    region: charge.region,
    unit: charge.unit,
    currency: charge.currency,
    ...(charge.excludedBy === undefined ? {} : { excludedBy: charge.excludedBy }),
    ...(charge.invoiceId === undefined ? {} : { invoiceId: charge.invoiceId }),
    meterName: charge.meterName,
    meterCategory: charge.meterCategory,
    meterSubCategory: charge.meterSubCategory,
  };
  return { names, quantity, cost, priced: multiply(unitPrice, quantity), unitPrice, rows: 1 };
}

function toTotal(sum: MeterLineSum): MeterTotal {
  return {
    ...sum.names,
    quantity: toText(sum.quantity),
    cost: toText(sum.cost),
    pricedQuantity: toText(sum.priced),
    ...(sum.unitPrice === undefined ? {} : { unitPrice: toText(sum.unitPrice) }),
    rows: sum.rows,
  };
}

function firstName(left: string, right: string): string {
  if (left === '' || right === '') return left === '' ? right : left;
  return left <= right ? left : right;
}

function addText(left: string, right: string): string {
  if (left === '0') return right;
  if (right === '0') return left;
  return toText(add(decimal(left), decimal(right)));
}

/** The sum of exact decimal texts, as exact decimal text. */
export function sumTexts(texts: Iterable<string>): string {
  let sum = zero;
  for (const text of texts) sum = add(sum, decimal(text));
  return toText(sum);
}
