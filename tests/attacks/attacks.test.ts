import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiVersion, type MeterItem, type ReconciliationItem } from '../../shared/contracts/http.ts';
import type { Route } from '../../shared/contracts/route.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { bodyPayloads, forgedLine, idPayloads, pathPayloads } from './payloads.ts';
import { headOf, type RawAnswer, sendRaw, sendSlowly } from './raw-request.ts';
import { type Asker, refuseInnards, startUnderAttack, type UnderAttack } from './stack-under-attack.ts';

/*
 * What attackers send, against the whole local stack over HTTP: never a failure of ours, never a word of how we are
 * made, never data of others, never a long wait. Who may see what is tried in tests/authorisation.
 */

let target: UnderAttack;
let operatorToken: string;
let operator: Asker;
let reader: Asker;
let nobody: Asker;
/** A subscription of the published month, to ask for the next to. */
let item: ReconciliationItem;
let slowBodies: readonly Promise<RawAnswer>[];

const version = `api-version=${apiVersion}`;
const all: readonly (readonly [string, Route])[] = Object.entries(routes);

beforeAll(async () => {
  target = await startUnderAttack();
  operatorToken = await target.tokenOf({ role: 'csp.operator' });
  operator = target.asker(operatorToken);
  reader = target.asker(await target.tokenOf({ role: 'csp.reader' }));
  nobody = target.asker(undefined);
  const { text } = await operator(`reconciliations?${version}&top=1000`);
  const items = (JSON.parse(text) as { value: ReconciliationItem[] }).value;
  const found = items.find(({ subscriptionId }) => subscriptionId !== '');
  if (found === undefined) throw new Error('Nothing was published');
  item = found;
  const head = (path: string) => [
    `POST /api/${path} HTTP/1.1`,
    'host: localhost',
    `authorization: Bearer ${operatorToken}`,
    'content-type: application/json',
    'transfer-encoding: chunked',
  ];
  // They take their time, so they begin now and are looked at in the end; all that happens between them is quick.
  slowBodies = Array.from({ length: 20 }, () =>
    sendSlowly(target.apiUrl, headOf(...head(`reconciliations?${version}`)), 500),
  );
}, 120_000);
afterAll(() => target.close());

describe('while a month is being made, and made again by another policy, readers', () => {
  it('see whole runs only, one in each walk of pages, and never an earlier one again', {
    timeout: 90_000,
  }, async () => {
    const path = `catalogue/policies/current?${version}`;
    const present = await operator(path);
    const policy = JSON.parse(present.text) as { rules: readonly object[] };
    const rules = policy.rules.map((rule) => ({ ...rule, relative: '0.5' }));
    const { status } = await operator(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': present.headers.get('etag') ?? '' },
      body: JSON.stringify({ ...policy, version: 'wide', rules }),
    });
    expect(status).toBe(200);
    const list = `reconciliations?${version}&subscriptionId=${item.subscriptionId}`;
    const isMadeAgain = async () => {
      const { value } = JSON.parse((await operator(list)).text) as { value: ReconciliationItem[] };
      return value[0]?.runId !== item.runId;
    };
    await expect.poll(isMadeAgain, { timeout: 60_000, interval: 250 }).toBe(true);
    for (const history of target.histories) {
      const { rounds, runs, rows } = await history.stop();
      expect(rounds).toBeGreaterThan(5);
      expect([...runs.keys()].map((comparison) => comparison.split(' ')[0]).toSorted()).toEqual(
        expect.arrayContaining(['costexport', 'invoicelines', 'invoicetotal']),
      );
      expect(runs.get(`costexport ${item.invoiceId}`)?.[0]).toBe(item.runId);
      expect(rows.size).toBeGreaterThan(5);
    }
    // What each run had whenever it was seen is what it has now.
    const { value } = JSON.parse((await operator(`reconciliations?${version}&runId=${item.runId}&top=1000`)).text) as {
      value: ReconciliationItem[];
    };
    const { rows } = (await target.histories[0]?.stop()) ?? {};
    expect(rows?.get(item.runId)).toBe(JSON.stringify(value));
    [item = item] = (JSON.parse((await operator(list)).text) as { value: ReconciliationItem[] }).value;
  });
});

/** An address of the route, with values that are none of anything in place of its parameters but for one. */
function addressOf(route: Route, put: { readonly name: string; readonly value: string }): string {
  const known: Readonly<Record<string, string>> = {
    runId: item.runId,
    subscriptionId: item.subscriptionId,
    invoiceId: item.invoiceId,
    kind: route.path.startsWith('catalogue') ? 'margins' : 'onetime',
  };
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(name === put.name ? put.value : (known[name] ?? 'f'.repeat(32))),
  );
}

const wellFormed = idPayloads.filter((text) => text.isWellFormed());

describe('an id in an address', () => {
  const withIds = all.flatMap(([name, route]) =>
    Object.keys(route.params).map((param) => [name, param, route] as const),
  );

  it.each(withIds)('of %s that is made up as {%s} finds and changes nothing', async (_name, param, route) => {
    for (const value of wellFormed) {
      const headers = new Headers({ 'if-match': '"x"' });
      if (route.body !== undefined) headers.set('content-type', 'application/json');
      const { status, text } = await operator(`${addressOf(route, { name: param, value })}?${version}`, {
        method: route.method,
        headers,
        ...(route.body === undefined ? {} : { body: '{}' }),
      });
      expect([400, 404, 405, 409, 412, 422, 428], `${param} ${JSON.stringify(value.slice(0, 60))}: ${text}`).toContain(
        status,
      );
    }
  });
});

describe('a filter', () => {
  const withFilters = all
    .filter(([, { method }]) => method === 'GET')
    .flatMap(([name, route]) =>
      [
        ...Object.keys(route.query.shape),
        ...(route.isPaged === true ? ['top', 'continuation'] : []),
        ...(route.isUnversioned === true ? [] : ['api-version']),
      ].map((filter) => [name, filter, route] as const),
    );

  it.each(withFilters)('of %s that is made up as %s is refused, or leaves nothing', async (_name, filter, route) => {
    const address = addressOf(route, { name: '', value: '' });
    for (const value of wellFormed) {
      const query = new URLSearchParams({ 'api-version': apiVersion });
      query.set(filter, value);
      const { status, text } = await operator(`${address}?${query}`);
      if (status === 200) expect(JSON.parse(text)).toMatchObject({ value: [] });
      else expect([400, 404], `${filter}=${JSON.stringify(value.slice(0, 60))}`).toContain(status);
    }
  });

  it.each(['$filter', '$select', '$top', '$orderby', '%24filter', 'filter[]', '__proto__', 'constructor', ' status'])(
    'named %s is refused',
    async (name) => {
      for (const [, route] of all.filter(([, { isPaged }]) => isPaged === true)) {
        const { status } = await operator(`${addressOf(route, { name: '', value: '' })}?${version}&${name}=1`);
        expect([400, 404]).toContain(status);
      }
    },
  );
});

/** An answer to bytes on a connection, held to what all answers are. */
async function raw(...pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const answer = await sendRaw(target.apiUrl, pieces);
  const where = JSON.stringify(pieces.join('').slice(0, 200));
  for (const status of answer.statuses) refuseInnards(where, status, answer.text);
  expect(answer.tookMs, where).toBeLessThan(5_000);
  if ((answer.statuses[0] ?? 400) >= 400) target.errors.push(answer.text);
  return answer;
}

const signedIn = () => ['host: localhost', `authorization: Bearer ${operatorToken}`, 'connection: close'];

describe('a path', () => {
  it.each(pathPayloads)('such as %j leads nowhere that is not ours, and to no rights', async (path) => {
    const asked = path.includes('?') ? path : `${path}?${version}`;
    const asNobody = await raw(headOf(`GET ${asked} HTTP/1.1`, 'host: localhost', 'connection: close'));
    for (const text of [asNobody.text, (await raw(headOf(`GET ${asked} HTTP/1.1`, ...signedIn()))).text]) {
      expect(text).not.toMatch(/csp-reconcile|"dependencies"|ConnectionString|root:x/);
    }
    expect([200, 204, 301, 302]).not.toContain(asNobody.statuses[0]);
  });
});

describe('a body', () => {
  const withBody = all.filter(([, { body }]) => body !== undefined);

  it.each(withBody)('of %s that nobody should send is refused, and changes nothing', async (_name, route) => {
    const address = `${addressOf(route, { name: '', value: '' })}?${version}`;
    for (const { what, bytes, headers } of bodyPayloads) {
      const init = { method: route.method, headers: { 'if-match': '"x"', ...headers }, body: bytes };
      const { status, text } = await operator(address, init);
      expect([400, 404, 412, 413, 415], `${what}: ${text.slice(0, 200)}`).toContain(status);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is refused by the length that it says, and cut off when it goes on beyond it', async () => {
    const head = [`POST /api/reconciliations?${version} HTTP/1.1`, ...signedIn(), 'content-type: application/json'];
    expect((await raw(headOf(...head, 'content-length: 40000000000'), '{')).statuses).toEqual([413]);
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const chunks = Array.from({ length: 40 }, () => chunk);
    expect((await raw(headOf(...head, 'transfer-encoding: chunked'), ...chunks)).statuses[0]).toBe(413);
    const imports = [`POST /api/catalogue/import?${version} HTTP/1.1`, ...head.slice(1)];
    expect((await raw(headOf(...imports, 'content-length: 33554433'), '{')).statuses).toEqual([413]);
  });

  it('of a reading request is not looked at', async () => {
    const head = headOf(`GET /api/me?${version} HTTP/1.1`, ...signedIn(), 'content-length: 4');
    expect((await raw(head, '{"a"')).statuses).toEqual([200]);
  });
});

describe('a head', () => {
  const floods: readonly (readonly [string, readonly string[]])[] = [
    ['of very many lines', Array.from({ length: 3_000 }, (_, at) => `x-${at}: ${at}`)],
    ['of a very long line', [`x-long: ${'x'.repeat(100_000)}`]],
    ['of a very long name', [`${'x'.repeat(100_000)}: 1`]],
    ['of a very long cookie', [`cookie: ${'a=b; '.repeat(20_000)}`]],
  ];
  it.each(floods)('%s is refused', async (_what, lines) => {
    const { statuses } = await raw(headOf(`GET /api/me?${version} HTTP/1.1`, ...signedIn(), ...lines));
    expect([400, 431]).toContain(statuses[0]);
  });

  const heavy: readonly (readonly [string, string])[] = [
    ['if-none-match', '"a",'.repeat(3_000)],
    ['if-none-match', ' '.repeat(12_000)],
    ['authorization', `Bearer${' '.repeat(12_000)}`],
    ['authorization', `Bearer ${'.'.repeat(12_000)}`],
    ['authorization', 'bearer '.repeat(1_500)],
    ['x-forwarded-for', '1.1.1.1,'.repeat(1_500)],
    ['x-forwarded-for', '['.repeat(12_000)],
    ['content-type', `application/json${' '.repeat(12_000)};`],
    ['traceparent', '0'.repeat(12_000)],
    ['accept', '*/*,'.repeat(3_000)],
    ['cookie', 'a=b;'.repeat(3_000)],
    ['x-ms-client-principal', 'A'.repeat(12_000)],
  ];
  it.each(heavy)('with a heavy %s is answered soon', async (name, value) => {
    const headers = { [name]: value };
    expect((await nobody(`me?${version}`, { headers })).status).toBe(401);
    if (name === 'authorization') return;
    expect((await operator(`me?${version}`, { headers })).status).toBe(200);
  });

  it.each([2_000, 14_000, 20_000, 200_000])('with an address of %i characters is answered soon', async (length) => {
    const long = 'a'.repeat(length);
    for (const path of [`/api/me?${version}&x=${long}`, `/api/${long}`, `/api/${'a/'.repeat(length / 2)}`]) {
      const { statuses } = await raw(headOf(`GET ${path} HTTP/1.1`, ...signedIn()));
      expect(statuses.length).toBeLessThan(2);
      expect([400, 404, 414, 431, undefined]).toContain(statuses[0]);
    }
  });
});

describe('a method', () => {
  it.each(['OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL', 'SEARCH', 'PATCH', 'DELETE', 'FOO', 'get', 'G\tET', 'CONNECT'])(
    '%j of what is only read is refused',
    async (method) => {
      const { statuses, text } = await raw(headOf(`${method} /api/invoices?${version} HTTP/1.1`, ...signedIn()));
      expect([400, 404, 405, 501, undefined]).toContain(statuses[0]);
      expect(text).not.toContain(operatorToken.slice(-20));
      expect(text).not.toMatch(/access-control/i);
    },
  );

  it('named by a header in place of its own is not taken', async () => {
    const headers = { 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE', 'x-method-override': 'DELETE' };
    expect((await operator(`catalogue/policies/current?${version}`, { headers })).status).toBe(200);
    expect((await operator(`catalogue/policies/current?${version}&_method=DELETE`)).status).toBe(400);
  });
});

describe('one request within another', () => {
  const hidden = headOf('GET /api/health HTTP/1.1', 'host: localhost');
  const post = (...lines: readonly string[]) =>
    headOf('POST /api/local-sign-in HTTP/1.1', 'host: localhost', 'content-type: application/json', ...lines);
  const shapes: readonly (readonly [string, string])[] = [
    ['of two lengths', `${post('content-length: 0', `content-length: ${hidden.length}`)}${hidden}`],
    ['of a length and chunks', `${post('content-length: 4', 'transfer-encoding: chunked')}0\r\n\r\n${hidden}`],
    ['of chunks and a length', `${post('transfer-encoding: chunked', 'content-length: 4')}0\r\n\r\n${hidden}`],
    ['of chunks that are not quite', `${post('transfer-encoding: xchunked')}0\r\n\r\n${hidden}`],
    ['of chunks twice', `${post('transfer-encoding: chunked, identity')}0\r\n\r\n${hidden}`],
    ['of a length below nothing', `${post('content-length: -1')}${hidden}`],
    ['of a length with a sign', `${post('content-length: +5')}${hidden}`],
    ['of a length in hex', `${post('content-length: 0x10')}${hidden}`],
    ['of a blank before the colon', `${post('content-length : 5')}${hidden}`],
    ['of a folded line', `${post('x: a\r\n transfer-encoding: chunked')}0\r\n\r\n${hidden}`],
    ['of a NUL', `${post('x: a\u0000b')}${hidden}`],
    ['of a bare return', `${post('x: a\rcontent-length: 5')}${hidden}`],
    ['of a chunk without a size', `${post('transfer-encoding: chunked')}zz\r\n\r\n0\r\n\r\n${hidden}`],
    ['of a chunk with a size without end', `${post('transfer-encoding: chunked')}${'f'.repeat(40)}\r\n${hidden}`],
    ['of chunks with bare line ends', `${post('transfer-encoding: chunked')}0\n\n${hidden}`],
    ['of no host', 'GET /api/health HTTP/1.1\r\n\r\n'],
    ['of another protocol', `GET /api/health HTTP/9.9\r\nhost: localhost\r\n\r\n${hidden}`],
    ['that is no HTTP', `\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003${hidden}`],
  ];
  it.each(shapes)('%s is refused, and what follows it is not answered', async (_what, bytes) => {
    const { statuses, text } = await raw(bytes);
    expect(statuses).toHaveLength(1);
    expect([400, 405, 415, 505], text.slice(0, 200)).toContain(statuses[0]);
    expect(text).not.toContain('healthy');
  });

  it('is not what two that follow each other are: the control', async () => {
    const { statuses, text } = await raw(hidden, hidden);
    expect(statuses).toEqual([200, 200]);
    expect(text).toContain('healthy');
  });
});

describe('a continuation', () => {
  const link = async (path: string) => {
    const { text } = await operator(path);
    const { nextLink = '' } = JSON.parse(text) as { nextLink?: string };
    const token = new URL(nextLink).searchParams.get('continuation') ?? '';
    expect(token.length).toBeGreaterThan(20);
    return token;
  };
  const list = `reconciliations?${version}&top=1`;
  const refused = { code: 'InvalidContinuation', target: 'continuation' };

  async function expectRefused(ask: Asker, path: string, token: string): Promise<void> {
    const { status, text } = await ask(`${path}&continuation=${encodeURIComponent(token)}`);
    expect(status, `${path} ${token.slice(0, 80)}`).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: refused });
  }

  it('leads the caller on who was given it, and nobody else', async () => {
    const token = await link(list);
    expect((await operator(`${list}&continuation=${token}`)).status).toBe(200);
    await expectRefused(reader, list, token);
    expect((await nobody(`${list}&continuation=${token}`)).status).toBe(401);
  });

  it('leads on in its own list alone, with its own filters', async () => {
    const token = await link(list);
    const others = all.filter(([name, route]) => route.isPaged === true && name !== 'listReconciliations');
    let tried = 0;
    for (const [, route] of others) {
      const path = `${addressOf(route, { name: '', value: '' })}?${version}&top=1`;
      if ((await operator(path)).status !== 200) continue;
      await expectRefused(operator, path, token);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(6);
    for (const filter of ['status=Matched', 'comparedWith=costexport', `runId=${item.runId}`, 'billingCycle=2026-10']) {
      await expectRefused(operator, `${list}&${filter}`, token);
    }
    const meters = `reconciliations/${item.runId}/subscriptions/${item.subscriptionId}/meters?${version}&top=1`;
    const ofMeters = await link(meters);
    await expectRefused(operator, list, ofMeters);
    await expectRefused(operator, meters.replace('/meters', `/meters/${'f'.repeat(32)}`), ofMeters);
    await expectRefused(operator, meters.replace(item.subscriptionId, '-'), ofMeters);
  });

  it('of which any bit is another, or any end is missing, leads nowhere', async () => {
    const token = await link(list);
    const bytes = Buffer.from(token, 'base64url');
    const flipped = Array.from(bytes, (byte, at) => {
      const copy = Buffer.from(bytes);
      copy[at] = byte ^ (1 << (at % 8));
      return copy.toString('base64url');
    });
    const cut = Array.from({ length: token.length }, (_, at) => token.slice(0, at));
    const others = [`${token}A`, `${token}${token}`, `A${token}`, token.toLowerCase(), `${token}=`, ` ${token}`];
    for (const forged of [...flipped, ...cut, ...others, 'A'.repeat(5_000)]) {
      if (Buffer.from(forged, 'base64url').equals(bytes) && /^[\w-]+$/.test(forged)) continue;
      await expectRefused(operator, list, forged);
    }
  });
});

describe('fifty who ask for the same file at once', () => {
  it('have one made', async () => {
    const path = `invoices/${item.invoiceId}/files/onetime?${version}`;
    const [{ customerId } = { customerId: '' }] = target.key.customers;
    const bodies = [
      JSON.stringify({ audience: 'customer', customerId }),
      JSON.stringify({ customerId: customerId.toUpperCase(), audience: 'customer', format: 'csv' }),
    ];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        operator(at % 3 === 0 ? path.replace(item.invoiceId, item.invoiceId.toLowerCase()) : path, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: bodies[at % 2] ?? '',
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const fileIds = new Set(answers.map(({ text }) => (JSON.parse(text) as { fileId: string }).fileId));
    expect(fileIds.size).toBe(1);
    const [fileId = ''] = fileIds;
    const stateOf = async () =>
      (JSON.parse((await operator(`files/${fileId}?${version}`)).text) as { state: string }).state;
    await expect.poll(stateOf, { timeout: 20_000 }).toBe('available');
    const { value } = JSON.parse((await operator(`files?${version}&customerId=${customerId}`)).text) as {
      value: { fileId: string }[];
    };
    expect(value.map((file) => file.fileId)).toEqual([fileId]);
    const made = target.logs.filter(({ message }) => message.includes('file generated') && message.includes(fileId));
    expect(made).toHaveLength(1);
  });
});

describe('text that ends in a log', () => {
  it('is taken in, or refused, without a line of its own', async () => {
    const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      operator(path, {
        method: path.startsWith('issues') || path.includes('import') ? 'POST' : 'PUT',
        headers: { 'content-type': 'application/json', 'if-match': '"policy-1"', ...headers },
        body: JSON.stringify(body),
      });
    const current = JSON.parse((await operator(`catalogue/policies/current?${version}`)).text);
    const encoded = encodeURIComponent(forgedLine);
    await put(`catalogue/policies/${encoded}?${version}`, { ...current, version: forgedLine });
    await put(`catalogue/policies/current?${version}`, { ...current, version: forgedLine });
    for (const version1 of ['a\u009b31mb', 'a\u2028b', 'a\u0085b', 'a\u202eb', 'a\u007fb']) {
      await put(`catalogue/policies/${encodeURIComponent(version1)}?${version}`, { ...current, version: version1 });
      await operator(`catalogue/policies/${encodeURIComponent(version1)}?${version}`, { method: 'DELETE' });
    }
    await put(`catalogue/resellers/${encoded}?${version}`, { mpnId: '77', name: forgedLine });
    await put(`catalogue/import?${version}`, {
      files: [{ kind: 'resellers', name: forgedLine, text: `id\n${forgedLine}` }],
    });
    const issue = { target: { kind: 'run', runId: item.runId }, note: forgedLine };
    await put(`issues?${version}`, issue);
    await put(`issues?${version}`, { ...issue, note: 'a\u009b31mb', owner: 'a\u2028b' });
    await operator(`runs/${encoded}/retry?${version}`, { method: 'POST' });
    const parts = [
      { alg: 'RS256', typ: 'JWT', kid: forgedLine },
      { iss: forgedLine, aud: forgedLine, tid: forgedLine },
    ];
    const token = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    expect((await target.asker(`${token}.AAAA`)(`me?${version}`)).status).toBe(401);
    await operator(`me?${version}`, { headers: { traceparent: '\u009b31m', 'user-agent': '\u009b31m\u0085' } });
    await raw(headOf(`GET /api/\u009b31m\u0085 HTTP/1.1`, ...signedIn()));
    const inLines = target.logs.filter(({ message }) =>
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(message),
    );
    expect(inLines.map(({ message }) => message)).toEqual([]);
    expect(target.logs.some(({ message }) => /^\{"message":"forged"/.test(message))).toBe(false);
  });
});

describe('at the end of it all', () => {
  it('bodies that never end were cut off, and kept nobody waiting', { timeout: 40_000 }, async () => {
    for (const { statuses, tookMs } of await Promise.all(slowBodies)) {
      expect(statuses).toEqual([408]);
      expect(tookMs).toBeLessThan(30_000);
    }
  });

  it('what was published is as it was', async () => {
    const { status, text } = await operator(`reconciliations?${version}&subscriptionId=${item.subscriptionId}`);
    expect([status, JSON.parse(text)]).toMatchObject([200, { value: [item] }]);
    const meters = await operator(
      `reconciliations/${item.runId}/subscriptions/${item.subscriptionId}/meters?${version}`,
    );
    expect((JSON.parse(meters.text) as { value: MeterItem[] }).value.length).toBeGreaterThan(0);
    expect((await nobody('health')).status).toBe(200);
  });

  it('no log line and no error has a secret or a name in it, and nothing failed on our side', async () => {
    // What is under way still writes its last lines.
    await delay(100);
    const texts = target.logTexts();
    expect(texts.length).toBeGreaterThan(500);
    const names = await customerNames();
    expect(names.length).toBeGreaterThan(3);
    const everything = [...texts, ...target.errors];
    for (const secret of [...target.secrets(), ...names]) {
      expect(secret.length).toBeGreaterThan(5);
      expect(everything.filter((text) => text.includes(secret)).slice(0, 3)).toEqual([]);
    }
    expect(everything.filter((text) => /[?&;]sig=(?!REDACTED)/i.test(text)).slice(0, 3)).toEqual([]);
    expect(texts.filter((text) => text.includes('request failed') || text.startsWith('error')).slice(0, 3)).toEqual([]);
  });

  async function customerNames(): Promise<readonly string[]> {
    const { text } = await operator(`catalogue/customers?${version}&top=1000`);
    const { value } = JSON.parse(text) as { value: { name?: string; domain?: string }[] };
    return value.flatMap(({ name = '', domain = '' }) => [name, domain]).filter((text) => text.length > 5);
  }
});
