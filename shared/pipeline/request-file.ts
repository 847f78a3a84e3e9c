import type { FileRecord } from '../contracts/files.ts';
import type { LineView } from '../domain/caller-scope.ts';
import { checkCatalogue } from '../domain/catalogue-check.ts';
import { identityOf, sha256 } from '../domain/content-hash.ts';
import type { SealedDataset } from '../domain/datasets.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { isCustomerFileKind } from '../domain/file-kinds.ts';
import { foldId } from '../domain/ids.ts';
import { foldMpnId } from '../domain/line-reseller.ts';
import { claimSlot } from './claim-slot.ts';
import { scopeText } from './file-scope.ts';
import { hasLinesIn, newestOf } from './invoice-datasets.ts';
import { toSealed } from './plan-comparisons.ts';
import type { CatalogueStore, Clock, DatasetStore, FileStore, InvoiceStore, Outbox } from './ports.ts';
import { request } from './requests.ts';
import { sealOf } from './seal-of.ts';

export type RequestFilePorts = {
  readonly clock: Clock;
  readonly invoices: InvoiceStore;
  readonly datasets: DatasetStore;
  readonly catalogue: CatalogueStore;
  readonly files: FileStore;
  readonly outbox: Outbox;
};

export type FileRequest = Pick<FileRecord, 'invoiceId' | 'kind' | 'format' | 'culture'> &
  (
    | { readonly audience: 'csp' }
    | { readonly audience: 'reseller'; readonly resellerMpnId: string }
    | { readonly audience: 'customer'; readonly customerId: string; readonly resellerMpnId?: string }
  );

/**
 * `notForAudience`: nobody gets it. `notFound`: there is nothing to make it from. `badCatalogue`: two rules at once, say.
 * `busy`: another file of the same lines is being made.
 */
export type FileRefusal = {
  readonly kind: 'refused';
  readonly code: 'notForAudience' | 'notFound' | 'badCatalogue' | 'busy';
  readonly message: string;
};

export type FileRequestOutcome = { readonly kind: 'requested'; readonly record: FileRecord } | FileRefusal;

/**
 * Queues the making of a reconciliation file from the newest sealed data and the present catalogue, which is kept for it.
 * The same request for the same data and catalogue is the same file, however often and by how many it is asked for.
 */
export async function requestFile(ports: RequestFilePorts, wanted: FileRequest): Promise<FileRequestOutcome> {
  const { invoiceId, kind, audience, format, culture } = wanted;
  if (audience === 'customer' && !isCustomerFileKind(kind)) {
    return refused('notForAudience', `Customers get no ${kind} file; expected onetime or license`);
  }
  const sealed = (await ports.datasets.list()).flatMap(toSealed);
  const dataset = newestOf(sealed, { invoiceId, kind });
  if (dataset === undefined) return refused('notFound', `There are no ${kind} lines of invoice ${invoiceId}`);
  if (!hasLinesIn(await sealOf(ports.datasets, dataset.datasetId), viewOf(wanted))) {
    const whose = scopeText({ audience, ...scopeFields(wanted) });
    return refused('notFound', `There are no ${kind} lines of invoice ${invoiceId} for ${whose}`);
  }
  const { catalogue } = await ports.catalogue.read();
  const [fault] = checkCatalogue(catalogue);
  if (fault !== undefined) return refused('badCatalogue', `${fault.message}. No file is made by such a catalogue`);
  const catalogueHash = sha256(JSON.stringify(catalogue));
  await ports.catalogue.keep(catalogueHash, catalogue);
  const parameters = {
    invoiceId,
    kind,
    audience,
    ...scopeFields(wanted),
    format,
    culture,
    undatedDay: await undatedDayOf(ports, invoiceId, dataset),
  };
  const sources = {
    datasetId: dataset.datasetId,
    datasetHash: dataset.contentHash,
    catalogueHash,
    engineVersion,
  };
  const fileId = identityOf([JSON.stringify(parameters), JSON.stringify(sources)]);
  const known = await ports.files.get(fileId);
  const isMade = known !== undefined && known.state !== 'failed';
  if (!isMade && !(await claimSlot(ports, { fileId, ...parameters }))) {
    return refused('busy', `Another ${kind} file of the same lines is being made; ask again when it is`);
  }
  if (known?.state === 'failed') return { kind: 'requested', record: await restartFile(ports, known) };
  const record = await ports.files.advance({
    version: 1,
    fileId,
    ...parameters,
    ...sources,
    fileName: fileNameOf(wanted),
    requestedAt: ports.clock.now(),
    state: 'queued',
  });
  if (record.state === 'queued') await request(ports.outbox, 'generateFile', [{ fileId }]);
  return { kind: 'requested', record };
}

/** A further attempt of a file that could not be made. @returns the file as it is afterwards */
export async function restartFile(
  { clock, files, outbox }: Pick<RequestFilePorts, 'clock' | 'files' | 'outbox'>,
  file: FileRecord,
): Promise<FileRecord> {
  const { reason: _, ...rest } = file;
  const attempt = (file.attempt ?? 0) + 1;
  const record = await files.advance({ ...rest, state: 'queued', attempt, requestedAt: clock.now() });
  // The queue would take it for a repeat of the message of the attempt before.
  const wave = `attempt-${record.attempt ?? 0}`;
  if (record.state === 'queued') await request(outbox, 'generateFile', [{ fileId: record.fileId }], { wave });
  return record;
}

function refused(code: FileRefusal['code'], message: string): FileRefusal {
  return { kind: 'refused', code, message };
}

/** The lines that a file has. */
function viewOf(wanted: FileRequest): LineView {
  const { customerId, resellerMpnId } = scopeFields(wanted);
  return {
    audience: wanted.audience,
    customerIds: customerId === undefined ? undefined : [foldId(customerId)],
    mpnIds: resellerMpnId === undefined ? undefined : [resellerMpnId],
  };
}

function scopeFields(wanted: FileRequest): Pick<FileRecord, 'customerId' | 'resellerMpnId'> {
  if (wanted.audience === 'csp') return {};
  const { resellerMpnId } = wanted;
  return {
    ...(wanted.audience === 'customer' ? { customerId: wanted.customerId } : {}),
    ...(resellerMpnId === undefined ? {} : { resellerMpnId: foldMpnId(resellerMpnId) }),
  };
}

/** The first day of what the invoice is for. */
export async function undatedDayOf(
  { invoices, datasets }: Pick<RequestFilePorts, 'invoices' | 'datasets'>,
  invoiceId: string,
  { datasetId }: SealedDataset,
): Promise<string> {
  const invoice = (await invoices.list()).find((candidate) => candidate.invoiceId === invoiceId);
  if (invoice !== undefined) return invoice.periodStart;
  const definition = await datasets.readDefinition(datasetId);
  if (definition === undefined) throw new Error(`There is no dataset ${datasetId}`);
  return `${definition.billingCycle}-01`;
}

function fileNameOf(wanted: FileRequest): string {
  const { kind, invoiceId, format } = wanted;
  const { customerId, resellerMpnId } = scopeFields(wanted);
  const whose = [customerId, resellerMpnId === undefined ? undefined : `reseller-${resellerMpnId}`];
  const named = whose.filter((part) => part !== undefined).join('-') || 'csp';
  return `${kind}-${invoiceId}-${named}.${format}`;
}
