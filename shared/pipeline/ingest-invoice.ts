import type { DatasetDefinition } from '../contracts/datasets.ts';
import { type DownloadManifest, downloadManifest } from '../contracts/invoices.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { type BeginDatasetPorts, beginDataset } from './begin-dataset.ts';
import type { RawArchive } from './ports.ts';

export type IngestInvoicePorts = BeginDatasetPorts & { readonly archive: RawArchive };

/** A download is complete: its manifest, written by us, has appeared in the container `invoices`. */
export async function ingestInvoice(ports: IngestInvoicePorts, manifestName: string): Promise<void> {
  const text = await ports.archive.readText(manifestName);
  if (text === undefined) throw new TerminalError(`${manifestName} is not in the container of invoices`);
  const manifest = downloadManifest.safeParse(JSON.parse(text));
  if (!manifest.success)
    throw new TerminalError(`${manifestName} is not a manifest of a download`, { cause: manifest.error });
  await beginDataset(ports, ports.archive, toDefinition(manifest.data), manifestName);
}

/** The id names the version of the data, so a new version of an invoice's lines is a dataset of its own. */
function toDefinition(manifest: DownloadManifest): DatasetDefinition {
  const { tenantId, invoiceId, kind, billingCycle, dataVersion, sourceTime, parts } = manifest;
  return {
    version: 1,
    datasetId: `${kind}-${invoiceId}-${identityOf([tenantId, invoiceId, kind, dataVersion]).slice(0, 12)}`,
    kind,
    billingCycle,
    sourceId: `${tenantId}/${invoiceId}`,
    sourceTime,
    container: 'invoices',
    tenantId,
    invoiceId,
    parts,
  };
}
