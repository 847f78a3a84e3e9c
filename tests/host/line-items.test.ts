import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import { decimal, toText } from '../../shared/domain/decimal.ts';
import { customerFileKinds, type FileKind, fileKinds } from '../../shared/domain/file-kinds.ts';
import { columnsFor } from '../../shared/domain/file-lines.ts';
import {
  listDailyRatedUsageLineItems,
  listLicenseLineItems,
  listOnetimeLineItems,
  listUsageLineItems,
} from '../../shared/host/line-item-handlers.ts';
import { putRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { rule } from '../domain/sold-lines.ts';
import { allPages, callRoute, customer, operator, type RouteCall, reader, reseller } from '../support/call-route.ts';
import { sampleSource } from '../support/sample-source.ts';
import { createWorld, type World } from '../support/world.ts';

/* The line items of a sample month as the API serves them, held against the files of the same month. */

const served = {
  onetime: [routes.listOnetimeLineItems, listOnetimeLineItems],
  license: [routes.listLicenseLineItems, listLicenseLineItems],
  usage: [routes.listUsageLineItems, listUsageLineItems],
  dailyratedusage: [routes.listDailyRatedUsageLineItems, listDailyRatedUsageLineItems],
} as const;

let folder: string;
let key: AnswerKey;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-items-'));
  key = await writeSampleMonth(folder, { seed: 1, cycle: '2026-10', scale: 0.02 });
  world = createWorld({ source: await sampleSource(folder, key), costExportFiles: [] });
  await world.startTimer();
  await world.untilQuiet();
  for (const buyer of ['reseller', 'customer'] as const) {
    const record = rule(`to-${buyer}s`, { buyer, value: '0.0731' });
    expect(
      await putRecord(world.ports, 'margins', { record, etag: undefined, principalId: 'tenant/operator' }),
    ).toMatchObject({ kind: 'done' });
  }
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const invoiceOf = (kind: FileKind) => (kind === 'license' || kind === 'usage' ? key.legacyInvoiceId : key.invoiceId);

type Whose = Pick<FileRequest, 'audience'> & { readonly customerId?: string; readonly resellerMpnId?: string };
type Cells = Readonly<Record<string, string>>;

/** The rows of the file that is made for somebody, as exact cells without the empty ones. */
async function fileRows(kind: FileKind, whose: Whose): Promise<readonly Cells[]> {
  const wanted = { invoiceId: invoiceOf(kind), kind, format: 'csv', culture: 'invariant', ...whose } as FileRequest;
  const outcome = await requestFile(world.ports, wanted);
  if (outcome.kind === 'refused') {
    expect(outcome.code).toBe('notFound');
    return [];
  }
  await world.untilQuiet();
  const record = await world.ports.files.get(outcome.record.fileId);
  expect(record, record?.reason).toMatchObject({ state: 'available' });
  const bytes = await world.ports.files.openContent(outcome.record);
  const content = Buffer.concat(await Array.fromAsync(bytes ?? []));
  const columns = columnsFor(kind, whose.audience);
  return (parse(content, { columns: true }) as Cells[]).map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([, cell]) => cell !== '')
        .map(([name, cell]) => [name, exact(columns[name]?.type ?? '', cell)]),
    ),
  );
}

/** A cell without what only a spreadsheet needs: the quote before a formula's lead, and zeros that fill up an amount. */
function exact(type: string, cell: string): string {
  if (type === 'money' || type === 'decimal' || type === 'rate') return toText(decimal(cell));
  return cell.replace(/^'(?=[=+\-@\t\r])/, '');
}

const inOrder = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(sortedKeys(row as Cells))).sort();
const sortedKeys = (row: Cells) => Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1));

async function lines(kind: FileKind, caller: Caller, more: Partial<RouteCall> = {}) {
  const call = { caller, params: { invoiceId: invoiceOf(kind) }, top: 333, ...more };
  const { items, pages } = await allPages(world, served[kind] as (typeof served)['onetime'], call);
  const rows = items.map((item) => {
    const { source: _, unpriced: __, ...row } = item as { readonly source?: unknown; readonly unpriced?: unknown };
    const columns = columnsFor(kind, 'csp');
    return Object.fromEntries(
      Object.entries(row as Cells).map(([name, cell]) => [name, exact(columns[name]?.type ?? '', cell)]),
    );
  });
  return { items, rows, pages };
}

const mpnIds = () => key.resellers.map(({ mpnId }) => mpnId).filter((mpnId) => Number(mpnId) > 0);
const customerIds = () => key.customers.map(({ customerId }) => customerId);

describe('line items over HTTP are, line by line, those of the file', () => {
  it.each(fileKinds)('%s of the CSP', async (kind) => {
    const expected = await fileRows(kind, { audience: 'csp' });
    const { rows, pages } = await lines(kind, operator);
    expect(expected.length).toBeGreaterThan(0);
    expect(pages).toBe(Math.ceil(expected.length / 333));
    expect(inOrder(rows)).toEqual(inOrder(expected));
  });

  it.each(fileKinds)('%s of each reseller, and of the CSP through its eyes', async (kind) => {
    let all = 0;
    for (const resellerMpnId of mpnIds()) {
      const expected = await fileRows(kind, { audience: 'reseller', resellerMpnId });
      all += expected.length;
      const through = await lines(kind, reader, { query: { audience: 'reseller', resellerMpnId } });
      expect(inOrder(through.rows)).toEqual(inOrder(expected));
      if (expected.length === 0) continue;
      const own = await lines(kind, reseller(resellerMpnId));
      expect(inOrder(own.rows)).toEqual(inOrder(expected));
      expect(own.items.filter((item) => 'source' in (item as object))).toEqual([]);
    }
    if (kind === 'onetime' || kind === 'dailyratedusage') expect(all).toBeGreaterThan(0);
  });

  it.each(customerFileKinds)('%s of each customer, and of the CSP through its eyes', async (kind) => {
    const wanted = new Set((await lines(kind, operator)).rows.map((row) => row['CustomerId'] ?? ''));
    expect(wanted.size).toBeGreaterThan(1);
    for (const customerId of wanted) {
      const expected = await fileRows(kind, { audience: 'customer', customerId });
      const own = await lines(kind, customer(customerId));
      const through = await lines(kind, reader, { query: { audience: 'customer', customerId } });
      expect(inOrder(own.rows)).toEqual(inOrder(expected));
      expect(inOrder(through.rows)).toEqual(inOrder(expected));
    }
  });
});

describe('pages of line items', () => {
  it.each([1, 7, 1000])(
    'of %i lines are the same lines in the same order',
    async (top) => {
      for (const kind of fileKinds) {
        const query = { customerId: customerIds()[1] ?? '' };
        const whole = await lines(kind, operator, { query });
        const pages = await lines(kind, operator, { query, top });
        expect(pages.rows).toEqual(whole.rows);
        expect(pages.pages).toBe(Math.max(1, Math.ceil(whole.rows.length / top)));
      }
    },
    60_000,
  );

  it('go on in the version that the first was of, while a newer one comes in', async () => {
    const of = served.license;
    const call = { caller: operator, params: { invoiceId: key.legacyInvoiceId }, top: 5 };
    const first = await callRoute(world, of, call);
    const again = await callRoute(world, of, { ...call, position: first.next });
    const [datasetId] = JSON.parse(first.next ?? '');
    const record = (await world.ports.datasets.list()).find((each) => each.datasetId === datasetId);
    const seal = await world.ports.datasets.readSeal(datasetId);
    const definition = await world.ports.datasets.readDefinition(datasetId);
    if (record === undefined || seal === undefined || definition === undefined) throw new Error('No such dataset');
    const newer = { datasetId: `${datasetId}-newer`, sourceTime: '2026-11-09T00:00:00.000Z' };
    await world.ports.datasets.createDefinition({ ...definition, ...newer });
    await world.ports.datasets.createSeal({ ...seal, ...newer });
    await world.ports.datasets.advance({ ...record, ...newer });
    const newest = await callRoute(world, of, call);
    expect(JSON.parse(newest.text)).toEqual({ value: [] });
    expect(await callRoute(world, of, { ...call, position: first.next })).toEqual(again);
    await world.tables.datasets.remove(record.billingCycle, newer.datasetId);
  });

  it.each(['', '[]', '["other","x",0,1]', '{"datasetId":1}', 'null', '["a","b",-1,0]'])(
    'refuse a position that is none of theirs: %s',
    async (position) => {
      const call = { caller: operator, params: { invoiceId: key.invoiceId }, position };
      expect(await callRoute(world, served.onetime, call)).toMatchObject({
        status: 400,
        json: { error: { code: 'InvalidContinuation' } },
      });
    },
  );

  it('are of the caller whatever position it gives', async () => {
    const call = { caller: operator, params: { invoiceId: key.invoiceId }, top: 1 };
    const { next } = await callRoute(world, served.onetime, call);
    const own = customerIds().at(-1) ?? '';
    const { json } = await callRoute(world, served.onetime, { ...call, caller: customer(own), top: 9, position: next });
    const { value } = json as { readonly value: readonly Cells[] };
    expect(new Set(value.map((row) => row['CustomerId']))).toEqual(new Set([own]));
  });
});

describe('filters of line items', () => {
  it('by subscription find the lines that name it', async () => {
    for (const [kind, column] of [
      ['onetime', 'SubscriptionId'],
      ['license', 'SyndicationPartnerSubscriptionNumber'],
      ['usage', 'SubscriptionId'],
      ['dailyratedusage', 'EntitlementId'],
    ] as const) {
      const { rows } = await lines(kind, operator);
      const subscriptionId = rows.find((row) => row[column] !== undefined)?.[column] ?? '';
      const expected = rows.filter((row) => row[column] === subscriptionId);
      expect(expected.length).toBeGreaterThan(0);
      const found = await lines(kind, operator, { query: { subscriptionId: subscriptionId.toUpperCase() } });
      expect(found.rows).toEqual(expected);
    }
  });

  it('of somebody else find as little as those of nobody', async () => {
    const [own = '', other = ''] = mpnIds();
    const params = { invoiceId: key.invoiceId };
    for (const resellerMpnId of [other, '999999']) {
      const call = { caller: reseller(own), params, query: { resellerMpnId } };
      expect((await callRoute(world, served.onetime, call)).text).toBe('{"value":[]}');
    }
    const [mine = '', theirs = ''] = customerIds();
    for (const customerId of [theirs, '99999999-9999-4999-8999-999999999999']) {
      const call = { caller: customer(mine), params, query: { customerId } };
      expect((await callRoute(world, served.onetime, call)).text).toBe('{"value":[]}');
    }
  });
});

describe('eyes that are not the caller’s', () => {
  it.each([
    ['a reseller the CSP’s', reseller('4649221'), { audience: 'csp' }, 403, 'Forbidden'],
    ['a customer the CSP’s', customer('x'), { audience: 'csp' }, 403, 'Forbidden'],
    ['a customer a reseller’s', customer('x'), { audience: 'reseller' }, 403, 'Forbidden'],
    ['a customer its seller’s lines', customer('x'), { resellerMpnId: '4649221' }, 403, 'Forbidden'],
    ['the CSP those of some customer', operator, { audience: 'customer' }, 400, 'MissingParameter'],
    ['the CSP those of some reseller', operator, { audience: 'reseller' }, 400, 'MissingParameter'],
    ['a reseller those of some customer', reseller('4649221'), { audience: 'customer' }, 400, 'MissingParameter'],
  ] as const)('are refused: %s', async (_, caller, query, status, code) => {
    const call = { caller, params: { invoiceId: key.invoiceId }, query };
    expect(await callRoute(world, served.onetime, call)).toMatchObject({ status, json: { error: { code } } });
  });

  it('a customer has none for daily rated usage, nor has anybody through it', async () => {
    const params = { invoiceId: key.invoiceId };
    const [customerId = ''] = customerIds();
    expect(await callRoute(world, served.dailyratedusage, { caller: customer(customerId), params })).toMatchObject({
      status: 403,
    });
    const query = { audience: 'customer', customerId };
    expect(await callRoute(world, served.dailyratedusage, { caller: operator, params, query })).toMatchObject({
      status: 400,
      json: { error: { code: 'KindNotForAudience' } },
    });
  });

  it('find an invoice of others as little as one that there is not', async () => {
    for (const caller of [
      reseller('999'),
      customer('99999999-9999-4999-8999-999999999999'),
      reseller('0'),
      reseller(''),
    ]) {
      const foreign = await callRoute(world, served.onetime, { caller, params: { invoiceId: key.invoiceId } });
      const unknown = await callRoute(world, served.onetime, { caller, params: { invoiceId: 'G999999999' } });
      expect(foreign).toMatchObject({ status: 404 });
      expect(foreign).toEqual(unknown);
    }
  });
});

describe('a line without a price', () => {
  it('is there, and says why to the CSP and only that to others', async () => {
    const record = rule('seats', { buyer: 'customer', productType: 'license', kind: 'erpMinusDiscount', value: '0.1' });
    await putRecord(world.ports, 'margins', { record, etag: undefined, principalId: 'tenant/operator' });
    const params = { invoiceId: key.legacyInvoiceId };
    const csp = await callRoute(world, served.license, { caller: operator, params, top: 1 });
    const [line] = (csp.json as { readonly value: readonly Cells[] }).value;
    expect(line).toMatchObject({ unpriced: { message: expect.stringContaining("'seats'") } });
    expect(line).toHaveProperty('Subtotal');
    expect(line).not.toHaveProperty('SubtotalForCustomer');
    const own = await callRoute(world, served.license, {
      caller: customer(line?.['CustomerId'] ?? ''),
      params,
      top: 1,
    });
    expect(own.json).toMatchObject({
      value: [{ unpriced: { code: 'notPriced', message: 'This line has no price yet' } }],
    });
    expect(own.text).not.toContain('seats');
    const present = await world.ports.catalogue.get('margins', 'seats');
    await world.ports.catalogue.remove('margins', 'seats', { etag: present?.etag ?? '' });
  });
});
