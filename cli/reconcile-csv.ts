import { causeNames } from '../shared/domain/cause.ts';
import type { MeterLine } from '../shared/domain/comparison.ts';
import { csvFile } from '../shared/formats/csv-writer.ts';
import { cultureNamed } from '../shared/formats/culture.ts';
import type { FileColumn, FileRow } from '../shared/formats/file-columns.ts';
import type { Comparison, Reconciliation, SubscriptionResult } from './reconcile.ts';

/** What every row of a meter line begins with, in CSV and in workbooks. */
export const lineColumns = [
  { name: 'comparedWith', type: 'text' },
  { name: 'subscriptionId', type: 'id', widthChars: 38 },
  { name: 'subscriptionName', type: 'text', widthChars: 30 },
  { name: 'meterId', type: 'id', widthChars: 38 },
  { name: 'meterName', type: 'text', widthChars: 30 },
  { name: 'meterCategory', type: 'text', widthChars: 24 },
  { name: 'meterSubCategory', type: 'text', widthChars: 24 },
  { name: 'region', type: 'text' },
  { name: 'unit', type: 'text' },
  { name: 'currency', type: 'text' },
] as const satisfies readonly FileColumn[];

function lineCells({ comparedWith }: Comparison, { name }: SubscriptionResult, line: MeterLine): readonly string[] {
  const { subscriptionId, meterId, meterName, meterCategory, meterSubCategory, region, unit, currency } = line;
  return [
    ...[comparedWith, subscriptionId, name, meterId, meterName],
    ...[meterCategory, meterSubCategory, region, unit, currency],
  ];
}

/** What was decided of a line, and by what. */
export const decisionColumns = [
  { name: 'status', type: 'text', widthChars: 16 },
  { name: 'severity', type: 'text', widthChars: 16 },
  { name: 'excludedBy', type: 'text' },
  { name: 'decidedBy', type: 'text' },
  { name: 'sweep', type: 'text' },
  { name: 'otherUnit', type: 'text' },
  { name: 'otherRegion', type: 'text' },
] as const satisfies readonly FileColumn[];

export function decisionCells(line: MeterLine): readonly string[] {
  const { status, severity = '', excludedBy = '', decidedBy = '', sweep = '', otherUnit = '', otherRegion = '' } = line;
  return [status, severity, excludedBy, decidedBy, sweep, otherUnit, otherRegion];
}

export const causeColumns: readonly FileColumn[] = causeNames.map((name) => ({ name, type: 'decimal' }));

/** Each cause of the line in its column; empty where it has none of it. */
export function causeCells({ causes }: MeterLine): readonly string[] {
  return causeNames.map((name) => causes.find(({ cause }) => cause === name)?.amount ?? '');
}

const columns: readonly FileColumn[] = [
  ...lineColumns,
  ...decisionColumns,
  ...['invoiceQuantity', 'invoiceUnitPrice', 'invoiceCost', 'invoiceRows'].map(decimalColumn),
  ...['otherQuantity', 'otherUnitPrice', 'otherCost', 'otherRows'].map(decimalColumn),
  ...['varianceQuantity', 'varianceUnitPrice', 'varianceCost', 'variancePercent'].map(decimalColumn),
  ...causeColumns,
];

function decimalColumn(name: string): FileColumn {
  return { name, type: 'decimal' };
}

/** One row for each meter line of all comparisons, with every digit. */
export function reconciliationCsv({ comparisons }: Reconciliation): AsyncGenerator<Uint8Array> {
  return csvFile(columns, rowsOf(comparisons), cultureNamed('invariant'));
}

function* rowsOf(comparisons: readonly Comparison[]): Generator<FileRow> {
  for (const { line, cells } of linesOf(comparisons)) {
    yield [
      ...cells,
      ...decisionCells(line),
      ...sideCells(line.invoice),
      ...sideCells(line.other),
      ...varianceCells(line),
      ...causeCells(line),
    ];
  }
}

/** Every meter line of all comparisons, with the cells that name it. */
export function* linesOf(
  comparisons: readonly Comparison[],
): Generator<{ readonly line: MeterLine; readonly cells: readonly string[] }> {
  for (const comparison of comparisons) {
    for (const subscription of comparison.subscriptions()) {
      for (const line of subscription.lines) yield { line, cells: lineCells(comparison, subscription, line) };
    }
  }
}

export function sideCells(side: MeterLine['invoice']): readonly string[] {
  return side === undefined ? ['', '', '', ''] : [side.quantity, side.unitPrice ?? '', side.cost, String(side.rows)];
}

function varianceCells({ variance }: MeterLine): readonly string[] {
  const { quantity, unitPrice = '', cost, percent = '' } = variance;
  return [quantity, unitPrice, cost, percent];
}
