import { stripVTControlCharacters } from 'node:util';
import { causeTexts } from '../shared/domain/cause-texts.ts';
import type { MeterLine } from '../shared/domain/comparison.ts';
import { absolute, compareDecimals, decimal, isZero, subtract, toText } from '../shared/domain/decimal.ts';
import { wrongLines } from '../shared/domain/invoice-arithmetic.ts';
import { sumTexts } from '../shared/domain/meter-totals.ts';
import type { CurrencyTotals } from '../shared/domain/summary.ts';
import { comparedNames } from './compared-names.ts';
import { mainCauseOf } from './main-cause.ts';
import type { Comparison, Reconciliation } from './reconcile.ts';
import { coverageOf } from './reconcile-json.ts';
import { cents, percent } from './table.ts';
import { cell, type Paint, printable, unpainted, widthMax, widthOf, wrapped } from './terminal-text.ts';

/* A reconciliation for a terminal of 100 columns. Amounts are rounded to cents for reading; JSON has every digit. */

/** How many breaks are shown; the other formats have all. */
const breaksShown = 10;
const filesShown = 8;

const statusNames = {
  matched: 'matched',
  withinTolerance: 'within tolerance',
  mismatched: 'mismatched',
  invoiceOnly: 'invoice only',
  otherOnly: 'other side only',
  excluded: 'excluded',
  notComparable: 'not comparable',
} as const satisfies Record<MeterLine['status'], string>;

/** What lines belong to. */
const ownerNames = { costexport: 'subscriptions', invoicelines: 'plans' } as const;

const severityNames = { minor: 'minor', watch: 'watch', contactSupport: 'contact support' } as const;

export function formatReconciliation(result: Reconciliation, paint: Paint = unpainted): readonly string[] {
  const { comparisons, arithmetic } = result;
  if (comparisons.some(({ isRefused }) => isRefused)) return ['Nothing was compared: a file or a row was refused.'];
  const lines = [
    ...comparisons.flatMap((comparison) => formatComparison(comparison, paint)),
    ...(arithmetic === undefined ? [] : formatArithmetic(arithmetic, paint)),
  ];
  return lines.flatMap(fitted);
}

/** Amounts are never cut: a line that they make too long goes on in the next. */
function fitted(line: string): readonly string[] {
  const plain = stripVTControlCharacters(line);
  return widthOf(plain) <= widthMax ? [line] : wrapped(plain, widthMax);
}

function formatComparison(comparison: Comparison, paint: Paint): readonly string[] {
  const { comparedWith, billingCycle, policyVersion, runId, gate, summary } = comparison;
  const breaks = new LargestBreaks();
  const count = { matched: 0, all: 0 };
  for (const { name, status, lines } of comparison.subscriptions()) {
    count.all += 1;
    if (status === 'Matched') count.matched += 1;
    for (const line of lines) breaks.take(name, line);
  }
  return [
    paint('bold', `Daily rated usage against ${comparedNames[comparedWith]}, ${billingCycle || 'no usage'}`),
    ...wrapped(`policy ${policyVersion}, run ${runId}`, widthMax).map((line) => paint('dim', line)),
    ...formatFiles('invoice', comparison.files.invoice),
    ...formatFiles(comparedNames[comparedWith], comparison.files.other),
    ...(gate.kind === 'open' ? [] : ['', ...wrapped(`Not comparable: ${gate.message}.`, widthMax)]),
    '',
    ...formatTotals(comparison, paint),
    `${count.matched} of ${count.all} ${ownerNames[comparedWith]} match`,
    '',
    ...summary.totals.flatMap((totals) => formatBridge(totals, paint)),
    ...summary.totals.flatMap(({ currency }) => formatBreaks(currency, breaks, paint)),
    ...formatCoverage(comparison, paint),
    '',
  ];
}

function formatFiles(side: string, files: Comparison['files']['invoice']): readonly string[] {
  const shown = files.slice(0, filesShown).map((file) => {
    const rows = `${file.rows} rows`;
    return `${cell(side, 13)}${cell(file.name, 53)} ${cell(file.schemaVersion, 19)}${rows.padStart(14)}`;
  });
  const more = files.slice(filesShown);
  if (more.length === 0) return shown;
  const rows = `${more.reduce((sum, file) => sum + file.rows, 0)} rows`;
  return [
    ...shown,
    `${cell(side, 13)}${cell(`and ${more.length} more files`, 53)} ${cell('', 19)}${rows.padStart(14)}`,
  ];
}

/** A label, and amounts in columns of equal width: with five of them as wide as the terminal. */
function amounts(label: string, texts: readonly string[]): string {
  return `${cell(label, 16)}${texts.map((text) => text.padStart(text.length > 17 ? text.length + 1 : 17)).join('')}`.trimEnd();
}

function rule(width: number): string {
  return '─'.repeat(width);
}

function formatTotals({ summary, comparedWith }: Comparison, paint: Paint): readonly string[] {
  const other = comparedNames[comparedWith];
  return [
    paint('bold', `${cell('Totals', 16)}${['invoice', other, 'variance'].map((title) => title.padStart(28)).join('')}`),
    rule(widthMax),
    ...summary.totals.map(({ currency, invoice, other, variance }) => {
      const sums = [invoice, other, variance].map((amount) => ` ${cents(amount)}`.padStart(28));
      return `${cell(currency, 16)}${sums.join('')}`;
    }),
    '',
    ...summary.totals.flatMap(({ currency, matchedLines, comparableLines, matchedAmount, comparableAmount }) => {
      const byCount = percent(String(matchedLines), String(comparableLines));
      const byAmount = percent(matchedAmount, comparableAmount);
      const lines = `${matchedLines} of ${comparableLines} meter lines`;
      return wrapped(`Match rate ${currency}: ${byCount} by count (${lines}), ${byAmount} by amount`, widthMax);
    }),
  ];
}

/** The causes, rounded to cents each; where they then do not come to the rounded variance, that is told as a row. */
function formatBridge({ currency, causes, variance }: CurrencyTotals, paint: Paint): readonly string[] {
  if (causes.length === 0) return [];
  const shown = sumTexts(causes.map(({ amount }) => cents(amount)));
  const gap = toText(subtract(decimal(cents(variance)), decimal(shown)));
  const row = (name: string, amount: string) => `${cell(name, 22)}${` ${cents(amount)}`.padStart(16)}`;
  return [
    paint('bold', `${cell('What the variance is made of', 32)}${currency.padStart(6)}`),
    rule(widthMax),
    ...causes.flatMap(({ cause, amount }) => {
      const [first = '', ...more] = wrapped(causeTexts[cause].sentence, widthMax - 40);
      return [`${row(cause, amount)}  ${first}`, ...more.map((line) => `${' '.repeat(40)}${line}`)];
    }),
    ...(isZero(decimal(gap)) ? [] : [`${row('(cents)', gap)}  The rows above are rounded to cents.`]),
    rule(38),
    paint('bold', row('total', variance)),
    '',
  ];
}

type Break = { readonly name: string; readonly line: MeterLine };

/** The largest breaks of each currency: those of different currencies cannot be told apart by size. */
class LargestBreaks {
  readonly #byCurrency = new Map<string, Break[]>();
  readonly #counts = new Map<string, number>();

  take(name: string, line: MeterLine): void {
    if (line.severity === undefined) return;
    this.#counts.set(line.currency, this.countOf(line.currency) + 1);
    const own = this.#byCurrency.get(line.currency) ?? [];
    own.push({ name, line });
    own.sort((left, right) => compareDecimals(sizeOf(right.line), sizeOf(left.line)));
    this.#byCurrency.set(line.currency, own.slice(0, breaksShown));
  }

  countOf(currency: string): number {
    return this.#counts.get(currency) ?? 0;
  }

  of(currency: string): readonly Break[] {
    return this.#byCurrency.get(currency) ?? [];
  }
}

function sizeOf({ variance }: MeterLine) {
  return absolute(decimal(variance.cost));
}

const severityStyles = { minor: 'dim', watch: 'yellow', contactSupport: 'red' } as const;

function formatBreaks(currency: string, breaks: LargestBreaks, paint: Paint): readonly string[] {
  const largest = breaks.of(currency);
  if (largest.length === 0) return [paint('green', `No break in ${currency}.`), ''];
  return [
    paint('bold', `The largest breaks, ${currency} (${largest.length} of ${breaks.countOf(currency)})`),
    rule(widthMax),
    ...largest.flatMap(({ name, line }, at) => formatBreak(name, line, { number: at + 1, paint })),
    '',
  ];
}

function formatBreak(
  name: string,
  line: MeterLine,
  { number, paint }: { readonly number: number; readonly paint: Paint },
): readonly string[] {
  const { severity = 'minor', status, variance, meterName, meterCategory, region, causes } = line;
  const share = variance.percent === undefined ? '' : `${cents(variance.percent)} %`;
  const cause = mainCauseOf(line);
  const amount = causes.find((one) => one.cause === cause)?.amount ?? '0';
  const what = [meterCategory, meterName, region].filter((text) => text !== '').join(', ') || line.meterId;
  const why = cause === undefined ? '' : `${cause} ${cents(amount)}: ${causeTexts[cause].sentence}`;
  return [
    `${String(number).padStart(2)}${` ${cents(variance.cost)}`.padStart(15)}${` ${share}`.padStart(12)}  ${cell(statusNames[status], 17)}${paint(severityStyles[severity], severityNames[severity])}`,
    `    ${cell(what, 58)}  ${cell(subscriptionOf(name, line), 36)}`.trimEnd(),
    ...wrapped(why, widthMax - 4).map((text) => `    ${text}`),
  ];
}

/** Names repeat from customer to customer; the first digits of the id tell them apart. */
function subscriptionOf(name: string, { subscriptionId }: MeterLine): string {
  if (subscriptionId === '') return '(no subscription)';
  if (name === '') return subscriptionId;
  const id = ` (${subscriptionId.slice(0, 8)})`;
  return `${cell(name, Math.min(widthOf(printable(name)), 36 - widthOf(printable(id)))).trimEnd()}${id}`;
}

const statuses = Object.keys(statusNames) as readonly MeterLine['status'][];

function formatCoverage(comparison: Comparison, paint: Paint): readonly string[] {
  const { summary, comparedWith, refusedRows } = comparison;
  const row = (label: string, counts: readonly number[]) => amounts(label, counts.map(String));
  const { invoiceRows, otherRows } = coverageOf(comparison);
  return [
    paint('bold', amounts('Coverage', ['lines', 'invoice rows', `${comparedNames[comparedWith]} rows`])),
    rule(67),
    ...statuses
      .filter((status) => summary.lines[status] > 0)
      .map((status) =>
        row(statusNames[status], [summary.lines[status], summary.invoiceRows[status], summary.otherRows[status]]),
      ),
    ...(refusedRows === 0 ? [] : [`${cell('refused', 16)}${String(refusedRows).padStart(51)}`]),
    rule(67),
    row('read', [statuses.reduce((sum, status) => sum + summary.lines[status], 0), invoiceRows, otherRows]),
  ];
}

function formatArithmetic(totals: NonNullable<Reconciliation['arithmetic']>, paint: Paint): readonly string[] {
  const wrong = wrongLines(totals);
  const found =
    wrong === 0
      ? 'No line item is charged too much or too little'
      : `${wrong} line items are charged too much or too little`;
  return [
    paint('bold', 'The invoice’s own arithmetic'),
    rule(widthMax),
    ...totals.map(
      ({ currency, lines, subtotal, taxTotal, total }) =>
        `${cell(currency, 8)}${lines} lines, before tax ${cents(subtotal)}, tax ${cents(taxTotal)}, total ${cents(total)}`,
    ),
    ...wrapped(`${found}; verify --invoice … tells each line.`, widthMax),
    ...wrapped(
      'The total of the invoice is not compared (invoicetotal): its header is not among the files of a laptop. Hold the total above against it.',
      widthMax,
    ),
  ];
}
