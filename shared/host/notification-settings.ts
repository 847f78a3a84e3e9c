import type { TeamsSettings } from '../adapters/teams-notifier.ts';
import type { WebhookSettings } from '../adapters/webhook-notifier.ts';

/** Where digests of runs go; each of them may be left out. */
export type NotificationSettings = {
  readonly teams: TeamsSettings | undefined;
  readonly webhook: WebhookSettings | undefined;
  /** Where people look at a run, without a slash at the end. */
  readonly portalUrl: string | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error that names the setting and what it should be; never its value, which may be a secret */
export function readNotificationSettings(env: Environment): NotificationSettings {
  const teamsUrl = readSecureUrl(env, 'TeamsWebhookUrl');
  return {
    teams: teamsUrl === undefined ? undefined : { url: teamsUrl },
    webhook: readWebhook(env),
    portalUrl: readPortalUrl(env),
  };
}

function readWebhook(env: Environment): WebhookSettings | undefined {
  const url = readSecureUrl(env, 'NotificationWebhookUrl');
  if (url === undefined) return undefined;
  const secret = readSecret(env, 'NotificationWebhookSecret');
  const previous = readSecret(env, 'NotificationWebhookPreviousSecret');
  if (secret === undefined)
    throw new Error(
      'The setting NotificationWebhookSecret is missing (it signs what is posted to NotificationWebhookUrl)',
    );
  return { url, secrets: previous === undefined ? [secret] : [secret, previous] };
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Digests hold amounts, and a webhook's address is a secret: only this machine is spoken to without TLS. */
function readSecureUrl(env: Environment, name: string): string | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//.test(text))
    throw new Error(`The setting ${name} is not an address; expected https://`);
  if (url.protocol !== 'https:' && !loopback.test(url.hostname))
    throw new Error(`The setting ${name} is not an address with https://; http:// is for this machine alone`);
  if (url.username !== '' || url.password !== '')
    throw new Error(`The setting ${name} has a user or password in its address; expected none`);
  return text;
}

/** It is shown to people, so there is nothing in it but a place. */
function readPortalUrl(env: Environment): string | undefined {
  const text = readSecureUrl(env, 'PortalUrl');
  if (text === undefined) return undefined;
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '')
    throw new Error('The setting PortalUrl has more than an address and a path; expected no ? and no #');
  return url.href.replace(/\/+$/, '');
}

/** Standard Webhooks: 24 to 64 random bytes, base64 with a prefix. */
const secretText = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const secretBytes = { min: 24, max: 64 } as const;

function readSecret(env: Environment, name: string): Uint8Array | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const secret = Buffer.from(secretText.exec(text)?.[1] ?? '', 'base64');
  if (secret.length < secretBytes.min || secret.length > secretBytes.max)
    throw new Error(
      `The setting ${name} is not a secret for webhooks; expected whsec_ and ${secretBytes.min} to ${secretBytes.max} bytes in base64`,
    );
  return secret;
}
