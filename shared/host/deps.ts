import { TableClient } from '@azure/data-tables';
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { azureBlobContainer } from '../adapters/azure-blob-container.ts';
import { azureTable } from '../adapters/azure-table.ts';
import type { BlobContainer } from '../adapters/blob-container.ts';
import { entraTokenSource } from '../adapters/entra-token-source.ts';
import { graphInvoiceSource } from '../adapters/graph-invoice-source.ts';
import { serviceBusOutbox } from '../adapters/service-bus-outbox.ts';
import { type StoreDrivers, stores } from '../adapters/stores.ts';
import type { Table } from '../adapters/table.ts';
import { teamsNotifier } from '../adapters/teams-notifier.ts';
import { webhookNotifier } from '../adapters/webhook-notifier.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { InvoiceSource } from '../pipeline/ports.ts';
import { rememberOpened, rememberPublished, shareBreakReads } from '../pipeline/remember-published.ts';
import { rememberSeals } from '../pipeline/remember-seals.ts';
import type { Notifiers } from '../pipeline/send-notification.ts';
import resources from '../resources.json' with { type: 'json' };
import { type BusConnection, type Config, readConfig, type StorageConnection } from './config.ts';
import { createIdentity } from './identity.ts';
import type { NotificationSettings } from './notification-settings.ts';

/** Everything that the steps need of the world, but for the log, which belongs to an invocation. */
export type Deps = ReturnType<typeof createDeps>;

let deps: Deps | undefined;

/** One set of connections per process, made at the first call. */
export function getDeps(): Deps {
  deps ??= createDeps(readConfig());
  return deps;
}

function createDeps(config: Config) {
  const kept = stores(azureDrivers(config.storage));
  return {
    config,
    clock: { now: () => new Date().toISOString() },
    source: invoiceSource(config),
    outbox: serviceBusOutbox(busClient(config.bus)),
    notifiers: notifiersOf(config.notifications),
    portalUrl: config.notifications.portalUrl,
    ...kept,
    datasets: rememberSeals(kept.datasets),
    runs: rememberPublished(kept.runs),
    breaks: shareBreakReads(kept.breaks),
    openMeter: rememberOpened(),
    identity: createIdentity(config.identity, kept.grants),
  };
}

function notifiersOf({ teams, webhook }: NotificationSettings): Notifiers {
  return {
    ...(teams === undefined ? {} : { teams: teamsNotifier(teams) }),
    ...(webhook === undefined ? {} : { webhook: webhookNotifier(webhook) }),
  };
}

function azureDrivers(storage: StorageConnection): StoreDrivers {
  const containers = Object.keys(resources.containers) as (keyof StoreDrivers['containers'])[];
  const tables = Object.keys(resources.tables) as (keyof StoreDrivers['tables'])[];
  const blobs = blobService(storage);
  return {
    containers: fromNames(
      containers,
      (name): BlobContainer => azureBlobContainer(blobs.getContainerClient(resources.containers[name])),
    ),
    tables: fromNames(tables, (name): Table => azureTable(tableClient(storage, resources.tables[name]))),
  };
}

function fromNames<K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

function blobService(storage: StorageConnection): BlobServiceClient {
  if (storage.kind === 'connectionString') return BlobServiceClient.fromConnectionString(storage.connectionString);
  return new BlobServiceClient(storage.blobServiceUri, credentialOf(storage.clientId));
}

function tableClient(storage: StorageConnection, name: string): TableClient {
  if (storage.kind === 'identity')
    return new TableClient(storage.tableServiceUri, name, credentialOf(storage.clientId));
  const isPlainHttp = /(^|;)(DefaultEndpointsProtocol=http|UseDevelopmentStorage=true)(;|$)/i.test(
    storage.connectionString,
  );
  return TableClient.fromConnectionString(storage.connectionString, name, { allowInsecureConnection: isPlainHttp });
}

function busClient(bus: BusConnection): ServiceBusClient {
  if (bus.kind === 'connectionString') return new ServiceBusClient(bus.connectionString);
  return new ServiceBusClient(bus.fullyQualifiedNamespace, credentialOf(bus.clientId));
}

function credentialOf(clientId: string | undefined): TokenCredential {
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}

const graphScope = 'https://graph.microsoft.com/.default';
const partnerCenterScope = 'https://api.partnercenter.microsoft.com/.default';

function invoiceSource(config: Config): InvoiceSource {
  const sources = new Map(
    config.partnerTenants.map(({ tenantId, credential }) => [tenantId, entraTokenSource(tenantId, credential)]),
  );
  const tokenFor = (scope: string) => (tenantId: string) => {
    const source = sources.get(tenantId);
    if (source === undefined)
      throw new TerminalError(`Tenant ${tenantId} is not among the PartnerTenants of the settings`);
    return source.token(scope);
  };
  return graphInvoiceSource(
    { baseUrl: config.graphUrl, token: tokenFor(graphScope) },
    { baseUrl: config.partnerCenterUrl, token: tokenFor(partnerCenterScope) },
  );
}
