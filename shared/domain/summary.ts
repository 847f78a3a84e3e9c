import { type MeterLine, type MeterStatus, meterStatuses } from './comparison.ts';
import { absolute, add, type Decimal, decimal, subtract, toText, zero } from './decimal.ts';

/** Rows of one side in each status. */
export type RowCounts = { readonly [status in MeterStatus]: number };

/** Totals of one currency. `matched` of `comparable`, by lines and by amount, is the match rate. */
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
};

/** What a set of meter lines adds up to. Excluded lines count in rows and totals, not in the match rate. */
export type ComparisonSummary = {
  readonly totals: readonly CurrencyTotals[];
  readonly lines: RowCounts;
  readonly invoiceRows: RowCounts;
  readonly otherRows: RowCounts;
};

/** Adds lines up. The other side's total leaves excluded lines out: they have nothing to stand against. */
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

/**
 * The first way in which `summary` does not account for every row that was read, or undefined when it adds up. A run
 * that does not add up is our bug and is not published.
 */
export function coverageGap(
  summary: ComparisonSummary,
  read: { readonly invoiceRows: number; readonly otherRows: number },
): string | undefined {
  const invoiceRows = sumCounts(summary.invoiceRows);
  const otherRows = sumCounts(summary.otherRows);
  if (invoiceRows !== read.invoiceRows)
    return `invoice side: ${read.invoiceRows} rows read, ${invoiceRows} accounted for`;
  if (otherRows !== read.otherRows) return `other side: ${read.otherRows} rows read, ${otherRows} accounted for`;
  return undefined;
}

/** Matched for the two-word view: every line agrees, is close enough or is set aside by a rule. */
export function isMatched(summary: ComparisonSummary): boolean {
  return summary.lines.mismatched === 0 && summary.lines.invoiceOnly === 0 && summary.lines.otherOnly === 0;
}

function totalsOf(currency: string, lines: readonly MeterLine[]): CurrencyTotals {
  const comparable = lines.filter((line) => line.status !== 'excluded');
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
  const counts = { matched: 0, withinTolerance: 0, mismatched: 0, invoiceOnly: 0, otherOnly: 0, excluded: 0 };
  for (const line of lines) counts[line.status] += weightOf(line);
  return counts;
}

function addCounts(left: RowCounts, right: RowCounts): RowCounts {
  const sumOf = (status: MeterStatus) => left[status] + right[status];
  return {
    matched: sumOf('matched'),
    withinTolerance: sumOf('withinTolerance'),
    mismatched: sumOf('mismatched'),
    invoiceOnly: sumOf('invoiceOnly'),
    otherOnly: sumOf('otherOnly'),
    excluded: sumOf('excluded'),
  };
}

function sumCounts(counts: RowCounts): number {
  return meterStatuses.reduce((all, status) => all + counts[status], 0);
}
