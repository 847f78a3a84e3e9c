import type resources from '../resources.json';
import { blobFileArchive, blobRawArchive } from './blob-archive.ts';
import type { BlobContainer } from './blob-container.ts';
import { blobDatasetStore } from './blob-dataset-store.ts';
import type { Table } from './table.ts';
import { tableBreakStore, tableChangeStore } from './table-break-store.ts';
import { tableCatalogueStore } from './table-catalogue-store.ts';
import { tableFailureStore } from './table-failure-store.ts';
import { tableFileStore } from './table-file-store.ts';
import { tableDownloadStore, tableInvoiceStore } from './table-invoice-store.ts';
import { tableLineStore } from './table-line-store.ts';
import { tableMeterStore } from './table-meter-store.ts';
import { tablePageKeyStore } from './table-page-key-store.ts';
import { tablePlanStore } from './table-plan-store.ts';
import { tablePolicyStore } from './table-policy-store.ts';
import { tableRunStore } from './table-run-store.ts';

/** The containers and tables of `resources.json`, whatever stands behind them. */
export type StoreDrivers = {
  readonly containers: { readonly [name in keyof typeof resources.containers]: BlobContainer };
  readonly tables: { readonly [name in keyof typeof resources.tables]: Table };
};

/** The pipeline's stores over a set of drivers: Azure's, or those of tests. */
export function stores({ containers, tables }: StoreDrivers) {
  return {
    invoices: tableInvoiceStore(tables.invoices),
    downloads: tableDownloadStore(tables.downloads),
    archive: blobRawArchive(containers.invoices),
    costExports: blobFileArchive(containers.costExports),
    inbox: blobFileArchive(containers.inbox),
    datasets: blobDatasetStore(containers.datasets, tables.datasets),
    meters: tableMeterStore(tables.meterTotals),
    lines: tableLineStore(tables.lineItems),
    plans: tablePlanStore(tables),
    breaks: tableBreakStore(tables.breaks),
    changes: tableChangeStore(tables.runChanges),
    policies: tablePolicyStore(tables.policies, containers.policies),
    runs: tableRunStore({
      runs: tables.runs,
      runSubscriptions: tables.runSubscriptions,
      meterLines: tables.meterLines,
      published: tables.published,
      plans: containers.runs,
    }),
    files: tableFileStore(tables.files, containers.files),
    catalogue: tableCatalogueStore(tables.catalogue, containers.catalogues),
    failures: tableFailureStore(tables.failures),
    pageKeys: tablePageKeyStore(tables.pageKeys),
  };
}
