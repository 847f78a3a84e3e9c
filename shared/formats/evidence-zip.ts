import { createHash } from 'node:crypto';
import { decimal, multiply, toText } from '../domain/decimal.ts';
import type { Evidence, EvidenceLine, EvidenceRow } from '../domain/evidence.ts';
import { csvFile } from './csv-writer.ts';
import { cultureNamed } from './culture.ts';
import { evidenceSummary } from './evidence-summary.ts';
import type { FileColumn, FileRow } from './file-columns.ts';
import type { PartLayout } from './subscription-rows.ts';
import { type ZipEntry, zipFile } from './zip-file.ts';

/** What goes into the zip; rows as they stood in their files. */
export type EvidenceContents = {
  readonly evidence: Evidence;
  readonly rows: readonly EvidenceRow[];
  readonly entries: readonly {
    readonly path: string;
    readonly layout: PartLayout;
    readonly rows: readonly Uint8Array[];
  }[];
};

/** The last entry: a SHA-256 of each other one, as `sha256sum -c` reads them. */
export const manifestName = 'manifest.sha256';

/**
 * The evidence as a zip: a summary to read, the figures to compute with, meter lines and rows as tables, and under
 * `invoice/` and `other/` the rows as they stood in their files. The same contents give the same bytes.
 */
export function evidenceZip(contents: EvidenceContents): AsyncGenerator<Uint8Array> {
  return zipFile(withManifest(entriesOf(contents)));
}

function* entriesOf({ evidence, rows, entries }: EvidenceContents): Generator<ZipEntry> {
  const culture = cultureNamed('invariant');
  yield { path: 'summary.html', content: [Buffer.from(evidenceSummary(evidence), 'utf8')] };
  yield { path: 'evidence.json', content: [Buffer.from(`${JSON.stringify(evidence, undefined, 2)}\n`, 'utf8')] };
  if (evidence.run !== undefined)
    yield { path: 'lines.csv', content: csvFile(lineColumns, evidence.lines.map(lineCells), culture) };
  yield { path: 'rows.csv', content: csvFile(rowColumns, rows.map(rowCells), culture) };
  for (const { path, layout, rows: verbatim } of entries) yield { path, content: sourceBytes(layout, verbatim) };
}

async function* withManifest(entries: Iterable<ZipEntry>): AsyncGenerator<ZipEntry> {
  const sums: string[] = [];
  for (const { path, content } of entries) {
    const hash = createHash('sha256');
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        hash.update(chunk);
        yield chunk;
      }
      sums.push(`${hash.digest('hex')}  ${path}\n`);
    }
    yield { path, content: hashed() };
  }
  yield { path: manifestName, content: [Buffer.from(sums.join(''), 'utf8')] };
}

const piecesAtOnce = 256 * 1024;

/** A file of some rows: the header of the file that they are of, and each row byte for byte, between line ends of ours. */
function* sourceBytes(layout: PartLayout, rows: readonly Uint8Array[]): Generator<Uint8Array> {
  const lineEnd = Buffer.from(layout.format === 'csv' ? '\r\n' : '\n');
  let pieces: Uint8Array[] = layout.format === 'csv' ? [Buffer.from(layout.header, 'utf8'), lineEnd] : [];
  let gathered = 0;
  for (const row of rows) {
    pieces.push(row, lineEnd);
    gathered += row.length;
    if (gathered < piecesAtOnce) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    gathered = 0;
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

const text = (name: string): FileColumn => ({ name, type: 'text' });
const id = (name: string): FileColumn => ({ name, type: 'id' });
const number = (name: string): FileColumn => ({ name, type: 'decimal' });

const lineColumns: readonly FileColumn[] = [
  ...['MeterKey', 'SubscriptionId', 'MeterId'].map(id),
  ...['MeterName', 'MeterCategory', 'MeterSubCategory', 'Region', 'Unit', 'Currency', 'Status', 'Severity'].map(text),
  ...['InvoiceQuantity', 'InvoiceUnitPrice', 'InvoiceCost', 'InvoiceRows'].map(number),
  ...['OtherQuantity', 'OtherUnitPrice', 'OtherCost', 'OtherRows'].map(number),
  ...['Charged', 'Expected', 'Difference', 'VariancePercent'].map(number),
  ...['Causes', 'InvoiceFormula', 'OtherFormula'].map(text),
];

function lineCells(line: EvidenceLine): FileRow {
  const side = ({
    quantity = '',
    unitPrice = '',
    cost = '',
    rows,
  }: Partial<NonNullable<EvidenceLine['invoice']>> = {}) => [
    quantity,
    unitPrice,
    cost,
    rows === undefined ? '' : String(rows),
  ];
  return [
    ...[line.meterKey, line.subscriptionId, line.meterId, line.meterName, line.meterCategory, line.meterSubCategory],
    ...[line.region, line.unit, line.currency, line.status, line.severity ?? ''],
    ...side(line.invoice),
    ...side(line.other),
    ...[line.charged, line.expected, line.difference, line.variance.percent ?? ''],
    line.causes.map(({ cause, amount }) => `${cause} ${amount}`).join('; '),
    ...[line.formulas.invoice ?? '', line.formulas.other ?? ''],
  ];
}

const rowColumns: readonly FileColumn[] = [
  ...['Side', 'Entry'].map(text),
  number('EntryRow'),
  text('File'),
  number('Line'),
  text('UsageDate'),
  id('MeterKey'),
  text('ChargeType'),
  ...['Quantity', 'UnitPrice', 'ExchangeRate', 'QuantityTimesUnitPrice', 'Computed', 'Cost'].map(number),
];

/** `Computed` is quantity × unit price × rate, where the row has a rate. */
function rowCells({ side, entry, row, source, ...detail }: EvidenceRow): FileRow {
  const { quantity, unitPrice, exchangeRate = '', cost } = detail;
  const priced = unitPrice === '' ? undefined : multiply(decimal(quantity), decimal(unitPrice));
  const computed = priced === undefined || exchangeRate === '' ? '' : toText(multiply(priced, decimal(exchangeRate)));
  return [
    ...[side, entry, String(row), source.file, String(source.line), detail.usageDate, detail.meterKey],
    ...[detail.chargeType ?? '', quantity, unitPrice, exchangeRate],
    ...[priced === undefined ? '' : toText(priced), computed, cost],
  ];
}
