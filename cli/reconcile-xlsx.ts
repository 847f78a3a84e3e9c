import { type CauseText, causeTexts } from '../shared/domain/cause-texts.ts';
import type { MeterLine } from '../shared/domain/comparison.ts';
import { decimal, divide, isZero, toText } from '../shared/domain/decimal.ts';
import type { CurrencyTotals } from '../shared/domain/summary.ts';
import type { FileColumn } from '../shared/formats/file-columns.ts';
import type { XlsxCell, XlsxRow } from '../shared/formats/xlsx-cells.ts';
import { columnLetters } from '../shared/formats/xlsx-sheet.ts';
import { xlsxFile } from '../shared/formats/xlsx-writer.ts';
import { comparedNames } from './compared-names.ts';
import { liveDifference, livePercent, liveSum, type Operand } from './live-variance.ts';
import { mainCauseOf } from './main-cause.ts';
import type { Comparison, Reconciliation } from './reconcile.ts';
import { decisionCells, decisionColumns, lineColumns, linesOf, sideCells } from './reconcile-csv.ts';
import { coverageOf } from './reconcile-json.ts';

/**
 * A workbook: `Summary` with totals, match rates, coverage and the bridge of causes; `Meters` with every meter line, its
 * variances as live formulas; `Causes` with every cause of every line, and what it means.
 */
export function reconciliationXlsx({ comparisons }: Reconciliation): AsyncGenerator<Uint8Array> {
  return xlsxFile([
    { name: 'Summary', columns: summaryColumns, rows: summaryRows(comparisons) },
    { name: 'Meters', columns: meterColumns, rows: meterRows(comparisons) },
    { name: 'Causes', columns: causeColumns, rows: causeRows(comparisons) },
  ]);
}

const summaryColumns = [
  { name: 'comparedWith', type: 'text', widthChars: 16 },
  { name: 'currency', type: 'text' },
  { name: 'what', type: 'text', widthChars: 44 },
  { name: 'value', type: 'decimal', widthChars: 26 },
  { name: 'remark', type: 'text', widthChars: 60 },
] as const satisfies readonly FileColumn[];

/** Rows of the summary, and where the next one stands: its formulas name other rows. */
class SummaryRows {
  readonly rows: XlsxRow[] = [];
  readonly #comparison: Comparison;
  #row: number;

  constructor(comparison: Comparison, firstRow: number) {
    this.#comparison = comparison;
    this.#row = firstRow;
  }

  get nextRow(): number {
    return this.#row;
  }

  /** @returns where the value stands */
  add(currency: string, what: string, value: XlsxCell, remark = ''): string {
    this.rows.push([this.#comparison.comparedWith, currency, what, value, remark]);
    this.#row += 1;
    return `D${this.#row - 1}`;
  }

  amount(currency: string, what: string, amount: string, remark = ''): Operand {
    return { cell: this.add(currency, what, amount, remark), amount };
  }
}

/** The header is the first row of the sheet. */
const firstRow = 2;

function summaryRows(comparisons: readonly Comparison[]): readonly XlsxRow[] {
  const rows: XlsxRow[] = [];
  for (const comparison of comparisons) {
    const own = new SummaryRows(comparison, firstRow + rows.length);
    addRun(own, comparison);
    for (const totals of comparison.summary.totals) addCurrency(own, totals, comparison);
    rows.push(...own.rows);
  }
  return rows;
}

function addRun(rows: SummaryRows, comparison: Comparison): void {
  const { runId, engineVersion, policyVersion, billingCycle, files } = comparison;
  rows.add('', 'run', '', runId);
  rows.add('', 'billing cycle', '', billingCycle);
  rows.add('', 'policy, engine', '', `${policyVersion}, ${engineVersion}`);
  for (const side of ['invoice', 'other'] as const) {
    const name = side === 'invoice' ? 'invoice' : comparedNames[comparison.comparedWith];
    for (const file of files[side]) rows.add('', `rows of ${name}`, String(file.rows), `${file.name} ${file.sha256}`);
  }
  for (const [what, count] of Object.entries(coverageOf(comparison))) {
    rows.add('', `rows: ${what}`, String(count));
  }
}

function addCurrency(rows: SummaryRows, totals: CurrencyTotals, { comparedWith }: Comparison): void {
  const { currency, matchedLines, comparableLines, matchedAmount, comparableAmount, causes } = totals;
  const invoice = rows.amount(currency, 'invoice', totals.invoice);
  const other = rows.amount(currency, comparedNames[comparedWith], totals.other);
  rows.add(currency, 'variance', liveDifference(invoice, other), 'invoice minus the other side');
  rows.add(currency, 'match rate by count, %', percentOf(String(matchedLines), String(comparableLines)));
  rows.add(currency, 'match rate by amount, %', percentOf(matchedAmount, comparableAmount));
  const bridge = causes.map(({ cause, amount }) =>
    rows.amount(currency, `cause: ${cause}`, amount, causeTexts[cause].sentence),
  );
  rows.add(currency, 'causes in all', liveSum(bridge, totals.variance), 'equals the variance');
}

function percentOf(part: string, whole: string): string {
  return isZero(decimal(whole)) ? '' : toText(divide(decimal(`${part}e2`), decimal(whole), 4));
}

const sideNames = ['Quantity', 'UnitPrice', 'Cost', 'Rows'] as const;
const meterColumns: readonly FileColumn[] = [
  ...lineColumns,
  ...decisionColumns,
  ...sideNames.map((name) => decimalColumn(`invoice${name}`)),
  ...sideNames.map((name) => decimalColumn(`other${name}`)),
  ...['Quantity', 'UnitPrice', 'Cost', 'Percent'].map((name) => decimalColumn(`variance${name}`)),
  { name: 'mainCause', type: 'text', widthChars: 20 },
];

function decimalColumn(name: string): FileColumn {
  return { name, type: 'decimal', widthChars: 18 };
}

function* meterRows(comparisons: readonly Comparison[]): Generator<XlsxRow> {
  for (const { line, cells } of linesOf(comparisons)) {
    yield [
      ...cells,
      ...decisionCells(line),
      ...sideCells(line.invoice),
      ...sideCells(line.other),
      ...varianceCells(line),
      mainCauseOf(line) ?? '',
    ];
  }
}

function varianceCells({ invoice, other, variance }: MeterLine): readonly XlsxCell[] {
  const operand = (name: string, amount: string | undefined): Operand => ({
    cell: `${lettersOf(name)}{row}`,
    amount: amount ?? '',
  });
  const quantities = [
    operand('invoiceQuantity', invoice?.quantity),
    operand('otherQuantity', other?.quantity),
  ] as const;
  const prices = [
    operand('invoiceUnitPrice', invoice?.unitPrice),
    operand('otherUnitPrice', other?.unitPrice),
  ] as const;
  const costs = [operand('invoiceCost', invoice?.cost), operand('otherCost', other?.cost)] as const;
  return [
    liveDifference(...quantities),
    variance.unitPrice === undefined ? '' : liveDifference(...prices),
    liveDifference(...costs),
    livePercent(...costs, variance.percent),
  ];
}

function lettersOf(name: string): string {
  return columnLetters(meterColumns.findIndex((column) => column.name === name));
}

const causeColumns: readonly FileColumn[] = [
  ...lineColumns,
  { name: 'status', type: 'text', widthChars: 16 },
  { name: 'cause', type: 'text', widthChars: 20 },
  { name: 'amount', type: 'decimal', widthChars: 18 },
  { name: 'explanation', type: 'text', widthChars: 60 },
  { name: 'link', type: 'text', widthChars: 60 },
];

function* causeRows(comparisons: readonly Comparison[]): Generator<XlsxRow> {
  for (const { line, cells } of linesOf(comparisons)) {
    for (const { cause, amount } of line.causes) {
      const { sentence, link = '' }: CauseText = causeTexts[cause];
      yield [...cells, line.status, cause, amount, sentence, link];
    }
  }
}
