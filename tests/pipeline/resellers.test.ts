import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FileRecord } from '../../shared/contracts/files.ts';
import { add, decimal, toText, zero } from '../../shared/domain/decimal.ts';
import { putRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { rule } from '../domain/sold-lines.ts';
import { textSource } from '../support/text-source.ts';
import { invoiceId, planId, tenantId } from '../support/tiny-month.ts';
import { createWorld, type World } from '../support/world.ts';

/*
 * Who sold what, as the lines say it: a customer who moved from one reseller to another in mid-month, one of whom there
 * is usage but no line item, one without a reseller, and one whose reseller was removed.
 */

const moved = 'aaaaaaaa-1111-4111-8111-111111111111';
const usageOnly = 'bbbbbbbb-1111-4111-8111-111111111111';
const direct = 'cccccccc-1111-4111-8111-111111111111';
const orphaned = 'dddddddd-1111-4111-8111-111111111111';
const subscriptionOf = (customerId: string) => customerId.replaceAll('1111', '2222');

type UsageOf = { readonly customerId: string; readonly reseller: string; readonly day: string; readonly cost: string };
const usage: readonly UsageOf[] = [
  { customerId: moved, reseller: '111', day: '2026-10-03', cost: '1.1' },
  { customerId: moved, reseller: '222', day: '2026-10-20', cost: '2.2' },
  { customerId: usageOnly, reseller: '0111', day: '2026-10-04', cost: '3.3' },
  { customerId: direct, reseller: '0', day: '2026-10-05', cost: '4.4' },
  { customerId: orphaned, reseller: '-1', day: '2026-10-06', cost: '5.5' },
  { customerId: direct, reseller: '', day: '2026-10-07', cost: '6.6' },
  { customerId: usageOnly, reseller: '333', day: '2026-10-08', cost: '7.7' },
];

function usageText({ customerId, reseller, day, cost }: UsageOf): string {
  return `${JSON.stringify({
    PartnerId: tenantId,
    CustomerId: customerId,
    Tier2MpnId: reseller,
    InvoiceNumber: invoiceId,
    UsageDate: `${day}T00:00:00Z`,
    MeterId: 'meter',
    MeterName: 'Meter',
    MeterCategory: 'Compute',
    MeterSubCategory: '',
    MeterRegion: 'EU West',
    Unit: '1 Hour',
    ResourceLocation: 'EU West',
    ResourceGroup: 'My-Group',
    ResourceURI: '/subscriptions/X/resourceGroups/My-Group/VM1',
    ServiceInfo1: 'one',
    ServiceInfo2: 'two',
    PartnerName: 'Fabrikam',
    Quantity: 1,
    EffectiveUnitPrice: Number(cost),
    BillingPreTaxTotal: Number(cost),
    BillingCurrency: 'EUR',
    SubscriptionId: planId,
    ProductId: 'DZH318Z0BNZ5',
    SkuId: '0001',
    EntitlementId: subscriptionOf(customerId).toUpperCase(),
    EntitlementDescription: 'Production',
  })}\n`;
}

const line = (customerId: string, reseller: string, subtotal: string) =>
  `${JSON.stringify({
    PartnerId: tenantId,
    CustomerId: customerId,
    CustomerName: 'Contoso',
    InvoiceNumber: invoiceId,
    ResellerMpnId: reseller,
    SubscriptionId: `plan-of-${customerId}`,
    ProductId: 'DZH318Z0BNZ5',
    SkuId: '0001',
    ChargeType: 'new',
    UnitPrice: '0.1',
    Quantity: 1,
    Subtotal: Number(subtotal),
    TaxTotal: 0.19,
    Total: Number(subtotal),
    Currency: 'EUR',
    EffectiveUnitPrice: 0.1,
    BillableQuantity: 36.5,
    PricingCurrency: 'USD',
    SubscriptionDescription: 'Azure plan',
  })}\n`;

const lines = [
  line(moved, '111', '10.01'),
  line(moved, '222', '20.02'),
  line(moved, '0', '5.03'),
  line(direct, '0', '7.04'),
  line(orphaned, '-1', '8.05'),
];

let world: World;
beforeAll(async () => {
  world = createWorld({
    costExportFiles: [],
    source: textSource({
      dailyratedusage: [usage.slice(0, 2), usage.slice(2)].map((rows) => rows.map(usageText).join('')),
      onetime: [lines.join('')],
    }),
  });
  await world.startTimer();
  await world.untilQuiet();
  for (const buyer of ['reseller', 'customer'] as const) {
    const record = rule(`to-${buyer}s`, { buyer, value: '0.0731' });
    expect(
      await putRecord(world.ports, 'margins', { record, etag: undefined, principalId: 'tenant/operator' }),
    ).toMatchObject({ kind: 'done' });
  }
});

type Whose =
  | { readonly audience: 'csp' }
  | { readonly audience: 'reseller'; readonly resellerMpnId: string }
  | { readonly audience: 'customer'; readonly customerId: string; readonly resellerMpnId?: string };

async function made(kind: FileRequest['kind'], whose: Whose): Promise<FileRecord> {
  const outcome = await requestFile(world.ports, { invoiceId, kind, format: 'csv', culture: 'invariant', ...whose });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  await world.untilQuiet();
  const record = await world.ports.files.get(outcome.record.fileId);
  if (record === undefined) throw new Error('The file is gone');
  return record;
}

type Rows = readonly Readonly<Record<string, string>>[];

async function rowsOf(kind: FileRequest['kind'], whose: Whose): Promise<Rows> {
  const record = await made(kind, whose);
  expect(record, record.reason).toMatchObject({ state: 'available' });
  const content = Buffer.concat(await Array.fromAsync((await world.ports.files.openContent(record)) ?? []));
  return parse(content, { columns: true }) as Rows;
}

const sum = (rows: Rows, column: string) =>
  toText(rows.reduce((total, row) => add(total, decimal(row[column] ?? '')), zero));
const resellerFile = (resellerMpnId: string) => rowsOf('dailyratedusage', { audience: 'reseller', resellerMpnId });

describe('daily rated usage for a reseller', () => {
  it('has the rows that name it, also those of a customer without any line item', async () => {
    const rows = await resellerFile('111');
    expect(rows.map((row) => [row['CustomerId'], row['UsageDate']])).toEqual([
      [moved, '2026-10-03'],
      [usageOnly, '2026-10-04'],
    ]);
  });

  it('exists for a reseller that usage alone names', async () => {
    expect(await resellerFile('333')).toMatchObject([{ CustomerId: usageOnly, UsageDate: '2026-10-08' }]);
  });

  it('adds up: the resellers and those without one to the CSP, to the last digit', async () => {
    const csp = await rowsOf('dailyratedusage', { audience: 'csp' });
    expect(csp).toHaveLength(usage.length);
    const files: Rows[] = [];
    for (const mpnId of ['111', '222', '333']) files.push(await resellerFile(mpnId));
    const unsold = csp.filter((row) => ['0', '', "'-1"].includes(row['Tier2MpnId'] ?? ''));
    expect(unsold).toHaveLength(3);
    expect(sum([...files.flat(), ...unsold], 'SubtotalForCustomer')).toBe(sum(csp, 'SubtotalForCustomer'));
  });

  it('reads only the parts that have rows of the reseller', async () => {
    const { subscriptionsOfReseller, datasetId } = await usageSeal();
    expect(subscriptionsOfReseller).toEqual({
      '111': [subscriptionOf(moved), subscriptionOf(usageOnly)],
      '222': [subscriptionOf(moved)],
      '333': [subscriptionOf(usageOnly)],
    });
    const opened: number[] = [];
    const { openRows } = world.ports.datasets;
    world.ports.datasets.openRows = (id, part) => {
      if (id === datasetId) opened.push(part);
      return openRows(id, part);
    };
    const outcome = await requestFile(world.ports, {
      ...{ invoiceId, kind: 'dailyratedusage', format: 'csv', culture: 'de-DE' },
      ...{ audience: 'reseller', resellerMpnId: '222' },
    });
    expect(outcome.kind).toBe('requested');
    await world.untilQuiet();
    world.ports.datasets.openRows = openRows;
    expect(opened).toEqual([0]);
  });

  it('keeps what Microsoft wrote: letter case, partner, service', async () => {
    const [row] = await resellerFile('222');
    expect(row).toMatchObject({
      ResourceURI: '/subscriptions/X/resourceGroups/My-Group/VM1',
      ResourceGroup: 'My-Group',
      ResourceLocation: 'EU West',
      PartnerName: 'Fabrikam',
      ServiceInfo1: 'one',
      ServiceInfo2: 'two',
    });
  });
});

describe('a file for a customer through a reseller', () => {
  const through = (resellerMpnId?: string): Whose => ({
    audience: 'customer',
    customerId: moved,
    ...(resellerMpnId === undefined ? {} : { resellerMpnId }),
  });

  it('has the lines alone that this reseller sold, and the parts add up to the whole', async () => {
    const whole = await rowsOf('onetime', through());
    const [first, second] = [await rowsOf('onetime', through('111')), await rowsOf('onetime', through('0222'))];
    expect([whole.length, first?.length, second?.length]).toEqual([3, 1, 1]);
    const csp = await rowsOf('onetime', { audience: 'csp' });
    const unsold = csp.filter((row) => row['CustomerId'] === moved && row['ResellerMpnId'] === '0');
    for (const column of ['SubtotalForCustomer', 'TaxTotalForCustomer', 'TotalForCustomer']) {
      expect(sum([...(first ?? []), ...(second ?? []), ...unsold], column)).toBe(sum(whole, column));
      const own = csp.filter((row) => row['ResellerMpnId'] === '111');
      expect(sum(first ?? [], column)).toBe(sum(own, column));
    }
  });

  it('is a file of its own, by id, record and name', async () => {
    const [whole, first] = [await made('onetime', through()), await made('onetime', through('111'))];
    expect(first.fileId).not.toBe(whole.fileId);
    expect(first).toMatchObject({ customerId: moved, resellerMpnId: '111' });
    expect(whole).not.toHaveProperty('resellerMpnId');
    expect(first.fileName).toBe(`onetime-${invoiceId}-${moved}-reseller-111.csv`);
    expect(whole.fileName).toBe(`onetime-${invoiceId}-${moved}.csv`);
    expect((await made('onetime', through('0111'))).fileId).toBe(first.fileId);
  });

  it.each(['333', '0', '999'])('is not begun where reseller %s sold it nothing', async (resellerMpnId) => {
    const wanted = { invoiceId, kind: 'onetime', format: 'csv', culture: 'invariant' } as const;
    const whose = { audience: 'customer', customerId: moved, resellerMpnId } as const;
    expect(await requestFile(world.ports, { ...wanted, ...whose })).toEqual({
      kind: 'refused',
      code: 'notFound',
      message: `There are no onetime lines of invoice ${invoiceId} for customer ${moved} through reseller ${resellerMpnId}`,
    });
  });
});

async function usageSeal() {
  const records = await world.ports.datasets.list();
  const record = records.find(({ kind, state }) => kind === 'dailyratedusage' && state === 'sealed');
  const seal = await world.ports.datasets.readSeal(record?.datasetId ?? '');
  if (seal === undefined) throw new Error('There is no sealed usage');
  return seal;
}
