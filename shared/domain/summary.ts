import { type CauseAmount, causeNames } from './cause.ts';
import { type MeterLine, type MeterStatus, meterStatuses } from './comparison.ts';
import { absolute, add, type Decimal, decimal, subtract, toText, zero } from './decimal.ts';
import { type Money, sumTexts } from './meter-totals.ts';

/** Rows of one side in each status. */
export type RowCounts = { readonly [status in MeterStatus]: number };

/** What both sides cost in each status, exact decimal text. */
export type StatusMoney = { readonly [status in MeterStatus]: { readonly invoice: string; readonly other: string } };

/**
 * Totals of one currency. `matched` of `comparable`, by lines and by amount, is the match rate. The causes add up to the
 * variance. `money` is of all lines, also those that the totals leave out.
 */
export type CurrencyTotals = {
  readonly currency: string;
  readonly invoice: string;
  readonly other: string;
  readonly variance: string;
  readonly lines: number;
  readonly matchedLines: number;
  readonly comparableLines: number;
  readonly matchedAmount: string;
  readonly comparableAmount: string;
  readonly causes: readonly CauseAmount[];
  readonly money: StatusMoney;
};

/** What a set of meter lines adds up to. Lines that are set aside or not comparable count in rows and money, not in totals. */
export type ComparisonSummary = {
  readonly totals: readonly CurrencyTotals[];
  readonly lines: RowCounts;
  readonly invoiceRows: RowCounts;
  readonly otherRows: RowCounts;
};

/** Adds lines up. Totals leave out lines that are set aside or not comparable: they have nothing to stand against. */
export function summarise(lines: readonly MeterLine[]): ComparisonSummary {
  const byCurrency = Map.groupBy(lines, (line) => line.currency);
  return {
    totals: [...byCurrency]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([currency, group]) => totalsOf(currency, group)),
    lines: countBy(lines, () => 1),
    invoiceRows: countBy(lines, (line) => line.invoice?.rows ?? 0),
    otherRows: countBy(lines, (line) => line.other?.rows ?? 0),
  };
}

/** The sum of two summaries, for instance of two subscriptions. */
export function addSummaries(left: ComparisonSummary, right: ComparisonSummary): ComparisonSummary {
  const currencies = [...new Set([...left.totals, ...right.totals].map((total) => total.currency))].sort();
  return {
    totals: currencies.map((currency) => addCurrencyTotals(currency, [...left.totals, ...right.totals])),
    lines: addCounts(left.lines, right.lines),
    invoiceRows: addCounts(left.invoiceRows, right.invoiceRows),
    otherRows: addCounts(left.otherRows, right.otherRows),
  };
}

export const emptySummary: ComparisonSummary = summarise([]);

/** What was read of both sides: rows, and money where it is known apart from the lines. Refused rows are among the rows. */
export type Read = {
  readonly invoiceRows: number;
  readonly otherRows: number;
  readonly refused?: { readonly invoice: number; readonly other: number };
  readonly invoiceMoney?: readonly Money[];
  readonly otherMoney?: readonly Money[];
};

/**
 * The first way in which `summary` does not account for every row and all money that was read, or undefined when it adds
 * up. A run that does not add up is our bug and is not published.
 */
export function coverageGap(summary: ComparisonSummary, read: Read): string | undefined {
  const { invoice = 0, other = 0 } = read.refused ?? {};
  return (
    rowGap('invoice side', read.invoiceRows, sumCounts(summary.invoiceRows) + invoice) ??
    rowGap('other side', read.otherRows, sumCounts(summary.otherRows) + other) ??
    moneyGap('invoice', summary, read.invoiceMoney) ??
    moneyGap('other', summary, read.otherMoney)
  );
}

function rowGap(side: string, read: number, accounted: number): string | undefined {
  return read === accounted ? undefined : `${side}: ${read} rows read, ${accounted} accounted for`;
}

function moneyGap(
  side: 'invoice' | 'other',
  summary: ComparisonSummary,
  read: readonly Money[] | undefined,
): string | undefined {
  if (read === undefined) return undefined;
  const currencies = [...new Set([...read, ...summary.totals].map(({ currency }) => currency))].sort();
  for (const currency of currencies) {
    const inside = read.filter((money) => money.currency === currency).map(({ amount }) => amount);
    const own = summary.totals.filter((total) => total.currency === currency);
    const accounted = sumTexts(own.flatMap(({ money }) => meterStatuses.map((status) => money[status][side])));
    const amount = sumTexts(inside);
    if (amount !== accounted) return `${side} side, ${currency}: ${amount} read, ${accounted} accounted for`;
  }
  return undefined;
}

/** Matched for the two-word view: every line agrees, is close enough or is set aside by a rule. */
export function isMatched(summary: ComparisonSummary): boolean {
  const { mismatched, invoiceOnly, otherOnly, notComparable } = summary.lines;
  return mismatched === 0 && invoiceOnly === 0 && otherOnly === 0 && notComparable === 0;
}

function totalsOf(currency: string, lines: readonly MeterLine[]): CurrencyTotals {
  const comparable = lines.filter((line) => line.status !== 'excluded' && line.status !== 'notComparable');
  const matched = comparable.filter((line) => line.status === 'matched' || line.status === 'withinTolerance');
  const invoice = sum(comparable, (line) => line.invoice?.cost);
  const other = sum(comparable, (line) => line.other?.cost);
  return {
    currency,
    invoice: toText(invoice),
    other: toText(other),
    variance: toText(subtract(invoice, other)),
    lines: lines.length,
    matchedLines: matched.length,
    comparableLines: comparable.length,
    matchedAmount: toText(sizeOf(matched)),
    comparableAmount: toText(sizeOf(comparable)),
    causes: addCauses(comparable.map((line) => line.causes)),
    money: statusMoney((status, side) =>
      toText(
        sum(
          lines.filter((line) => line.status === status),
          (line) => line[side]?.cost,
        ),
      ),
    ),
  };
}

/** The sums of causes, those that are not zero, in their order. */
function addCauses(lists: readonly (readonly CauseAmount[])[]): readonly CauseAmount[] {
  const byCause = Map.groupBy(lists.flat(), ({ cause }) => cause);
  return causeNames.flatMap((cause) => {
    const amount = sumTexts((byCause.get(cause) ?? []).map((one) => one.amount));
    return amount === '0' ? [] : [{ cause, amount }];
  });
}

function statusMoney(amountOf: (status: MeterStatus, side: 'invoice' | 'other') => string): StatusMoney {
  const both = (status: MeterStatus) => ({ invoice: amountOf(status, 'invoice'), other: amountOf(status, 'other') });
  return {
    matched: both('matched'),
    withinTolerance: both('withinTolerance'),
    mismatched: both('mismatched'),
    invoiceOnly: both('invoiceOnly'),
    otherOnly: both('otherOnly'),
    excluded: both('excluded'),
    notComparable: both('notComparable'),
  };
}

function addCurrencyTotals(currency: string, totals: readonly CurrencyTotals[]): CurrencyTotals {
  const own = totals.filter((total) => total.currency === currency);
  const text = (of: (total: CurrencyTotals) => string) =>
    toText(own.reduce((all, total) => add(all, decimal(of(total))), zero));
  const count = (of: (total: CurrencyTotals) => number) => own.reduce((all, total) => all + of(total), 0);
  return {
    currency,
    invoice: text((total) => total.invoice),
    other: text((total) => total.other),
    variance: text((total) => total.variance),
    lines: count((total) => total.lines),
    matchedLines: count((total) => total.matchedLines),
    comparableLines: count((total) => total.comparableLines),
    matchedAmount: text((total) => total.matchedAmount),
    comparableAmount: text((total) => total.comparableAmount),
    causes: addCauses(own.map((total) => total.causes)),
    money: statusMoney((status, side) => text((total) => total.money[status][side])),
  };
}

/** What the match rate by amount weighs a line with: the size of its invoice cost, or of the other where there is none. */
function sizeOf(lines: readonly MeterLine[]): Decimal {
  return lines.reduce((all, line) => add(all, absolute(decimal(line.invoice?.cost ?? line.other?.cost ?? '0'))), zero);
}

function sum(lines: readonly MeterLine[], costOf: (line: MeterLine) => string | undefined): Decimal {
  return lines.reduce((all, line) => add(all, decimal(costOf(line) ?? '0')), zero);
}

function countBy(lines: readonly MeterLine[], weightOf: (line: MeterLine) => number): RowCounts {
  const counts = new Map<MeterStatus, number>();
  for (const line of lines) counts.set(line.status, (counts.get(line.status) ?? 0) + weightOf(line));
  return rowCounts((status) => counts.get(status) ?? 0);
}

function addCounts(left: RowCounts, right: RowCounts): RowCounts {
  return rowCounts((status) => left[status] + right[status]);
}

function rowCounts(countOf: (status: MeterStatus) => number): RowCounts {
  return {
    matched: countOf('matched'),
    withinTolerance: countOf('withinTolerance'),
    mismatched: countOf('mismatched'),
    invoiceOnly: countOf('invoiceOnly'),
    otherOnly: countOf('otherOnly'),
    excluded: countOf('excluded'),
    notComparable: countOf('notComparable'),
  };
}

function sumCounts(counts: RowCounts): number {
  return meterStatuses.reduce((all, status) => all + counts[status], 0);
}
