import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readBlobTriggerSource, readConfig } from '../../shared/host/config.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';

function tenantsOf(credential: unknown, id: string = tenantId): string {
  return JSON.stringify([{ tenantId: id, credential }]);
}

const minimal = {
  DataStorage: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=s3cr3t-key',
  ServiceBus: 'Endpoint=sb://b/;SharedAccessKey=s3cr3t-key',
  PartnerTenants: '[]',
};

describe('the settings', () => {
  it('are few on a laptop, and the rest has defaults', () => {
    expect(readConfig(minimal)).toEqual({
      storage: { kind: 'connectionString', connectionString: minimal.DataStorage },
      bus: { kind: 'connectionString', connectionString: minimal.ServiceBus },
      graphUrl: 'https://graph.microsoft.com/v1.0',
      partnerCenterUrl: 'https://api.partnercenter.microsoft.com',
      partnerTenants: [],
      stuckAfterMs: 900_000,
      notificationWebhookUrl: undefined,
      identity: {
        audiences: [],
        homeTenants: [],
        authorityUrl: 'https://login.microsoftonline.com',
        trustsPlatform: false,
        hasLocalSignIn: false,
        requestsPerMinute: 600,
      },
    });
  });

  it('name no key in Azure, where the app has an identity', () => {
    const env = {
      DataStorage__blobServiceUri: 'https://a.blob.core.windows.net',
      DataStorage__tableServiceUri: 'https://a.table.core.windows.net',
      DataStorage__clientId: 'c1',
      ServiceBus__fullyQualifiedNamespace: 'b.servicebus.windows.net',
      PartnerTenants: '[]',
    };
    expect(readConfig(env)).toMatchObject({
      storage: {
        kind: 'identity',
        blobServiceUri: env.DataStorage__blobServiceUri,
        tableServiceUri: env.DataStorage__tableServiceUri,
        clientId: 'c1',
      },
      bus: { kind: 'identity', fullyQualifiedNamespace: env.ServiceBus__fullyQualifiedNamespace, clientId: undefined },
    });
  });

  it('are all read', () => {
    const env = {
      ...minimal,
      GraphUrl: 'http://127.0.0.1:1/graph/v1.0/',
      PartnerCenterUrl: 'http://127.0.0.1:1/partner-center//',
      StuckAfterSeconds: '5',
      NotificationWebhookUrl: 'https://hook.example/?sig=x/',
    };
    expect(readConfig(env)).toMatchObject({
      graphUrl: 'http://127.0.0.1:1/graph/v1.0',
      partnerCenterUrl: 'http://127.0.0.1:1/partner-center',
      stuckAfterMs: 5_000,
      notificationWebhookUrl: 'https://hook.example/?sig=x/',
    });
  });

  it.each([
    ['DataStorage', 'DataStorage__blobServiceUri'],
    ['ServiceBus', 'ServiceBus__fullyQualifiedNamespace'],
    ['PartnerTenants', 'PartnerTenants'],
  ])('without %s are refused, by the name of what is missing', (name, missing) => {
    expect(() => readConfig({ ...minimal, [name]: undefined })).toThrow(`The setting ${missing} is missing`);
    expect(() => readConfig({ ...minimal, [name]: '' })).toThrow(`The setting ${missing} is missing`);
  });

  it('without the second half of the storage are refused', () => {
    const env = { ...minimal, DataStorage: undefined, DataStorage__blobServiceUri: 'https://a.blob.core.windows.net' };
    expect(() => readConfig(env)).toThrow('The setting DataStorage__tableServiceUri is missing');
  });

  it.each(['', undefined])('that are empty count as absent (%j)', (value) => {
    const env = { ...minimal, StuckAfterSeconds: value, NotificationWebhookUrl: value, GraphUrl: value };
    expect(readConfig(env)).toEqual(readConfig(minimal));
  });

  it.each(['-1', '1.5', '15m', '1e3', '9999999', ' 5'])('refuse %j as a number of seconds', (text) => {
    expect(() => readConfig({ ...minimal, StuckAfterSeconds: text })).toThrow(
      `The setting StuckAfterSeconds is '${text}'; expected a number of seconds`,
    );
  });

  it.each(['GraphUrl', 'PartnerCenterUrl', 'NotificationWebhookUrl'])(
    'refuse a %s that is no address, unseen',
    (name) => {
      for (const wrong of ['s3cr3t', 'ftp://s3cr3t.example', 'https://', '/s3cr3t']) {
        const error = failureOf({ ...minimal, [name]: wrong });
        expect(error.message).toContain(`The setting ${name} is not an address`);
        expect(inspect(error, { depth: 10 })).not.toContain('s3cr3t');
      }
    },
  );
});

describe('the partner tenants', () => {
  it.each([
    ['a federated identity', { kind: 'federatedIdentity', clientId: 'c', managedIdentityClientId: 'm' }],
    ['a certificate', { kind: 'certificate', clientId: 'c', certificatePath: '/c.pem' }],
  ])('prove themselves by %s', (_what, credential) => {
    const { partnerTenants } = readConfig({
      ...minimal,
      PartnerTenants: tenantsOf(credential, tenantId.toUpperCase()),
    });
    expect(partnerTenants).toEqual([{ tenantId, credential }]);
  });

  it.each([
    [{ kind: 'secret', clientId: 'c', clientSecretSetting: 'Secret1' }, {}],
    [
      { kind: 'tokenEndpoint', clientId: 'c', clientSecretSetting: 'Secret1', tokenUrl: 'http://127.0.0.1/token' },
      { tokenUrl: 'http://127.0.0.1/token' },
    ],
  ])('have their secret in a setting of its own: %j', (credential, more) => {
    const env = { ...minimal, PartnerTenants: tenantsOf(credential), Secret1: 's3cr3t' };
    expect(readConfig(env).partnerTenants).toEqual([
      { tenantId, credential: { kind: credential.kind, clientId: 'c', clientSecret: 's3cr3t', ...more } },
    ]);
    for (const Secret1 of [undefined, '']) {
      expect(() => readConfig({ ...env, Secret1 })).toThrow(
        'The setting Secret1 is missing (which PartnerTenants names)',
      );
    }
  });

  it.each([
    ['that are no JSON', '[{"clientSecret":"s3cr3t",}', /not valid JSON/],
    ['that are cut off within a secret', '[{"clientSecret":"s3cr3t', /not valid JSON/],
    ['that are no list', '{}', /PartnerTenants is wrong/],
    [
      'whose id is no GUID',
      tenantsOf({ kind: 'certificate', clientId: 'c', certificatePath: 'p' }, 'contoso'),
      /tenantId/,
    ],
    ['of an unknown kind', tenantsOf({ kind: 'password', clientId: 'c', password: 's3cr3t' }), /kind/],
    ['with the secret itself', tenantsOf({ kind: 'secret', clientId: 'c', clientSecret: 's3cr3t' }), /clientSecret/],
    [
      'with more than is known',
      tenantsOf({ kind: 'certificate', clientId: 'c', certificatePath: 'p', password: 's3cr3t' }),
      /password/,
    ],
    [
      'with an address that is none',
      tenantsOf({ kind: 'tokenEndpoint', clientId: 'c', clientSecretSetting: 'S', tokenUrl: 's3cr3t' }),
      /tokenUrl/,
    ],
    ['without a client', tenantsOf({ kind: 'certificate', certificatePath: 'p' }), /clientId/],
  ])('%s are refused, and no value is repeated', (_what, text, message) => {
    const error = failureOf({ ...minimal, PartnerTenants: text, S: 's3cr3t' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain('PartnerTenants');
    expect(inspect(error, { depth: 10 })).not.toContain('s3cr3t');
  });
});

describe('the source of blob triggers', () => {
  it('is Event Grid unless it is said otherwise', () => {
    expect(readBlobTriggerSource({})).toBe('EventGrid');
    expect(readBlobTriggerSource({ BlobTriggerSource: 'LogsAndContainerScan' })).toBe('LogsAndContainerScan');
  });

  it.each(['eventgrid', 'Polling', ''])('is not %j', (text) => {
    expect(() => readBlobTriggerSource({ BlobTriggerSource: text })).toThrow(
      `The setting BlobTriggerSource is '${text}'; expected EventGrid or LogsAndContainerScan`,
    );
  });
});

function failureOf(env: Readonly<Record<string, string | undefined>>): Error {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('The settings should have been refused');
}
