import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AttributeSet, BlobReader } from './blob-content.ts';
import type { StandInContext } from './context.ts';
import { blobNames, type DataFolder } from './data-folder.ts';
import { issueSas } from './sas.ts';
import type { BilledData } from './script.ts';

/** What was asked to be exported. */
export type ExportOrder = {
  readonly tenantId: string;
  readonly invoiceId: string;
  readonly billingMonth: string;
  readonly data: BilledData;
  readonly attributeSet: AttributeSet;
};

export type ManifestRecord = {
  readonly id: string;
  readonly order: ExportOrder;
  readonly createdAt: Date;
  readonly linkGeneration: number;
};

/** A folder of line blobs that a manifest has named, under the path it was named by. */
type BlobDirectory = { readonly folder: string; readonly data: BilledData; readonly attributeSet: AttributeSet };

export type ManifestDeps = {
  readonly context: StandInContext;
  readonly folder: DataFolder;
  readonly readBlob: BlobReader;
  /** Filled by manifests, read by blobs. Older versions stay, as they do in storage. */
  readonly directories: Map<string, BlobDirectory>;
};

/**
 * The manifest resource. Everything but its id and its time is found out anew: a later data version shows as another
 * eTag and rootDirectory, and every reading carries a fresh SAS.
 */
export async function manifestResource(deps: ManifestDeps, record: ManifestRecord): Promise<Record<string, unknown>> {
  const { context } = deps;
  const { order } = record;
  const replacements = context.script.replacementsOf(order.invoiceId, order.data);
  const folder = replacements.at(-1)?.folder ?? (await deps.folder.exportFolder(order.invoiceId, order.data));
  if (folder === undefined) throw new Error(`The export folder of ${order.invoiceId} ${order.data} is gone`);
  const path = directoryPath(order, replacements.length + 1);
  deps.directories.set(path, { folder, data: order.data, attributeSet: order.attributeSet });
  const present = await blobNames(folder);
  const names = [...present, ...context.script.missingBlobs];
  return {
    id: record.id,
    schemaVersion: '1',
    dataFormat: context.script.dataFormat,
    createdDateTime: record.createdAt.toISOString(),
    eTag: await eTagOf(deps, { folder, path, order, names: present }),
    partnerTenantId: order.tenantId,
    rootDirectory: `${context.url}${path}`,
    sasToken: issueSas(context, path),
    partitionType: 'Default',
    blobCount: names.length,
    blobs: names.map((name) => ({ name, partitionValue: 'default' })),
  };
}

/** `/blobs` stands for the storage account, the segment after it is the container. */
function directoryPath(order: ExportOrder, version: number): string {
  return [
    '/blobs',
    order.data === 'dailyratedusage' ? 'billedusage' : 'billedreconciliation',
    'v1',
    `PartnerTenantId=${order.tenantId}`,
    `BillingMonth=${order.billingMonth}`,
    `InvoiceId=${order.invoiceId}`,
    `InvoiceVersion=${version}`,
    `Fragment=${order.attributeSet}`,
    'PartitionType=default',
  ].join('/');
}

async function eTagOf(
  deps: ManifestDeps,
  blobs: {
    readonly folder: string;
    readonly path: string;
    readonly order: ExportOrder;
    readonly names: readonly string[];
  },
): Promise<string> {
  const hash = createHash('sha256').update(blobs.path);
  for (const name of blobs.names) {
    const content = await deps.readBlob(join(blobs.folder, name), blobs.order.data, blobs.order.attributeSet);
    hash.update(`\n${name} `).update(content?.md5 ?? '');
  }
  return hash.digest('base64url').slice(0, 17);
}
