import { errors, jwtVerify } from 'jose';
import { type AccessTokenClaims, accessTokenClaims } from '../contracts/access-token.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Whose access tokens we take, and for whom they must be meant. */
export type TokenIssuer = {
  /** Without a slash at its end; a tenant's issuer is `{authorityUrl}/{tenantId}/v2.0`. */
  readonly authorityUrl: string;
  /** What tokens for this API have as their audience: its client id, its application id URI. */
  readonly audiences: readonly string[];
  readonly keys: SigningKeys;
};

/** Whom a verified token speaks for. */
export type TokenPrincipal = {
  readonly tenantId: string;
  readonly objectId: string;
  readonly roles: readonly string[];
};

/** Thrown when a token is not one that lets anybody in. The reason is for our log; it holds nothing of the token. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
}

export interface AccessTokens {
  /** @throws InvalidTokenError; KeysUnavailableError */
  verify(token: string): Promise<TokenPrincipal>;
}

/** Entra's tokens have one to four KiB; with every group and role that it puts in, some ten. */
const tokenCharactersMax = 12 * 1024;

/** How far two clocks may be apart. */
const clockToleranceSeconds = 60;

/** The one scope of the API, which clients ask for on behalf of a person. */
export const delegatedScope = 'access_as_user';

const tokenForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Verifies access tokens of Entra, version 2.0: RS256 only, by a key that the provider publishes and never by one that
 * the token brings or points to; the issuer of the tenant that the token names; one of our audiences; in its time.
 */
export function entraAccessTokens(issuer: TokenIssuer, nowMs: () => number = Date.now): AccessTokens {
  return {
    verify: async (token) => {
      if (token.length > tokenCharactersMax) throw new InvalidTokenError('longer than any token');
      if (!tokenForm.test(token)) throw new InvalidTokenError('not a signed token');
      const { claims, keyIssuer } = await verifiedClaims(issuer, token, nowMs);
      const wanted = `${issuer.authorityUrl}/${claims.tid}/v2.0`;
      if (claims.iss !== wanted) throw new InvalidTokenError('the issuer is not that of its tenant');
      if (keyIssuer !== undefined && keyIssuer.replaceAll('{tenantid}', claims.tid) !== wanted) {
        throw new InvalidTokenError('the key is not for this issuer');
      }
      requireAccessToken(claims);
      return { tenantId: claims.tid, objectId: claims.oid, roles: claims.roles ?? [] };
    },
  };
}

async function verifiedClaims(issuer: TokenIssuer, token: string, nowMs: () => number) {
  let keyIssuer: string | undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      async ({ kid }) => {
        const found = typeof kid === 'string' ? await issuer.keys.find(kid) : undefined;
        if (found === undefined) throw new InvalidTokenError('no key of this id');
        keyIssuer = found.issuer;
        return found.key;
      },
      {
        algorithms: ['RS256'],
        audience: [...issuer.audiences],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(nowMs()),
        requiredClaims: ['exp', 'nbf', 'iat'],
      },
    );
    if (!/^(jwt|at\+jwt)$/i.test(protectedHeader.typ ?? '')) throw new InvalidTokenError('not a token by its type');
    if (protectedHeader.crit !== undefined) throw new InvalidTokenError('extensions that we do not know');
    const claims = accessTokenClaims.safeParse(payload);
    if (!claims.success) throw new InvalidTokenError('claims that an access token has are missing');
    return { claims: withLowerCaseIds(claims.data), keyIssuer };
  } catch (error) {
    // What jose says names claims, not their values.
    if (error instanceof errors.JOSEError) throw new InvalidTokenError(error.code);
    throw error;
  }
}

function withLowerCaseIds(claims: AccessTokenClaims): AccessTokenClaims {
  return { ...claims, tid: claims.tid.toLowerCase(), oid: claims.oid.toLowerCase() };
}

/**
 * An id token tells a client who has signed in, and is no leave to call an API: it names no client (`azp`, see the
 * claims) and carries no scope. A token of an app alone has no scope either, but its subject is the app itself.
 */
function requireAccessToken({ scp, idtyp, sub, oid, roles }: AccessTokenClaims): void {
  if (scp !== undefined) {
    if (!scp.split(' ').includes(delegatedScope)) throw new InvalidTokenError(`not the scope ${delegatedScope}`);
    return;
  }
  const isOfApp = idtyp === 'app' || (idtyp === undefined && sub.toLowerCase() === oid);
  if (!isOfApp || roles === undefined) throw new InvalidTokenError('not an access token');
}
