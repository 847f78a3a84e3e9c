import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonArrayItems, jsonObjectMembers } from '../../infra/local/partner-center/json-parts.ts';
import {
  type PartnerCenterStandIn,
  type RecordedRequest,
  startPartnerCenter,
} from '../../infra/local/partner-center/server.ts';
import {
  AMENDMENT,
  CONTOSO,
  callerHeaders,
  FABRIKAM,
  FOREIGN,
  LEGACY,
  LICENSE_LINES,
  licenseLines,
  MODERN,
  MODERN_WITHOUT_DATA,
  PARTNER_CENTER_SCOPE,
  startSample,
  VOIDED,
  writeSampleFolder,
} from './partner-center-sample.ts';

const MODERN_IDS = [MODERN, MODERN_WITHOUT_DATA, VOIDED];

const Link = z.strictObject({
  uri: z.string(),
  method: z.literal('GET'),
  headers: z.array(z.strictObject({ key: z.string(), value: z.string() })),
});

const Collection = z.strictObject({
  continuationToken: z.string().optional(),
  totalCount: z.number(),
  items: z.array(z.looseObject({ id: z.string().optional(), orderId: z.string().optional() })),
  links: z.strictObject({ self: Link, next: Link.optional() }),
  attributes: z.strictObject({ objectType: z.literal('Collection') }),
});

/** More pages than any test has. */
const PAGE_LIMIT = 20;

class Caller {
  readonly #standIn: PartnerCenterStandIn;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(standIn: PartnerCenterStandIn, headers: Readonly<Record<string, string>>) {
    this.#standIn = standIn;
    this.#headers = headers;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.#standIn.partnerCenterUrl}/v1${path}`, { headers: { ...this.#headers, ...headers } });
  }

  async page(path: string, headers: Readonly<Record<string, string>> = {}): Promise<z.infer<typeof Collection>> {
    return Collection.parse(await (await this.get(path, headers)).json());
  }

  /** All pages, by the links; the last one is the one that names no next. */
  async pages(path: string): Promise<readonly z.infer<typeof Collection>[]> {
    const pages = [await this.page(path)];
    for (let next = pages.at(-1)?.links.next; next !== undefined; next = pages.at(-1)?.links.next) {
      if (pages.length === PAGE_LIMIT) throw new Error(`More than ${PAGE_LIMIT} pages`);
      const headers = Object.fromEntries(next.headers.map((header) => [header.key, header.value]));
      pages.push(await this.page(next.uri, headers));
    }
    return pages;
  }
}

async function startWithCaller(): Promise<Awaited<ReturnType<typeof startSample>> & { readonly caller: Caller }> {
  const started = await startSample();
  return {
    ...started,
    caller: new Caller(started.standIn, await callerHeaders(started.standIn, PARTNER_CENTER_SCOPE)),
  };
}

function ids(page: z.infer<typeof Collection>): readonly (string | undefined)[] {
  return page.items.map((item) => item.id);
}

describe('the invoice list', () => {
  test('has all invoices of the tenant when no size is asked', async () => {
    const { caller } = await startWithCaller();

    const page = await caller.page('/invoices');

    expect(ids(page)).toEqual([MODERN, LEGACY, MODERN_WITHOUT_DATA, 'D000000002', VOIDED, 'D000000003']);
    expect(page.links.next).toBeUndefined();
  });

  test('pages legacy invoices only, and lists the modern ones on every page', async () => {
    const { caller } = await startWithCaller();

    const pages = await caller.pages('/invoices?size=2&offset=0');

    expect(pages.map((page) => ids(page).filter((id) => id?.startsWith('D')))).toEqual([
      [LEGACY, 'D000000002'],
      ['D000000003'],
    ]);
    for (const page of pages) expect(ids(page).filter((id) => id?.startsWith('G'))).toEqual(MODERN_IDS);
    expect(pages[0]?.links).toMatchObject({
      self: { uri: '/invoices?size=2&offset=0' },
      next: { uri: '/invoices?size=2&offset=2' },
    });
  });

  test('ends with a page without legacy invoices when the one before was full', async () => {
    const { caller } = await startWithCaller();

    const pages = await caller.pages('/invoices?size=3&offset=0');

    expect(pages.map((page) => page.items.length)).toEqual([6, 3]);
  });

  test('keeps the digits of amounts, and can leave out billing periods', async () => {
    const { caller, script } = await startWithCaller();

    const whole = await (await caller.get('/invoices')).text();
    script.omitsBillingPeriodsInList = true;
    const without = await (await caller.get('/invoices')).text();
    const one = await (await caller.get(`/invoices/${MODERN}`)).text();

    expect(whole).toContain('"totalCharges":586366.00');
    expect(whole).toContain('billingPeriodStartDate');
    expect(without).toContain('"totalCharges":586366.00');
    expect(without).not.toContain('billingPeriod');
    expect(one).toContain('billingPeriodStartDate');
  });

  test.each(['size=0', 'size=-1', 'size=ten', 'offset=-1', 'size=1&offset=1.5'])('refuses %s', async (query) => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(`/invoices?${query}`);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: '800002', data: [] });
  });

  test('does not pretend to filter', async () => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(`/invoices?filter=${encodeURIComponent('{"Field":"InvoiceDate"}')}`);

    expect(answer.status).toBe(501);
  });

  test('of one tenant has nothing of another', async () => {
    const { caller, standIn } = await startWithCaller();
    const other = new Caller(standIn, await callerHeaders(standIn, PARTNER_CENTER_SCOPE, FABRIKAM));

    expect(ids(await other.page('/invoices'))).toEqual([FOREIGN]);
    expect(ids(await caller.page('/invoices'))).not.toContain(FOREIGN);
  });

  test('shows an invoice that appears while the stand-in runs', async () => {
    const { caller, folder } = await startWithCaller();
    const invoice = { id: 'G000000077', invoiceDate: '2024-07-08T00:00:00Z', invoiceType: 'OneTime' };

    await writeFile(join(folder, 'invoices.json'), JSON.stringify({ [CONTOSO.tenantId]: [invoice] }));

    expect(ids(await caller.page('/invoices'))).toEqual(['G000000077']);
  });
});

describe('an invoice', () => {
  test('is the resource of the folder, and echoes the ids of the request', async () => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(`/invoices/${VOIDED}`, { 'MS-RequestId': 'r-1', 'MS-CorrelationId': 'c-1' });

    expect(answer.status).toBe(200);
    expect([answer.headers.get('ms-requestid'), answer.headers.get('ms-correlationid')]).toEqual(['r-1', 'c-1']);
    expect(await answer.json()).toMatchObject({
      id: VOIDED,
      documentType: 'void_note',
      amendments: [{ id: AMENDMENT, amendsOf: VOIDED }],
    });
  });

  test.each([
    [`OneTime-${MODERN}`, MODERN],
    [`Recurring-${LEGACY}`, LEGACY],
    [AMENDMENT, AMENDMENT],
  ])('is found as %s', async (asked, id) => {
    const { caller } = await startWithCaller();

    expect(await (await caller.get(`/invoices/${asked}`)).json()).toMatchObject({ id });
  });

  test.each([FOREIGN, 'G000099999', 'summaries'])('%s is not found', async (id) => {
    const { caller } = await startWithCaller();

    for (const path of [
      `/invoices/${id}`,
      `/invoices/${id}/lineitems?provider=office&invoicelineitemtype=billinglineitems`,
    ]) {
      const answer = await caller.get(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: '1000', description: expect.stringContaining(id) });
    }
  });
});

describe('line items', () => {
  const LICENSES = `/invoices/${LEGACY}/lineitems?provider=office&invoicelineitemtype=billinglineitems`;

  test.each([
    [LICENSES],
    [`${LICENSES}&size=2000&offset=0`],
    // More than the largest page is asked: the largest page is answered.
    [`${LICENSES}&size=5000`],
    [`/invoices/${LEGACY}/lineitems/Office/BillingLineItems`],
    [`/invoices/Recurring-${LEGACY}/lineitems/office/billinglineitems?size=2000&offset=0`],
  ])('%s are paged by 2,000 to the last, each once, with the digits they have', async (path) => {
    const { caller } = await startWithCaller();

    const pages = await caller.pages(path);

    expect(pages.map((page) => page.items.length)).toEqual([2000, 2000, 500]);
    const all = pages.flatMap((page) => page.items.map((item) => item.orderId));
    expect(all).toEqual(Array.from({ length: LICENSE_LINES }, (_, index) => `o-${index}`));
    const text = await (await caller.get(path)).text();
    expect(text).toContain('{"orderId":"o-7","amount":7.10}');
  });

  test('have links relative to /v1, which repeat what was asked', async () => {
    const { caller } = await startWithCaller();

    const byQuery = await caller.page(`${LICENSES}&size=10&offset=20`);
    const byPath = await caller.page(`/invoices/${LEGACY}/lineitems/Office/BillingLineItems?size=10&offset=20`);

    expect(byQuery.links).toMatchObject({
      self: { uri: `${LICENSES}&size=10&offset=20`, method: 'GET', headers: [] },
      next: { uri: `${LICENSES}&size=10&offset=30` },
    });
    expect(byPath.links).toMatchObject({
      self: { uri: `/invoices/${LEGACY}/lineitems/Office/BillingLineItems?size=10&offset=20` },
      next: { uri: `/invoices/${LEGACY}/lineitems/Office/BillingLineItems?size=10&offset=30` },
    });
  });

  test('end with an empty page when the last one was full', async () => {
    const { caller } = await startWithCaller();

    const pages = await caller.pages(`${LICENSES}&size=1500`);

    expect(pages.map((page) => page.items.length)).toEqual([1500, 1500, 1500, 0]);
  });

  test('have a totalCount that is not to be trusted', async () => {
    const { caller } = await startWithCaller();

    const page = await caller.page(`/invoices/${LEGACY}/lineitems?provider=azure&invoicelineitemtype=usagelineitems`);

    expect([page.totalCount, page.items.length]).toEqual([3, 4]);
  });

  test.each([
    ['azure', 'billinglineitems', '"pretaxCharges":63.330'],
    ['Azure', 'UsageLineItems', '"orderId":"o-3"'],
  ])('of %s %s are those of the file', async (provider, type, part) => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(`/invoices/${LEGACY}/lineitems/${provider}/${type}`);

    expect(await answer.text()).toContain(part);
  });

  test('are none where the invoice lists none', async () => {
    const { caller } = await startWithCaller();

    const page = await caller.page('/invoices/D000000002/lineitems/azure/usagelineitems');

    expect([page.items, page.links.next]).toEqual([[], undefined]);
  });

  test.each([
    'provider=office',
    'invoicelineitemtype=billinglineitems',
    'provider=one_time&invoicelineitemtype=billinglineitems',
    'provider=office&invoicelineitemtype=usagelineitems',
    'provider=../azure&invoicelineitemtype=usagelineitems',
    'provider=office&invoicelineitemtype=billinglineitems&size=0',
    'provider=office&invoicelineitemtype=billinglineitems&offset=x',
  ])('cannot be asked with %s', async (query) => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(`/invoices/${LEGACY}/lineitems?${query}`);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: '800002' });
  });

  test('of a modern invoice are left to Graph', async () => {
    const { caller } = await startWithCaller();

    const answer = await caller.get(
      `/invoices/${MODERN}/lineitems?provider=onetime&invoicelineitemtype=billinglineitems`,
    );

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ description: expect.stringContaining('Microsoft Graph') });
  });

  test.each(['?provider=OneTime&invoicelineitemtype=BillingLineItems&size=2', '/OneTime/BillingLineItems?size=2'])(
    'of a modern invoice of old, %s, are paged by a continuation token',
    async (query) => {
      const { caller, folder } = await startWithCaller();
      await mkdir(join(folder, 'legacy', MODERN), { recursive: true });
      const file = join(folder, 'legacy', MODERN, 'onetime-billinglineitems.json');
      await writeFile(file, `[${licenseLines(4).join(',')}]`);
      await writeFile(file.replace('billinglineitems', 'usagelineitems'), `[${licenseLines(4).join(',')}]`);
      const path = `/invoices/${MODERN}/lineitems${query}`;

      const pages = await caller.pages(path);
      const withoutToken = await caller.get(`${path}&seekOperation=Next`);
      const forged = await caller.get(`${path}&seekOperation=Next`, { 'MS-ContinuationToken': 'e30=,abc' });

      expect(pages.flatMap((page) => page.items.map((item) => item.orderId))).toEqual(['o-0', 'o-1', 'o-2', 'o-3']);
      expect(pages).toHaveLength(2);
      expect(pages[0]?.links.next?.headers).toEqual([
        { key: 'MS-ContinuationToken', value: pages[0]?.continuationToken },
      ]);
      const otherItems = await caller.get(`/invoices/${MODERN}/lineitems/onetime/usagelineitems?seekOperation=Next`, {
        'MS-ContinuationToken': pages[0]?.continuationToken ?? '',
      });
      expect([withoutToken.status, forged.status, otherItems.status]).toEqual([400, 400, 400]);
    },
  );

  test('of a file that changes are read anew', async () => {
    const { caller, folder } = await startWithCaller();
    const path = `/invoices/${LEGACY}/lineitems/azure/usagelineitems`;
    const before = await caller.page(path);

    await writeFile(join(folder, 'legacy', LEGACY, 'azure-usagelineitems.json'), '[{"orderId":"new"}]');

    expect(before.items).toHaveLength(4);
    expect((await caller.page(path)).items).toEqual([{ orderId: 'new' }]);
  });
});

describe('disturbed', () => {
  test.each([
    ['invoices', '/invoices'],
    ['line-items', `/invoices/${LEGACY}/lineitems/azure/usagelineitems`],
  ] as const)('%s are throttled in the documented words, and then answered', async (group, path) => {
    const { caller, script } = await startWithCaller();
    script.throttleNext(group, 1, 57);

    const throttled = await caller.get(path);
    const answered = await caller.get(path);

    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '57']);
    expect(await throttled.text()).toBe(
      '{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}',
    );
    expect(answered.status).toBe(200);
  });

  test('a page in the middle fails once', async () => {
    const { caller, script } = await startWithCaller();
    script.failEvery('line-items', 2, 500);
    const path = `/invoices/${LEGACY}/lineitems/office/billinglineitems`;

    const statuses = [];
    for (let offset = 0; offset < 6000; offset += 2000) {
      statuses.push((await caller.get(`${path}?size=2000&offset=${offset}`)).status);
    }

    expect(statuses).toEqual([200, 500, 200]);
  });
});

test.each([
  '/v1',
  '/v1/customers',
  `/v1/invoices/${MODERN}/documents/statement`,
  `/v1/invoices/${LEGACY}/lineitems/office`,
  '/v2/invoices',
])('%s leads nowhere', async (path) => {
  const { standIn } = await startWithCaller();

  const answer = await fetch(`${standIn.partnerCenterUrl}${path}`);

  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: '1000', description: expect.any(String), data: [] });
});

test('requests are recorded in the order of their answers', async () => {
  const { caller, standIn } = await startWithCaller();

  await caller.get('/invoices?size=1&offset=0&token=secret');
  await caller.get('/nowhere');

  const expected: readonly RecordedRequest[] = [
    { method: 'POST', path: `/login/${CONTOSO.tenantId}/oauth2/v2.0/token`, query: '', status: 200 },
    { method: 'GET', path: '/partner-center/v1/invoices', query: 'size=1&offset=0', status: 200 },
    { method: 'GET', path: '/partner-center/v1/nowhere', query: '', status: 404 },
  ];
  expect(standIn.requests).toEqual(expected);
});

describe('a folder that cannot be served is refused at the start:', () => {
  test.each([
    ['no tenants', 'tenants.json', undefined, 'tenants.json'],
    ['a tenant without a secret', 'tenants.json', JSON.stringify([{ ...CONTOSO, clientSecret: '' }]), 'clientSecret'],
    ['invoices of nobody', 'tenants.json', '[]', 'which tenants.json does not know'],
    ['broken invoices', 'invoices.json', '{', 'JSON'],
    [
      'an invoice of two tenants',
      'invoices.json',
      JSON.stringify({
        [CONTOSO.tenantId]: [{ id: 'G1', invoiceDate: '2024-06-08', invoiceType: 'OneTime' }],
        [FABRIKAM.tenantId]: [{ id: 'G1', invoiceDate: '2024-06-08', invoiceType: 'OneTime' }],
      }),
      'names invoice G1 twice',
    ],
    [
      'an id that is a path',
      'invoices.json',
      JSON.stringify({ [CONTOSO.tenantId]: [{ id: '../x', invoiceDate: '2024-06-08', invoiceType: 'OneTime' }] }),
      'id',
    ],
    ['listed line items without a file', `legacy/${LEGACY}/azure-usagelineitems.json`, undefined, 'there is no file'],
  ])('%s', async (_, file, content, message) => {
    const folder = await writeSampleFolder();
    if (content === undefined) await rm(join(folder, file));
    else await writeFile(join(folder, file), content);

    await expect(startPartnerCenter({ folder })).rejects.toThrow(message);
  });
});

test('a port that is taken is refused, and a closed stand-in gives its port back', async () => {
  const folder = await writeSampleFolder();
  const first = await startPartnerCenter({ folder });
  const port = Number(new URL(first.url).port);

  await expect(startPartnerCenter({ folder, port })).rejects.toThrow('EADDRINUSE');
  await first.close();
  const second = await startPartnerCenter({ folder, port });
  await second.close();

  await expect(fetch(first.url)).rejects.toThrow('fetch failed');
});

describe('JSON is cut into parts', () => {
  test('as it is written, whatever stands in its strings', () => {
    const tricky = ['{"a":"],[\\"}","b":[1.10,{"c":"\\\\"}]}', '-0.0', '"x,y"', '[]', '{}', 'null'];

    expect(jsonArrayItems(`[ ${tricky.join(' ,\n')} ]`)).toEqual(tricky);
    expect(jsonArrayItems(' [ ] ')).toEqual([]);
    expect(jsonObjectMembers('{"a:\\"b" : 1.10, "c":{"d":[1,2]}}')).toEqual([
      ['a:"b', '1.10'],
      ['c', '{"d":[1,2]}'],
    ]);
  });

  test.each(['{', '[1,', '[1] x', '{}', 'null', '"["'])('%s is refused as an array', (text) => {
    expect(() => jsonArrayItems(text)).toThrow(SyntaxError);
  });

  test.each(['[', '[]', 'null', '{"a"}'])('%s is refused as an object', (text) => {
    expect(() => jsonObjectMembers(text)).toThrow(SyntaxError);
  });
});
