import functions from '@azure/functions';
import { readBlobTriggerSource } from '../shared/host/config.ts';
import { onManifest } from '../shared/host/on-manifest.ts';
import { ingestInvoice } from '../shared/pipeline/ingest-invoice.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.storageBlob('ingestInvoice', {
  connection: 'DataStorage',
  path: `${resources.containers.invoices}/{tenantId}/{invoiceId}/{kind}/{dataVersion}/manifest.json`,
  source: readBlobTriggerSource(),
  handler: onManifest(resources.containers.invoices, ingestInvoice),
});
