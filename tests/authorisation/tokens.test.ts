import { request as httpRequest } from 'node:http';
import { TableClient } from '@azure/data-tables';
import { exportJWK, exportSPKI, generateKeyPair, importSPKI } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiVersion } from '../../shared/contracts/http.ts';
import resources from '../../shared/resources.json' with { type: 'json' };
import { type ApiHost, startApi } from '../support/api-host.ts';
import { audience, type EntraStandIn, type Person, startEntra, type TokenChanges } from '../support/entra-stand-in.ts';

/* Tokens as Entra gives them, and as forgers make them, against the HTTP functions over HTTP. */

const home = '22222222-2222-4222-8222-222222222222';
const elsewhere = '33333333-3333-4333-8333-333333333333';
const operator: Person = { tid: home, oid: 'aaaaaaaa-0000-4000-8000-000000000001', roles: ['csp.operator'] };
const seller = { tid: elsewhere, oid: 'aaaaaaaa-0000-4000-8000-000000000002' };

let entra: EntraStandIn;
let api: ApiHost;
/** Every token that was sent, whole: none of them may turn up anywhere. */
const sent: string[] = [];

beforeAll(async () => {
  entra = await startEntra();
  api = await startApi({
    AuthAudiences: `${audience},44444444-4444-4444-8444-444444444444`,
    AuthHomeTenants: home,
    AuthAuthorityUrl: entra.authorityUrl,
    RequestsPerMinute: '100000',
  });
});
afterAll(async () => {
  await api.close();
  await entra.close();
});

const at = (path: string) => `${api.apiUrl}/${path}?api-version=${apiVersion}`;

async function ask(token: string, path = 'me', init: RequestInit = {}): Promise<Response> {
  sent.push(token);
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  if (init.body !== undefined) headers.set('content-type', 'application/json');
  return fetch(at(path), { ...init, headers });
}

async function meAs(person: Person, changes: TokenChanges = {}): Promise<Response> {
  return ask(await entra.token(person, changes));
}

async function expectRefused(response: Response): Promise<void> {
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect(response.headers.get('x-ms-error-code')).toBe('InvalidToken');
  expect(await response.json()).toEqual({
    error: { code: 'InvalidToken', message: 'The access token is not valid here', target: 'Authorization' },
  });
}

function grant(oid: string, method: 'PUT' | 'DELETE', headers: Record<string, string> = {}, body?: unknown) {
  return entra.token(operator).then((token) =>
    ask(token, `grants/${elsewhere}/${oid}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

describe('a token of Entra', () => {
  it('opens the API in the role that the home tenant gave', async () => {
    for (const role of ['csp.operator', 'csp.reader']) {
      const response = await meAs({ ...operator, roles: ['other', role] });
      expect(await response.json()).toEqual({ principalId: `${home}/${operator.oid}`, role });
    }
    const both = await meAs({ ...operator, roles: ['csp.reader', 'csp.operator'] });
    expect(await both.json()).toMatchObject({ role: 'csp.operator' });
  });

  it('is taken with any of the audiences, and with the scheme in any letter case', async () => {
    const claims = { aud: '44444444-4444-4444-8444-444444444444' };
    expect((await meAs(operator, { claims })).status).toBe(200);
    const token = await entra.token(operator);
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      expect((await fetch(at('me'), { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200);
    }
  });

  it('of an app alone is taken with its role', async () => {
    const claims = { scp: undefined, sub: operator.oid };
    expect((await meAs(operator, { claims })).status).toBe(200);
    expect((await meAs(operator, { claims: { scp: undefined, idtyp: 'app' } })).status).toBe(200);
  });

  it('of the home tenant without a role opens nothing, and says so', async () => {
    for (const roles of [undefined, [], ['CSP.OPERATOR'], ['reseller'], ['customer']]) {
      const response = await meAs(roles === undefined ? { tid: home, oid: operator.oid } : { ...operator, roles });
      expect(response.status).toBe(403);
      expect(response.headers.get('x-ms-error-code')).toBe('NoRole');
    }
  });

  it('works while clocks are a little apart', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect((await meAs(operator, { claims: { exp: now - 20 } })).status).toBe(200);
    expect((await meAs(operator, { claims: { nbf: now + 30 } })).status).toBe(200);
  });
});

describe('a forged or foreign token', () => {
  const now = Math.floor(Date.now() / 1_000);
  const cases: readonly (readonly [string, TokenChanges])[] = [
    ['for another audience', { claims: { aud: 'https://graph.microsoft.com' } }],
    ['for two audiences, one of them ours', { claims: { aud: [audience, 'https://graph.microsoft.com'] } }],
    ['for no audience', { claims: { aud: undefined } }],
    [
      'of another issuer',
      { claims: { iss: 'https://login.microsoftonline.com/22222222-2222-4222-8222-222222222222/v2.0' } },
    ],
    ['of version 1.0', { claims: { ver: '1.0', iss: `https://sts.windows.net/${home}/` } }],
    ['of an issuer that another tenant is written behind', { claims: { tid: elsewhere } }],
    ['whose tenant is no id', { claims: { tid: `${home}/../${elsewhere}` } }],
    ['without a tenant', { claims: { tid: undefined } }],
    ['without an object', { claims: { oid: undefined } }],
    ['that has expired', { claims: { exp: now - 3_600 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['whose end is text', { claims: { exp: '9999999999' } }],
    ['that is not valid yet', { claims: { nbf: now + 3_600 } }],
    ['that does not say since when', { claims: { nbf: undefined } }],
    ['that is an id token with roles', { claims: { azp: undefined, scp: undefined, nonce: 'n' } }],
    ['that is an id token with a client', { claims: { scp: undefined, nonce: 'n' } }],
    ['with another scope', { claims: { scp: 'User.Read access_as_user2' } }],
    ['whose roles are one word', { claims: { roles: 'csp.operator' } }],
    ['signed by a key that is not published', { header: { kid: 'key-9' } }],
    ['whose key id is a path', { header: { kid: '../../../dev/null' } }],
    ['whose key id is a query', { header: { kid: "key-1' OR '1'='1" } }],
    ['whose key id is a list', { header: { kid: ['key-1'] } }],
    ['without a key id', { header: { kid: undefined } }],
    ['of another type', { header: { typ: 'dpop+jwt' } }],
    ['of no type', { header: { typ: undefined } }],
    ['with extensions that must be understood', { header: { crit: ['unheard'], unheard: 1 } }],
  ];

  it.each(cases)('%s is refused', async (_what, changes) => {
    await expectRefused(await meAs(operator, changes));
  });

  it('signed by somebody else is refused, whatever key it brings or points to', async () => {
    const forger = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(forger.publicKey);
    for (const header of [
      {},
      { jwk },
      { jku: `${entra.keysUrl}?forged` },
      { x5u: 'http://127.0.0.1:1/cert' },
      { x5c: ['MIIB'] },
    ]) {
      await expectRefused(await meAs(operator, { header, signedBy: forger.privateKey }));
    }
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const published = entra.publicKeyOf('key-1');
    if (published === undefined) throw new Error('There is no key');
    const pem = await exportSPKI(published);
    expect(await importSPKI(pem, 'RS256')).toBeDefined();
    for (const secret of [pem, pem.trim()]) {
      const signedBy = new TextEncoder().encode(secret);
      await expectRefused(await meAs(operator, { header: { alg: 'HS256' }, signedBy }));
    }
  });

  it('without a signature is refused', async () => {
    const token = await entra.token(operator);
    const [, payload = ''] = token.split('.');
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'AAAA', token.split('.')[2] ?? '']) {
        await expectRefused(await ask(`${base64({ alg, typ: 'JWT', kid: 'key-1' })}.${payload}.${signature}`));
      }
    }
  });

  it('whose payload was changed is refused', async () => {
    const [header, , signature] = (await entra.token({ ...operator, roles: [] })).split('.');
    const payload = (await entra.token(operator)).split('.')[1];
    await expectRefused(await ask(`${header}.${payload}.${signature}`));
  });

  it.each([
    'x',
    '...',
    'a.b.c',
    'a.b.c.d.e',
    'eyJhbGciOiJSUzI1NiJ9.e30',
    'null',
    '%00',
    '"; DROP TABLE grants; --',
    `${'A'.repeat(40)}.${'A'.repeat(40)}.`,
  ])('that is garbage is refused: %s', async (token) => {
    await expectRefused(await ask(token));
  });

  it('that is longer than any token is refused', async () => {
    await expectRefused(await ask(`${'A'.repeat(5_000)}.${'A'.repeat(5_000)}.${'A'.repeat(3_000)}`));
    await expectRefused(await meAs(operator, { claims: { padding: 'x'.repeat(9_500) } }));
  });

  it('of a tenant that nobody with a grant is of is refused, whatever roles that tenant gave', async () => {
    await expectRefused(await meAs({ tid: elsewhere, oid: seller.oid, roles: ['csp.operator'] }));
  });
});

describe('a request', () => {
  it('without a token learns what to send, and nothing else', async () => {
    for (const authorization of [undefined, 'Basic dXNlcjpwYXNz', 'Bearer', 'Token x']) {
      const response = await fetch(at('me'), authorization === undefined ? {} : { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await fetch(at('me'))).headers.get('www-authenticate')).toBe('Bearer');
  });

  it('with two tokens is refused, though one is good', async () => {
    const token = await entra.token(operator);
    for (const other of ['Bearer x.y.z', `Bearer ${token}`]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const { hostname, port, pathname, search } = new URL(at('me'));
        const headers = ['host', 'localhost', 'authorization', `Bearer ${token}`, 'authorization', other];
        const request = httpRequest({ hostname, port, path: `${pathname}${search}`, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
        request.end();
      });
      expect(status).toBe(401);
    }
  });

  it('with its token in the address or the body is not let in', async () => {
    const token = await entra.token(operator);
    sent.push(token);
    for (const name of ['access_token', 'token', 'authorization']) {
      expect((await fetch(`${at('me')}&${name}=${token}`)).status).toBe(401);
    }
    const response = await ask(token, `me?access_token=${token}&x=y`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(token.slice(-20));
    const body = new URLSearchParams({ access_token: token });
    expect((await fetch(at('grants/x/y'), { method: 'PUT', body })).status).toBe(401);
  });

  it('with a principal of the platform is answered by its token alone', async () => {
    const claims = [
      { typ: 'tid', val: home },
      { typ: 'oid', val: operator.oid },
      { typ: 'roles', val: 'csp.operator' },
    ];
    const forged = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims, role_typ: 'roles' })).toString('base64');
    const headers = { 'x-ms-client-principal': forged, 'x-ms-client-principal-id': operator.oid };
    expect((await fetch(at('me'), { headers })).status).toBe(401);
    const reader = await ask(await entra.token({ ...operator, roles: ['csp.reader'] }), 'me', { headers });
    expect(await reader.json()).toMatchObject({ role: 'csp.reader' });
  });

  it('cannot sign in locally where that is not on', async () => {
    const response = await fetch(`${api.apiUrl}/local-sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"role":"csp.operator"}',
    });
    expect(response.status).toBe(404);
  });
});

describe('a grant', () => {
  const scope = { role: 'reseller', resellerMpnIds: ['4649221'] };

  it('opens what it says to one principal, and nothing more once it is taken back', async () => {
    const created = await grant(seller.oid, 'PUT', {}, scope);
    expect(created.status).toBe(201);
    const token = await entra.token({ ...seller, roles: ['csp.operator'] });
    expect(await (await ask(token)).json()).toEqual({ principalId: `${elsewhere}/${seller.oid}`, ...scope });
    expect((await ask(token, 'grants')).status).toBe(403);
    const neighbour = await meAs({ tid: elsewhere, oid: 'aaaaaaaa-0000-4000-8000-000000000003' });
    expect(neighbour.status).toBe(403);
    const etag = created.headers.get('etag') ?? '';
    expect((await grant(seller.oid, 'DELETE')).status).toBe(428);
    expect((await grant(seller.oid, 'DELETE', { 'if-match': '"other"' })).status).toBe(412);
    expect((await grant(seller.oid, 'DELETE', { 'if-match': etag })).status).toBe(204);
    await expectRefused(await ask(token));
    expect((await grant(seller.oid, 'DELETE', { 'if-match': etag })).status).toBe(404);
  });

  it('is changed by whoever saw it last, and every change is in the audit', async () => {
    const oid = 'aaaaaaaa-0000-4000-8000-000000000004';
    const other = { role: 'customer', customerIds: ['55555555-5555-4555-8555-555555555555'] };
    const created = await grant(oid, 'PUT', {}, scope);
    expect((await grant(oid, 'PUT', {}, other)).status).toBe(428);
    const etag = created.headers.get('etag') ?? '';
    const changed = await grant(oid, 'PUT', { 'if-match': etag }, other);
    expect(changed.status).toBe(200);
    expect((await grant(oid, 'PUT', { 'if-match': etag }, scope)).status).toBe(412);
    const audit = (await (await ask(await entra.token(operator), 'audit')).json()) as { value: unknown[] };
    const by = `${home}/${operator.oid}`;
    const principalId = `${elsewhere}/${oid}`;
    expect(audit.value.slice(0, 2)).toMatchObject([
      { what: 'grant', by, principalId, outcome: 'done', before: scope, after: other },
      { what: 'grant', by, principalId, outcome: 'done', after: scope },
    ]);
    const listed = (await (await ask(await entra.token(operator), 'grants')).json()) as { value: unknown[] };
    expect(listed.value).toMatchObject([{ principalId, scope: other, grantedBy: by }]);
  });

  it.each([
    ['a role of the CSP', { role: 'csp.operator' }],
    ['no ids', { role: 'reseller', resellerMpnIds: [] }],
    ['no reseller', { role: 'reseller', resellerMpnIds: ['0'] }],
    ['the lines without a reseller', { role: 'reseller', resellerMpnIds: ['-1'] }],
    ['an id twice', { role: 'reseller', resellerMpnIds: ['1', '1'] }],
    ['a customer that is no tenant', { role: 'customer', customerIds: ['*'] }],
    ['both kinds', { role: 'customer', customerIds: [elsewhere], resellerMpnIds: ['1'] }],
    ['too many', { role: 'reseller', resellerMpnIds: Array.from({ length: 101 }, (_, index) => String(index + 1)) }],
  ])('of %s is refused', async (_what, body) => {
    expect((await grant('aaaaaaaa-0000-4000-8000-000000000005', 'PUT', {}, body)).status).toBe(400);
  });

  it.each(['not-a-guid', '%252e%252e', `${elsewhere}%27%20or%20true`, '00000000'])(
    'for a principal that cannot be one is not found: %s',
    async (oid) => {
      expect((await grant(oid, 'PUT', {}, scope)).status).toBe(404);
    },
  );
});

describe('the text of a token', () => {
  it('is in no log line, and in no row that is stored', async () => {
    expect(sent.length).toBeGreaterThan(60);
    const canaries = sent.filter((token) => token.length > 60).map((token) => token.slice(-40));
    const logs = JSON.stringify(api.logs);
    expect(logs).toContain('caller refused');
    expect(canaries.filter((canary) => logs.includes(canary))).toEqual([]);
    const options = { allowInsecureConnection: true };
    let rows = 0;
    for (const name of Object.values(resources.tables)) {
      for await (const entity of TableClient.fromConnectionString(api.connectionString, name, options).listEntities()) {
        const text = JSON.stringify(entity);
        rows += 1;
        expect(canaries.filter((canary) => text.includes(canary))).toEqual([]);
      }
    }
    expect(rows).toBeGreaterThan(3);
  });
});

describe('an outage of the identity provider', () => {
  it('lets nobody in by an unknown key, and everybody by a known one', async () => {
    entra.behave('fails');
    expect((await meAs(operator)).status).toBe(200);
    await expectRefused(await meAs(operator, { header: { kid: 'key-from-nowhere' } }));
  });
});
