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

export function partName(folder: DownloadFolder, part: number): string {
  return `${downloadFolder(folder)}/part-${String(part).padStart(5, '0')}.json.gz`;
}

export function downloadManifestName(folder: DownloadFolder): string {
  return `${downloadFolder(folder)}/${downloadManifestFile}`;
}
