import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import resources from '../../shared/resources.json' with { type: 'json' };
import { type Azurite, startAzurite } from './azurite.ts';
import { uploadCostExports } from './cost-exports.ts';
import type { LogEntry } from './functions-host/function-app.ts';
import { type FunctionsHost, startFunctionsHost } from './functions-host/host.ts';
import { type PartnerCenterStandIn, startPartnerCenter } from './partner-center/server.ts';
import { type ServiceBusStandIn, startServiceBus } from './service-bus/server.ts';

/** The whole system on this machine: the product's functions on stand-ins for everything that is in the cloud. */
export type Stack = {
  readonly host: FunctionsHost;
  readonly apiUrl: string;
  readonly azurite: Azurite;
  readonly partnerCenter: PartnerCenterStandIn;
  readonly bus: ServiceBusStandIn;
  close(): Promise<void>;
};

export type StackOptions = {
  /** What stays between two starts: the storage. */
  readonly folder: string;
  /** A sample month, as the generator writes it. */
  readonly sampleFolder: string;
  readonly port?: number;
  readonly stuckAfterSeconds: number;
  /** Take the place of those that the stack sets. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog: (entry: LogEntry) => void;
};

const root = fileURLToPath(new URL('../../', import.meta.url));

/** As in Azure: long enough for the longest step with renewal, few enough deliveries that trouble shows. */
const queueDefaults = { lockDurationMs: 60_000, maxDeliveryCount: 10, duplicateDetectionWindowMs: 10 * 60_000 };

export async function startStack(options: StackOptions): Promise<Stack> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const azurite = await startAzurite({ folder: join(options.folder, 'azurite') });
    closers.push(() => azurite.stop());
    await createResources(azurite);
    await uploadCostExports(azurite, join(options.sampleFolder, 'cost-exports'));
    const bus = await startServiceBus({
      queues: Object.values(resources.queues).map((name) => ({ name, ...queueDefaults })),
    });
    closers.push(() => bus.close());
    const partnerCenter = await startPartnerCenterAgain(options);
    closers.push(() => partnerCenter.close());
    const host = await startFunctionsHost({
      functionFiles: functionFiles(),
      settings: settingsOf(options, { azurite, bus, partnerCenter }),
      hostJson: JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')),
      ...(options.port === undefined ? {} : { port: options.port }),
      onLog: options.onLog,
    });
    closers.push(() => host.close());
    return { host, apiUrl: `${host.url}/api`, azurite, partnerCenter, bus, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * On the port that it had at the last start, because downloads under way keep its addresses. Where that port is taken
 * by now, on another: those downloads then fail, visibly.
 */
async function startPartnerCenterAgain(options: StackOptions): Promise<PartnerCenterStandIn> {
  const folder = join(options.sampleFolder, 'partner-center');
  const portFile = join(options.folder, 'partner-center.port');
  const lastPort = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const partnerCenter = await startPartnerCenter({ folder, port: lastPort }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return startPartnerCenter({ folder });
  });
  writeFileSync(portFile, new URL(partnerCenter.url).port);
  return partnerCenter;
}

function functionFiles(): readonly URL[] {
  return readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => pathToFileURL(join(root, 'functions', name)));
}

type Services = {
  readonly azurite: Azurite;
  readonly bus: ServiceBusStandIn;
  readonly partnerCenter: PartnerCenterStandIn;
};

/** The same settings as in `local.settings.sample.json`, with the addresses of the stand-ins. */
function settingsOf(options: StackOptions, { azurite, bus, partnerCenter }: Services): Record<string, string> {
  const [tenant] = readTenants(options.sampleFolder);
  if (tenant === undefined) throw new Error('The sample month has no partner tenant');
  const tokenUrl = `${partnerCenter.loginUrl}/${tenant.tenantId}/oauth2/v2.0/token`;
  const credential = {
    kind: 'tokenEndpoint',
    clientId: tenant.clientId,
    clientSecretSetting: 'PartnerClientSecret',
    tokenUrl,
  };
  return {
    AzureWebJobsStorage: azurite.connectionString,
    DataStorage: azurite.connectionString,
    ServiceBus: bus.connectionString,
    BlobTriggerSource: 'LogsAndContainerScan',
    DownloadSchedule: '0 0 6 * * *',
    SweepSchedule: '*/5 * * * * *',
    StuckAfterSeconds: String(options.stuckAfterSeconds),
    GraphUrl: partnerCenter.graphUrl,
    PartnerCenterUrl: partnerCenter.partnerCenterUrl,
    PartnerTenants: JSON.stringify([{ tenantId: tenant.tenantId, credential }]),
    PartnerClientSecret: tenant.clientSecret,
    TeamsWebhookUrl: '',
    NotificationWebhookUrl: '',
    LocalSignIn: 'true',
    // Tests and the bench are one caller, and ask as fast as they can.
    RequestsPerMinute: '1000000',
    ...options.settings,
  };
}

function readTenants(sampleFolder: string): readonly { tenantId: string; clientId: string; clientSecret: string }[] {
  return JSON.parse(readFileSync(join(sampleFolder, 'partner-center', 'tenants.json'), 'utf8'));
}

/** What the deployment does in Azure. */
async function createResources(azurite: Azurite): Promise<void> {
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of Object.values(resources.containers)) await blobs.getContainerClient(name).createIfNotExists();
  const tables = TableServiceClient.fromConnectionString(azurite.connectionString, { allowInsecureConnection: true });
  for (const name of Object.values(resources.tables)) await tables.createTable(name);
}
