import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { startAzurite } from '../../infra/local/azurite.ts';
import type { LogEntry } from '../../infra/local/functions-host/function-app.ts';
import { startFunctionsHost } from '../../infra/local/functions-host/host.ts';
import resources from '../../shared/resources.json' with { type: 'json' };

const httpFolder = fileURLToPath(new URL('../../functions/http/', import.meta.url));

/**
 * The HTTP functions alone, on an Azurite of their own. The connections of a process are made once, so a test file has
 * one of these.
 */
export async function startApi(settings: Readonly<Record<string, string>>) {
  const azurite = await startAzurite();
  const logs: LogEntry[] = [];
  const options = { allowInsecureConnection: true };
  const tables = TableServiceClient.fromConnectionString(azurite.connectionString, options);
  for (const name of Object.values(resources.tables)) await tables.createTable(name);
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of Object.values(resources.containers)) await blobs.createContainer(name);
  const host = await startFunctionsHost({
    functionFiles: readdirSync(httpFolder).map((name) => pathToFileURL(`${httpFolder}${name}`)),
    settings: {
      AzureWebJobsStorage: azurite.connectionString,
      DataStorage: azurite.connectionString,
      ServiceBus: 'Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=a;SharedAccessKey=b',
      PartnerTenants: '[]',
      ...settings,
    },
    hostJson: { version: '2.0' },
    onLog: (entry) => logs.push(entry),
  });
  return {
    apiUrl: `${host.url}/api`,
    connectionString: azurite.connectionString,
    logs,
    close: async () => {
      await host.close();
      await azurite.stop();
    },
  };
}

export type ApiHost = Awaited<ReturnType<typeof startApi>>;
