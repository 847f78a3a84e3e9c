import { add, type Decimal, decimal, divide, isZero, multiply, subtract, zero } from './decimal.ts';
import type { DetailRow } from './detail-row.ts';
import { blendedPricePlaces, type MeterTotal } from './meter-totals.ts';

/** Quantity, price × quantity in pricing currency, and cost in billing currency of some rows. */
export type Sums = { readonly quantity: Decimal; readonly priced: Decimal; readonly cost: Decimal };

const noSums: Sums = { quantity: zero, priced: zero, cost: zero };

/** One side of a meter line while its variance is taken apart: what rows cost that a credit pays for, and all others. */
export type SideSums = {
  readonly charged: Sums;
  readonly credited: Sums;
  readonly rows: number;
  /** What all rows agree on; undefined where they do not, or do not tell. */
  readonly unitPrice: Decimal | undefined;
  readonly listPrice: Decimal | undefined;
  readonly exchangeRate: Decimal | undefined;
  readonly partnerEarnedCredit: Decimal | undefined;
};

/** What the meter totals of one side come to, credits apart. */
export function sideSumsOf(totals: readonly MeterTotal[]): SideSums {
  const charged = totals.filter((total) => total.isCredit !== true);
  return {
    charged: sumOf(charged.map(sumsOfTotal)),
    credited: sumOf(totals.filter((total) => total.isCredit === true).map(sumsOfTotal)),
    rows: totals.reduce((rows, total) => rows + total.rows, 0),
    unitPrice: theOne(charged.map((total) => total.unitPrice)),
    listPrice: theOne(totals.map((total) => total.listPrice)),
    exchangeRate: theOne(totals.map((total) => total.exchangeRate)),
    partnerEarnedCredit: theOne(charged.map((total) => total.partnerEarnedCredit)),
  };
}

/** The side without some of its rows. */
export function without(side: SideSums, rows: readonly DetailRow[]): SideSums {
  const removed = (isCredit: boolean) =>
    sumOf(rows.filter((row) => (row.isCredit === true) === isCredit).map(sumsOfRow));
  return {
    ...side,
    charged: difference(side.charged, removed(false)),
    credited: difference(side.credited, removed(true)),
    rows: side.rows - rows.length,
  };
}

/** Price per unit of the rows that no credit pays for; undefined where there are none. */
export function chargedPriceOf({ charged, unitPrice }: SideSums): Decimal | undefined {
  if (unitPrice !== undefined) return unitPrice;
  return isZero(charged.quantity) ? undefined : divide(charged.priced, charged.quantity, blendedPricePlaces);
}

/** What the side costs in all, in billing currency. */
export function costOf({ charged, credited }: SideSums): Decimal {
  return add(charged.cost, credited.cost);
}

/** The sums of several lots of rows as one. */
export function sumOf(sums: readonly Sums[]): Sums {
  return sums.reduce(
    (all, one) => ({
      quantity: add(all.quantity, one.quantity),
      priced: add(all.priced, one.priced),
      cost: add(all.cost, one.cost),
    }),
    noSums,
  );
}

/** What one row adds to its side. */
export function sumsOfRow(row: DetailRow): Sums {
  const quantity = decimal(row.quantity);
  return { quantity, priced: multiply(decimal(row.unitPrice), quantity), cost: decimal(row.cost) };
}

function sumsOfTotal(total: MeterTotal): Sums {
  return { quantity: decimal(total.quantity), priced: decimal(total.pricedQuantity), cost: decimal(total.cost) };
}

function difference(left: Sums, right: Sums): Sums {
  return {
    quantity: subtract(left.quantity, right.quantity),
    priced: subtract(left.priced, right.priced),
    cost: subtract(left.cost, right.cost),
  };
}

/** The value that all share, if they do. */
function theOne(texts: readonly (string | undefined)[]): Decimal | undefined {
  const [first, ...others] = new Set(texts);
  return first === undefined || others.length > 0 ? undefined : decimal(first);
}
