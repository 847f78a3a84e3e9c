import type { DownloadRecord } from '../contracts/invoices.ts';

/** Where the files of one download stand in the container `invoices`. */
export type DownloadFolder = Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind'> & { readonly dataVersion: string };

export function downloadFolder(folder: DownloadFolder): string {
  return `${folder.tenantId}/${folder.invoiceId}/${folder.kind}/${folder.dataVersion}`;
}

/** The name that the pipeline's blob trigger waits for. */
export const downloadManifestFile = 'manifest.json';

export function sourceManifestName(folder: DownloadFolder): string {
  return `${downloadFolder(folder)}/source.json`;
}

/** `sourceName` is the file's name at the source; its ending says how the bytes are to be read. */
export function partName(folder: DownloadFolder, part: number, sourceName: string): string {
  const ending = sourceName.endsWith('.gz') ? '.json.gz' : '.json';
  return `${downloadFolder(folder)}/part-${String(part).padStart(5, '0')}${ending}`;
}

export function downloadManifestName(folder: DownloadFolder): string {
  return `${downloadFolder(folder)}/${downloadManifestFile}`;
}
