import { z } from 'zod';
import type { PartnerCredential } from '../adapters/entra-token-source.ts';
import { type IdentityConfig, readIdentityConfig } from './identity-config.ts';
import { type NotificationSettings, readNotificationSettings } from './notification-settings.ts';

/** A storage account or a bus: by the app's own identity, or, on a laptop, by connection string. */
export type StorageConnection =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | {
      readonly kind: 'identity';
      readonly blobServiceUri: string;
      readonly tableServiceUri: string;
      readonly clientId: string | undefined;
    };
export type BusConnection =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly fullyQualifiedNamespace: string; readonly clientId: string | undefined };

export type PartnerTenant = { readonly tenantId: string; readonly credential: PartnerCredential };

export type Config = {
  readonly storage: StorageConnection;
  readonly bus: BusConnection;
  readonly graphUrl: string;
  readonly partnerCenterUrl: string;
  readonly partnerTenants: readonly PartnerTenant[];
  readonly stuckAfterMs: number;
  readonly identity: IdentityConfig;
  readonly notifications: NotificationSettings;
};

type Environment = Readonly<Record<string, string | undefined>>;

const credentialSetting = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('federatedIdentity'), clientId: z.string(), managedIdentityClientId: z.string() }),
  z.strictObject({ kind: z.literal('certificate'), clientId: z.string(), certificatePath: z.string() }),
  z.strictObject({ kind: z.literal('secret'), clientId: z.string(), clientSecretSetting: z.string() }),
  z.strictObject({
    kind: z.literal('tokenEndpoint'),
    clientId: z.string(),
    clientSecretSetting: z.string(),
    tokenUrl: z.url(),
  }),
]);

const partnerTenantsSetting = z.array(z.strictObject({ tenantId: z.guid(), credential: credentialSetting }));

/** The settings of identity alone, for whoever asks before anything else is needed. */
export function readIdentity(env: Environment = process.env): IdentityConfig {
  return readIdentityConfig(env);
}

const triggerSourceSetting = z.enum(['EventGrid', 'LogsAndContainerScan']);

/** How blob triggers learn of blobs. Flex Consumption supports Event Grid alone; a laptop has no Event Grid. */
export function readBlobTriggerSource(env: Environment = process.env): z.infer<typeof triggerSourceSetting> {
  const parsed = triggerSourceSetting.safeParse(env['BlobTriggerSource'] ?? 'EventGrid');
  if (!parsed.success)
    throw new Error(
      `The setting BlobTriggerSource is '${env['BlobTriggerSource']}'; expected ${triggerSourceSetting.options.join(' or ')}`,
    );
  return parsed.data;
}

/** Reads the settings. @throws Error that names the setting, what it is and what it should be; never a secret's value */
export function readConfig(env: Environment = process.env): Config {
  return {
    storage: readStorage(env),
    bus: readBus(env),
    graphUrl: withoutSlash(readUrl(env, 'GraphUrl') ?? 'https://graph.microsoft.com/v1.0'),
    partnerCenterUrl: withoutSlash(readUrl(env, 'PartnerCenterUrl') ?? 'https://api.partnercenter.microsoft.com'),
    partnerTenants: readPartnerTenants(env),
    stuckAfterMs: readSeconds(env, 'StuckAfterSeconds', 900) * 1_000,
    identity: readIdentityConfig(env),
    notifications: readNotificationSettings(env),
  };
}

function readStorage(env: Environment): StorageConnection {
  const connectionString = env['DataStorage'];
  if (connectionString) return { kind: 'connectionString', connectionString };
  return {
    kind: 'identity',
    blobServiceUri: required(env, 'DataStorage__blobServiceUri', 'or DataStorage, a connection string'),
    tableServiceUri: required(env, 'DataStorage__tableServiceUri', 'or DataStorage, a connection string'),
    clientId: env['DataStorage__clientId'],
  };
}

function readBus(env: Environment): BusConnection {
  const connectionString = env['ServiceBus'];
  if (connectionString) return { kind: 'connectionString', connectionString };
  return {
    kind: 'identity',
    fullyQualifiedNamespace: required(env, 'ServiceBus__fullyQualifiedNamespace', 'or ServiceBus, a connection string'),
    clientId: env['ServiceBus__clientId'],
  };
}

function readPartnerTenants(env: Environment): readonly PartnerTenant[] {
  const text = required(env, 'PartnerTenants', 'a JSON array');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the cause, which quotes the setting: whoever broke it may have put a secret there.
    throw new Error('The setting PartnerTenants is not valid JSON');
  }
  const parsed = partnerTenantsSetting.safeParse(json);
  if (!parsed.success) throw new Error(`The setting PartnerTenants is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data.map(({ tenantId, credential }) => ({
    tenantId: tenantId.toLowerCase(),
    credential: withSecret(env, credential),
  }));
}

/** Secrets stand in settings of their own, so that these can be references to a key vault. */
function withSecret(env: Environment, credential: z.infer<typeof credentialSetting>): PartnerCredential {
  if (credential.kind === 'federatedIdentity' || credential.kind === 'certificate') return credential;
  const { clientSecretSetting, ...rest } = credential;
  return { ...rest, clientSecret: required(env, clientSecretSetting, 'which PartnerTenants names') };
}

function readSeconds(env: Environment, name: string, whenAbsent: number): number {
  const text = env[name];
  if (text === undefined || text === '') return whenAbsent;
  if (!/^\d{1,6}$/.test(text)) throw new Error(`The setting ${name} is '${text}'; expected a number of seconds`);
  return Number(text);
}

/** An address, which may be a secret and is not repeated. @returns undefined when it is not set */
function readUrl(env: Environment, name: string): string | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new Error(`The setting ${name} is not an address; expected http:// or https://`);
  return text;
}

function required(env: Environment, name: string, hint: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`The setting ${name} is missing (${hint})`);
  return value;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
