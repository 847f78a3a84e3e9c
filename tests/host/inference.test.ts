import { gzipSync } from 'node:zlib';
import { HttpRequest } from '@azure/functions';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { routes } from '../../shared/contracts/routes.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { continuations } from '../../shared/host/continuation.ts';
import { askForFile, explainFileLine, getFileContent } from '../../shared/host/file-handlers.ts';
import { createIdentity } from '../../shared/host/identity.ts';
import { readIdentityConfig } from '../../shared/host/identity-config.ts';
import { signInLocally } from '../../shared/host/identity-handlers.ts';
import { grantReader, grantsKnownForMs } from '../../shared/host/known-grants.ts';
import { listDailyRatedUsageLineItems, listOnetimeLineItems } from '../../shared/host/line-item-handlers.ts';
import { deletePolicy, keepPolicy } from '../../shared/host/policy-handlers.ts';
import { importFiles } from '../../shared/pipeline/edit-catalogue.ts';
import { allPages, callRoute, operator, type RouteAnswer, reader, reseller } from '../support/call-route.ts';
import { invoiceId, planId, tenantId } from '../support/tiny-month.ts';
import { bytesOf, createWorld, tinySource, type World } from '../support/world.ts';

/*
 * What is nobody's to read is nobody's to work out either: how many lines of others there are, where they stand, why a
 * price is missing. And what may be done once must not be done by somebody who got in by another way.
 */

const [alpha, beta] = ['7770001', '8880002'];
const moved = 'aaaaaaaa-1111-4111-8111-111111111111';
const ofBeta = 'bbbbbbbb-1111-4111-8111-111111111111';

const money = { Quantity: 1, EffectiveUnitPrice: 1, BillingCurrency: 'EUR', Currency: 'EUR', TaxTotal: 0 };
const common = { ...money, InvoiceNumber: invoiceId, ProductId: 'DZH318Z0BNZ5', SkuId: '0001', PartnerId: tenantId };

const usageRow = (customerId: string, mpnId: string, cost = 1) =>
  `${JSON.stringify({
    ...common,
    ...{ CustomerId: customerId, Tier2MpnId: mpnId, UsageDate: '2026-10-03T00:00:00Z', UnitPrice: 1 },
    ...{ MeterId: 'meter', MeterName: 'Meter', MeterCategory: 'Compute', MeterSubCategory: '', MeterRegion: 'EU West' },
    ...{ Unit: '1 Hour', BillingPreTaxTotal: cost, PartnerEarnedCreditPercentage: 15, SubscriptionId: planId },
    ...{ EntitlementId: customerId.replaceAll('1111', '2222'), EntitlementDescription: 'Production' },
  })}\n`;

const line = (customerId: string, mpnId: string, cost = 1) =>
  `${JSON.stringify({
    ...common,
    ...{ CustomerId: customerId, CustomerName: 'Name', ResellerMpnId: mpnId, SubscriptionId: `plan-${customerId}` },
    ...{ ChargeType: 'new', UnitPrice: '2', Subtotal: cost, Total: cost, BillableQuantity: 1, PricingCurrency: 'EUR' },
    ...{ PriceAdjustmentDescription: '["15.0% Partner earned credit"]', SubscriptionDescription: 'Azure plan' },
  })}\n`;

/** The first reseller's lines have the second's before them, between them and behind them, of the same customer. */
const sold = [beta, beta, alpha, beta, alpha, beta, beta];
const lines = [...sold.map((mpnId, at) => line(moved, mpnId, at + 1)), line(ofBeta, beta)];
const usage = [sold.map((mpnId, at) => usageRow(moved, mpnId, at + 1)).join(''), usageRow(moved, beta)];

async function month(margins: string): Promise<World> {
  const made = createWorld({
    costExportFiles: [],
    source: {
      openPart: async (request) => {
        const { manifestUrl } = request.manifest;
        const texts = manifestUrl.includes('-dailyratedusage')
          ? usage
          : manifestUrl.includes('-onetime')
            ? [lines.join('')]
            : undefined;
        if (texts === undefined) return tinySource().openPart(request);
        return { kind: 'open', bytes: bytesOf(gzipSync(texts[request.part] ?? '')) };
      },
    },
  });
  await made.startTimer();
  await made.untilQuiet();
  const texts = { resellers: `id,mpnId,name\nmpn-${alpha},${alpha},Alpha\nmpn-${beta},${beta},Beta\n`, margins };
  const files = (['resellers', 'margins'] as const).map((kind) => ({ kind, name: kind, text: texts[kind] }));
  const { problems } = await importFiles(made.ports, files, { isDryRun: false, principalId: 'tenant/operator' });
  expect(problems).toEqual([]);
  return made;
}

const header = 'id,buyer,level,targetId,kind,value,from\n';

async function fileOf(world: World, caller: Caller, mpnId: string, kind = 'onetime'): Promise<string> {
  const asked = await callRoute(world, [routes.requestFile, askForFile], {
    ...{ caller, method: 'PUT', params: { invoiceId, kind } },
    body: { audience: 'reseller', resellerMpnId: mpnId },
  });
  expect(asked.status).toBe(202);
  await world.untilQuiet();
  return (asked.json as { readonly fileId: string }).fileId;
}

type Row = { readonly SubtotalForCustomer: string };
type Priced = { readonly steps: readonly { readonly amounts: { readonly subtotal: string } }[] };

const explained = (
  world: World,
  caller: Caller,
  params: { readonly fileId: string; readonly lineId: string },
  query: Readonly<Record<string, string>> = {},
): Promise<RouteAnswer> => callRoute(world, [routes.explainLine, explainFileLine], { caller, params, query });

describe('lines of others', () => {
  let world: World;
  beforeAll(async () => {
    world = await month(`${header}ten,customer,default,,markup,0.1,2020-01-01\n`);
  });

  it.each([
    ['line items', [routes.listOnetimeLineItems, listOnetimeLineItems]],
    ['daily rated usage', [routes.listDailyRatedUsageLineItems, listDailyRatedUsageLineItems]],
  ] as const)('are not told by a page of %s that leads to an empty one', async (_, of) => {
    const route = of as readonly [typeof routes.listOnetimeLineItems, typeof listOnetimeLineItems];
    const own = await allPages(world, route, { caller: reseller(alpha), params: { invoiceId }, top: 1 });
    expect([own.items.length, own.pages]).toEqual([2, 2]);
    const whole = await allPages(world, route, { caller: reseller(alpha), params: { invoiceId }, top: 2 });
    expect([whole.items.length, whole.pages]).toEqual([2, 1]);
  });

  it('are not counted by the length of a continuation token', () => {
    const { seal } = continuations(new Uint8Array(32).fill(7), '2026-11-22T10:30:00.000Z');
    const at = (part: number, row: number) => JSON.stringify(['f'.repeat(32), moved, part, row]);
    const lengths = [at(0, 1), at(0, 10), at(12, 12_345), at(99_999, 9_999_999_999)].map(
      (position) => seal('binding', position).length,
    );
    expect(new Set(lengths).size).toBe(1);
  });

  it.each([['onetime'], ['dailyratedusage']] as const)(
    'have no place among those that are explained to a reseller: %s',
    async (kind) => {
      const fileId = await fileOf(world, reseller(alpha), alpha, kind);
      const of = { caller: reseller(alpha), params: { fileId } };
      const { text } = await callRoute(world, [routes.getFileContent, getFileContent], of);
      const rows: Row[] = parse(text, { columns: true, bom: true });
      const found: string[] = [];
      const amounts: unknown[] = [];
      for (let part = 0; part < 3; part += 1) {
        for (let at = 0; at < 10; at += 1) {
          const answer = await explained(world, reseller(alpha), { fileId, lineId: `${part}-${at}` });
          if (answer.status === 404) continue;
          expect(answer.status).toBe(200);
          expect(answer.text).not.toMatch(/part \d/i);
          expect(answer.json).toMatchObject({ resellerMpnId: alpha });
          found.push(`${part}-${at}`);
          amounts.push((answer.json as Priced).steps[0]?.amounts.subtotal);
        }
      }
      // Its lines are the third and the fifth of the invoice; its file has a first and a second.
      expect(found).toEqual(['0-1', '0-2']);
      expect(amounts).toEqual(rows.map(({ SubtotalForCustomer }) => SubtotalForCustomer));
      expect(new Set(amounts).size).toBe(2);
      expect(await explained(world, reader, { fileId, lineId: '0-3' })).toMatchObject({
        status: 200,
        json: { place: 'Part 0, line 3' },
      });
    },
  );

  it('are not found by the subscription that a reseller says a line is of', async () => {
    const fileId = await fileOf(world, reseller(alpha), alpha, 'dailyratedusage');
    const asked = (subscriptionId: string) =>
      explained(world, reseller(alpha), { fileId, lineId: '0-1' }, { subscriptionId });
    expect((await asked(moved.replaceAll('1111', '2222').toUpperCase())).status).toBe(200);
    expect((await asked(ofBeta.replaceAll('1111', '2222'))).status).toBe(404);
  });
});

describe('a line without a price', () => {
  it('tells a reseller nothing of why, since the rule and the cost may be the CSP’s', async () => {
    const world = await month(`${header}secret,reseller,default,,erpMinusDiscount,0.99,2020-01-01\n`);
    const fileId = await fileOf(world, reseller(alpha), alpha);
    expect(await world.ports.files.get(fileId)).toMatchObject({ state: 'failed' });
    const told = await explained(world, reseller(alpha), { fileId, lineId: '0-1' });
    expect(told.json).toMatchObject({ outcome: 'refused', refusal: { kind: 'refused', code: 'notPriced' } });
    for (const hidden of ['belowCost', 'secret', 'noListPrice', 'rule', 'Part'])
      expect(told.text).not.toContain(hidden);
    const control = await explained(world, reader, { fileId, lineId: '0-3' });
    expect(control.json).toMatchObject({ refusal: { code: 'belowCost', ruleId: 'secret' } });
  });
});

describe('the margin of a customer’s present reseller', () => {
  const of = [routes.listOnetimeLineItems, listOnetimeLineItems] as const;
  const marginsSeenBy = async (world: World, mpnId: string) => {
    const { items } = await allPages(world, of, { caller: reseller(mpnId), params: { invoiceId } });
    return new Set((items as readonly { readonly MarginForCustomer: string }[]).map((item) => item.MarginForCustomer));
  };

  it('is neither shown to the one before, nor are its lines priced by it', async () => {
    const world = await month(`${header}ten,customer,default,,markup,0.1,2020-01-01\n`);
    const customers = `id,name,resellerId\n${moved},Moved,mpn-${beta}\n`;
    const override = 'id,customerId,customerMarginKind,customerMarginValue\n';
    const files = [
      { kind: 'customers', name: 'customers', text: customers },
      { kind: 'subscriptions', name: 'subscriptions', text: `${override}plan-${moved},${moved},markup,0.0577215\n` },
    ] as const;
    const { problems } = await importFiles(world.ports, files, { isDryRun: false, principalId: 'tenant/operator' });
    expect(problems).toEqual([]);
    expect(await marginsSeenBy(world, alpha)).toEqual(new Set(['0.1']));
    expect(await marginsSeenBy(world, beta)).toEqual(new Set(['0.0577215', '0.1']));
  });
});

describe('the list of policies', () => {
  it('has every change of it in the audit, and no other', async () => {
    const world = createWorld();
    const policy = { ...defaultPolicy, version: 'mine' };
    const call = { caller: operator, params: { version: 'mine' } };
    const keep = () => callRoute(world, [routes.keepPolicy, keepPolicy], { ...call, method: 'PUT', body: policy });
    expect([(await keep()).status, (await keep()).status]).toEqual([200, 200]);
    world.advanceClock('2026-11-08T07:00:00.000Z');
    expect((await callRoute(world, [routes.deletePolicy, deletePolicy], call)).status).toBe(204);
    const by = { by: operator.principalId, outcome: 'done', policyVersion: 'mine' };
    expect(await world.ports.audit.list()).toMatchObject([
      { what: 'policyRemoved', ...by },
      { what: 'policyKept', ...by },
    ]);
  });
});

describe('local sign-in', () => {
  const config = readIdentityConfig({ LocalSignIn: 'true', DataStorage: 'UseDevelopmentStorage=true' });
  const signInAt = (host: string) => {
    const { ports } = createWorld();
    const url = `http://${host}/api/local-sign-in`;
    type Handler = typeof signInLocally;
    const asked = { body: { role: 'csp.operator' }, http: new HttpRequest({ method: 'POST', url }) };
    const all = { ...ports, identity: createIdentity(config, ports.grants) };
    return signInLocally(all as unknown as Parameters<Handler>[0], asked as unknown as Parameters<Handler>[1]);
  };

  it.each(['127.0.0.1:7071', 'localhost:7071', 'LOCALHOST', '[::1]:7071', 'api:7071'])(
    'is there at %s',
    async (host) => {
      expect(await signInAt(host)).toMatchObject({ jsonBody: { tokenType: 'Bearer' } });
    },
  );

  it.each(['rebound.example:7071', '127.0.0.1.rebound.example', 'localhost.example', 'localhost.', '203.0.113.7'])(
    'is not there for a page of the internet whose name leads here: %s',
    async (host) => {
      await expect(signInAt(host)).rejects.toMatchObject({ status: 404, code: 'NotFound' });
    },
  );
});

describe('a grant that was taken back', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('opens nothing for longer because the clock was set back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-11-22T10:00:00Z') });
    let reads = 0;
    const list = async () => {
      reads += 1;
      return [];
    };
    const grants = grantReader({ list });
    await grants.read();
    vi.setSystemTime(Date.parse('2026-11-22T09:00:00Z'));
    vi.advanceTimersByTime(grantsKnownForMs);
    await grants.read();
    expect(reads).toBe(2);
  });
});
