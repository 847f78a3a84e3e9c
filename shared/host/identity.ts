import { decodeJwt, errors } from 'jose';
import { type AccessTokens, entraAccessTokens, InvalidTokenError } from '../adapters/access-tokens.ts';
import { remoteSigningKeys } from '../adapters/signing-keys.ts';
import type { GrantStore } from '../pipeline/ports.ts';
import type { IdentityConfig } from './identity-config.ts';
import { type GrantReader, grantReader } from './known-grants.ts';
import { type LocalSignIn, localIssuer, localSignIn, localTenantId } from './local-sign-in.ts';
import { type RateLimiter, rateLimiter } from './rate-limiter.ts';

/** What tells callers apart, made once per process. */
export type Identity = {
  readonly config: IdentityConfig;
  /** Undefined while the settings do not say whose tokens are taken: the API is closed. */
  readonly tokens: AccessTokens | undefined;
  readonly homeTenants: ReadonlySet<string>;
  readonly grantReader: GrantReader;
  /** There only with its setting, on a laptop. */
  readonly localSignIn: LocalSignIn | undefined;
  readonly callers: RateLimiter;
  /** Those who show no valid token, by their address. */
  readonly strangers: RateLimiter;
};

/** Somebody who shows no token has a tenth of a caller's requests: health checks, and tries. */
const strangersPart = 10;

export function createIdentity(config: IdentityConfig, grants: GrantStore): Identity {
  const local = config.hasLocalSignIn ? localSignIn() : undefined;
  return {
    config,
    tokens: acceptedTokens(config, local),
    homeTenants: new Set([...config.homeTenants, ...(local === undefined ? [] : [localTenantId])]),
    grantReader: grantReader(grants),
    localSignIn: local,
    callers: rateLimiter(config.requestsPerMinute),
    strangers: rateLimiter(Math.max(1, Math.ceil(config.requestsPerMinute / strangersPart))),
  };
}

/** Whether the settings say whose tokens are taken. */
export function isEntraConfigured({ audiences, homeTenants }: IdentityConfig): boolean {
  return audiences.length > 0 && homeTenants.length > 0;
}

function acceptedTokens(config: IdentityConfig, local: LocalSignIn | undefined): AccessTokens | undefined {
  const entra = isEntraConfigured(config)
    ? entraAccessTokens({
        authorityUrl: config.authorityUrl,
        audiences: config.audiences,
        keys: remoteSigningKeys(`${config.authorityUrl}/common/discovery/v2.0/keys`),
      })
    : undefined;
  if (local === undefined) return entra;
  return {
    // Which of the two checks a token is by its own word; that word is then checked like any other.
    verify: (token) => (entra === undefined || issuerOf(token) === localIssuer ? local.tokens : entra).verify(token),
  };
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new InvalidTokenError('not a signed token');
    throw error;
  }
}
