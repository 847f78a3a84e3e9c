import { describe, expect, it } from 'vitest';
import { readIdentityConfig } from '../../shared/host/identity-config.ts';

const tenantId = '11111111-1111-4111-8111-11111111ABCD';
const local = { LocalSignIn: 'true', DataStorage: 'UseDevelopmentStorage=true' };

describe('the settings of identity', () => {
  it('are lists between commas or blanks', () => {
    const config = readIdentityConfig({
      AuthAudiences: 'api://reconcile, 11111111-1111-4111-8111-111111111111',
      AuthHomeTenants: tenantId,
      AuthAuthorityUrl: 'https://login.microsoftonline.us/',
      TrustPlatformAuthentication: 'True',
      RequestsPerMinute: '5',
    });
    expect(config).toEqual({
      audiences: ['api://reconcile', '11111111-1111-4111-8111-111111111111'],
      homeTenants: [tenantId.toLowerCase()],
      authorityUrl: 'https://login.microsoftonline.us',
      trustsPlatform: true,
      hasLocalSignIn: false,
      requestsPerMinute: 5,
    });
  });

  it.each([
    ['AuthHomeTenants', 'common'],
    ['AuthHomeTenants', '*'],
    ['AuthHomeTenants', 'contoso.onmicrosoft.com'],
    ['AuthAudiences', 'Grüße'],
    ['AuthAuthorityUrl', 'http://login.microsoftonline.com'],
    ['AuthAuthorityUrl', 'https://user:password@login.microsoftonline.com'],
    ['AuthAuthorityUrl', 'https://login.microsoftonline.com/common'],
    ['AuthAuthorityUrl', 'login.microsoftonline.com'],
    ['TrustPlatformAuthentication', 'yes'],
    ['LocalSignIn', '1'],
    ['RequestsPerMinute', '0'],
    ['RequestsPerMinute', '-5'],
    ['RequestsPerMinute', 'many'],
  ])('are refused where they cannot be: %s = %s', (name, value) => {
    expect(() => readIdentityConfig({ [name]: value })).toThrow(name);
  });

  it('do not trust the platform where its authentication is off', () => {
    const env = { TrustPlatformAuthentication: 'true', WEBSITE_AUTH_ENABLED: 'False' };
    expect(() => readIdentityConfig(env)).toThrow('the authentication of the platform is off');
    expect(readIdentityConfig({ ...env, WEBSITE_AUTH_ENABLED: 'True' }).trustsPlatform).toBe(true);
  });
});

describe('local sign-in', () => {
  it.each([
    { DataStorage: 'UseDevelopmentStorage=true' },
    { DataStorage: 'AccountName=a;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;' },
    { DataStorage: 'AccountName=a;TableEndpoint=http://azurite:10002/devstoreaccount1' },
    { AZURE_FUNCTIONS_ENVIRONMENT: 'Development', WEBSITE_HOSTNAME: 'localhost:7071' },
  ])('is on where a laptop says so: %o', (env) => {
    expect(readIdentityConfig({ ...local, ...env }).hasLocalSignIn).toBe(true);
  });

  it('is off unless it is asked for', () => {
    for (const LocalSignIn of ['', 'false']) expect(readIdentityConfig({ LocalSignIn }).hasLocalSignIn).toBe(false);
  });

  it.each([
    ['WEBSITE_SITE_NAME', 'func-reconcile'],
    ['WEBSITE_INSTANCE_ID', '0a1b'],
    ['WEBSITE_SKU', 'FlexConsumption'],
    ['WEBSITE_POD_NAME', 'pod'],
    ['WEBSITE_RESOURCE_GROUP', 'rg'],
    ['WEBSITE_OWNER_NAME', 'owner'],
    ['LEGION_SERVICE_HOST', '10.0.0.1'],
    ['CONTAINER_APP_NAME', 'reconcile'],
    ['AZURE_FUNCTIONS_ENVIRONMENT', 'Production'],
    ['AZURE_FUNCTIONS_ENVIRONMENT', 'Staging'],
    ['ASPNETCORE_ENVIRONMENT', 'Production'],
    ['DOTNET_ENVIRONMENT', 'Production'],
    ['WEBSITE_HOSTNAME', 'func-reconcile.azurewebsites.net'],
    ['WEBSITE_HOSTNAME', 'localhost.example'],
    ['DataStorage', ''],
    ['DataStorage', 'AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net'],
    ['DataStorage', 'AccountName=a;TableEndpoint=https://a.table.core.windows.net/'],
  ])('refuses to start where %s = %s', (name, value) => {
    expect(() => readIdentityConfig({ ...local, [name]: value })).toThrow(`LocalSignIn is for a laptop alone; ${name}`);
  });
});
