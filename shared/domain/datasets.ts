import { epochSeconds } from './calendar.ts';
import { identityOf } from './content-hash.ts';
import { engineVersion } from './engine-version.ts';
import type { ComparedWith } from './tolerance.ts';

/** What kind of data a dataset holds: the line items of invoices, new commerce and legacy, and cost exports. */
export const datasetKinds = ['dailyratedusage', 'onetime', 'license', 'usage', 'costexport'] as const;
export type DatasetKind = (typeof datasetKinds)[number];

/** A dataset that is complete and checked, as far as pairing needs to know it. */
export type SealedDataset = {
  readonly datasetId: string;
  readonly kind: DatasetKind;
  /** SHA-256 over its files. */
  readonly contentHash: string;
  /** When its source says that it was made; orders the versions of one source. ISO, UTC. */
  readonly sourceTime: string;
  /** What it is a version of: the invoice, or the scope of a cost export. */
  readonly sourceId: string;
  readonly tenantIds: readonly string[];
  /** Empty where the rows name none, as in an open month. */
  readonly invoiceIds: readonly string[];
  /** An export that was made before its month had ended. */
  readonly isOpenMonth?: boolean;
};

/** The inputs of one comparison run, newest version of each. */
export type RunInputs = {
  readonly comparedWith: ComparedWith;
  readonly invoiceId: string;
  readonly invoice: SealedDataset;
  readonly others: readonly SealedDataset[];
};

/**
 * Which sealed datasets of one billing cycle stand against each other: each invoice's newest usage against the newest
 * cost exports that belong to its tenant and do not belong to other invoices only. Usage that is not billed yet stands
 * against exports that name no invoice. Where the scope of one export contains that of another, the wider one alone is
 * taken, or its rows would count twice.
 */
export function pairForCostExport(sealed: readonly SealedDataset[]): readonly RunInputs[] {
  const exports = withoutCopies(withoutNested(newestOfEach(sealed.filter(({ kind }) => kind === 'costexport'))));
  const usage = newestOfEach(sealed.filter((dataset) => dataset.kind === 'dailyratedusage'));
  const tenantIds = new Set(usage.flatMap((dataset) => dataset.tenantIds));
  return usage.flatMap((invoice) => {
    const invoiceId = invoice.invoiceIds[0] ?? unbilledIdOf(invoice.tenantIds[0]);
    const candidates = exports.filter(
      (candidate) => sharesTenant(invoice, candidate, tenantIds.size) && sharesInvoice(invoice, candidate),
    );
    const others = droppedOrDelivered(candidates);
    return invoiceId === undefined || others.length === 0
      ? []
      : [{ comparedWith: 'costexport' as const, invoiceId, invoice, others }];
  });
}

/** What stands for the invoice of usage that is not billed yet: the one that its tenant will get. */
function unbilledIdOf(tenantId: string | undefined): string | undefined {
  return tenantId === undefined ? undefined : `UNBILLED-${tenantId.toUpperCase()}`;
}

/** What the inbox's exports are versions of, as far as no manifest tells it. */
export const droppedExportSource = 'inbox/costexport/';

/**
 * An export that was dropped by hand without a manifest may hold the rows of those that were delivered, and nothing
 * tells; so the newest of all decides whether the dropped ones are taken, or the others.
 */
function droppedOrDelivered(candidates: readonly SealedDataset[]): readonly SealedDataset[] {
  const isDropped = (dataset: SealedDataset) => dataset.sourceId.startsWith(droppedExportSource);
  const newest = newestSealed(candidates);
  return candidates.filter((dataset) => newest === undefined || isDropped(dataset) === isDropped(newest));
}

/** A run is its inputs: the same datasets, policy and engine give the same run. */
export function runIdOf(inputs: RunInputs, policyVersion: string): string {
  const others = inputs.others.map((dataset) => dataset.contentHash).sort();
  return identityOf([
    inputs.comparedWith,
    inputs.invoiceId,
    inputs.invoice.contentHash,
    ...others,
    policyVersion,
    engineVersion,
  ]);
}

/**
 * Orders the runs of one comparison by how new their inputs are; a run never takes the place of a later one. Where the
 * newest export is the same, the sum of all their times tells: a run over more exports, or over newer ones, is later.
 */
export function runOrderOf(inputs: RunInputs): string {
  const times = inputs.others.map((dataset) => dataset.sourceTime).sort();
  const sumSeconds = times.reduce((sum, time) => sum + epochSeconds(time), 0);
  return [
    inputs.invoice.sourceTime,
    times.at(-1) ?? '',
    String(sumSeconds).padStart(16, '0'),
    engineVersion.padStart(6, '0'),
  ].join('|');
}

function newestOfEach(datasets: readonly SealedDataset[]): readonly SealedDataset[] {
  const bySource = Map.groupBy(datasets, (dataset) => dataset.sourceId);
  return [...bySource.values()]
    .flatMap((versions) => newestSealed(versions) ?? [])
    .sort((left, right) => (left.sourceId < right.sourceId ? -1 : 1));
}

/** The newest of several versions; undefined when there is none. */
export function newestSealed(versions: readonly SealedDataset[]): SealedDataset | undefined {
  return versions.toSorted(newestFirst)[0];
}

function newestFirst(left: SealedDataset, right: SealedDataset): number {
  if (left.sourceTime !== right.sourceTime) return left.sourceTime > right.sourceTime ? -1 : 1;
  return left.datasetId > right.datasetId ? -1 : 1;
}

/** Drops a dataset whose source lies inside another's: `/…/billingAccounts/a/customers/c` lies inside `/…/billingAccounts/a`. */
function withoutNested(datasets: readonly SealedDataset[]): readonly SealedDataset[] {
  return datasets.filter(
    (inner) => !datasets.some((outer) => outer !== inner && inner.sourceId.startsWith(`${outer.sourceId}/`)),
  );
}

/** Drops an export of which another has the same bytes: two manifests may tell of one run, and its rows would count twice. */
function withoutCopies(datasets: readonly SealedDataset[]): readonly SealedDataset[] {
  return datasets.filter(
    ({ contentHash }, at) => datasets.findIndex((other) => other.contentHash === contentHash) === at,
  );
}

/** FOCUS may leave the partner out: then its invoices tell, and where it names none, there must be one partner only. */
function sharesTenant(invoice: SealedDataset, candidate: SealedDataset, tenants: number): boolean {
  if (candidate.tenantIds.length > 0) return candidate.tenantIds.some((id) => invoice.tenantIds.includes(id));
  return candidate.invoiceIds.some((id) => invoice.invoiceIds.includes(id)) || tenants === 1;
}

function sharesInvoice(invoice: SealedDataset, candidate: SealedDataset): boolean {
  const names = candidate.invoiceIds;
  if (invoice.invoiceIds.length === 0) return names.length === 0;
  if (candidate.isOpenMonth === true) return false;
  return names.length === 0 || names.some((invoiceId) => invoice.invoiceIds.includes(invoiceId));
}

/** Whether a dataset of this kind is added up to meter totals; the others are kept line by line. */
export function isMeterKind(kind: DatasetKind): boolean {
  return kind === 'dailyratedusage' || kind === 'costexport';
}
