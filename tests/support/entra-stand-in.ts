import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** Who signs in, of which tenant, as Entra knows them. */
export type Person = { readonly tid: string; readonly oid: string; readonly roles?: readonly string[] };

export type TokenChanges = {
  /** Claims in place of, or beside, the usual ones; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signedBy?: KeyPair['privateKey'] | Uint8Array;
};

export const audience = 'api://csp-reconcile-test';

/** The part of Entra that an API sees: its published keys, and tokens as its reference describes them. */
export async function startEntra() {
  const keys = new Map<string, KeyPair>([['key-1', await generateKeyPair('RS256')]]);
  let reads = 0;
  let behaviour: 'answers' | 'fails' | 'redirects' | 'talksNonsense' = 'answers';
  const server = createServer((request, response) => {
    reads += 1;
    if (behaviour === 'fails') return void response.writeHead(500).end();
    if (behaviour === 'redirects') return void response.writeHead(302, { location: `${request.url}?again` }).end();
    if (behaviour === 'talksNonsense') return void response.end('{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}');
    void publish().then((body) => response.end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authorityUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function publish(): Promise<string> {
    const published = await Promise.all(
      [...keys].map(async ([kid, { publicKey }]) => {
        const issuer = `${authorityUrl}/{tenantid}/v2.0`;
        return { ...(await exportJWK(publicKey)), kid, use: 'sig', issuer };
      }),
    );
    return JSON.stringify({ keys: [...published, { kty: 'EC', kid: 'other', crv: 'P-256', x: 'AA', y: 'AA' }] });
  }

  return {
    authorityUrl,
    keysUrl: `${authorityUrl}/common/discovery/v2.0/keys`,
    reads: () => reads,
    behave: (next: typeof behaviour) => {
      behaviour = next;
    },
    publicKeyOf: (kid: string) => keys.get(kid)?.publicKey,
    /** New keys in place of those before. */
    rotate: async (kid: string) => {
      keys.clear();
      keys.set(kid, await generateKeyPair('RS256'));
    },
    token: ({ tid, oid, roles }: Person, { claims = {}, header = {}, signedBy }: TokenChanges = {}) => {
      const [kid = '', pair] = [...keys][0] ?? [];
      const now = Math.floor(Date.now() / 1_000);
      const usual = {
        ver: '2.0',
        iss: `${authorityUrl}/${tid}/v2.0`,
        aud: audience,
        tid,
        oid,
        sub: 'pairwise-subject',
        azp: '11111111-2222-4333-8444-555555555555',
        scp: 'access_as_user',
        iat: now,
        nbf: now,
        exp: now + 3_600,
        ...(roles === undefined ? {} : { roles }),
      };
      const key = signedBy ?? pair?.privateKey;
      if (key === undefined) throw new Error('There is no key to sign with');
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid, ...header } as JWTHeaderParameters)
        .sign(key, { crit: { unheard: true } });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type EntraStandIn = Awaited<ReturnType<typeof startEntra>>;
