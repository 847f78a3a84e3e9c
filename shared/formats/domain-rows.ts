import { assertNever } from '../domain/assert-never.ts';
import type { CostRow } from '../domain/cost-row.ts';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import type { LegacyUsageLine } from '../domain/legacy-usage-line.ts';
import type { LicenseLine } from '../domain/license-line.ts';
import type { Problem } from '../domain/problem.ts';
import { SubscriptionOwners } from '../domain/subscription-owners.ts';
import type { UsageRow } from '../domain/usage-row.ts';
import { costDetailsColumns, fromCostDetails } from './cost-details.ts';
import type { DetectedFile } from './detected-file.ts';
import { type CostView, focusColumns, fromFocus } from './focus.ts';
import { fromInvoiceLineRow, invoiceLineColumns } from './invoice-lines.ts';
import { fromLegacyUsageLine, legacyUsageLineColumns } from './legacy-usage-lines.ts';
import { fromLicenseLine, licenseLineColumns } from './license-lines.ts';
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
  readonly onRow: (row: DomainRow) => void;
  readonly onRefused: (problem: Problem) => void;
};

/**
 * Reads any of Microsoft's files row by row, in our words. Memory does not grow with rows; of Parquet it grows with the
 * size of a row group at most.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export function readDomainRows(
  { name: file, detection, readRows: read }: DetectedFile,
  { part, view }: DomainRowOptions,
  { onRow: onChecked, onRefused }: DomainRowSink,
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
