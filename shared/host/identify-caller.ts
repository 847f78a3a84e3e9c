import type { HttpRequest } from '@azure/functions';
import { InvalidTokenError, type TokenPrincipal } from '../adapters/access-tokens.ts';
import { KeysUnavailableError } from '../adapters/signing-keys.ts';
import type { Caller, CallerScope } from '../domain/caller.ts';
import { principalIdOf } from '../pipeline/edit-grants.ts';
import { HttpError } from './http-error.ts';
import type { Identity } from './identity.ts';
import type { KnownGrants } from './known-grants.ts';
import type { StepPorts } from './on-queue-message.ts';
import { readPlatformPrincipal } from './platform-principal.ts';
import type { RateLimiter } from './rate-limiter.ts';

export type IdentityPorts = Pick<StepPorts, 'identity' | 'log'>;

/**
 * Who calls, by the bearer token of the request, and what they may see: the CSP's own people by the app roles of a home
 * tenant, everybody else by our grants. The request itself has no say in it.
 * @throws HttpError 401 without a valid token, 403 without a role, 429 beyond the rate limit, 503 while nobody can be
 * let in
 */
export async function identifyCaller({ identity, log }: IdentityPorts, http: HttpRequest): Promise<Caller> {
  if (identity.tokens === undefined) {
    throw new HttpError(503, 'IdentityNotConfigured', 'This API is closed: its settings do not say who is let in');
  }
  const principal = await principalOf({ identity, log }, http);
  const principalId = principalIdOf(principal);
  limit(identity.callers, principalId);
  const grants = await identity.grantReader.read();
  const scope = scopeOf(principal, identity.homeTenants, grants);
  if (scope !== undefined) return { principalId, ...scope };
  if (identity.homeTenants.has(principal.tenantId) || grants.tenants.has(principal.tenantId)) {
    throw new HttpError(403, 'NoRole', 'You are signed in, but have neither a role nor a grant here');
  }
  // Their token is good somewhere else; here they are strangers, and are to learn no more than forgers do.
  limit(identity.strangers, addressOf(http));
  log.info('caller refused', { reason: 'of a tenant that nobody with a role or a grant is of' });
  throw invalidToken();
}

/** What those who show no token may ask for, as often as their address has requests left. @throws HttpError 429 */
export function admitAnyone({ identity }: Pick<IdentityPorts, 'identity'>, http: HttpRequest): undefined {
  limit(identity.strangers, addressOf(http));
}

/** A role of the CSP counts in its own tenants alone: any tenant may name its app roles as it likes. */
function scopeOf(
  { tenantId, objectId, roles }: TokenPrincipal,
  homeTenants: ReadonlySet<string>,
  { scopes }: KnownGrants,
): CallerScope | undefined {
  if (homeTenants.has(tenantId)) {
    if (roles.includes('csp.operator')) return { role: 'csp.operator' };
    if (roles.includes('csp.reader')) return { role: 'csp.reader' };
  }
  return scopes.get(principalIdOf({ tenantId, objectId }));
}

async function principalOf({ identity, log }: IdentityPorts, http: HttpRequest): Promise<TokenPrincipal> {
  try {
    return (await platformPrincipalOf(identity, http)) ?? (await tokenPrincipalOf(identity, http));
  } catch (error) {
    if (error instanceof KeysUnavailableError) {
      log.warn('the signing keys cannot be read', { cause: String(error.cause ?? 'asked a moment ago') });
      throw unavailable(error.retryAfterMs);
    }
    if (!(error instanceof InvalidTokenError)) throw error;
    limit(identity.strangers, addressOf(http));
    log.info('caller refused', { reason: error.message });
    throw http.headers.has('authorization') ? invalidToken() : missingToken();
  }
}

async function platformPrincipalOf(identity: Identity, http: HttpRequest): Promise<TokenPrincipal | undefined> {
  const header = http.headers.get('x-ms-client-principal');
  if (!identity.config.trustsPlatform || header === null) return undefined;
  const { audiences, authorityUrl } = identity.config;
  const principal = readPlatformPrincipal(header, { audiences, authorityUrl, nowMs: Date.now() });
  if (principal === undefined) throw new InvalidTokenError('not a principal of the platform');
  return principal;
}

async function tokenPrincipalOf({ tokens }: Identity, http: HttpRequest): Promise<TokenPrincipal> {
  const token = /^bearer +(\S+)$/i.exec(http.headers.get('authorization') ?? '')?.[1];
  if (token === undefined || tokens === undefined) throw new InvalidTokenError('no bearer token');
  return tokens.verify(token);
}

/** The front end of Azure adds the address that it saw at the end; what stands before it, anybody may have written. */
function addressOf(http: HttpRequest): string {
  const last = (http.headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? '';
  return last.slice(0, 60).replace(/^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]*)\](?::\d+)?$/, '$1$2');
}

function limit(limiter: RateLimiter, taker: string): void {
  const taken = limiter.take(taker);
  if (taken.kind === 'taken') return;
  throw new HttpError(429, 'TooManyRequests', 'Too many requests; wait as long as Retry-After says', undefined, [], {
    'retry-after': secondsOf(taken.retryAfterMs),
  });
}

/** Says no more than that: what is wrong with a token helps nobody but a forger. */
function invalidToken(): HttpError {
  return new HttpError(401, 'InvalidToken', 'The access token is not valid here', 'Authorization', [], {
    'www-authenticate': 'Bearer error="invalid_token"',
  });
}

function missingToken(): HttpError {
  return new HttpError(401, 'TokenRequired', 'Send an access token as Authorization: Bearer', 'Authorization', [], {
    'www-authenticate': 'Bearer',
  });
}

function unavailable(retryAfterMs: number): HttpError {
  const message = 'Nobody can be let in at the moment; try again after Retry-After';
  return new HttpError(503, 'IdentityUnavailable', message, undefined, [], { 'retry-after': secondsOf(retryAfterMs) });
}

function secondsOf(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1_000)));
}
