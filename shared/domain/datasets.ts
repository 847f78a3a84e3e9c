import { epochSeconds } from './calendar.ts';
import { identityOf } from './content-hash.ts';
import { engineVersion } from './engine-version.ts';
import type { InvoiceHeader } from './invoice-documents.ts';
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
  /** What else the invoice side is made of: a legacy invoice has licences and usage. */
  readonly moreOfInvoice?: readonly SealedDataset[];
  /** Of `invoicetotal`: the header of the invoice and the documents about it. */
  readonly documents?: readonly InvoiceHeader[];
};

/** Everything that can be compared of one billing cycle. `documents` are those of all tenants, by tenant. */
export function allPairs(
  sealed: readonly SealedDataset[],
  documents: readonly InvoiceDocument[],
): readonly RunInputs[] {
  return [...pairForCostExport(sealed), ...pairForInvoiceLines(sealed), ...pairForInvoiceTotal(sealed, documents)];
}

/** Each invoice's newest usage against its newest line items. */
export function pairForInvoiceLines(sealed: readonly SealedDataset[]): readonly RunInputs[] {
  const lines = newestOfEach(sealed.filter(({ kind }) => kind === 'onetime'));
  return newestOfEach(sealed.filter(({ kind }) => kind === 'dailyratedusage')).flatMap((invoice): RunInputs[] => {
    const invoiceId = invoice.invoiceIds[0];
    const other = newestSealed(lines.filter((dataset) => isOfInvoice(dataset, invoiceId, invoice.tenantIds[0])));
    if (invoiceId === undefined || other === undefined) return [];
    return [{ comparedWith: 'invoicelines', invoiceId, invoice, others: [other] }];
  });
}

/** An invoice as Partner Center lists it: of which tenant, and of which kind. */
export type InvoiceDocument = InvoiceHeader & { readonly tenantId: string; readonly type: 'newCommerce' | 'legacy' };

/** All line items of each invoice against its header, once all of them are there. */
export function pairForInvoiceTotal(
  sealed: readonly SealedDataset[],
  documents: readonly InvoiceDocument[],
): readonly RunInputs[] {
  return documents.flatMap((document): RunInputs[] => {
    const { invoiceId, tenantId, type } = document;
    const kinds: readonly DatasetKind[] = type === 'legacy' ? ['license', 'usage'] : ['onetime'];
    const sides = kinds.map((kind) =>
      newestSealed(sealed.filter((dataset) => dataset.kind === kind && isOfInvoice(dataset, invoiceId, tenantId))),
    );
    const [invoice, ...moreOfInvoice] = sides.filter((side) => side !== undefined);
    if (invoice === undefined || moreOfInvoice.length + 1 < kinds.length) return [];
    const about = documentsAbout(document, documents);
    return [{ comparedWith: 'invoicetotal', invoiceId, invoice, moreOfInvoice, others: [], documents: about }];
  });
}

function isOfInvoice(dataset: SealedDataset, invoiceId: string | undefined, tenantId: string | undefined): boolean {
  return (
    invoiceId !== undefined &&
    dataset.invoiceIds.includes(invoiceId) &&
    (tenantId === undefined || dataset.tenantIds.includes(tenantId))
  );
}

/** The invoice, what amends it, what amends that, and the credit notes of its month; ordered by id. */
function documentsAbout(invoice: InvoiceDocument, documents: readonly InvoiceDocument[]): readonly InvoiceHeader[] {
  const own = documents.filter((document) => document.tenantId === invoice.tenantId);
  const ids = new Set([invoice.invoiceId]);
  for (const id of ids) {
    for (const document of own) if (document.amendsInvoiceId === id) ids.add(document.invoiceId);
  }
  return own
    .filter(
      (document) =>
        ids.has(document.invoiceId) ||
        (document.documentType === 'creditNote' && document.billingCycle === invoice.billingCycle),
    )
    .map(({ tenantId: _tenant, type: _type, ...header }) => header)
    .sort((left, right) => (left.invoiceId < right.invoiceId ? -1 : 1));
}

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

const unbilledPrefix = 'UNBILLED-';

/** What stands for the invoice of usage that is not billed yet: the one that its tenant will get. */
function unbilledIdOf(tenantId: string | undefined): string | undefined {
  return tenantId === undefined ? undefined : `${unbilledPrefix}${tenantId.toUpperCase()}`;
}

/** Whether a run is of usage that no invoice bills yet. */
export function isUnbilled({ invoiceId }: { readonly invoiceId: string }): boolean {
  return invoiceId.startsWith(unbilledPrefix);
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
    invoiceHashOf(inputs),
    ...others,
    ...(inputs.documents === undefined ? [] : [JSON.stringify(inputs.documents)]),
    policyVersion,
    engineVersion,
  ]);
}

/** What stands for the bytes of the whole invoice side. */
export function invoiceHashOf({ invoice, moreOfInvoice = [] }: RunInputs): string {
  const hashes = [invoice, ...moreOfInvoice].map(({ contentHash }) => contentHash);
  return hashes.length === 1 ? invoice.contentHash : identityOf(hashes.sort());
}

/**
 * Orders the runs of one comparison by how new their inputs are; a run never takes the place of a later one. Where the
 * newest export is the same, the sum of all their times tells: a run over more exports, or over newer ones, is later.
 * Of documents about an invoice there come to be more, and some are voided. Over the same data, a newer engine is later,
 * then a policy that was put up later.
 */
export function runOrderOf(inputs: RunInputs, policyOrdinal = 0): string {
  const { moreOfInvoice = [], documents = [] } = inputs;
  const times = [...inputs.others, ...moreOfInvoice].map((dataset) => dataset.sourceTime).sort();
  const voided = documents.filter(({ documentType }) => documentType === 'voidNote').length;
  const sumSeconds = times.reduce((sum, time) => sum + epochSeconds(time), 0);
  return [
    inputs.invoice.sourceTime,
    times.at(-1) ?? '',
    String(sumSeconds).padStart(16, '0'),
    ...(inputs.documents === undefined
      ? []
      : [documents.length, voided].map((count) => String(count).padStart(6, '0'))),
    engineVersion.padStart(6, '0'),
    String(policyOrdinal).padStart(6, '0'),
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
