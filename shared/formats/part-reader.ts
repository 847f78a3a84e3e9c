import { assertNever } from '../domain/assert-never.ts';
import { type DatasetKind, isMeterKind } from '../domain/datasets.ts';
import type { LineItem } from '../domain/line-item.ts';
import { lineReseller } from '../domain/line-reseller.ts';
import { type MeterTotal, MeterTotals } from '../domain/meter-totals.ts';
import type { PlanTotal } from '../domain/plan-totals.ts';
import type { Problem } from '../domain/problem.ts';
import { subscriptionsByReseller } from '../domain/reseller-subscriptions.ts';
import type { ChargeRows } from './charge-rows.ts';
import type { Detection } from './detect.ts';
import { type DetectedFile, detectParquet, detectText } from './detected-file.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { fromInvoiceLineRow, invoiceLineColumns } from './invoice-lines.ts';
import { fromLegacyUsageLine, legacyUsageLineColumns } from './legacy-usage-lines.ts';
import { fromLicenseLine, licenseLineColumns } from './license-lines.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import { type HeldCosts, readCharges } from './read-charges.ts';
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
  /** Of daily rated usage: the subscriptions with rows that name a reseller, by its MPN id; all in order. */
  readonly subscriptionsOfReseller: Readonly<Record<string, readonly string[]>>;
  /** Of daily rated usage and cost exports; ordered by key. */
  readonly totals: readonly MeterTotal[];
  /** Of daily rated usage: what it adds up to by what was ordered; ordered by key. */
  readonly plans: readonly PlanTotal[];
  /** Of line items; ordered by customer, then by line. */
  readonly lines: readonly LineItem[];
  /** What the file is; absent where it holds nothing at all. */
  readonly detection?: Detection;
  readonly costView: HeldCosts;
};

/** `kind` is what the file's place says that it holds: a file of another kind is refused. */
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
export async function readPart(file: PartFile, options: PartOptions): Promise<PartContents> {
  return readInto(file, options, { byRows: false });
}

/** The same by way of rows of text, which keep no bytes, some twenty times slower: the judge of `readPart`. */
export async function readPartByRows(file: PartFile, options: Omit<PartOptions, 'chargeRows'>): Promise<PartContents> {
  return readInto(file, options, { byRows: true });
}

/** Text is read from its start; Parquet by its pieces. */
export type PartFile = SourceFile | RandomAccessFile;

async function readInto(
  source: PartFile,
  options: PartOptions,
  how: { readonly byRows: boolean },
): Promise<PartContents> {
  const seen = new Seen(options.problemsMax);
  const file = await detectPart(source);
  if (file === undefined) return { rows: 0, ...seen.contents(), totals: [], plans: [], lines: [], costView: 'unknown' };
  const { detection } = file;
  if (detection.dataset !== options.kind) {
    await file.close();
    throw otherDataset(file.name, detection.dataset, options.kind);
  }
  if (!isMeterKind(options.kind)) return readLines(file, options, seen);
  const totals = new MeterTotals();
  const { rows, costView } = await readCharges(
    file,
    {
      totals,
      chargeRows: options.chargeRows,
      onRefused: (problem) => seen.refused(problem),
      onCharge: ({ subscriptionId }, owner) => {
        seen.row(owner);
        seen.subscription({ ...owner, subscriptionId });
        seen.reseller(owner.resellerMpnId ?? '', subscriptionId);
      },
    },
    how,
  );
  const plans = options.kind === 'dailyratedusage' ? totals.planTotals() : [];
  return { rows, ...seen.contents(), totals: totals.sorted(), plans, lines: [], detection, costView };
}

/** @returns undefined for a file of JSON lines without any: a part that is empty, as an export without rows has it */
async function detectPart(source: PartFile): Promise<DetectedFile | undefined> {
  if ('read' in source) return detectParquet(source);
  try {
    return await detectText(source);
  } catch (error) {
    const isEmptyJson =
      error instanceof FileRefusedError && error.problem.code === 'emptyFile' && /\.json(\.gz)?$/i.test(source.name);
    if (isEmptyJson) return undefined;
    throw error;
  }
}

function otherDataset(fileName: string, found: DatasetKind, expected: DatasetKind): FileRefusedError {
  const message = `${fileName}: its columns are those of ${datasetNames[found]}; expected ${datasetNames[expected]}`;
  return new FileRefusedError({ code: 'otherDataset', file: fileName, value: found, message });
}

const datasetNames = {
  dailyratedusage: 'daily rated usage',
  onetime: 'line items of new commerce',
  license: 'licence line items',
  usage: 'legacy usage line items',
  costexport: 'a cost export',
} as const satisfies Record<DatasetKind, string>;

async function readLines(file: DetectedFile, { part }: PartOptions, seen: Seen): Promise<PartContents> {
  const lines: LineItem[] = [];
  const onRefused = (problem: Problem) => seen.refused(problem);
  const take = (line: LineItem, row: Pick<SeenCharge, 'tenantId' | 'invoiceId'>): void => {
    lines.push(line);
    seen.row(row);
  };
  const rows = await readLinesInto(file, part, { take, onRefused });
  lines.sort((left, right) =>
    left.customerId === right.customerId ? left.line - right.line : left.customerId < right.customerId ? -1 : 1,
  );
  return { rows, ...seen.contents(), totals: [], plans: [], lines, detection: file.detection, costView: 'unknown' };
}

type LineSink = {
  readonly take: (line: LineItem, row: Pick<SeenCharge, 'tenantId' | 'invoiceId'>) => void;
  readonly onRefused: (problem: Problem) => void;
};

function readLinesInto(file: DetectedFile, part: number, { take, onRefused }: LineSink): Promise<number> {
  const { dataset } = file.detection;
  switch (dataset) {
    case 'onetime':
      return file.readRows(invoiceLineColumns, {
        onRefused,
        onRow: (row, line) => take(fromInvoiceLineRow(row, { part, line }), row),
      });
    case 'license':
      return file.readRows(licenseLineColumns, {
        onRefused,
        onRow: (row, line) => take({ part, ...fromLicenseLine(row, { file: file.name, line }) }, row),
      });
    case 'usage':
      return file.readRows(legacyUsageLineColumns, {
        onRefused,
        onRow: (row, line) => take({ part, ...fromLegacyUsageLine(row, { file: file.name, line }) }, row),
      });
    case 'dailyratedusage':
    case 'costexport':
      throw new Error(`${file.name}: ${dataset} holds charges, not line items`);
    default:
      return assertNever(dataset);
  }
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
  /** By what rows write: spellings of one reseller come together in the end. */
  readonly #resellers = new Map<string, Set<string>>();

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

  /**
   * Of several names of one subscription the first in the alphabet is kept, so that the order of rows does not matter;
   * the customer is that of the rows that name one.
   */
  subscription(row: Omit<SeenCharge, 'tenantId' | 'invoiceId'>): void {
    const { subscriptionId, subscriptionName, customerId } = row;
    const known = this.#subscriptions.get(subscriptionId);
    if (known === undefined) {
      this.#subscriptions.set(subscriptionId, { name: subscriptionName, customerId });
      return;
    }
    // Rows of no subscription are of many customers: it has none that would depend on the order of rows.
    const owner = subscriptionId === '' ? firstText(known.customerId, customerId) : known.customerId || customerId;
    const name = firstText(known.name, subscriptionName);
    if (name !== known.name || owner !== known.customerId) {
      this.#subscriptions.set(subscriptionId, { name, customerId: owner });
    }
  }

  reseller(written: string, subscriptionId: string): void {
    if (written === '') return;
    const known = this.#resellers.get(written);
    if (known === undefined) this.#resellers.set(written, new Set([subscriptionId]));
    else known.add(subscriptionId);
  }

  contents() {
    const subscriptions = [...this.#subscriptions].map(([subscriptionId, names]) => ({ subscriptionId, ...names }));
    return {
      refusedRows: this.#refusedRows,
      problems: this.#problems,
      tenantIds: [...this.#tenantIds].sort(),
      invoiceIds: [...this.#invoiceIds].sort(),
      subscriptions: subscriptions.sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1)),
      subscriptionsOfReseller: this.#subscriptionsOfReseller(),
    };
  }

  #subscriptionsOfReseller(): PartContents['subscriptionsOfReseller'] {
    return subscriptionsByReseller(
      [...this.#resellers].flatMap(([written, subscriptionIds]) => {
        const reseller = lineReseller(written);
        return reseller.kind === 'reseller' ? [[reseller.mpnId, subscriptionIds] as const] : [];
      }),
    );
  }
}

function firstText(left: string, right: string): string {
  return left <= right ? left : right;
}
