import type { FileRecord } from '../contracts/files.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import { checkCatalogue } from '../domain/catalogue-check.ts';
import { isLineOf } from '../domain/catalogue-directory.ts';
import { identityOf, sha256 } from '../domain/content-hash.ts';
import { newestSealed, type SealedDataset } from '../domain/datasets.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { isCustomerFileKind } from '../domain/file-kinds.ts';
import { foldMpnId } from '../domain/line-reseller.ts';
import { scopeOfFile, scopeText } from './file-scope.ts';
import { toSealed } from './plan-comparisons.ts';
import type { CatalogueStore, Clock, DatasetStore, FileStore, InvoiceStore, LineStore, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type RequestFilePorts = {
  readonly clock: Clock;
  readonly invoices: InvoiceStore;
  readonly datasets: DatasetStore;
  readonly lines: LineStore;
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

/** `notForAudience`: nobody gets it. `notFound`: there is nothing to make it from. `badCatalogue`: two rules at once, say. */
export type FileRefusal = {
  readonly kind: 'refused';
  readonly code: 'notForAudience' | 'notFound' | 'badCatalogue';
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
  const dataset = newestOf(sealed, invoiceId, kind);
  if (dataset === undefined) return refused('notFound', `There are no ${kind} lines of invoice ${invoiceId}`);
  const { catalogue } = await ports.catalogue.read();
  if (!(await isKnownScope(ports.lines, dataset.datasetId, wanted, catalogue))) {
    const whose = scopeText({ audience, ...scopeFields(wanted) });
    return refused('notFound', `There are no ${kind} lines of invoice ${invoiceId} for ${whose}`);
  }
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

function refused(code: FileRefusal['code'], message: string): FileRefusal {
  return { kind: 'refused', code, message };
}

function newestOf(
  sealed: readonly SealedDataset[],
  invoiceId: string,
  kind: SealedDataset['kind'],
): SealedDataset | undefined {
  return newestSealed(sealed.filter((each) => each.kind === kind && each.invoiceIds.includes(invoiceId)));
}

/** A customer has lines; a reseller is known: whether it has lines, making the file will tell. */
async function isKnownScope(
  lines: LineStore,
  datasetId: string,
  wanted: FileRequest,
  catalogue: Catalogue,
): Promise<boolean> {
  switch (wanted.audience) {
    case 'csp':
      return true;
    case 'reseller':
      return catalogue.resellers.some(({ mpnId }) => mpnId === foldMpnId(wanted.resellerMpnId));
    case 'customer': {
      const scope = scopeOfFile({ audience: wanted.audience, ...scopeFields(wanted) });
      for await (const line of lines.read(datasetId, wanted.customerId)) if (isLineOf(scope, line)) return true;
      return false;
    }
  }
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
