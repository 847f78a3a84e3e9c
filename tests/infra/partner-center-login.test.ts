import { describe, expect, test } from 'vitest';
import {
  CONTOSO,
  callerHeaders,
  FABRIKAM,
  GRAPH_SCOPE,
  MODERN,
  PARTNER_CENTER_SCOPE,
  requestToken,
  startSample,
  tokenForm,
} from './partner-center-sample.ts';

const RIGHT = tokenForm(CONTOSO, GRAPH_SCOPE);

describe('the token endpoint', () => {
  test('answers a right secret with a bearer token and its life', async () => {
    const { standIn, script } = await startSample();
    script.tokenLifeSeconds = 77;

    const answer = await requestToken(standIn, RIGHT);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      token_type: 'Bearer',
      expires_in: 77,
      access_token: expect.any(String),
    });
  });

  test.each([
    ['a wrong secret', { ...RIGHT, client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    [
      'the secret of another tenant',
      { ...RIGHT, client_secret: FABRIKAM.clientSecret },
      401,
      'invalid_client',
      7000215,
    ],
    ['an unknown client', { ...RIGHT, client_id: FABRIKAM.clientId }, 400, 'unauthorized_client', 700016],
    ['another grant', { ...RIGHT, grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['a scope without .default', { ...RIGHT, scope: 'PartnerBilling.Read.All' }, 400, 'invalid_scope', 1002012],
    [
      'a scope of another API',
      { ...RIGHT, scope: 'https://vault.azure.net/.default' },
      400,
      'invalid_resource',
      500011,
    ],
    ['an empty form', {}, 400, 'invalid_request', 900144],
  ])('refuses %s', async (_, form, status, error, code) => {
    const { standIn } = await startSample();

    const answer = await requestToken(standIn, form);

    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      error,
      error_codes: [code],
      error_description: expect.stringMatching(new RegExp(`^AADSTS${code}: .+ Trace ID: .+ Timestamp: .+Z$`)),
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    });
  });

  test('refuses a form without a secret', async () => {
    const { standIn } = await startSample();
    const { client_secret: _, ...form } = RIGHT;

    const answer = await requestToken(standIn, form);

    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_client', error_codes: [7000218] });
  });

  test('refuses a tenant it does not know', async () => {
    const { standIn } = await startSample();

    const answer = await requestToken(standIn, RIGHT, '99999999-9999-4999-8999-999999999999');

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request', error_codes: [90002] });
  });

  test('refuses a body larger than any form', async () => {
    const { standIn } = await startSample();

    const answer = await requestToken(standIn, { ...RIGHT, client_secret: 'x'.repeat(70_000) });

    expect(answer.status).toBe(413);
  });

  test('can be throttled', async () => {
    const { standIn, script } = await startSample();
    script.throttleNext('token', 1, 3);

    const throttled = await requestToken(standIn, RIGHT);
    const allowed = await requestToken(standIn, RIGHT);

    expect([throttled.status, throttled.headers.get('retry-after'), allowed.status]).toEqual([429, '3', 200]);
  });
});

/** Every route that needs a token, with the scope it needs. */
const ROUTES = [
  ['POST', '/graph/v1.0/reports/partners/billing/usage/billed/export', GRAPH_SCOPE],
  ['POST', '/graph/v1.0/reports/partners/billing/usage/unbilled/export', GRAPH_SCOPE],
  ['POST', '/graph/v1.0/reports/partners/billing/reconciliation/billed/export', GRAPH_SCOPE],
  ['GET', '/graph/v1.0/reports/partners/billing/operations/1', GRAPH_SCOPE],
  ['GET', '/graph/v1.0/reports/partners/billing/manifests/1', GRAPH_SCOPE],
  ['GET', '/partner-center/v1/invoices', PARTNER_CENTER_SCOPE],
  ['GET', `/partner-center/v1/invoices/${MODERN}`, PARTNER_CENTER_SCOPE],
  ['GET', `/partner-center/v1/invoices/${MODERN}/lineitems`, PARTNER_CENTER_SCOPE],
  ['GET', `/partner-center/v1/invoices/${MODERN}/lineitems/office/billinglineitems`, PARTNER_CENTER_SCOPE],
] as const;

describe.each(ROUTES)('%s %s', (method, path, scope) => {
  const otherScope = scope === GRAPH_SCOPE ? PARTNER_CENTER_SCOPE : GRAPH_SCOPE;
  const ask = (url: string, headers: Record<string, string>) => fetch(`${url}${path}`, { method, headers });

  test('lets a right token in', async () => {
    const { standIn } = await startSample();

    const answer = await ask(standIn.url, await callerHeaders(standIn, scope));

    expect(answer.status).not.toBe(401);
  });

  test('refuses a missing, an unknown and a forged token, and one for the other API', async () => {
    const { standIn } = await startSample();
    const { Authorization: right } = await callerHeaders(standIn, scope);
    const [header = '', , signature = ''] = right.split('.');
    // Right in everything but the signature, or this would be refused for another reason.
    const own = { aud: scope.replace('/.default', ''), tid: CONTOSO.tenantId, exp: 9e9, generation: 0 };
    const claims = Buffer.from(JSON.stringify(own)).toString('base64url');

    const answers = await Promise.all([
      ask(standIn.url, {}),
      ask(standIn.url, { Authorization: `Basic ${right.slice(7)}` }),
      ask(standIn.url, { Authorization: 'Bearer nonsense' }),
      ask(standIn.url, { Authorization: `${header}.${claims}.${signature}` }),
      ask(standIn.url, await callerHeaders(standIn, otherScope)),
    ]);

    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 401, 401]);
    expect(answers.every((answer) => answer.headers.has('www-authenticate'))).toBe(true);
  });

  test('refuses a token when its life is over, and one that was revoked', async () => {
    let nowMs = Date.parse('2024-06-10T06:00:00Z');
    const { standIn, script } = await startSample({ now: () => new Date(nowMs) });
    script.tokenLifeSeconds = 60;
    const headers = await callerHeaders(standIn, scope);

    nowMs += 59_000;
    const young = await ask(standIn.url, headers);
    nowMs += 1_000;
    const old = await ask(standIn.url, headers);
    const fresh = await callerHeaders(standIn, scope);
    script.revokeTokens();
    const revoked = await ask(standIn.url, fresh);

    expect(young.status).not.toBe(401);
    expect([old.status, revoked.status]).toEqual([401, 401]);
  });
});

test('each API refuses in its own words', async () => {
  const { standIn } = await startSample();

  const graph = await fetch(`${standIn.graphUrl}/reports/partners/billing/operations/1`);
  const partnerCenter = await fetch(`${standIn.partnerCenterUrl}/v1/invoices`);

  expect(await graph.json()).toMatchObject({
    error: { code: 'InvalidAuthenticationToken', message: 'Access token is empty.', innerError: expect.any(Object) },
  });
  expect(await partnerCenter.json()).toEqual({
    code: '800001',
    description: 'Partner Token missing in request context',
    data: [],
    source: expect.any(String),
  });
});
