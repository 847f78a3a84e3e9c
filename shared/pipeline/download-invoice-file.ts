import { type DownloadManifest, type SourceManifest, sourceManifest } from '../contracts/invoices.ts';
import type { DownloadInvoiceFileMessage } from '../contracts/messages.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { downloadFolder, downloadManifestName, partName, sourceManifestName } from './download-paths.ts';
import { renewalWaitMs } from './poll-export.ts';
import type { Clock, DownloadStore, InvoiceSource, Log, Outbox, RawArchive, StoredFile } from './ports.ts';
import { request } from './requests.ts';
import { textBytes } from './text-bytes.ts';

export type DownloadInvoiceFilePorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: InvoiceSource;
  readonly downloads: DownloadStore;
  readonly archive: RawArchive;
  readonly outbox: Outbox;
};

/**
 * Brings one file of an export into the archive, raw and once. Whoever finds that all files are there writes the
 * manifest of the download, which is what starts its ingestion.
 */
export async function downloadInvoiceFile(
  ports: DownloadInvoiceFilePorts,
  message: DownloadInvoiceFileMessage,
): Promise<void> {
  const text = await ports.archive.readText(sourceManifestName(message));
  if (text === undefined)
    throw new Error(`The source manifest of ${message.invoiceId}, ${message.kind} is not there yet`);
  const manifest = sourceManifest.parse(JSON.parse(text));
  const sourceName = manifest.parts[message.part];
  if (sourceName === undefined) {
    throw new TerminalError(`The export has ${manifest.parts.length} files and no file ${message.part}`);
  }
  const target = partName(message, message.part, sourceName);
  if ((await ports.archive.find(target)) === undefined) {
    // What is kept of the manifest is written once; its address may have expired since and be another one now.
    const manifestUrl = (await ports.downloads.get(message))?.manifestUrl ?? manifest.manifestUrl;
    const present = { ...manifest, manifestUrl };
    const opened = await ports.source.openPart({ tenantId: message.tenantId, manifest: present, part: message.part });
    if (opened.kind === 'changed') return startOver(ports, message);
    const stored = await ports.archive.create(target, opened.bytes);
    ports.log.info('file downloaded', {
      invoiceId: message.invoiceId,
      kind: message.kind,
      part: message.part,
      sizeBytes: stored.sizeBytes,
    });
  }
  await sealIfComplete(ports, message, manifest);
}

/** Microsoft now offers another version of the data: what is half here is left as it is, and the new version is fetched. */
async function startOver(ports: DownloadInvoiceFilePorts, message: DownloadInvoiceFileMessage): Promise<void> {
  const { tenantId, invoiceId, kind } = message;
  const download = await ports.downloads.get(message);
  if (download === undefined) return;
  const isMine = download.dataVersion === message.dataVersion;
  const generation = isMine ? download.generation + 1 : download.generation;
  const { dataVersion: _dataVersion, manifestUrl: _manifestUrl, ...rest } = download;
  const nextPollAt = addMilliseconds(ports.clock.now(), renewalWaitMs(download.generation));
  if (isMine) await ports.downloads.advance({ ...rest, state: 'requested', generation, nextPollAt });
  await request(ports.outbox, 'pollExport', [{ tenantId, invoiceId, kind, generation, attempt: 0 }], {
    notBefore: nextPollAt,
  });
  ports.log.info('data changed at the source', { invoiceId, kind });
}

async function sealIfComplete(
  ports: DownloadInvoiceFilePorts,
  message: DownloadInvoiceFileMessage,
  manifest: SourceManifest,
): Promise<void> {
  const stored = new Map(
    (await ports.archive.list(`${downloadFolder(message)}/`)).map((file) => [file.blobName, file]),
  );
  const parts: StoredFile[] = [];
  for (const [part, sourceName] of manifest.parts.entries()) {
    const file = stored.get(partName(message, part, sourceName));
    if (file === undefined) return;
    parts.push(file);
  }
  const download = await ports.downloads.get(message);
  if (download === undefined) throw new Error(`The download of ${message.invoiceId}, ${message.kind} has no record`);
  await ports.archive.create(
    downloadManifestName(message),
    textBytes(JSON.stringify(toDownloadManifest(message, manifest, parts, download.billingCycle))),
  );
  if (download.dataVersion === message.dataVersion) await ports.downloads.advance({ ...download, state: 'downloaded' });
  ports.log.info('download complete', { invoiceId: message.invoiceId, kind: message.kind, files: parts.length });
}

function toDownloadManifest(
  message: DownloadInvoiceFileMessage,
  manifest: SourceManifest,
  parts: readonly StoredFile[],
  billingCycle: string,
): DownloadManifest {
  const { tenantId, invoiceId, kind, dataVersion } = message;
  return {
    version: 1,
    tenantId,
    invoiceId,
    kind,
    billingCycle,
    dataVersion,
    sourceTime: manifest.sourceTime,
    parts: parts.map(({ blobName, sizeBytes, sha256 = '' }) => ({ blobName, sizeBytes, sha256 })),
  };
}
