import { type Cause, type CauseAmount, causeNames } from './cause.ts';
import { absolute, add, compareDecimals, type Decimal, decimal, isZero, subtract, toText, zero } from './decimal.ts';
import type { DetailRow } from './detail-row.ts';
import { factorEffects } from './factor-effects.ts';
import type { MeterTotal } from './meter-totals.ts';
import { priceCauseOf } from './price-cause.ts';
import { cutOffLimit, roundingLimit } from './rounding.ts';
import { duplicateRows, type RowsOfSides, rowsOfMissingDays } from './row-causes.ts';
import { type SideSums, sideSumsOf, sumOf, sumsOfRow, without } from './side-sums.ts';
import type { ComparedWith } from './tolerance.ts';

/** All that is known of one meter line. */
export type VarianceFacts = {
  /** The totals of each side, months and credits apart; all of one currency. */
  readonly invoice: readonly MeterTotal[];
  readonly other: readonly MeterTotal[];
  /** The month that is billed, `YYYY-MM`. */
  readonly cycle: string;
  /** Of `invoicelines` each line item was cut off at the cent, and there are no rows to look at. */
  readonly comparedWith: ComparedWith;
  /** All rows of both sides, where they have been read. */
  readonly rows?: RowsOfSides;
};

export type Explanation = {
  /** Those that are not zero, in the order of `causeNames`. They add up to the variance, to the last digit. */
  readonly causes: readonly CauseAmount[];
  /** Whether the rows, which were not given, would tell more: days are missing, or there are more rows on one side. */
  readonly needsRows: boolean;
};

/**
 * What the variance of a meter line is made of. First come the causes that single rows are, with all that those rows
 * cost: usage of another month, days that one side does not have, rows delivered twice, rows that are credits. What is
 * left is split by its factors (`factorEffects`), and what is still left is rounding or unexplained.
 *
 * Without rows, days and doubles cannot be told apart from more or less use: they are then part of `quantity`.
 */
export function explainVariance(facts: VarianceFacts): Explanation {
  const amounts = new Amounts();
  const invoice = facts.invoice.filter((total) => total.usageMonth === facts.cycle);
  const other = facts.other.filter((total) => total.usageMonth === facts.cycle);
  const late = subtract(costOfTotals(facts.invoice), costOfTotals(facts.other));
  const inCycle = subtract(costOfTotals(invoice), costOfTotals(other));
  amounts.add('lateUsage', subtract(late, inCycle));
  if (shareNoDay(invoice, other)) {
    amounts.add('missingDays', inCycle);
    return { causes: amounts.list(), needsRows: false };
  }
  if (facts.comparedWith === 'invoicelines' && isCutOff(inCycle, other)) {
    amounts.add('rounding', inCycle);
    return { causes: amounts.list(), needsRows: false };
  }
  const sides = {
    invoice: takeOutCredits(invoice, facts.rows?.invoice),
    other: takeOutCredits(other, facts.rows?.other),
  };
  amounts.add('credit', subtract(sides.invoice.credits, sides.other.credits));
  const rest = takeOutRows({ invoice: sides.invoice.sums, other: sides.other.sums }, rowsIn(facts), amounts);
  addFactors(rest, facts, amounts);
  const needsRows = facts.comparedWith === 'costexport' && facts.rows === undefined;
  return { causes: amounts.list(), needsRows: needsRows && wouldTellMore(invoice, other, inCycle) };
}

/** Whether cutting off line items can come to this variance. The prices of line items are rounded too, so this comes first. */
function isCutOff(variance: Decimal, lines: readonly MeterTotal[]): boolean {
  return compareDecimals(absolute(variance), cutOffLimit(rowsOf(lines))) <= 0;
}

/** The rows of the month whose causes are still to be told; late ones and credits that were taken out are not. */
function rowsIn(facts: VarianceFacts): RowsOfSides {
  const left = (rows: readonly DetailRow[]) =>
    rows.filter((row) => row.usageDate.startsWith(facts.cycle) && !isOwnCredit(row));
  const { rows = { invoice: [], other: [] } } = facts;
  return { invoice: left(rows.invoice), other: left(rows.other) };
}

/** Credits with an amount of their own leave the side, with all that they cost: of `rows` those, else whole totals. */
function takeOutCredits(
  totals: readonly MeterTotal[],
  rows: readonly DetailRow[] | undefined,
): { readonly sums: SideSums; readonly credits: Decimal } {
  const credits = totals.filter((total) => total.isCredit === true);
  const own = rows?.filter((row) => isOwnCredit(row) && totals.some((total) => isOfMonth(row, total)));
  if (own !== undefined && own.length < rowsOf(credits))
    return { sums: without(sideSumsOf(totals), own), credits: sumOf(own.map(sumsOfRow)).cost };
  const taken = own === undefined ? credits.filter(isOwnCredit) : credits;
  return { sums: sideSumsOf(totals.filter((total) => !taken.includes(total))), credits: costOfTotals(taken) };
}

function isOfMonth(row: DetailRow, total: MeterTotal): boolean {
  return row.usageDate.startsWith(total.usageMonth);
}

/**
 * A credit with an amount of its own, unlike usage at price zero that a credit paid for. A meter may have both in one
 * month: a total of credits then is taken for what its sum says, and rows tell them apart.
 */
function isOwnCredit({ isCredit, cost }: Pick<MeterTotal, 'isCredit' | 'cost'> | DetailRow): boolean {
  return isCredit === true && cost.startsWith('-');
}

/** Whether credits of both kinds may be in a total: one with an amount of its own has no quantity. */
function mayBeOfTwoKinds(total: MeterTotal): boolean {
  return total.isCredit === true && total.rows > 1 && total.cost !== '0' && total.quantity !== '0';
}

type BothSides = { readonly invoice: SideSums; readonly other: SideSums };

/** Takes rows of missing days and surplus copies out of both sides. */
function takeOutRows(sides: BothSides, rows: RowsOfSides, amounts: Amounts): BothSides {
  const missing = rowsOfMissingDays(rows);
  amounts.add('missingDays', rowDifference(missing));
  const kept = { invoice: otherThan(rows.invoice, missing.invoice), other: otherThan(rows.other, missing.other) };
  const surplus = duplicateRows(kept);
  amounts.add('duplicateRows', rowDifference(surplus));
  return {
    invoice: without(sides.invoice, [...missing.invoice, ...surplus.invoice]),
    other: without(sides.other, [...missing.other, ...surplus.other]),
  };
}

function addFactors({ invoice, other }: BothSides, { rows, comparedWith }: VarianceFacts, amounts: Amounts): void {
  const effects = factorEffects(invoice, other);
  const { quantity, exchangeRate, credit } = effects;
  amounts.add('quantity', quantity);
  amounts.add('exchangeRate', exchangeRate);
  amounts.add('credit', credit);
  // A line item's price is what its cut-off amount was divided into, so price and rest are told together.
  const rest = add(effects.price, effects.left);
  if (comparedWith === 'invoicelines' && compareDecimals(absolute(rest), cutOffLimit(other.rows)) <= 0) {
    amounts.add('rounding', rest);
    return;
  }
  if (!isZero(effects.price)) amounts.add(priceCauseOf(invoice, other), effects.price);
  const isRounding = compareDecimals(absolute(effects.left), roundingLimit(invoice, other, rows)) <= 0;
  amounts.add(isRounding ? 'rounding' : 'unexplained', effects.left);
}

function rowDifference({ invoice, other }: RowsOfSides): Decimal {
  return subtract(sumOf(invoice.map(sumsOfRow)).cost, sumOf(other.map(sumsOfRow)).cost);
}

function otherThan(rows: readonly DetailRow[], taken: readonly DetailRow[]): readonly DetailRow[] {
  const out = new Set(taken);
  return rows.filter((row) => !out.has(row));
}

/** Whether one side has no row in the month, or only on days on which the other has none. */
function shareNoDay(invoice: readonly MeterTotal[], other: readonly MeterTotal[]): boolean {
  if (invoice.length === 0 || other.length === 0) return true;
  const [left, right] = [daysOf(invoice), daysOf(other)];
  return left !== undefined && right !== undefined && (left & right) === 0;
}

function wouldTellMore(invoice: readonly MeterTotal[], other: readonly MeterTotal[], variance: Decimal): boolean {
  if (isZero(variance)) return false;
  if ([...invoice, ...other].some(mayBeOfTwoKinds)) return true;
  return daysOf(invoice) !== daysOf(other) || rowsOf(invoice) !== rowsOf(other);
}

function rowsOf(totals: readonly MeterTotal[]): number {
  return totals.reduce((sum, total) => sum + total.rows, 0);
}

/** The days of the month with rows, as bits; undefined where a total does not tell. */
function daysOf(totals: readonly MeterTotal[]): number | undefined {
  if (totals.some((total) => total.days === 0)) return undefined;
  return totals.reduce((days, total) => days | total.days, 0);
}

function costOfTotals(totals: readonly MeterTotal[]): Decimal {
  return totals.reduce((sum, total) => add(sum, decimal(total.cost)), zero);
}

/** Amounts by cause, as they are found. */
class Amounts {
  readonly #amounts = new Map<Cause, Decimal>();

  add(cause: Cause, amount: Decimal): void {
    this.#amounts.set(cause, add(this.#amounts.get(cause) ?? zero, amount));
  }

  list(): readonly CauseAmount[] {
    return causeNames.flatMap((cause) => {
      const amount = this.#amounts.get(cause) ?? zero;
      return isZero(amount) ? [] : [{ cause, amount: toText(amount) }];
    });
  }
}
