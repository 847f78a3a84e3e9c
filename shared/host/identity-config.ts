import { z } from 'zod';

/** Who is let in. Without audiences and home tenants the API is closed. */
export type IdentityConfig = {
  /** What tokens for this API have as their audience. */
  readonly audiences: readonly string[];
  /** The tenants whose app roles are those of the CSP's own people. */
  readonly homeTenants: readonly string[];
  /** Where tokens come from, without a slash at the end. */
  readonly authorityUrl: string;
  /** Whether the platform's authentication stands in front and `X-MS-CLIENT-PRINCIPAL` is its word. */
  readonly trustsPlatform: boolean;
  readonly hasLocalSignIn: boolean;
  readonly requestsPerMinute: number;
};

type Environment = Readonly<Record<string, string | undefined>>;

const requestsPerMinuteDefault = 600;

/** @throws Error when a setting cannot be what it says, or opens what must not be open in Azure */
export function readIdentityConfig(env: Environment): IdentityConfig {
  return {
    audiences: listOf(env, 'AuthAudiences', /^[\x21-\x7e]{1,200}$/, 'client ids and application id URIs'),
    homeTenants: listOf(env, 'AuthHomeTenants', z.regexes.guid, 'ids of tenants').map((id) => id.toLowerCase()),
    authorityUrl: readAuthorityUrl(env),
    trustsPlatform: readTrust(env),
    hasLocalSignIn: readLocalSignIn(env),
    requestsPerMinute: readRequestsPerMinute(env),
  };
}

/** A list between commas or blanks. */
function listOf(env: Environment, name: string, form: RegExp, expected: string): readonly string[] {
  const values = (env[name] ?? '').split(/[\s,]+/).filter((text) => text !== '');
  const wrong = values.find((value) => !form.test(value));
  if (wrong !== undefined) throw new Error(`The setting ${name} holds '${wrong}'; expected ${expected}`);
  return values;
}

function readAuthorityUrl(env: Environment): string {
  const text = (env['AuthAuthorityUrl'] || 'https://login.microsoftonline.com').replace(/\/+$/, '');
  const isSafe = /^https:\/\/[^/?#@]+$/.test(text) || /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(text);
  if (isSafe && URL.canParse(text)) return text;
  throw new Error(`The setting AuthAuthorityUrl is '${text}'; expected https:// and a host, such as that of Entra`);
}

/** App Service tells the app whether its authentication is on. */
function readTrust(env: Environment): boolean {
  if (!readFlag(env, 'TrustPlatformAuthentication')) return false;
  const word = env['WEBSITE_AUTH_ENABLED'];
  if (word !== undefined && word.toLowerCase() !== 'true') {
    throw new Error('TrustPlatformAuthentication is true, but the authentication of the platform is off');
  }
  return true;
}

/** What the platform sets for an app, and a laptop does not have. */
const cloudSettings = [
  'WEBSITE_SITE_NAME',
  'WEBSITE_INSTANCE_ID',
  'WEBSITE_SKU',
  'WEBSITE_POD_NAME',
  'WEBSITE_RESOURCE_GROUP',
  'WEBSITE_OWNER_NAME',
  'LEGION_SERVICE_HOST',
  'CONTAINER_APP_NAME',
] as const;

const environmentSettings = ['AZURE_FUNCTIONS_ENVIRONMENT', 'ASPNETCORE_ENVIRONMENT', 'DOTNET_ENVIRONMENT'] as const;

/**
 * Anybody may sign in as anybody there: it is for one machine, and for data that stands on it.
 * @throws Error when this looks like anything else
 */
function readLocalSignIn(env: Environment): boolean {
  if (!readFlag(env, 'LocalSignIn')) return false;
  const found =
    cloudSettings.find((name) => (env[name] ?? '') !== '') ??
    environmentSettings.find((name) => !['', 'development'].includes((env[name] ?? '').toLowerCase())) ??
    (isLoopback(env['WEBSITE_HOSTNAME'] ?? '') ? undefined : 'WEBSITE_HOSTNAME') ??
    (isStorageOfLaptop(env['DataStorage'] ?? '') ? undefined : 'DataStorage');
  if (found === undefined) return true;
  throw new Error(`LocalSignIn is for a laptop alone; ${found} says that this is none`);
}

/** Azurite: by its short name, on this machine, or as a neighbour without a domain. */
function isStorageOfLaptop(connectionString: string): boolean {
  if (/^UseDevelopmentStorage=true;?$/i.test(connectionString)) return true;
  const endpoint = /(?:^|;)TableEndpoint=([^;]+)/i.exec(connectionString)?.[1] ?? '';
  if (!URL.canParse(endpoint)) return false;
  const { hostname } = new URL(endpoint);
  return hostname === '127.0.0.1' || /^[a-z0-9-]+$/i.test(hostname);
}

/** Core Tools say `localhost:7071`. */
function isLoopback(host: string): boolean {
  return host === '' || /^(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d+)?$/.test(host);
}

function readFlag(env: Environment, name: string): boolean {
  const text = (env[name] ?? '').toLowerCase();
  if (text === 'true') return true;
  if (text === '' || text === 'false') return false;
  throw new Error(`The setting ${name} is '${env[name]}'; expected true or false`);
}

function readRequestsPerMinute(env: Environment): number {
  const text = env['RequestsPerMinute'] || String(requestsPerMinuteDefault);
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Error(`The setting RequestsPerMinute is '${text}'; expected a whole number above 0`);
}
