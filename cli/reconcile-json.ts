import type { MeterLine, MeterSide, MeterStatus } from '../shared/domain/comparison.ts';
import { decimal, divide, isZero, toText } from '../shared/domain/decimal.ts';
import type { Problem } from '../shared/domain/problem.ts';
import type { CurrencyTotals } from '../shared/domain/summary.ts';
import type { Comparison, Reconciliation, SubscriptionResult } from './reconcile.ts';

/* What `reconcile --format json` prints: docs/reconcile-output.md. What is not known is null, so that every name is there. */

/** Places of a match rate, which is a share and has no exact decimal. */
const ratePlaces = 6;

/** One object, in pieces: a month of a large partner is never in memory as one text. */
export function* reconciliationJson({ comparisons, refused, arithmetic }: Reconciliation): Generator<string> {
  const [first, ...more] = comparisons;
  if (first === undefined) throw new Error('There is no comparison to tell');
  yield '{';
  yield* comparisonMembers(first);
  for (const comparison of more) {
    yield `,${JSON.stringify(comparison.comparedWith)}:{`;
    yield* comparisonMembers(comparison);
    yield '}';
  }
  if (arithmetic !== undefined) yield `,"arithmetic":${JSON.stringify(arithmetic)}`;
  yield `,"refused":${JSON.stringify(refused.map(refusedJson))}}\n`;
}

function* comparisonMembers(comparison: Comparison): Generator<string> {
  const { runId, engineVersion, policyVersion, billingCycle, files, summary } = comparison;
  const head = {
    runId,
    engineVersion,
    policyVersion,
    billingCycle,
    sides: { invoice: { files: files.invoice }, other: { files: files.other } },
    totals: summary.totals.map(totalsJson),
    coverage: coverageOf(comparison),
    causes: summary.totals.flatMap(({ currency, causes }) =>
      causes.map(({ cause, amount }) => ({ cause, currency, amount })),
    ),
  };
  yield `${JSON.stringify(head).slice(1, -1)},"subscriptions":[`;
  let lead = '';
  for (const subscription of comparison.subscriptions()) {
    yield `${lead}${JSON.stringify(subscriptionJson(subscription))}`;
    lead = ',';
  }
  yield ']';
}

function totalsJson(totals: CurrencyTotals) {
  const { currency, invoice, other, variance } = totals;
  return { currency, invoice, other, variance, ...matchRates(totals) };
}

/** Shares between 0 and 1; null where there is nothing to compare. */
function matchRates({ matchedLines, comparableLines, matchedAmount, comparableAmount }: CurrencyTotals) {
  return {
    matchRateByCount: rateOf(String(matchedLines), String(comparableLines)),
    matchRateByAmount: rateOf(matchedAmount, comparableAmount),
  };
}

function rateOf(part: string, whole: string): string | null {
  return isZero(decimal(whole)) ? null : toText(divide(decimal(part), decimal(whole), ratePlaces));
}

/**
 * Rows of both sides by what became of them: those of the statuses and the refused ones add up to the rows read.
 * `notComparable` is told where a gate made lines so.
 */
export function coverageOf({ rows, summary, refusedRows }: Comparison) {
  const rowsOf = (status: MeterStatus) => summary.invoiceRows[status] + summary.otherRows[status];
  return {
    invoiceRows: rows.invoice,
    otherRows: rows.other,
    matched: rowsOf('matched'),
    withinTolerance: rowsOf('withinTolerance'),
    mismatched: rowsOf('mismatched'),
    invoiceOnly: rowsOf('invoiceOnly'),
    otherOnly: rowsOf('otherOnly'),
    excluded: rowsOf('excluded'),
    ...(rowsOf('notComparable') === 0 ? {} : { notComparable: rowsOf('notComparable') }),
    refused: refusedRows,
  };
}

function subscriptionJson({ subscriptionId, status, currency, invoice, other, variance, lines }: SubscriptionResult) {
  return { subscriptionId, status, currency, invoice, other, variance, meters: lines.map(meterJson) };
}

function meterJson(line: MeterLine) {
  const { meterId, meterName, meterCategory, meterSubCategory, region, unit, status, severity, causes } = line;
  const { excludedBy, decidedBy, sweep, otherUnit, otherRegion, needsRows } = line;
  const { quantity, unitPrice, cost, percent } = line.variance;
  return {
    ...{ meterId, meterName, meterCategory, meterSubCategory, region, unit, status },
    severity: severity ?? null,
    invoice: sideJson(line.invoice),
    other: sideJson(line.other),
    variance: { quantity, unitPrice: unitPrice ?? null, cost, percent: percent ?? null },
    causes,
    // Undefined ones are not written.
    ...{ excludedBy, decidedBy, sweep, otherUnit, otherRegion, needsRows },
  };
}

function sideJson(side: MeterSide | undefined) {
  if (side === undefined) return null;
  const { quantity, unitPrice, cost, rows } = side;
  return { quantity, unitPrice: unitPrice ?? null, cost, rows };
}

function refusedJson({ file, line, column, message, value }: Problem) {
  return { file: file ?? null, line: line ?? null, column: column ?? null, reason: message, value: value ?? null };
}
