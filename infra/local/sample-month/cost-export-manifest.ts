import type { Catalogue } from './catalogue.ts';

export type ManifestBlob = { readonly blobName: string; readonly byteCount: number; readonly dataRowCount: number };

export type ExportRun = { readonly runId: string; readonly directory: string; readonly exportName: string };

/** `manifest.json` of one export run, version 2024-04-01. Blob names are relative to the container. */
export function costExportManifest(catalogue: Catalogue, run: ExportRun, blobs: readonly ManifestBlob[]): string {
  const { month, partner } = catalogue;
  const account = `/providers/Microsoft.Billing/billingAccounts/${partner.billingAccountId}`;
  const profile = `${account}/billingProfiles/${partner.billingProfileId}`;
  const manifest = {
    manifestVersion: '2024-04-01',
    byteCount: blobs.reduce((total, blob) => total + blob.byteCount, 0),
    blobCount: blobs.length,
    dataRowCount: blobs.reduce((total, blob) => total + blob.dataRowCount, 0),
    exportConfig: {
      exportName: run.exportName,
      resourceId: `${profile}/providers/Microsoft.CostManagement/exports/${run.exportName}`,
      dataVersion: '2023-12-01-preview',
      apiVersion: '2023-07-01-preview',
      type: 'ActualCost',
      timeFrame: 'TheLastMonth',
      granularity: 'Daily',
    },
    deliveryConfig: {
      partitionData: true,
      dataOverwriteBehavior: 'CreateNewReport',
      fileFormat: 'Csv',
      compressionMode: 'Gzip',
      containerUri:
        '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-billing/providers/Microsoft.Storage/storageAccounts/samplestorage',
      rootFolderPath: run.directory,
    },
    runInfo: {
      executionType: 'OnDemand',
      submittedTime: `${month.nextCycle}-09T05:04:06.5234447Z`,
      runId: run.runId,
      startDate: `${month.firstDay}T00:00:00`,
      endDate: `${month.lastDay}T00:00:00Z`,
    },
    blobs,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
