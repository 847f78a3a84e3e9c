import functions from '@azure/functions';
import { recorder } from './recorder.ts';

const { app } = functions;

app.storageBlob('ingestInvoice', {
  path: 'invoices/{tenant}/{invoiceId}/{kind}/{version}/manifest.json',
  connection: 'DataStorage',
  source: 'EventGrid',
  handler: (blob, context) => recorder.run(blob, context),
});

app.storageBlob('ingestCostExport', {
  path: '%EXPORTS_CONTAINER%/{path}manifest.json',
  connection: 'DataStorage',
  handler: (blob, context) => recorder.run(blob, context),
});
