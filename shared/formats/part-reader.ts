import { type DatasetKind, isMeterKind } from '../domain/datasets.ts';
import type { LineItem } from '../domain/line-item.ts';
import { type MeterTotal, MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import type { ColumnTable, RowSink } from './columns.ts';
import { costExportColumns, fromCostExport } from './cost-export.ts';
import { readCsvRows } from './csv-rows.ts';
import { dailyRatedUsageColumns, fromDailyRatedUsage } from './daily-rated-usage.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { fromInvoiceLineRow, invoiceLineColumns } from './invoice-lines.ts';
import { readJsonLineRows } from './json-line-rows.ts';
import { fromLegacyUsageLine, legacyUsageLineColumns } from './legacy-usage-lines.ts';
import { fromLicenseLine, licenseLineColumns } from './license-lines.ts';
import type { SourceFile } from './source-file.ts';

/** What one part of a dataset comes to: the totals or lines it adds, and what had to be refused. */
export type PartContents = {
  readonly rows: number;
  readonly refusedRows: number;
  /** The first refusals, as many as a record shows. */
  readonly problems: readonly Problem[];
  readonly tenantIds: readonly string[];
  readonly invoiceIds: readonly string[];
  readonly subscriptions: readonly {
    readonly subscriptionId: string;
    readonly name: string;
    readonly customerId: string;
  }[];
  /** Of daily rated usage and cost exports; ordered by key. */
  readonly totals: readonly MeterTotal[];
  /** Of line items; ordered by customer, then by line. */
  readonly lines: readonly LineItem[];
};

export type PartOptions = { readonly kind: DatasetKind; readonly part: number; readonly problemsMax: number };

/**
 * Reads one part of a dataset to its last byte. Memory grows with meter lines and invoice lines, not with usage rows.
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readPart(file: SourceFile, options: PartOptions): Promise<PartContents> {
  const totals = new MeterTotals();
  const lines: LineItem[] = [];
  const seen = new Seen(options.problemsMax);
  const rows = await readRowsInto(file, options, { totals, lines, seen });
  return {
    rows,
    ...seen.contents(),
    totals: isMeterKind(options.kind) ? totals.sorted() : [],
    lines: lines.sort((left, right) =>
      left.customerId === right.customerId ? left.line - right.line : left.customerId < right.customerId ? -1 : 1,
    ),
  };
}

type Collected = { readonly totals: MeterTotals; readonly lines: LineItem[]; readonly seen: Seen };

function readRowsInto(file: SourceFile, options: PartOptions, into: Collected): Promise<number> {
  const onRefused = (problem: Problem) => into.seen.refused(problem);
  switch (options.kind) {
    case 'dailyratedusage':
      return readRows(file, dailyRatedUsageColumns, {
        onRefused,
        onRow: (row) => {
          into.totals.add(fromDailyRatedUsage(row));
          into.seen.row(row);
          into.seen.subscription(row);
        },
      });
    case 'costexport':
      return readRows(file, costExportColumns, {
        onRefused,
        onRow: (row) => {
          into.totals.add(fromCostExport(row));
          into.seen.row(row);
          into.seen.subscription(row);
        },
      });
    case 'onetime':
      return readRows(file, invoiceLineColumns, {
        onRefused,
        onRow: (row, line) => {
          into.lines.push(fromInvoiceLineRow(row, { part: options.part, line }));
          into.seen.row(row);
        },
      });
    case 'license':
      return readRows(file, licenseLineColumns, {
        onRefused,
        onRow: (row, line) => {
          into.lines.push({ part: options.part, ...fromLicenseLine(row, { file: file.name, line }) });
          into.seen.row(row);
        },
      });
    case 'usage':
      return readRows(file, legacyUsageLineColumns, {
        onRefused,
        onRow: (row, line) => {
          into.lines.push({ part: options.part, ...fromLegacyUsageLine(row, { file: file.name, line }) });
          into.seen.row(row);
        },
      });
  }
}

function readRows<T extends ColumnTable>(file: SourceFile, table: T, sink: RowSink<T>): Promise<number> {
  const name = file.name.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return readCsvRows(file, table, sink);
  if (name.endsWith('.json')) return readJsonLineRows(file, table, sink);
  throw new FileRefusedError({
    code: 'unknownFileType',
    file: file.name,
    message: `${file.name}: not a kind of file that can be read; expected .csv, .csv.gz, .json or .json.gz`,
  });
}

/** Which tenants, invoices and subscriptions occur, and what was refused. */
class Seen {
  readonly #problemsMax: number;
  readonly #problems: Problem[] = [];
  #refusedRows = 0;
  readonly #tenantIds = new Set<string>();
  readonly #invoiceIds = new Set<string>();
  readonly #subscriptions = new Map<string, { readonly name: string; readonly customerId: string }>();

  constructor(problemsMax: number) {
    this.#problemsMax = problemsMax;
  }

  refused(problem: Problem): void {
    this.#refusedRows += 1;
    if (this.#problems.length < this.#problemsMax) this.#problems.push(problem);
  }

  row(row: { readonly tenantId: string; readonly invoiceId: string }): void {
    if (row.tenantId !== '') this.#tenantIds.add(row.tenantId);
    if (row.invoiceId !== '') this.#invoiceIds.add(row.invoiceId);
  }

  /** Of several names of one subscription the first in the alphabet is kept, so that the order of rows does not matter. */
  subscription(row: {
    readonly subscriptionId: string;
    readonly subscriptionName: string;
    readonly customerId: string;
  }): void {
    const known = this.#subscriptions.get(row.subscriptionId);
    if (known !== undefined && known.name <= row.subscriptionName) return;
    this.#subscriptions.set(row.subscriptionId, { name: row.subscriptionName, customerId: row.customerId });
  }

  contents() {
    const subscriptions = [...this.#subscriptions].map(([subscriptionId, names]) => ({ subscriptionId, ...names }));
    return {
      refusedRows: this.#refusedRows,
      problems: this.#problems,
      tenantIds: [...this.#tenantIds].sort(),
      invoiceIds: [...this.#invoiceIds].sort(),
      subscriptions: subscriptions.sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1)),
    };
  }
}
