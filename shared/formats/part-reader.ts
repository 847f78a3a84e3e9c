import { type DatasetKind, isMeterKind } from '../domain/datasets.ts';
import type { LineItem } from '../domain/line-item.ts';
import { type MeterTotal, MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import { type ChargeSink, chargeReader } from './charge-reader.ts';
import type { ChargeRows } from './charge-rows.ts';
import type { ColumnTable, RowSink } from './columns.ts';
import { costExportColumns, fromCostExport } from './cost-export.ts';
import { readCsvCharges } from './csv-charges.ts';
import { readCsvRows } from './csv-rows.ts';
import { dailyRatedUsageColumns, fromDailyRatedUsage } from './daily-rated-usage.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { fromInvoiceLineRow, invoiceLineColumns } from './invoice-lines.ts';
import { readJsonLineCharges } from './json-line-charges.ts';
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

export type PartOptions = {
  readonly kind: DatasetKind;
  readonly part: number;
  readonly problemsMax: number;
  /** Told of each accepted row of daily rated usage and cost exports. */
  readonly chargeRows?: ChargeRows;
};

/**
 * Reads one part of a dataset to its last byte. Memory grows with meter lines and invoice lines, not with usage rows.
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readPart(file: SourceFile, options: PartOptions): Promise<PartContents> {
  return readInto(file, options, readCharges);
}

/** The same by way of rows of text, which keep no bytes, some twenty times slower: the judge of `readPart`. */
export async function readPartByRows(
  file: SourceFile,
  options: Omit<PartOptions, 'chargeRows'>,
): Promise<PartContents> {
  return readInto(file, options, readChargeRows);
}

type ReadCharges = <T extends ColumnTable>(file: SourceFile, sink: ChargeSink<T>) => Promise<number>;

async function readInto(file: SourceFile, options: PartOptions, reading: ReadCharges): Promise<PartContents> {
  const totals = new MeterTotals();
  const lines: LineItem[] = [];
  const seen = new Seen(options.problemsMax);
  const rows = await readKind(file, options, { totals, lines, seen }, reading);
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

function readKind(
  file: SourceFile,
  { kind, part, chargeRows }: PartOptions,
  { totals, lines, seen }: Collected,
  reading: ReadCharges,
): Promise<number> {
  const onRefused = (problem: Problem) => seen.refused(problem);
  const charges = {
    totals,
    chargeRows,
    onRefused,
    onRow: (row: SeenCharge) => {
      seen.row(row);
      seen.subscription(row);
    },
  };
  switch (kind) {
    case 'dailyratedusage':
      return reading(file, { table: dailyRatedUsageColumns, toCharge: fromDailyRatedUsage, ...charges });
    case 'costexport':
      return reading(file, { table: costExportColumns, toCharge: fromCostExport, ...charges });
    case 'onetime':
      return readRows(file, invoiceLineColumns, {
        onRefused,
        onRow: (row, line) => {
          lines.push(fromInvoiceLineRow(row, { part, line }));
          seen.row(row);
        },
      });
    case 'license':
      return readRows(file, licenseLineColumns, {
        onRefused,
        onRow: (row, line) => {
          lines.push({ part, ...fromLicenseLine(row, { file: file.name, line }) });
          seen.row(row);
        },
      });
    case 'usage':
      return readRows(file, legacyUsageLineColumns, {
        onRefused,
        onRow: (row, line) => {
          lines.push({ part, ...fromLegacyUsageLine(row, { file: file.name, line }) });
          seen.row(row);
        },
      });
  }
}

function readCharges<T extends ColumnTable>(file: SourceFile, sink: ChargeSink<T>): Promise<number> {
  const reader = chargeReader(file.name, sink);
  return formatOf(file) === 'csv' ? readCsvCharges(file, reader) : readJsonLineCharges(file, reader);
}

function readChargeRows<T extends ColumnTable>(file: SourceFile, sink: ChargeSink<T>): Promise<number> {
  return readRows(file, sink.table, {
    onRefused: sink.onRefused,
    onRow: (row) => {
      sink.totals.add(sink.toCharge(row));
      sink.onRow(row);
    },
  });
}

function readRows<T extends ColumnTable>(file: SourceFile, table: T, sink: RowSink<T>): Promise<number> {
  return formatOf(file) === 'csv' ? readCsvRows(file, table, sink) : readJsonLineRows(file, table, sink);
}

function formatOf(file: SourceFile): 'csv' | 'json' {
  const name = file.name.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.json')) return 'json';
  throw new FileRefusedError({
    code: 'unknownFileType',
    file: file.name,
    message: `${file.name}: not a kind of file that can be read; expected .csv, .csv.gz, .json or .json.gz`,
  });
}

type SeenCharge = {
  readonly tenantId: string;
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly customerId: string;
};

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

  row(row: Pick<SeenCharge, 'tenantId' | 'invoiceId'>): void {
    if (row.tenantId !== '') this.#tenantIds.add(row.tenantId);
    if (row.invoiceId !== '') this.#invoiceIds.add(row.invoiceId.toUpperCase());
  }

  /** Of several names of one subscription the first in the alphabet is kept, so that the order of rows does not matter. */
  subscription(row: Omit<SeenCharge, 'tenantId' | 'invoiceId'>): void {
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
