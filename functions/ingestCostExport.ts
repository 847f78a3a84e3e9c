import functions from '@azure/functions';
import { readBlobTriggerSource } from '../shared/host/config.ts';
import { onManifest } from '../shared/host/on-manifest.ts';
import { ingestCostExport } from '../shared/pipeline/ingest-cost-export.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.storageBlob('ingestCostExport', {
  connection: 'DataStorage',
  path: `${resources.containers.costExports}/{folder}manifest.json`,
  source: readBlobTriggerSource(),
  handler: onManifest(resources.containers.costExports, ingestCostExport),
});
