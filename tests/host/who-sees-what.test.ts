import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../shared/contracts/routes.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import { getRecord, listRecords } from '../../shared/host/catalogue-handlers.ts';
import { askForFile, explainFileLine, getFile, getFileContent, listAllFiles } from '../../shared/host/file-handlers.ts';
import { getInvoice, listAllInvoices } from '../../shared/host/invoice-handlers.ts';
import {
  listDailyRatedUsageLineItems,
  listLicenseLineItems,
  listOnetimeLineItems,
  listUsageLineItems,
} from '../../shared/host/line-item-handlers.ts';
import { getOperation } from '../../shared/host/operation-handlers.ts';
import { importFiles } from '../../shared/pipeline/edit-catalogue.ts';
import { callRoute, customer, operator, type RouteAnswer, reader, reseller } from '../support/call-route.ts';
import { textSource } from '../support/text-source.ts';
import { invoiceId, planId, tenantId } from '../support/tiny-month.ts';
import { createWorld, type World } from '../support/world.ts';

/*
 * A month of two resellers: one customer who moved from the first to the second in mid-month and buys from the CSP too,
 * one of the second alone, and one without a reseller. Whatever is the CSP's, or another's, has a value that is nowhere
 * else.
 */

const [alpha, beta] = ['7770001', '8880002'];
const moved = 'aaaaaaaa-1111-4111-8111-111111111111';
const ofBeta = 'bbbbbbbb-1111-4111-8111-111111111111';
const direct = 'cccccccc-1111-4111-8111-111111111111';

const usageRow = (customerId: string, mpnId: string, cost: string) =>
  `${JSON.stringify({
    PartnerId: tenantId,
    CustomerId: customerId,
    Tier2MpnId: mpnId,
    InvoiceNumber: invoiceId,
    UsageDate: '2026-10-03T00:00:00Z',
    MeterId: 'meter',
    MeterName: 'Meter',
    MeterCategory: 'Compute',
    MeterSubCategory: '',
    MeterRegion: 'EU West',
    Unit: '1 Hour',
    Quantity: 1,
    UnitPrice: 9.191913,
    EffectiveUnitPrice: Number(cost),
    BillingPreTaxTotal: Number(cost),
    BillingCurrency: 'EUR',
    PartnerEarnedCreditPercentage: 14.99,
    SubscriptionId: planId,
    ProductId: 'DZH318Z0BNZ5',
    SkuId: '0001',
    EntitlementId: customerId.replaceAll('1111', '2222'),
    EntitlementDescription: `Production of ${customerId.slice(0, 8)}`,
  })}\n`;

const line = (customerId: string, mpnId: string, subtotal: string) =>
  `${JSON.stringify({
    PartnerId: tenantId,
    CustomerId: customerId,
    CustomerName: `Name of ${customerId.slice(0, 8)}`,
    InvoiceNumber: invoiceId,
    ResellerMpnId: mpnId,
    SubscriptionId: `plan-of-${customerId}`,
    ProductId: 'DZH318Z0BNZ5',
    SkuId: '0001',
    ChargeType: 'new',
    UnitPrice: '9.191913',
    Quantity: 1,
    Subtotal: Number(subtotal),
    TaxTotal: 0,
    Total: Number(subtotal),
    Currency: 'EUR',
    EffectiveUnitPrice: 0.131719,
    BillableQuantity: 36.5,
    PricingCurrency: 'USD',
    PriceAdjustmentDescription: '["14.99% Partner earned credit"]',
    SubscriptionDescription: 'Azure plan',
  })}\n`;

const lines = [
  line(moved, alpha, '101.131731'),
  line(moved, beta, '202.131732'),
  line(moved, '0', '303.131733'),
  line(ofBeta, beta, '404.131734'),
  line(direct, '', '505.131735'),
];
const usage = [
  usageRow(moved, alpha, '11.131741'),
  usageRow(moved, beta, '22.131742'),
  usageRow(ofBeta, beta, '33.131743'),
  usageRow(direct, '0', '44.131744'),
];

const csv = {
  resellers: `id,mpnId,name,internalId\nmpn-${alpha},${alpha},Alpha Ltd,INT-ALPHA\nmpn-${beta},${beta},Beta Ltd,INT-BETA\n`,
  customers:
    'id,name,resellerId,internalId\n' +
    `${moved},Moved Inc,mpn-${beta},INT-MOVED\n${ofBeta},Beta's Own,mpn-${beta},INT-OFBETA\n${direct},Direct plc,,INT-DIRECT\n`,
  margins:
    'id,buyer,level,targetId,kind,value,from\n' +
    'rule-to-resellers,reseller,default,,markup,0.0271828,2020-01-01\n' +
    'rule-to-customers,customer,default,,markup,0.0314159,2020-01-01\n' +
    `rule-beta-only,customer,reseller,mpn-${beta},markup,0.0577215,2020-01-01\n`,
};

let world: World;
beforeAll(async () => {
  world = await month();
});

async function month(): Promise<World> {
  const made = createWorld({
    costExportFiles: [],
    source: textSource({
      dailyratedusage: [usage.slice(0, 1).join(''), usage.slice(1).join('')],
      onetime: [lines.join('')],
    }),
  });
  await made.startTimer();
  await made.untilQuiet();
  const files = (['resellers', 'customers', 'margins'] as const).map((kind) => ({ kind, name: kind, text: csv[kind] }));
  const { problems } = await importFiles(made.ports, files, { isDryRun: false, principalId: 'tenant/operator' });
  expect(problems).toEqual([]);
  return made;
}

const put = (caller: Caller, body: unknown, params: Readonly<Record<string, string>> = {}) =>
  callRoute(world, [routes.requestFile, askForFile], {
    caller,
    method: 'PUT',
    params: { invoiceId, kind: 'onetime', ...params },
    body,
  });

const list = <T>(answer: RouteAnswer) => (answer.json as { readonly value: readonly T[] }).value;
type Row = Readonly<Record<string, string>>;

const lineRoutes = [
  [routes.listOnetimeLineItems, listOnetimeLineItems],
  [routes.listLicenseLineItems, listLicenseLineItems],
  [routes.listUsageLineItems, listUsageLineItems],
  [routes.listDailyRatedUsageLineItems, listDailyRatedUsageLineItems],
] as const;

/** Every answer that a caller can get of invoices, lines, files, operations and catalogue, as one text. */
async function everything(caller: Caller): Promise<string> {
  const answers: RouteAnswer[] = [];
  answers.push(await callRoute(world, [routes.listInvoices, listAllInvoices], { caller }));
  for (const params of [{ invoiceId }, { invoiceId: 'D000000001' }]) {
    answers.push(await callRoute(world, [routes.getInvoice, getInvoice], { caller, params }));
    for (const of of lineRoutes) {
      answers.push(await callRoute(world, of as (typeof lineRoutes)[0], { caller, params }));
    }
  }
  const files = await callRoute(world, [routes.listFiles, listAllFiles], { caller });
  answers.push(files);
  for (const { fileId } of await world.ports.files.list()) {
    answers.push(await callRoute(world, [routes.getFile, getFile], { caller, params: { fileId } }));
    answers.push(await callRoute(world, [routes.getFileContent, getFileContent], { caller, params: { fileId } }));
    const params = { operationId: `file-${fileId}` };
    answers.push(await callRoute(world, [routes.getOperation, getOperation], { caller, params }));
    for (const lineId of ['0-1', '0-2', '0-3', '0-4', '0-5']) {
      const of = { fileId, lineId };
      answers.push(await callRoute(world, [routes.explainLine, explainFileLine], { caller, params: of }));
    }
  }
  for (const kind of ['resellers', 'customers', 'subscriptions', 'margins']) {
    answers.push(await callRoute(world, [routes.listRecords, listRecords], { caller, params: { kind } }));
    for (const id of [`mpn-${alpha}`, `mpn-${beta}`, moved, ofBeta, direct, 'rule-to-resellers', 'rule-beta-only']) {
      answers.push(await callRoute(world, [routes.getRecord, getRecord], { caller, params: { kind, id } }));
    }
  }
  // Foreign and unknown things answer 404, which names nothing: only their text would tell.
  return answers.map(({ text, headers }) => `${[...headers].join('\n')}\n${text}`).join('\n');
}

/** What is the CSP's alone: costs, credits, its margin on resellers, what things are made from. */
const ofCsp = [
  ...['101.131731', '202.131732', '303.131733', '404.131734', '505.131735', '0.131719', '9.191913', '14.99'],
  ...[
    '11.131741',
    '22.131742',
    '33.131743',
    '44.131744',
    '0.0271828',
    'rule-to-resellers',
    'catalogueHash',
    'datasetId',
  ],
  ...['reconciliation', 'downloads', 'undatedDay', 'EUR","total"'],
];

describe('what nobody else sees', () => {
  beforeAll(async () => {
    const asks: readonly (readonly [Caller, unknown])[] = [
      [operator, { audience: 'csp' }],
      [reseller(alpha), { audience: 'reseller', resellerMpnId: alpha }],
      [reseller(beta), { audience: 'reseller', resellerMpnId: beta }],
      [reseller(alpha), { audience: 'customer', customerId: moved }],
      [reseller(beta), { audience: 'customer', customerId: moved }],
      [reseller(beta), { audience: 'customer', customerId: ofBeta }],
      [customer(moved), { audience: 'customer', customerId: moved }],
      [customer(direct), { audience: 'customer', customerId: direct }],
    ];
    for (const [caller, body] of asks) expect((await put(caller, body)).status).toBe(202);
    await world.untilQuiet();
    for (const { state, reason } of await world.ports.files.list()) expect(state, reason).toBe('available');
  });

  it.each([
    [
      'the first reseller',
      reseller(alpha),
      [...ofCsp, beta, 'beta', 'Beta', 'BETA', ofBeta, direct, 'bbbbbbbb', 'cccccccc', '0.0577215'],
      [alpha, moved, 'rule-to-customers'],
    ],
    [
      'the second reseller',
      reseller(beta),
      [...ofCsp, alpha, 'alpha', 'Alpha', 'ALPHA', direct, 'cccccccc'],
      [beta, moved, ofBeta, 'Moved Inc', 'rule-beta-only'],
    ],
    [
      'the customer who moved',
      customer(moved),
      [...ofCsp, alpha, beta, 'Alpha', 'Beta', 'beta', 'rule-', '0.0314159', '0.0577215', ofBeta, direct, 'INT-'],
      [moved],
    ],
    [
      'the customer without a reseller',
      customer(direct),
      [...ofCsp, alpha, beta, 'Alpha', 'Beta', 'beta', 'rule-', '0.0314159', moved, ofBeta, 'INT-'],
      [direct],
    ],
    ['somebody without lines', reseller('6660003'), [...ofCsp, alpha, beta, moved, ofBeta, direct, 'rule-'], []],
    ['a customer without lines', customer('dddddddd-1111-4111-8111-111111111111'), [...ofCsp, alpha, moved], []],
  ])('does not reach %s in any answer', async (_, caller, hidden, seen) => {
    const text = await everything(caller);
    for (const canary of hidden) expect(text, canary).not.toContain(canary);
    for (const own of seen) expect(text).toContain(own);
  });

  it('is there for the CSP, so that not finding it means something', async () => {
    const text = await everything(reader);
    const words = [alpha, beta, moved, ofBeta, direct, 'Alpha', 'Beta', 'INT-BETA', '0.0314159', '0.0577215'];
    for (const canary of [...ofCsp, ...words]) expect(text, canary).toContain(canary);
  });
});

describe('how a line came to its prices', () => {
  it('is told whom the file is for, each its own step, and customers nothing', async () => {
    const asked = await put(reseller(beta), { audience: 'reseller', resellerMpnId: beta });
    await world.untilQuiet();
    const { fileId } = asked.json as { readonly fileId: string };
    const explained = (caller: Caller, lineId: string) =>
      callRoute(world, [routes.explainLine, explainFileLine], { caller, params: { fileId, lineId } });
    const steps = ({ json }: RouteAnswer) =>
      (json as { readonly steps: readonly { readonly rule: { readonly id: string } }[] }).steps.map(
        ({ rule }) => rule.id,
      );
    expect(steps(await explained(reader, '0-2'))).toEqual(['rule-to-resellers', 'rule-beta-only']);
    expect(steps(await explained(reseller(beta), '0-2'))).toEqual(['rule-beta-only']);
    // A reseller names lines by their place in its file, which has the second and the fourth of the invoice.
    expect((await explained(reseller(beta), '0-3')).status).toBe(404);
    expect((await explained(reseller(alpha), '0-2')).status).toBe(404);
    expect((await explained(customer(moved), '0-2')).status).toBe(403);
  });
});

describe('a customer who moved from one reseller to another in mid-month', () => {
  const usageRoute = [routes.listDailyRatedUsageLineItems, listDailyRatedUsageLineItems] as const;
  const onetimeRoute = [routes.listOnetimeLineItems, listOnetimeLineItems] as const;
  const owners = (rows: readonly Row[], column: string) =>
    rows.map((row) => `${row['CustomerId']?.slice(0, 1)} ${row[column]}`);

  it.each([
    [alpha, [`a ${alpha}`], [`a ${alpha}`]],
    [beta, [`a ${beta}`, `b ${beta}`], [`a ${beta}`, `b ${beta}`]],
  ])('shows reseller %s the lines of its own time', async (mpnId, onetime, rated) => {
    const call = { caller: reseller(mpnId), params: { invoiceId } };
    expect(owners(list(await callRoute(world, onetimeRoute, call)), 'ResellerMpnId')).toEqual(onetime);
    expect(owners(list(await callRoute(world, usageRoute, call)), 'Tier2MpnId')).toEqual(rated);
    const ownEyes = { ...call, query: { audience: 'customer', customerId: moved } };
    expect(list(await callRoute(world, onetimeRoute, ownEyes))).toHaveLength(1);
  });

  it('is one reseller of two where somebody stands for both', async () => {
    const call = { caller: reseller(alpha, beta), params: { invoiceId } };
    expect(list(await callRoute(world, onetimeRoute, call))).toHaveLength(3);
    expect(list(await callRoute(world, usageRoute, call))).toHaveLength(3);
  });

  it('sees all of its own lines itself, whoever sold them', async () => {
    const call = { caller: customer(moved), params: { invoiceId } };
    expect(list<Row>(await callRoute(world, onetimeRoute, call))).toHaveLength(3);
  });

  it.each([
    ['the first reseller', reseller(alpha), 1],
    ['the second reseller', reseller(beta), 1],
    ['the customer', customer(moved), 3],
  ])('has a file of its lines: %s', async (_, caller, rows) => {
    const asked = await put(caller, { audience: 'customer', customerId: moved });
    await world.untilQuiet();
    const { fileId } = asked.json as { readonly fileId: string };
    const content = await callRoute(world, [routes.getFileContent, getFileContent], { caller, params: { fileId } });
    expect(parse(content.text, { columns: true, bom: true })).toHaveLength(rows);
  });
});

describe('asking for a file', () => {
  it.each([
    ['the CSP’s, by a reseller', reseller(alpha), { audience: 'csp' }, 403],
    ['another reseller’s', reseller(alpha), { audience: 'reseller', resellerMpnId: beta }, 404],
    ['one of nobody, by a reseller', reseller(alpha), { audience: 'reseller', resellerMpnId: '999' }, 404],
    [
      'a customer’s through another reseller',
      reseller(alpha),
      { audience: 'customer', customerId: moved, resellerMpnId: beta },
      404,
    ],
    ['another reseller’s customer’s', reseller(alpha), { audience: 'customer', customerId: ofBeta }, 404],
    ['without saying which of two resellers', reseller(alpha, beta), { audience: 'customer', customerId: moved }, 400],
    ['the CSP’s, by a customer', customer(moved), { audience: 'csp' }, 403],
    ['a reseller’s, by a customer', customer(moved), { audience: 'reseller', resellerMpnId: alpha }, 403],
    ['another customer’s', customer(moved), { audience: 'customer', customerId: direct }, 404],
    [
      'its own through a reseller, by a customer',
      customer(moved),
      { audience: 'customer', customerId: moved, resellerMpnId: alpha },
      403,
    ],
    ['by somebody who may only read', reader, { audience: 'csp' }, 403],
  ])('is refused: %s', async (_, caller, body, status) => {
    const before = (await world.ports.files.list()).length;
    expect((await put(caller, body)).status).toBe(status);
    expect(await world.ports.files.list()).toHaveLength(before);
  });

  it('of others answers as asking for what there is not', async () => {
    const foreign = await put(reseller(alpha), { audience: 'reseller', resellerMpnId: beta });
    const unknown = await put(reseller(alpha), { audience: 'reseller', resellerMpnId: '999' });
    const noInvoice = await put(reseller(alpha), { audience: 'reseller', resellerMpnId: alpha }, { invoiceId: 'G9' });
    const noLines = await put(reseller('6660003'), { audience: 'reseller', resellerMpnId: '6660003' });
    expect([unknown, noInvoice, noLines]).toEqual([foreign, foreign, foreign]);
    for (const of of [
      [routes.getFile, getFile],
      [routes.getFileContent, getFileContent],
    ] as const) {
      const [mine] = (await world.ports.files.list()).filter(({ audience }) => audience === 'csp');
      const known = { caller: customer(moved), params: { fileId: mine?.fileId ?? '' } };
      const none = { caller: customer(moved), params: { fileId: '0'.repeat(32) } };
      const one = of as readonly [typeof routes.getFile, typeof getFile];
      expect(await callRoute(world, one, known)).toEqual(await callRoute(world, one, none));
    }
  });
});

describe('files of the same lines', () => {
  const formats = ['csv', 'xlsx', 'parquet'].flatMap((format) =>
    ['de-DE', 'fr-FR', 'pl-PL', 'pt-BR'].map((culture) => ({ format, culture })),
  );

  it('are made one at a time, however many are asked for at once', async () => {
    world = await month();
    const body = (how: object) => ({ audience: 'customer', customerId: moved, ...how });
    const answers = await Promise.all(formats.map((how) => put(operator, body(how))));
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    expect([accepted.length, refused.length]).toEqual([1, formats.length - 1]);
    expect(refused[0]?.json).toMatchObject({ error: { code: 'FileInProgress' } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await world.ports.files.list()).toHaveLength(1);
    // Others' files of other lines do not wait for this one, and it can be asked for again.
    expect((await put(operator, { audience: 'csp' })).status).toBe(202);
    expect((await put(reseller(alpha), body({}))).status).toBe(202);
    const same = formats[answers.findIndex(({ status }) => status === 202)] ?? {};
    expect((await put(customer(moved), body(same))).status).toBe(202);
    await world.untilQuiet();
    const later = await Promise.all(formats.map((how) => put(operator, body(how))));
    expect(later.filter(({ status }) => status === 202)).toHaveLength(2);
  });

  it('do not wait for ever for one whose maker died before it was recorded', async () => {
    world = await month();
    const at = '2026-11-08T06:00:00.000Z';
    const slot = `${invoiceId}|onetime|customer|${moved}|`;
    expect(await world.ports.files.takeSlot(slot, { fileId: 'lost', takenAt: at }, undefined)).toBe('taken');
    const body = { audience: 'customer', customerId: moved };
    expect((await put(operator, body)).status).toBe(409);
    world.advanceClock('2026-11-08T06:02:00.000Z');
    expect((await put(operator, body)).status).toBe(202);
  });
});

describe('the content of a file', () => {
  it('is saved under its name, told by its hash, and not sent to those who have it', async () => {
    world = await month();
    const asked = await put(operator, { audience: 'csp' });
    const { fileId } = asked.json as { readonly fileId: string };
    const of = [routes.getFileContent, getFileContent] as const;
    const call = { caller: reader, params: { fileId } };
    expect(await callRoute(world, of, call)).toMatchObject({
      status: 409,
      json: { error: { code: 'FileNotAvailable' } },
    });
    await world.untilQuiet();
    const content = await callRoute(world, of, call);
    const record = await world.ports.files.get(fileId);
    expect(Object.fromEntries(content.headers)).toMatchObject({
      'content-disposition': `attachment; filename="onetime-${invoiceId}-csp.csv"`,
      'content-length': String(Buffer.byteLength(content.text)),
      'cache-control': 'no-store',
      'accept-ranges': 'none',
      etag: `"${record?.sha256}"`,
    });
    const head = await callRoute(world, of, { ...call, method: 'HEAD' });
    expect({ ...head, text: content.text }).toEqual(content);
    const again = await callRoute(world, of, { ...call, headers: { 'if-none-match': `"${record?.sha256}"` } });
    expect([again.status, again.text]).toEqual([304, '']);
    // A tag that has ours in it is another one: an answer of 200 has its bytes.
    const near = await callRoute(world, of, { ...call, headers: { 'if-none-match': `x"${record?.sha256}"` } });
    expect(near).toEqual(content);
    const part = await callRoute(world, of, { ...call, headers: { range: 'bytes=0-3' } });
    expect(part).toEqual(content);
  });
});
