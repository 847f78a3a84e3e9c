import { assertNever } from '../domain/assert-never.ts';
import type { CostRow } from '../domain/cost-row.ts';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import type { LegacyUsageLine } from '../domain/legacy-usage-line.ts';
import type { LicenseLine } from '../domain/license-line.ts';
import type { Problem } from '../domain/problem.ts';
import { SubscriptionOwners } from '../domain/subscription-owners.ts';
import type { UsageRow } from '../domain/usage-row.ts';
import type { ColumnTable, RowSink } from './columns.ts';
import { costDetailsColumns, fromCostDetails } from './cost-details.ts';
import { readCsvRows } from './csv-rows.ts';
import { type Detection, detect } from './detect.ts';
import { type FileHead, lookAt, type RowLayout } from './file-head.ts';
import { type CostView, focusColumns, fromFocus } from './focus.ts';
import { fromInvoiceLineRow, invoiceLineColumns } from './invoice-lines.ts';
import { readJsonLineRows } from './json-line-rows.ts';
import { readJsonPageRows } from './json-page-rows.ts';
import { fromLegacyUsageLine, legacyUsageLineColumns } from './legacy-usage-lines.ts';
import { fromLicenseLine, licenseLineColumns } from './license-lines.ts';
import { openParquet, parquetHead, readParquetRows } from './parquet-rows.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import type { SourceFile } from './source-file.ts';
import { fromUsageRow, usageRowColumns } from './usage-rows.ts';

/** A row of any of Microsoft's files, in our words. */
export type DomainRow =
  | { readonly kind: 'usage'; readonly row: UsageRow }
  | { readonly kind: 'cost'; readonly row: CostRow }
  | { readonly kind: 'invoiceLine'; readonly row: InvoiceLine; readonly invoiceId: string; readonly file: string }
  | { readonly kind: 'license'; readonly row: LicenseLine }
  | { readonly kind: 'legacyUsage'; readonly row: LegacyUsageLine };

export type DomainRowOptions = {
  /** Which part of a dataset the file is; invoice lines keep it. */
  readonly part: number;
  /** Which cost of a FOCUS export is wanted; the other exports hold one only. */
  readonly view: CostView;
};

export type DomainRowSink = {
  /** Once, before the first row. */
  readonly onDetected: (detection: Detection) => void;
  readonly onRow: (row: DomainRow) => void;
  readonly onRefused: (problem: Problem) => void;
};

/**
 * Reads any of Microsoft's text files: tells what it is from its beginning, then hands over every row in our words.
 * Memory does not grow with rows.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readDomainRows(
  source: SourceFile,
  options: DomainRowOptions,
  sink: DomainRowSink,
): Promise<number> {
  const { head, file, close } = await lookAt(source);
  const detection = await detectOr(close, file.name, head);
  sink.onDetected(detection);
  return readDetected(detection, { file: file.name, ...options }, sink, (table, rows) =>
    readerOf(head.layout)(file, table, rows),
  );
}

/** A file that fits nothing is not read, so its source is let go. */
async function detectOr(close: () => Promise<void>, fileName: string, head: FileHead): Promise<Detection> {
  try {
    return detect(fileName, head);
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Reads any of Microsoft's Parquet files, as `readDomainRows` reads its text files. Memory grows with the size of a row
 * group at most.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readParquetDomainRows(
  file: RandomAccessFile,
  options: DomainRowOptions,
  sink: DomainRowSink,
): Promise<number> {
  const open = await openParquet(file);
  const detection = detect(file.name, await parquetHead(open));
  sink.onDetected(detection);
  return readDetected(detection, { file: file.name, ...options }, sink, (table, rows) =>
    readParquetRows(open, table, rows),
  );
}

/** Reads all rows by a table; what differs is the layout of the file. */
type ReadByTable = <T extends ColumnTable>(table: T, sink: RowSink<T>) => Promise<number>;

/** Reads the rows of a file that is known by now. */
function readDetected(
  detection: Detection,
  { file, part, view }: DomainRowOptions & { readonly file: string },
  { onRow: onChecked, onRefused }: Pick<DomainRowSink, 'onRow' | 'onRefused'>,
  read: ReadByTable,
): Promise<number> {
  const { format } = detection;
  const owners = new SubscriptionOwners();
  const onRow = (row: DomainRow): void => {
    const problem = ownerProblem(owners, row);
    if (problem === undefined) onChecked(row);
    else onRefused(problem);
  };
  switch (format) {
    case 'dailyratedusage':
      return read(usageRowColumns, {
        onRefused,
        onRow: (fields, line) => onRow({ kind: 'usage', row: fromUsageRow(fields, { file, line }) }),
      });
    case 'onetime':
      return read(invoiceLineColumns, {
        onRefused,
        onRow: (fields, line) =>
          onRow({
            kind: 'invoiceLine',
            row: fromInvoiceLineRow(fields, { part, line }),
            invoiceId: fields.invoiceId,
            file,
          }),
      });
    case 'license':
      return read(licenseLineColumns, {
        onRefused,
        onRow: (fields, line) => onRow({ kind: 'license', row: fromLicenseLine(fields, { file, line }) }),
      });
    case 'usage':
      return read(legacyUsageLineColumns, {
        onRefused,
        onRow: (fields, line) => onRow({ kind: 'legacyUsage', row: fromLegacyUsageLine(fields, { file, line }) }),
      });
    case 'costdetails':
      return read(costDetailsColumns[detection.agreement ?? 'mpa'], {
        onRefused,
        onRow: (fields, line) => onRow({ kind: 'cost', row: fromCostDetails(fields, { file, line }) }),
      });
    case 'focus':
      return read(focusColumns, {
        onRefused,
        onRow: (fields, line) => onRow({ kind: 'cost', row: fromFocus(fields, { file, line }, view) }),
      });
    default:
      return assertNever(format);
  }
}

/** The Azure subscriptions of two kinds of row belong to one customer; plans and licences repeat it by nature. */
function ownerProblem(owners: SubscriptionOwners, { kind, row }: DomainRow): Problem | undefined {
  if (kind === 'usage') return owners.take(row, 'CustomerId');
  return kind === 'cost' ? owners.take(row, 'customerTenantId') : undefined;
}

function readerOf(
  layout: RowLayout,
): <T extends ColumnTable>(file: SourceFile, table: T, sink: RowSink<T>) => Promise<number> {
  switch (layout) {
    case 'csv':
      return readCsvRows;
    case 'jsonLines':
      return readJsonLineRows;
    case 'jsonPage':
      return readJsonPageRows;
    case 'parquet':
      throw new Error('Parquet is read by row groups, not as text');
    default:
      return assertNever(layout);
  }
}
