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

/** A secret for webhooks, of 24 bytes. */
function secretOf(letter: string): string {
  return `whsec_${Buffer.from(letter.repeat(24)).toString('base64')}`;
}

describe('the settings', () => {
  it('are few on a laptop, and the rest has defaults', () => {
    expect(readConfig(minimal)).toEqual({
      storage: { kind: 'connectionString', connectionString: minimal.DataStorage },
      bus: { kind: 'connectionString', connectionString: minimal.ServiceBus },
      graphUrl: 'https://graph.microsoft.com/v1.0',
      partnerCenterUrl: 'https://api.partnercenter.microsoft.com',
      partnerTenants: [],
      stuckAfterMs: 900_000,
      identity: {
        audiences: [],
        homeTenants: [],
        authorityUrl: 'https://login.microsoftonline.com',
        trustsPlatform: false,
        hasLocalSignIn: false,
        requestsPerMinute: 600,
      },
      notifications: { teams: undefined, webhook: undefined, portalUrl: undefined },
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
      TeamsWebhookUrl: 'https://flow.example/?sig=x/',
      NotificationWebhookUrl: 'https://hook.example/?sig=x/',
      NotificationWebhookSecret: secretOf('a'),
      NotificationWebhookPreviousSecret: secretOf('b'),
      PortalUrl: 'https://portal.example/csp//',
    };
    expect(readConfig(env)).toMatchObject({
      graphUrl: 'http://127.0.0.1:1/graph/v1.0',
      partnerCenterUrl: 'http://127.0.0.1:1/partner-center',
      stuckAfterMs: 5_000,
      notifications: {
        teams: { url: 'https://flow.example/?sig=x/' },
        webhook: {
          url: 'https://hook.example/?sig=x/',
          secrets: [Buffer.from('a'.repeat(24)), Buffer.from('b'.repeat(24))],
        },
        portalUrl: 'https://portal.example/csp',
      },
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

  it.each(['GraphUrl', 'PartnerCenterUrl', 'TeamsWebhookUrl', 'NotificationWebhookUrl', 'PortalUrl'])(
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

describe('where digests go', () => {
  const url = 'https://hook.example/s3cr3t';
  const secret = secretOf('s');

  it('is set for each channel on its own', () => {
    const teams = readConfig({ ...minimal, TeamsWebhookUrl: url }).notifications;
    expect(teams).toEqual({ teams: { url }, webhook: undefined, portalUrl: undefined });
    const webhook = { NotificationWebhookUrl: url, NotificationWebhookSecret: secret };
    expect(readConfig({ ...minimal, ...webhook }).notifications).toEqual({
      teams: undefined,
      webhook: { url, secrets: [Buffer.from('s'.repeat(24))] },
      portalUrl: undefined,
    });
    expect(readConfig({ ...minimal, NotificationWebhookSecret: secret }).notifications.webhook).toBeUndefined();
  });

  it.each(['TeamsWebhookUrl', 'NotificationWebhookUrl', 'PortalUrl'])('%s is https, but on this machine', (name) => {
    const more = { NotificationWebhookSecret: secret };
    for (const wrong of ['http://s3cr3t.example/', 'http://127.0.0.1.s3cr3t.example/', 'http://0.0.0.0/s3cr3t'])
      expectRefusal({ ...more, [name]: wrong }, `The setting ${name} is not an address with https://`);
    expectRefusal({ ...more, [name]: 'https://me:s3cr3t@hook.example/' }, `The setting ${name} has a user or password`);
    expectRefusal({ ...more, [name]: 'https://s3cr3t@hook.example/' }, `The setting ${name} has a user or password`);
    for (const right of ['http://127.0.0.1:7071', 'http://localhost:7071', 'http://[::1]:7071'])
      expect(() => readConfig({ ...minimal, ...more, [name]: right })).not.toThrow();
  });

  it.each(['?s3cr3t=1', '#s3cr3t'])('is shown by a portal whose address has no %s', (more) => {
    expectRefusal({ PortalUrl: `https://portal.example/${more}` }, 'The setting PortalUrl has more than');
  });

  it('is signed for', () => {
    for (const absent of [undefined, ''])
      expectRefusal(
        { NotificationWebhookUrl: url, NotificationWebhookSecret: absent },
        'The setting NotificationWebhookSecret is missing (it signs what is posted to NotificationWebhookUrl)',
      );
  });

  it.each([
    ['without its prefix', secret.slice('whsec_'.length)],
    ['of 23 bytes', `whsec_${Buffer.from('s'.repeat(23)).toString('base64')}`],
    ['of 65 bytes', `whsec_${Buffer.from('s'.repeat(65)).toString('base64')}`],
    ['that is no base64', `whsec_${'!'.repeat(40)}`],
    ['with more around it', ` ${secret}`],
    ['that a key vault did not fill in', '@Microsoft.KeyVault(SecretUri=https://vault.example/s3cr3t)'],
  ])('is not signed with a secret %s', (_what, wrong) => {
    const own = { NotificationWebhookUrl: url, NotificationWebhookSecret: secret };
    for (const name of ['NotificationWebhookSecret', 'NotificationWebhookPreviousSecret'])
      expectRefusal(
        { ...own, [name]: wrong },
        `The setting ${name} is not a secret for webhooks; expected whsec_`,
        wrong,
      );
  });

  function expectRefusal(env: Readonly<Record<string, string | undefined>>, message: string, canary = 's3cr3t'): void {
    const error = failureOf({ ...minimal, ...env });
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 10 })).not.toContain(canary);
  }
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
