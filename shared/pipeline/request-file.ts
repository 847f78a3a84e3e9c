import type { FileRecord } from '../contracts/files.ts';
import { identityOf } from '../domain/content-hash.ts';
import { newestSealed } from '../domain/datasets.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { toSealed } from './plan-comparisons.ts';
import type { Clock, DatasetStore, FileStore, LineStore, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type RequestFilePorts = {
  readonly clock: Clock;
  readonly datasets: DatasetStore;
  readonly lines: LineStore;
  readonly files: FileStore;
  readonly outbox: Outbox;
};

export type FileRequest = Pick<FileRecord, 'invoiceId' | 'kind' | 'audience' | 'customerId' | 'format' | 'culture'>;

/**
 * Queues the making of a reconciliation file. The same request for the same data is the same file, however often and
 * by how many it is asked for.
 * @returns undefined when the invoice has no sealed line items of this customer to make it from
 */
export async function requestFile(ports: RequestFilePorts, wanted: FileRequest): Promise<FileRecord | undefined> {
  const sealed = (await ports.datasets.list()).flatMap(toSealed);
  const dataset = newestSealed(
    sealed.filter((candidate) => candidate.kind === wanted.kind && candidate.invoiceIds.includes(wanted.invoiceId)),
  );
  if (dataset === undefined || !(await hasLines(ports.lines, dataset.datasetId, wanted.customerId))) return undefined;
  const { invoiceId, kind, audience, customerId, format, culture } = wanted;
  const fileId = identityOf([
    invoiceId,
    kind,
    audience,
    customerId,
    format,
    culture,
    dataset.datasetId,
    dataset.contentHash,
    engineVersion,
  ]);
  const record = await ports.files.advance({
    version: 1,
    fileId,
    ...wanted,
    datasetId: dataset.datasetId,
    fileName: `${kind}-${invoiceId}-${customerId}.${format}`,
    requestedAt: ports.clock.now(),
    state: 'queued',
  });
  if (record.state === 'queued') await request(ports.outbox, 'generateFile', [{ fileId }]);
  return record;
}

async function hasLines(lines: LineStore, datasetId: string, customerId: string): Promise<boolean> {
  for await (const _ of lines.readInvoiceLines(datasetId, customerId)) return true;
  return false;
}
