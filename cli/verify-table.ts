import { stringify } from 'csv-stringify/sync';
import { absolute, compareDecimals, decimal } from '../shared/domain/decimal.ts';
import type { ArithmeticTotals } from '../shared/domain/invoice-arithmetic.ts';
import { type UnverifiableReason, unverifiableReasons, type Verdict } from '../shared/domain/line-check.ts';
import { neutralised } from '../shared/formats/formula-lead.ts';
import { cents } from './table.ts';
import type { FileChargePair, FileLineVerdict, Verification } from './verify.ts';

/* What an invoice's arithmetic comes to, for a terminal of 100 columns and as CSV. CSV and JSON have every digit. */

const widthMax = 100;

/** How many wrong lines, and how many pairs, a terminal shows; JSON and CSV have all. */
const shownMax = 50;

const verdictNames = {
  asExpected: 'as expected',
  overcharged: 'overcharged',
  undercharged: 'undercharged',
  notVerifiable: 'not verifiable',
} as const satisfies Record<Verdict, string>;

const verdicts = Object.keys(verdictNames) as readonly Verdict[];

export function formatVerification(result: Verification): readonly string[] {
  if (result.refused.length > 0) return ['Nothing was verified: a file or a row was refused.'];
  const wrong = result.lines.filter(({ verdict }) => verdict === 'overcharged' || verdict === 'undercharged');
  return [
    ...result.totals.flatMap((totals) => [...formatTotals(totals), '']),
    ...formatReasons(result.lines),
    ...formatPairs(result.pairs),
    ...(wrong.length === 0 ? ['No line is charged too much or too little.'] : formatWrong(wrong)),
  ].flatMap(wrapped);
}

function formatTotals({ currency, lines, subtotal, taxTotal, total, untaxedLines, verdicts: sums }: ArithmeticTotals) {
  const rule = '─'.repeat(62);
  const row = (name: string, count: string, amount: string, difference: string) =>
    `${name.padEnd(16)}${count.padStart(10)}${amount.padStart(20)}${difference.padStart(16)}`.trimEnd();
  return [
    row(currency, 'Lines', 'Before tax', 'Difference'),
    rule,
    ...verdicts.map((verdict) => {
      const own = sums[verdict];
      return row(verdictNames[verdict], String(own.lines), cents(own.subtotal), cents(own.difference));
    }),
    rule,
    row('all', String(lines), cents(subtotal), ''),
    row('tax', '', cents(taxTotal), ''),
    row('total', '', cents(total), ''),
    ...(untaxedLines === 0 ? [] : [taxNote(untaxedLines, taxTotal)]),
  ];
}

function taxNote(untaxedLines: number, taxTotal: string): string {
  const lines = `${untaxedLines} lines with an amount have no tax`;
  return taxTotal === '0'
    ? `${lines}: where the invoice has tax, it stands on the invoice only (taxOnInvoiceOnly)`
    : lines;
}

function formatReasons(lines: readonly FileLineVerdict[]): readonly string[] {
  const unsure = Map.groupBy(lines, ({ reason }) => reason);
  const reasons = (Object.keys(unverifiableReasons) as UnverifiableReason[]).filter((reason) => unsure.has(reason));
  if (reasons.length === 0) return [];
  const told = reasons.map(
    (reason) => `${String(unsure.get(reason)?.length).padStart(6)}  ${reason}: ${unverifiableReasons[reason]}`,
  );
  return ['Not verifiable:', ...told, ''];
}

function formatPairs(pairs: readonly FileChargePair[]): readonly string[] {
  if (pairs.length === 0) return [];
  const counts = verdicts.flatMap((verdict) => {
    const count = pairs.filter((pair) => pair.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdictNames[verdict]}`];
  });
  const odd = pairs.filter(({ verdict, findings }) => verdict !== 'asExpected' || findings.length > 0);
  return [
    `Refunds and charges of one event: ${counts.join(', ')}`,
    ...odd.slice(0, shownMax).map((pair) => {
      const difference = pair.difference === undefined ? '' : `, difference ${cents(pair.difference)}`;
      const net = `${cents(pair.refunded)} + ${cents(pair.recharged)} = ${cents(pair.net)} ${pair.currency}`;
      return `  ${pair.referenceId}: ${[verdictNames[pair.verdict], ...pair.findings].join(', ')}, ${net}${difference}`;
    }),
    ...more(odd.length),
    '',
  ];
}

/** The largest differences first. */
function formatWrong(wrong: readonly FileLineVerdict[]): readonly string[] {
  const size = (line: FileLineVerdict) => absolute(decimal(line.difference ?? '0'));
  const ordered = [...wrong].sort((left, right) => compareDecimals(size(right), size(left)));
  const heading = `${'Wrong lines'.padEnd(58)}${'Charged'.padStart(14)}${'Expected'.padStart(14)}${'Difference'.padStart(14)}`;
  return [
    heading,
    '─'.repeat(widthMax),
    ...ordered.slice(0, shownMax).flatMap((line) => {
      const amounts = [line.charged, line.expected ?? '0', line.difference ?? '0'].map((amount) =>
        cents(amount).padStart(14),
      );
      const name = `${verdictNames[line.verdict]}, ${line.chargeType} ${line.currency}`;
      return [
        `${name.slice(0, 58).padEnd(58)}${amounts.join('')}`,
        `  ${[line.customerName, line.productName].join(', ')}`,
        `  ${line.formula}`,
        `  ${line.file}:${line.line}`,
      ];
    }),
    ...more(ordered.length),
  ];
}

function more(count: number): readonly string[] {
  return count > shownMax ? [`  and ${count - shownMax} more; --format json has all of them`] : [];
}

/** Cuts a line into pieces that fit, at blanks where there are any, and indents what follows the first. */
function wrapped(line: string): readonly string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > widthMax) {
    const blank = rest.lastIndexOf(' ', widthMax);
    const end = blank > 8 ? blank : widthMax;
    pieces.push(rest.slice(0, end));
    rest = `    ${rest.slice(end).trimStart()}`;
  }
  return [...pieces, rest];
}

const csvColumns = [
  'file',
  'line',
  'invoiceId',
  'customerId',
  'customerName',
  'subscriptionId',
  'productName',
  'chargeType',
  'referenceId',
  'currency',
  'kind',
  'verdict',
  'reason',
  'check',
  'charged',
  'expected',
  'difference',
  'tolerance',
  'formula',
] as const satisfies readonly (keyof FileLineVerdict)[];

const amountColumns: ReadonlySet<string> = new Set(['charged', 'expected', 'difference', 'tolerance']);

/** Lines made into text at once. */
const batchLines = 500;

/** One row per line, every line. Text that a spreadsheet would run is preceded by an apostrophe. */
export function* verificationCsv({ lines }: Pick<Verification, 'lines'>): Generator<string> {
  yield stringify([[...csvColumns]], { record_delimiter: 'windows' });
  for (let from = 0; from < lines.length; from += batchLines) {
    const rows = lines.slice(from, from + batchLines).map((line) =>
      csvColumns.map((column) => {
        const text = String(line[column] ?? '');
        return amountColumns.has(column) ? text : neutralised(text);
      }),
    );
    yield stringify(rows, { record_delimiter: 'windows' });
  }
}
