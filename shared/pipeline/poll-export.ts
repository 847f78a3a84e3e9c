import type { DownloadRecord, SourceManifest } from '../contracts/invoices.ts';
import type { PollExportMessage } from '../contracts/messages.ts';
import { assertNever } from '../domain/assert-never.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { sourceManifestName } from './download-paths.ts';
import type { Clock, DownloadStore, ExportOperation, InvoiceSource, Log, Outbox, RawArchive } from './ports.ts';
import { request } from './requests.ts';
import { textBytes } from './text-bytes.ts';

export type PollExportPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: InvoiceSource;
  readonly downloads: DownloadStore;
  readonly archive: RawArchive;
  readonly outbox: Outbox;
};

/** How long an export may take before a person should look at it. */
const deadlineMs = 72 * 60 * 60 * 1000;
/** The wait grows from what the source asks for to at most this. */
const waitMaxMs = 30 * 60 * 1000;
/** What has expired or changed is asked for anew at once, and ever more slowly when that goes on. */
export function renewalWaitMs(generation: number): number {
  return generation === 0 ? 0 : Math.min(1_000 * 2 ** Math.min(generation, 20), waitMaxMs);
}

/** Data that is "not available yet" is not there for hours: asking sooner helps nobody. */
const notReadyWaitMs = 15 * 60 * 1000;

/** Asks whether an export is ready. Not yet: asks again later. Ready: starts the download of each of its files. */
export async function pollExport(ports: PollExportPorts, message: PollExportMessage): Promise<void> {
  const download = await ports.downloads.get(message);
  if (download === undefined || (download.state !== 'requested' && download.state !== 'downloading')) return;
  if (download.generation !== message.generation) return pollLater(ports, download, 0, ports.clock.now());
  const operation = await ports.source.readOperation(download);
  switch (operation.kind) {
    case 'ready':
      return startFiles(ports, download, operation.manifest);
    case 'running':
      return waitFor(ports, download, message.attempt, operation.retryAfterMs);
    case 'notReady':
      return askAnew(ports, download, operation, notReadyWaitMs);
    case 'gone':
      return askAnew(ports, download, operation, renewalWaitMs(download.generation));
    case 'failed':
      return giveUp(ports, download, `Microsoft's export failed: ${operation.reason}`);
    default:
      return assertNever(operation);
  }
}

async function startFiles(ports: PollExportPorts, download: DownloadRecord, manifest: SourceManifest): Promise<void> {
  const { tenantId, invoiceId, kind } = download;
  const { dataVersion } = manifest;
  await ports.archive.create(sourceManifestName({ ...download, dataVersion }), textBytes(JSON.stringify(manifest)));
  const { nextPollAt: _, ...begun } = download;
  await ports.downloads.advance({ ...begun, state: 'downloading', dataVersion, manifestUrl: manifest.manifestUrl });
  await request(
    ports.outbox,
    'downloadInvoiceFile',
    manifest.parts.map((_, part) => ({ tenantId, invoiceId, kind, dataVersion, part })),
  );
  ports.log.info('export ready', { invoiceId, kind, files: manifest.parts.length });
}

async function waitFor(
  ports: PollExportPorts,
  download: DownloadRecord,
  attempt: number,
  retryAfterMs: number,
): Promise<void> {
  const now = ports.clock.now();
  if (now > addMilliseconds(download.requestedAt, deadlineMs)) {
    return giveUp(ports, download, `Microsoft's export was not ready after ${deadlineMs / 3_600_000} hours`);
  }
  const waitMs = Math.min(retryAfterMs * 2 ** Math.min(Math.max(attempt - 4, 0), 10), waitMaxMs);
  await pollLater(ports, download, attempt + 1, addMilliseconds(now, Math.max(waitMs, retryAfterMs)));
}

async function askAnew(
  ports: PollExportPorts,
  download: DownloadRecord,
  operation: ExportOperation,
  waitMs: number,
): Promise<void> {
  const now = ports.clock.now();
  if (now > addMilliseconds(download.requestedAt, deadlineMs)) {
    const reason = operation.kind === 'notReady' ? operation.reason : 'its address expired';
    return giveUp(ports, download, `Microsoft had no data after ${deadlineMs / 3_600_000} hours: ${reason}`);
  }
  const operationUrl = await ports.source.requestExport(download);
  const nextPollAt = addMilliseconds(now, waitMs);
  const renewed: DownloadRecord = {
    ...download,
    state: 'requested',
    generation: download.generation + 1,
    operationUrl,
    nextPollAt,
  };
  await ports.downloads.advance(renewed);
  await pollLater(ports, renewed, 0, nextPollAt);
  ports.log.info('export asked for anew', {
    invoiceId: download.invoiceId,
    kind: download.kind,
    generation: renewed.generation,
  });
}

async function giveUp(ports: PollExportPorts, download: DownloadRecord, problem: string): Promise<void> {
  const { nextPollAt: _, ...ended } = download;
  await ports.downloads.advance({ ...ended, state: 'failed', problem });
  ports.log.warn('export failed', { invoiceId: download.invoiceId, kind: download.kind, problem });
}

async function pollLater(
  ports: PollExportPorts,
  download: DownloadRecord,
  attempt: number,
  notBefore: string,
): Promise<void> {
  const { tenantId, invoiceId, kind, generation } = download;
  if (download.state === 'requested') await ports.downloads.advance({ ...download, nextPollAt: notBefore });
  await request(ports.outbox, 'pollExport', [{ tenantId, invoiceId, kind, generation, attempt }], { notBefore });
}
