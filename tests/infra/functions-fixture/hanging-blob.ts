import functions from '@azure/functions';

// Never ends: the process around it is killed in the middle of it.
functions.app.storageBlob('ingestCostExport', {
  path: 'cost-exports/{path}manifest.json',
  connection: 'AzureWebJobsStorage',
  handler: () => new Promise<void>(() => undefined),
});
