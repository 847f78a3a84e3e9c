import { generateKeyPair, SignJWT } from 'jose';
import { type AccessTokens, delegatedScope, entraAccessTokens } from '../adapters/access-tokens.ts';
import { uuidOf } from '../domain/content-hash.ts';

/** The tenant of those who sign in locally; its app roles are honoured while local sign-in is on. */
export const localTenantId = '00000000-0000-4000-8000-00000000000a';

export const localTokenSeconds = 60 * 60;

const audience = 'api://local-sign-in';
const authorityUrl = 'http://local-sign-in.invalid';

/** The issuer of the tokens of local sign-in. */
export const localIssuer = `${authorityUrl}/${localTenantId}/v2.0`;

/** Tokens from a key that this process made and nobody else has, verified as Entra's are. */
export type LocalSignIn = {
  readonly tokens: AccessTokens;
  issue(objectId: string, roles: readonly string[]): Promise<string>;
};

export function localSignIn(): LocalSignIn {
  const kid = uuidOf(['local sign-in', String(process.pid)]);
  const pair = generateKeyPair('RS256');
  const keys = { find: async (wanted: string) => (wanted === kid ? toKey(await pair) : undefined) };
  return {
    tokens: entraAccessTokens({ authorityUrl, audiences: [audience], keys }),
    issue: async (objectId, roles) => {
      const { privateKey } = await pair;
      const claims = { ver: '2.0', tid: localTenantId, oid: objectId, azp: 'local', scp: delegatedScope, roles };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
        .setIssuer(localIssuer)
        .setAudience(audience)
        .setSubject(objectId)
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime(`${localTokenSeconds}s`)
        .sign(privateKey);
    },
  };
}

function toKey({ publicKey }: Awaited<ReturnType<typeof generateKeyPair>>) {
  return { key: publicKey, issuer: localIssuer };
}
