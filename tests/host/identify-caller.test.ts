import functions from '@azure/functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableGrantStore } from '../../shared/adapters/table-grant-store.ts';
import type { GrantRecord } from '../../shared/contracts/grants.ts';
import { HttpError } from '../../shared/host/http-error.ts';
import { admitAnyone, identifyCaller } from '../../shared/host/identify-caller.ts';
import { createIdentity, type Identity } from '../../shared/host/identity.ts';
import { type IdentityConfig, readIdentityConfig } from '../../shared/host/identity-config.ts';
import { grantReader, grantsKnownForMs } from '../../shared/host/known-grants.ts';
import { audience, type EntraStandIn, startEntra } from '../support/entra-stand-in.ts';
import { memoryTable } from '../support/memory-table.ts';

const home = '22222222-2222-4222-8222-222222222222';
const objectId = 'aaaaaaaa-0000-4000-8000-000000000001';
const log = { info: () => {}, warn: () => {} };

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntra();
});
afterAll(() => entra.close());

function identityOf(changes: Partial<IdentityConfig> = {}): Identity {
  const env = { AuthAudiences: audience, AuthHomeTenants: home, AuthAuthorityUrl: entra.authorityUrl };
  return createIdentity({ ...readIdentityConfig(env), ...changes }, tableGrantStore(memoryTable()));
}

function requestOf(headers: Record<string, string>) {
  return new functions.HttpRequest({ method: 'GET', url: 'https://api.example/api/me', headers });
}

async function errorOf(work: () => unknown): Promise<HttpError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error('This should have been refused');
}

const tokenHeaders = async (oid = objectId) => {
  return { authorization: `Bearer ${await entra.token({ tid: home, oid, roles: ['csp.reader'] })}` };
};

describe('an API whose settings do not say who is let in', () => {
  it.each([
    { AuthAudiences: '', AuthHomeTenants: '' },
    { AuthAudiences: audience, AuthHomeTenants: '' },
    { AuthAudiences: '', AuthHomeTenants: home },
  ])('is closed: %o', async (env) => {
    const { audiences, homeTenants } = readIdentityConfig(env);
    const identity = identityOf({ audiences, homeTenants });
    const error = await errorOf(async () => identifyCaller({ identity, log }, requestOf(await tokenHeaders())));
    expect(error).toMatchObject({ status: 503, code: 'IdentityNotConfigured' });
  });

  it('is closed to the platform’s principals too', async () => {
    const identity = identityOf({ homeTenants: [], trustsPlatform: true });
    const claims = [
      { typ: 'tid', val: home },
      { typ: 'oid', val: objectId },
      { typ: 'roles', val: 'csp.operator' },
    ];
    const header = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims })).toString('base64');
    const error = await errorOf(() =>
      identifyCaller({ identity, log }, requestOf({ 'x-ms-client-principal': header })),
    );
    expect(error.status).toBe(503);
  });
});

describe('an API with the platform’s authentication in front', () => {
  const principalHeader = (roles: readonly string[]) => {
    const claims = [
      { typ: 'tid', val: home },
      { typ: 'oid', val: objectId },
      ...roles.map((val) => ({ typ: 'roles', val })),
    ];
    return Buffer.from(JSON.stringify({ auth_typ: 'aad', claims })).toString('base64');
  };

  it('takes its word, and the same rules hold', async () => {
    const identity = identityOf({ trustsPlatform: true });
    const caller = await identifyCaller(
      { identity, log },
      requestOf({ 'x-ms-client-principal': principalHeader(['csp.operator']) }),
    );
    expect(caller).toEqual({ principalId: `${home}/${objectId}`, role: 'csp.operator' });
    const without = requestOf({ 'x-ms-client-principal': principalHeader([]) });
    expect(await errorOf(() => identifyCaller({ identity, log }, without))).toMatchObject({ status: 403 });
  });

  it('refuses a principal that cannot be read, whatever token comes with it', async () => {
    const identity = identityOf({ trustsPlatform: true });
    const request = requestOf({ ...(await tokenHeaders()), 'x-ms-client-principal': 'x' });
    expect(await errorOf(() => identifyCaller({ identity, log }, request))).toMatchObject({ status: 401 });
  });

  it('verifies a token where the platform says nothing', async () => {
    const identity = identityOf({ trustsPlatform: true });
    expect(await identifyCaller({ identity, log }, requestOf(await tokenHeaders()))).toMatchObject({
      role: 'csp.reader',
    });
  });
});

describe('while the identity provider does not answer', () => {
  it('nobody is let in, and everybody learns when to come again', async () => {
    const identity = identityOf({ authorityUrl: 'http://127.0.0.1:1' });
    const error = await errorOf(async () => identifyCaller({ identity, log }, requestOf(await tokenHeaders())));
    expect(error).toMatchObject({ status: 503, code: 'IdentityUnavailable', headers: { 'retry-after': '10' } });
  });
});

describe('the rate limit', () => {
  it('is each principal’s own, whatever token they use', async () => {
    const identity = identityOf({ requestsPerMinute: 3 });
    const ask = async (oid?: string) => identifyCaller({ identity, log }, requestOf(await tokenHeaders(oid)));
    for (let count = 0; count < 3; count += 1) await ask();
    const error = await errorOf(() => ask());
    expect(error).toMatchObject({ status: 429, code: 'TooManyRequests' });
    expect(Number(error.headers['retry-after'])).toBeGreaterThan(0);
    expect(await ask('aaaaaaaa-0000-4000-8000-000000000009')).toMatchObject({ role: 'csp.reader' });
  });

  it('holds whoever shows no valid token by the address that the front end saw, and nobody else', async () => {
    const identity = identityOf({ requestsPerMinute: 20 });
    const statusFrom = async (address: string) => {
      const headers = { authorization: 'Bearer a.b.c', 'x-forwarded-for': address };
      return (await errorOf(() => identifyCaller({ identity, log }, requestOf(headers)))).status;
    };
    expect([await statusFrom('198.51.100.7:4001'), await statusFrom('198.51.100.7:4002')]).toEqual([401, 401]);
    expect(await statusFrom('198.51.100.7')).toBe(429);
    expect(await statusFrom('203.0.113.1, 198.51.100.7:9')).toBe(429);
    expect(await statusFrom('198.51.100.7, 203.0.113.1')).toBe(401);
    const headers = { ...(await tokenHeaders()), 'x-forwarded-for': '198.51.100.7' };
    expect(await identifyCaller({ identity, log }, requestOf(headers))).toMatchObject({ role: 'csp.reader' });
  });

  it('holds those of a tenant that nobody with a grant is of as it holds forgers', async () => {
    const identity = identityOf({ requestsPerMinute: 20 });
    const tid = '44444444-4444-4444-8444-444444444444';
    const statusOf = async (oid: string) => {
      const authorization = `Bearer ${await entra.token({ tid, oid, roles: ['csp.operator'] })}`;
      const headers = { authorization, 'x-forwarded-for': '198.51.100.7' };
      return (await errorOf(() => identifyCaller({ identity, log }, requestOf(headers)))).status;
    };
    const tries = [1, 2, 3].map((person) => statusOf(`aaaaaaaa-0000-4000-8000-00000000000${person}`));
    expect((await Promise.all(tries)).sort()).toEqual([401, 401, 429]);
  });

  it('holds whoever asks what anybody may ask', async () => {
    const identity = identityOf({ requestsPerMinute: 20 });
    const request = requestOf({ 'x-forwarded-for': '[2001:db8::1]:443' });
    admitAnyone({ identity }, request);
    admitAnyone({ identity }, request);
    expect(await errorOf(() => admitAnyone({ identity }, request))).toMatchObject({ status: 429 });
  });
});

describe('grants', () => {
  const grant: GrantRecord = {
    version: 1,
    tenantId: home,
    objectId,
    scope: { role: 'reseller', resellerMpnIds: ['1'] },
    grantedBy: 'x/y',
    grantedAt: '2026-11-22T00:00:00.000Z',
  };

  it('are read once for many requests, and again after a few seconds', async () => {
    const store = tableGrantStore(memoryTable());
    let nowMs = 0;
    let reads = 0;
    const counted = {
      list: () => {
        reads += 1;
        return store.list();
      },
    };
    const reader = grantReader(counted, () => nowMs);
    await store.write(`${home}/${objectId}`, grant, undefined);
    await Promise.all(Array.from({ length: 20 }, () => reader.read()));
    expect(reads).toBe(1);
    const etag = (await store.get(`${home}/${objectId}`))?.etag;
    await store.write(`${home}/${objectId}`, undefined, etag);
    nowMs += grantsKnownForMs - 1;
    expect((await reader.read()).scopes.size).toBe(1);
    nowMs += 1;
    expect((await reader.read()).scopes.size).toBe(0);
    expect(reads).toBe(2);
  });

  it('that cannot be read let nobody in, and are asked for again', async () => {
    let isDown = true;
    const reader = grantReader({
      list: async () => {
        if (isDown) throw new Error('the storage did not answer');
        return [];
      },
    });
    await expect(reader.read()).rejects.toThrow('the storage did not answer');
    isDown = false;
    expect((await reader.read()).scopes.size).toBe(0);
  });
});
