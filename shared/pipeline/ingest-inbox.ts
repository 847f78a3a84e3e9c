import type { DatasetDefinition } from '../contracts/datasets.ts';
import type { InvoiceRecord } from '../contracts/invoices.ts';
import { billingCycleOf, parseMicrosoftDay } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { droppedExportSource } from '../domain/datasets.ts';
import { foldId } from '../domain/ids.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { tableOf } from '../formats/detect.ts';
import { type DetectedFile, detectParquet, detectText, isParquetName } from '../formats/detected-file.ts';
import { FileRefusedError } from '../formats/file-refused-error.ts';
import { type BeginDatasetPorts, beginDataset } from './begin-dataset.ts';
import { beginCostExport, costExportDefinition, isWithin, readManifest } from './ingest-cost-export.ts';
import type { FileArchive, InvoiceStore, StoredFile } from './ports.ts';

export type IngestInboxPorts = BeginDatasetPorts & { readonly inbox: FileArchive; readonly invoices: InvoiceStore };

/** The end of the id of the dataset that a dropped file becomes: a file that changes is another one. */
export function droppedIdOf({ blobName, sizeBytes, etag = '' }: StoredFile): string {
  return `inbox-${identityOf([blobName, String(sizeBytes), etag]).slice(0, 12)}`;
}

/** What is to be looked at in the inbox: every file, but of a folder with a manifest the manifest alone. */
export function droppedFiles(files: readonly StoredFile[]): readonly StoredFile[] {
  const folders = new Set(files.filter(isManifest).map(folderOf));
  return files.filter((file) => isManifest(file) || !folders.has(folderOf(file)));
}

/**
 * A file was dropped by hand into the container `inbox`. Its columns tell what it is, its first rows whose it is and of
 * which month; then it takes the way of every other dataset. A file by itself is a whole dataset; parts that belong
 * together lie in a folder with the manifest of their export.
 * @throws TerminalError when nothing can be done with the file, with the reason
 */
export async function ingestInbox(ports: IngestInboxPorts, dropped: StoredFile): Promise<void> {
  if (isManifest(dropped)) return ingestManifest(ports, dropped);
  const definition = await define(ports, dropped);
  await beginDataset(ports, ports.inbox, definition, dropped.blobName);
}

async function ingestManifest(ports: IngestInboxPorts, dropped: StoredFile): Promise<void> {
  const manifestName = dropped.blobName;
  const told = await readManifest(ports.inbox, manifestName);
  // The files lie beside their manifest now, wherever Cost Management had put them.
  const blobs = told.blobs.map((blob) => ({
    ...blob,
    blobName: `${folderOf(dropped)}${blob.blobName.split('/').at(-1) ?? ''}`,
  }));
  const manifest = { ...told, blobs };
  const definition = costExportDefinition(manifest, {
    datasetId: `costexport-${droppedIdOf(dropped)}`,
    container: 'inbox',
  });
  await beginCostExport(ports, ports.inbox, { manifest, definition, manifestName });
}

async function define(ports: IngestInboxPorts, dropped: StoredFile): Promise<DatasetDefinition> {
  const file = await look(ports.inbox, dropped.blobName);
  const { dataset: kind } = file.detection;
  const told = toldBy(file);
  const sourceTime = dropped.writtenAt ?? ports.clock.now();
  const common = {
    version: 1 as const,
    datasetId: `${kind}-${droppedIdOf(dropped)}`,
    kind,
    sourceTime,
    container: 'inbox' as const,
    parts: [{ blobName: dropped.blobName, sizeBytes: dropped.sizeBytes }],
  };
  const invoices = kind === 'costexport' ? [] : await ports.invoices.list();
  const invoiceId = kind === 'costexport' ? undefined : (told.invoiceId ?? invoiceIn(dropped.blobName, invoices));
  const invoice = invoices.find((candidate) => candidate.invoiceId === invoiceId);
  const billingCycle = invoice?.billingCycle ?? told.month;
  if (billingCycle === undefined) {
    throw new TerminalError(`${dropped.blobName}: no row says of which month the file is; expected rows with dates`);
  }
  if (kind === 'costexport') {
    const isOpenMonth = isWithin(billingCycle, sourceTime);
    const sourceId = `${droppedExportSource}${told.tenantId ?? ''}`;
    return { ...common, billingCycle, sourceId, ...(isOpenMonth ? { isOpenMonth } : {}) };
  }
  const tenantId = told.tenantId ?? invoice?.tenantId;
  if (tenantId === undefined)
    throw new TerminalError(`${dropped.blobName}: no row names the partner; expected PartnerId`);
  if (invoiceId === undefined && kind !== 'dailyratedusage') {
    throw new TerminalError(
      `${dropped.blobName}: no row names an invoice, and neither does the name of the file; put the invoice's id into its name`,
    );
  }
  return {
    ...common,
    billingCycle,
    sourceId: `${tenantId}/${invoiceId ?? 'unbilled'}`,
    tenantId,
    ...(invoiceId === undefined ? {} : { invoiceId }),
  };
}

async function look(inbox: FileArchive, blobName: string): Promise<DetectedFile> {
  try {
    const file = isParquetName(blobName)
      ? await detectParquet(found(await inbox.openRandomAccess(blobName), blobName))
      : await detectText({ name: blobName, bytes: found(await inbox.open(blobName), blobName) });
    await file.close();
    return file;
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    throw new TerminalError(error.message, { cause: error });
  }
}

function found<T>(file: T | undefined, blobName: string): T {
  if (file === undefined) throw new Error(`${blobName} has gone from the inbox since it was listed`);
  return file;
}

type Told = {
  readonly tenantId: string | undefined;
  readonly invoiceId: string | undefined;
  /** The month that most of the first rows name. */
  readonly month: string | undefined;
};

function toldBy({ detection, head }: DetectedFile): Told {
  const table = tableOf(detection);
  const valuesOf = (field: string): readonly string[] => {
    const names = (table[field]?.names ?? []).map((name) => name.toLowerCase());
    return head.rows.flatMap((row) => {
      const value = names.map((name) => row.get(name)?.trim() ?? '').find((text) => text !== '');
      return value === undefined ? [] : [value];
    });
  };
  const days = [valuesOf('usageDate'), valuesOf('chargeStartDate')].find((texts) => texts.length > 0) ?? [];
  const months = days.flatMap((text) => {
    const day = parseMicrosoftDay(text);
    return day === undefined ? [] : [billingCycleOf(day)];
  });
  return {
    tenantId: valuesOf('tenantId')
      .map(foldId)
      .find((id) => id !== ''),
    invoiceId: valuesOf('invoiceId')[0]?.toUpperCase(),
    month: mostFrequent(months),
  };
}

/** Of several that are as frequent the latest. */
function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = [...Map.groupBy(texts, (text) => text)].map(([text, same]) => ({ text, count: same.length }));
  return counts.sort((left, right) => right.count - left.count || (left.text < right.text ? 1 : -1))[0]?.text;
}

/** Licence line items name no invoice; then the name of the file may. */
function invoiceIn(blobName: string, invoices: readonly InvoiceRecord[]): string | undefined {
  const name = blobName.toUpperCase();
  return invoices.map((invoice) => invoice.invoiceId).find((invoiceId) => name.includes(invoiceId.toUpperCase()));
}

function isManifest({ blobName }: StoredFile): boolean {
  return /(^|\/)_?manifest\.json$/.test(blobName);
}

/** With the slash at its end; empty for files that lie in no folder. */
function folderOf({ blobName }: StoredFile): string {
  return blobName.slice(0, blobName.lastIndexOf('/') + 1);
}
