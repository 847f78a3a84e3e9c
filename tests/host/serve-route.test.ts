import { Readable } from 'node:stream';
import { TableServiceClient } from '@azure/data-tables';
import functions from '@azure/functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { apiVersion } from '../../shared/contracts/http.ts';
import { defineRoute } from '../../shared/contracts/route.ts';
import { identity, pageOf } from '../../shared/contracts/route-values.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { getDeps } from '../../shared/host/deps.ts';
import { getDocs, getDocsFile, getOpenApi } from '../../shared/host/docs-handlers.ts';
import { HttpError, notFound } from '../../shared/host/http-error.ts';
import { pageOfList, pageOfOrdered } from '../../shared/host/route-page.ts';
import { type RouteHandler, serveRoute } from '../../shared/host/serve-route.ts';
import { answerUnknown } from '../../shared/host/unknown-route.ts';
import resources from '../../shared/resources.json' with { type: 'json' };

/* What every route of the API gets from `serveRoute`, on routes that anyone may call: who may call is not asked here. */

let azurite: Azurite;
const settings = ['DataStorage', 'ServiceBus', 'PartnerTenants'] as const;
const before = settings.map((name) => [name, process.env[name]] as const);

beforeAll(async () => {
  azurite = await startAzurite();
  const tables = TableServiceClient.fromConnectionString(azurite.connectionString, { allowInsecureConnection: true });
  await tables.createTable(resources.tables.pageKeys);
  process.env['DataStorage'] = azurite.connectionString;
  process.env['ServiceBus'] = 'Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=a;SharedAccessKey=b';
  process.env['PartnerTenants'] = '[]';
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await azurite.stop();
});

const things = Array.from({ length: 250 }, (_, index) => String(index).padStart(4, '0'));

const listThings = defineRoute({
  method: 'GET',
  path: 'things/{owner}',
  tag: 'Things',
  summary: 'Things',
  callers: 'anyone',
  params: { owner: z.string() },
  query: z.strictObject({ status: z.enum(['old', 'new']).exactOptional() }),
  isPaged: true,
  answers: { 200: { description: 'A page', body: pageOf(z.string()) } },
});
const serveThings: RouteHandler<typeof listThings> = async (_ports, { page }) =>
  page.answer(pageOfList(things, (thing) => thing, page));

const getThing = defineRoute({
  ...listThings,
  path: 'things/{thingId}/one',
  params: { thingId: identity },
  query: z.strictObject({}),
  answers: { 200: { description: 'A thing', body: z.unknown() } },
});

type Asked = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly params?: Record<string, string>;
};

function requestOf(url: string, { method = 'GET', headers = {}, params = {} }: Asked = {}) {
  const nativeRequest = new Request(url, { method, headers });
  return new functions.HttpRequest({ nativeRequest, params } as unknown as ConstructorParameters<
    typeof functions.HttpRequest
  >[0]);
}

const logs: unknown[][] = [];
const context = new functions.InvocationContext({
  functionName: 'things',
  logHandler: (level, ...args) => logs.push([level, ...args]),
});

type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

async function ask(
  route: Parameters<typeof serveRoute>[0],
  handler: (...args: never[]) => Promise<functions.HttpResponseInit>,
  request: functions.HttpRequest,
): Promise<Answer> {
  const served = serveRoute(route, handler as RouteHandler<typeof route>);
  const answer = (await served.handler(request, context)) as functions.HttpResponseInit;
  const { status = 200, headers, jsonBody, body } = answer;
  return {
    status,
    headers: new Headers(headers),
    body: jsonBody ?? (typeof body === 'string' ? JSON.parse(body) : body),
  };
}

const base = 'https://api.example/api/things/o';
const list = (query: string, asked: Asked = {}) =>
  ask(
    listThings,
    serveThings,
    requestOf(`${base}?api-version=${apiVersion}${query}`, { params: { owner: 'o' }, ...asked }),
  );
const follow = (link: string, params = { owner: 'o' }) => ask(listThings, serveThings, requestOf(link, { params }));

type Page = { readonly value: readonly string[]; readonly nextLink?: string };
const errorOf = ({ body }: Answer) => (body as { error: { code: string; message: string; target?: string } }).error;

describe('a page', () => {
  it('has 100 items unless asked otherwise, and a link to the next in the caller’s own words', async () => {
    const { value, nextLink } = (await list('&status=old')).body as Page;
    expect(value).toEqual(things.slice(0, 100));
    const next = new URL(nextLink ?? '');
    expect(next.origin + next.pathname).toBe(base);
    expect([...next.searchParams.keys()]).toEqual(['api-version', 'status', 'continuation']);
  });

  it.each([1, 7, 100, 249, 250, 251, 1000])('leads with top=%i through all items, each once', async (top) => {
    const seen: string[] = [];
    let page = (await list(`&top=${top}`)).body as Page;
    for (let pages = 1; pages <= 250; pages += 1) {
      expect(page.value.length).toBeLessThanOrEqual(top);
      seen.push(...page.value);
      if (page.nextLink === undefined) break;
      page = (await follow(page.nextLink)).body as Page;
    }
    expect(seen).toEqual(things);
  });

  it('may be larger or smaller from one to the next', async () => {
    const { nextLink = '' } = (await list('&top=3')).body as Page;
    const link = new URL(nextLink);
    link.searchParams.set('top', '5');
    expect(((await follow(link.href)).body as Page).value).toEqual(things.slice(3, 8));
  });

  it.each(['top=0', 'top=1001', 'top=-1', 'top=1.5', 'top=abc', 'top=', 'top=1e2', 'skip=1'])(
    'is refused for %s',
    async (query) => {
      const answer = await list(`&${query}`);
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({ code: 'InvalidParameter', target: query.split('=')[0] });
    },
  );

  it('is refused alike for every continuation that is not from this list', async () => {
    const { nextLink = '' } = (await list('')).body as Page;
    const token = new URL(nextLink).searchParams.get('continuation') ?? '';
    const foreign = [
      await list(`&status=new&continuation=${token}`),
      await follow(nextLink, { owner: 'somebody-else' }),
      await list('&continuation='),
      await list('&continuation=0100'),
      await list(`&continuation=${token.slice(0, -2)}`),
      await list(`&continuation=${'A'.repeat(3_000)}`),
    ];
    for (const answer of foreign) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('x-ms-error-code')).toBe('InvalidContinuation');
      expect(answer.body).toEqual(foreign[0]?.body);
    }
    expect((await follow(nextLink)).status).toBe(200);
  });

  it('leads on in any other process of ours: the key is kept once, whoever asks first', async () => {
    const keys = await Promise.all(Array.from({ length: 4 }, () => getDeps().pageKeys.read()));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  });
});

describe('a page of a list that grows at its head', () => {
  const files = things.map((fileId) => ({ fileId }));

  it('goes on where the page before ended', () => {
    const first = pageOfOrdered(files, { top: 10, position: undefined });
    const more = [{ fileId: 'new' }, ...files];
    const second = pageOfOrdered(more, { top: 300, position: first.next });
    expect([...first.items, ...second.items]).toEqual(files);
    expect(second.next).toBeUndefined();
    expect(pageOfOrdered(files, { top: 250, position: undefined }).next).toBeUndefined();
    expect(() => pageOfOrdered(files, { top: 10, position: 'gone' })).toThrow(/begin again/);
  });
});

describe('what a request says', () => {
  it.each([
    ['missing', '', /is missing/],
    ['empty', '?api-version=', /is ''/],
    ['another', '?api-version=2020-01-01', /is '2020-01-01'/],
    ['spelt differently', `?Api-Version=${apiVersion}`, /is missing/],
  ])('is refused when its version is %s', async (_what, query, text) => {
    const answer = await ask(listThings, serveThings, requestOf(`${base}${query}`, { params: { owner: 'o' } }));
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: 'InvalidApiVersion', target: 'api-version' });
    expect(errorOf(answer).message).toMatch(text);
    expect(errorOf(answer).message).toContain(apiVersion);
  });

  it.each(['state=old', 'Status=old', '__proto__=x', 'constructor=x', 'status=old&status=new', 'top=1&top=2'])(
    'is refused for filters such as %s',
    async (query) => {
      const answer = await list(`&${query}`);
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({ code: 'InvalidParameter', target: query.split('=')[0] });
    },
  );

  it('is refused for a value that a filter cannot have', async () => {
    expect(errorOf(await list('&status=bogus'))).toMatchObject({ code: 'InvalidParameter', target: 'status' });
  });

  it.each(['', 'x', '..', 'A'.repeat(32), "' or 1 eq 1", '%2e%2e', 'f'.repeat(3_000)])(
    'is not found for an id such as %j, and its handler never runs',
    async (thingId) => {
      const url = `https://api.example/api/things/x/one?api-version=${apiVersion}`;
      const answer = await ask(
        getThing,
        async () => {
          throw new Error('it ran');
        },
        requestOf(url, { params: { thingId } }),
      );
      expect([answer.status, errorOf(answer)]).toEqual([404, { code: 'NotFound', message: 'There is no such thing' }]);
    },
  );
});

describe('an answer', () => {
  const url = `https://api.example/api/things/x/one?api-version=${apiVersion}`;
  const params = { thingId: 'a'.repeat(32) };
  const one = (handler: () => Promise<functions.HttpResponseInit>, asked: Asked = {}) =>
    ask(getThing, handler, requestOf(url, { params, ...asked }));

  it('is kept by nobody, taken for nothing else and open to no other site', async () => {
    const { headers } = await one(async () => ({ jsonBody: {} }), { headers: { origin: 'https://elsewhere.example' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('carries a tag, and is not sent again to who has it', async () => {
    const first = await list('');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    for (const known of [etag, `"x", ${etag}`, '*', etag.slice(2)]) {
      const again = await list('', { headers: { 'if-none-match': known } });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, etag]);
    }
    expect((await list('', { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    expect((await list('&top=5', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('to HEAD is that to GET without the body', async () => {
    const [get, head] = [await list(''), await list('', { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(head.body).toBeUndefined();
    expect([...head.headers]).toEqual([...get.headers]);
  });

  it('to HEAD lets go of what it would have read', async () => {
    const body = Readable.from(['a', 'b']);
    const head = await one(async () => ({ body }), { method: 'HEAD' });
    expect([head.status, head.body, body.destroyed]).toEqual([200, undefined, true]);
  });

  it.each([
    [
      new HttpError(409, 'FileNotAvailable', 'The file is queued'),
      409,
      { code: 'FileNotAvailable', message: 'The file is queued' },
    ],
    [new HttpError(400, 'InvalidKind', 'No', 'kind'), 400, { code: 'InvalidKind', message: 'No', target: 'kind' }],
    [notFound('invoice'), 404, { code: 'NotFound', message: 'There is no such invoice' }],
  ])('says what its handler refuses: %s', async (error, status, body) => {
    logs.length = 0;
    const answer = await one(async () => {
      throw error;
    });
    expect([answer.status, answer.body]).toEqual([status, { error: body }]);
    expect(answer.headers.get('x-ms-error-code')).toBe(body.code);
    expect(logs).toEqual([]);
  });

  it('tells the caller nothing of our own trouble, and the log all', async () => {
    logs.length = 0;
    const error = new Error('AccountKey=s3cr3t in /srv/app/table.ts');
    const answer = await one(async () => {
      throw error;
    });
    expect(answer.status).toBe(500);
    expect(answer.headers.get('x-ms-error-code')).toBe('InternalError');
    expect(JSON.stringify(answer.body)).not.toMatch(/s3cr3t|table\.ts/);
    expect(logs).toEqual([['error', 'request failed', error]]);
  });
});

describe('what no route takes', () => {
  const unknown = async (method: string, path: string) => {
    const answer = (await answerUnknown(
      requestOf(`https://api.example/api/${path}`, { method, params: { path } }),
      context,
    )) as functions.HttpResponseInit;
    return { status: answer.status, headers: new Headers(answer.headers), body: answer.jsonBody };
  };

  it.each(['', 'nothing', 'invoices/a/b/c', 'admin/functions', '.env', 'files/../../x'])(
    'is not found: %j',
    async (path) => {
      const { status, headers, body } = await unknown('GET', path);
      expect(status).toBe(404);
      expect(headers.get('x-ms-error-code')).toBe('NotFound');
      expect(body).toEqual({ error: { code: 'NotFound', message: 'There is no such path' } });
    },
  );

  it.each([
    ['POST', 'invoices', 'GET, HEAD'],
    ['DELETE', 'catalogue/resellers', 'GET, HEAD'],
    ['PATCH', 'catalogue/resellers/r1', 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS', 'files/abc', 'GET, HEAD'],
  ])('is told for %s %s what the path takes, and nothing of other sites', async (method, path, allow) => {
    const { status, headers } = await unknown(method, path);
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe(allow);
    expect(headers.get('x-ms-error-code')).toBe('MethodNotAllowed');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('the documentation', () => {
  it('is a page that runs its own files alone', async () => {
    const served = serveRoute(routes.getDocs, getDocs);
    const answer = (await served.handler(
      requestOf('https://api.example/api/docs'),
      context,
    )) as functions.HttpResponseInit;
    const html = String(answer.body);
    const policy = new Headers(answer.headers).get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(linked).toHaveLength(4);
    expect(html).not.toMatch(/<script>|<style|\son\w+=/);
    for (const address of linked) {
      const url = new URL(address, 'https://api.example/api/docs');
      expect(url.href).toMatch(/^https:\/\/api\.example\/api\/docs\//);
      const file = url.pathname.split('/').at(-1) ?? '';
      const got = (await serveRoute(routes.getDocsFile, getDocsFile).handler(
        requestOf(url.href, { params: { file } }),
        context,
      )) as functions.HttpResponseInit;
      expect([got.status ?? 200, Buffer.from(got.body as Uint8Array).length > 100], file).toEqual([200, true]);
    }
  });

  it.each(['package.json', 'index.html', '..', '../package.json', 'swagger-ui.css.map'])(
    'has no file %j',
    async (file) => {
      const got = (await serveRoute(routes.getDocsFile, getDocsFile).handler(
        requestOf('https://api.example/api/docs/x', { params: { file } }),
        context,
      )) as functions.HttpResponseInit;
      expect(got.status).toBe(404);
    },
  );

  it('describes the API at the address that its reader uses', async () => {
    const got = await ask(routes.getOpenApi, getOpenApi, requestOf('https://mine.example:8443/api/openapi.json'));
    expect(got.body).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://mine.example:8443/api' }] });
  });
});
