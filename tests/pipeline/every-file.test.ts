import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { RunItem } from '../../shared/contracts/http.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { everyFault, type Story, tellWholly } from '../support/every-fault.ts';
import {
  customerId,
  invoiceId,
  type TinyFile,
  tenantId,
  tinyCostExport,
  tinyExportRows,
  tinyFocus,
  tinyLegacyFiles,
  tinyPortalUsage,
  tinyRetailExport,
} from '../support/tiny-month.ts';
import { listMeters, listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/* Every file that a partner can hold goes the way of all: by an export's manifest, or dropped into the inbox. */

async function runMonth(options: WorldOptions): Promise<World> {
  const world = createWorld({ recordsFailures: true, ...options });
  await world.startTimer();
  await world.untilQuiet();
  await sweep(world);
  return world;
}

async function sweep(world: World): Promise<void> {
  await world.sweep();
  await world.untilQuiet();
}

/** A month whose usage never comes from Microsoft, so that it must come by hand. */
const withoutInvoices = { source: { listInvoices: async () => [] } };

async function itemsOf<K extends RunItem['kind']>(world: World, kind: K) {
  return (await listRuns(world.ports)).filter((item): item is Extract<RunItem, { kind: K }> => item.kind === kind);
}

/** Comparisons with cost exports. */
async function comparisons(world: World) {
  return (await itemsOf(world, 'comparison')).filter(({ comparedWith }) => comparedWith === 'costexport');
}

async function datasetOf(world: World, kind: string) {
  return (await itemsOf(world, 'dataset')).find((item) => item.id.startsWith(`${kind}-`));
}

async function reconciliation(world: World) {
  return (await listInvoices(world.ports, {})).find((item) => item.invoiceId === invoiceId)?.reconciliation;
}

/** What the run of the month says of the first subscription: one line per meter. */
async function linesOf(world: World) {
  const [first] = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
  const meters = (await listMeters(world.ports, first?.runId ?? '', 'aaaaaaaa-0000-4000-8000-00000000000a')) ?? [];
  return meters.map(({ status, region, variance }) => ({ status, region, variance: variance.cost }));
}

const expectedLines = [
  { status: 'matched', region: 'westeurope', variance: '0' },
  { status: 'mismatched', region: 'westeurope', variance: '1.692405332' },
  { status: 'matched', region: 'westeurope', variance: '0' },
];

const text = (name: string, content: string | Buffer): TinyFile => ({ name, bytes: Buffer.from(content) });

function parquet(): Buffer {
  const column = (name: string, value: (row: Readonly<Record<string, string>>) => string) => ({
    name,
    data: tinyExportRows.map(value),
    type: 'STRING' as const,
  });
  const same = (name: string, value: string) => column(name, () => value);
  const of = (name: string, field: string) => column(name, (row) => row[field] ?? '');
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        same('invoiceId', invoiceId),
        same('partnerTenantId', tenantId),
        same('customerTenantId', customerId),
        of('date', 'day'),
        of('meterId', 'meter'),
        same('meterName', 'Meter'),
        same('meterCategory', 'Compute'),
        same('meterRegion', 'EU West'),
        of('SubscriptionId', 'subscription'),
        same('subscriptionName', 'S'),
        same('publisherType', 'Microsoft'),
        of('effectivePrice', 'price'),
        of('quantity', 'quantity'),
        of('unitOfMeasure', 'unit'),
        same('chargeType', 'Usage'),
        same('billingCurrency', 'EUR'),
        of('costInBillingCurrency', 'cost'),
        same('PricingModel', 'OnDemand'),
        same('provider', 'Microsoft.Azure'),
      ],
    }),
  );
}

const rows = tinyExportRows.length;

describe('an export delivered by its manifest', () => {
  it.each([
    ['FOCUS', 'FocusCost', { name: 'part_0_0001.csv.gz', bytes: gzipSync(tinyFocus()), rows }],
    ['Parquet', 'ActualCost', { name: 'part_0_0001.snappy.parquet', bytes: parquet(), rows }],
  ])('is compared when it is %s', async (_what, type, only) => {
    const world = await runMonth({ costExportFiles: tinyCostExport({ type, only }).files });
    expect(await datasetOf(world, 'costexport')).toMatchObject({ state: 'sealed', rows, problems: [] });
    expect(await linesOf(world)).toEqual(expectedLines);
  });

  it('is compared when only an older manifest tells of it, which names no kind', async () => {
    const [first, second, manifest] = tinyCostExport().files;
    const { blobs } = JSON.parse(manifest?.bytes.toString('utf8') ?? '');
    const name = manifest?.name.replace('manifest.json', '_manifest.json') ?? '';
    const older = text(name, JSON.stringify({ manifestVersion: '2021-01-01', byteCount: 1, blobCount: 2, blobs }));
    const world = await runMonth({ costExportFiles: [first, second, older].flatMap((file) => file ?? []) });
    expect(await datasetOf(world, 'costexport')).toMatchObject({ state: 'sealed', rows: 6, source: name });
    expect(await reconciliation(world)).toMatchObject({ state: 'reconciled' });
  });

  it('is passed over when the manifest names no kind and its rows are of amortized cost', async () => {
    const [first, second, manifest] = tinyCostExport({
      edit: (csv) => csv.replace('Usage,EUR', 'UnusedReservation,EUR'),
    }).files;
    const { blobs } = JSON.parse(manifest?.bytes.toString('utf8') ?? '');
    const name = manifest?.name.replace('manifest.json', '_manifest.json') ?? '';
    const older = text(name, JSON.stringify({ manifestVersion: '2021-01-01', blobCount: 2, blobs }));
    const world = await runMonth({ costExportFiles: [first, second, older].flatMap((file) => file ?? []) });
    expect(await datasetOf(world, 'costexport')).toMatchObject({
      state: 'passedOver',
      problems: [{ code: 'otherCosts' }],
    });
    expect(await listReconciliations(world.ports.runs, { comparedWith: 'costexport' })).toEqual([]);
  });

  it('is not comparable when it was made at a subscription, and says which to make instead', async () => {
    const only = { name: 'part_0_0001.csv', bytes: Buffer.from(tinyRetailExport()), rows };
    const world = await runMonth({ costExportFiles: tinyCostExport({ only }).files });
    const dataset = await datasetOf(world, 'costexport');
    expect(dataset).toMatchObject({ state: 'notComparable', rows, problems: [{ code: 'retailScope' }] });
    expect(dataset?.problems[0]?.message).toMatch(/retail prices.*Create it in your partner tenant/);
    expect(await reconciliation(world)).toEqual({
      state: 'blocked',
      reason: `the cost export is not comparable: ${dataset?.problems[0]?.message}`,
    });
    expect(await comparisons(world)).toEqual([]);
    expect(world.tables.meterTotals.dump()).not.toContain('costexport-');
  });

  it('is refused when usage lies in its place', async () => {
    const only = { name: 'part_0_0001.csv', bytes: tinyPortalUsage(), rows: 5 };
    const world = await runMonth({ costExportFiles: tinyCostExport({ only }).files });
    const dataset = await datasetOf(world, 'costexport');
    expect(dataset?.state).toBe('refused');
    expect(dataset?.problems[0]).toMatchObject({ code: 'otherDataset', value: 'dailyratedusage' });
  });

  it('is refused when two of its parts give one subscription to two customers', async () => {
    const edit = (csv: string, part: number) =>
      part === 1 ? csv.replaceAll(customerId, '99999999-9999-4999-8999-999999999999') : csv;
    const world = await runMonth({ costExportFiles: tinyCostExport({ edit }).files });
    const dataset = await datasetOf(world, 'costexport');
    expect(dataset).toMatchObject({ state: 'refused', problemCount: 1, problems: [{ code: 'twoCustomers' }] });
  });
});

describe('a file dropped into the inbox', () => {
  it('is compared: the usage of an invoice, with an export in a folder with its manifest', async () => {
    const exported = tinyCostExport().files.map((file) => ({ ...file, name: `mine/${file.name.split('/').at(-1)}` }));
    const usage = text('from the portal/usage.csv', tinyPortalUsage());
    const world = await runMonth({ ...withoutInvoices, costExportFiles: [], inboxFiles: [usage, ...exported] });
    expect(await datasetOf(world, 'dailyratedusage')).toMatchObject({ state: 'sealed', rows: 5, source: usage.name });
    expect(await datasetOf(world, 'costexport')).toMatchObject({
      state: 'sealed',
      rows: 6,
      source: 'mine/manifest.json',
    });
    expect(await linesOf(world)).toEqual(expectedLines);
    expect(await itemsOf(world, 'failure')).toEqual([]);
  });

  it.each([
    ['export.csv', () => tinyFocus()],
    ['export.csv.gz', () => gzipSync(tinyFocus())],
    ['export.parquet', () => parquet()],
  ])('is compared without a manifest: %s', async (name, content) => {
    const files = [text(name, content()), text('usage.csv.gz', gzipSync(tinyPortalUsage()))];
    const world = await runMonth({ ...withoutInvoices, costExportFiles: [], inboxFiles: files });
    expect(await linesOf(world)).toEqual(expectedLines);
  });

  it('that holds line items of a legacy invoice is read, by the invoice in its name', async () => {
    const files = [...tinyLegacyFiles('license')].map((file) => ({ ...file, name: `D000000001 ${file.name}` }));
    const world = await runMonth({ inboxFiles: files });
    const dropped = (await itemsOf(world, 'dataset')).filter((item) => item.source === files[0]?.name);
    expect(dropped).toMatchObject([{ state: 'sealed', rows: 1, billingCycle: '2026-10' }]);
  });

  it('takes the place of an export that was delivered before, and gives it back to a newer one', async () => {
    const world = await runMonth({});
    const delivered = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
    const csv = tinyFocus().replaceAll('15.231647988', '16.92405332').replace(',9,9,', ',10,10,');
    world.containers.inbox.put('corrected.csv', Buffer.from(csv), '2026-11-09T00:00:00.000Z');
    world.advanceClock('2026-11-09T01:00:00.000Z');
    await sweep(world);
    expect((await linesOf(world)).map((line) => line.status)).toEqual(['matched', 'matched', 'matched']);
    const newer = tinyCostExport({ run: 2, submittedTime: '2026-11-10T00:00:00Z' });
    for (const file of newer.files) world.containers.costExports.put(file.name, file.bytes);
    world.advanceClock('2026-11-10T01:00:00.000Z');
    await world.untilQuiet();
    expect(await linesOf(world)).toEqual(expectedLines);
    expect(delivered.length).toBeGreaterThan(0);
  });

  it('that cannot be used is a visible failure, and is looked at again when it changes', async () => {
    const name = 'letter.csv';
    const world = await runMonth({ inboxFiles: [text(name, 'Dear,Sir\nor,Madam\n')] });
    expect(await itemsOf(world, 'failure')).toMatchObject([
      {
        step: 'ingestInbox',
        state: 'permanent',
        subject: { blobName: name },
        reason: expect.stringMatching(/fit no dataset/),
      },
    ]);
    await sweep(world);
    expect(world.containers.inbox.reads(name)).toBe(1);
    world.containers.inbox.put(name, Buffer.from('PK\u0003\u0004'));
    await sweep(world);
    expect(await itemsOf(world, 'failure')).toMatchObject([{ reason: expect.stringMatching(/zip archive/) }]);
    world.containers.inbox.put(name, tinyPortalUsage());
    await sweep(world);
    expect(await itemsOf(world, 'failure')).toEqual([]);
    expect((await itemsOf(world, 'dataset')).filter((item) => item.source === name)).toMatchObject([
      { state: 'sealed' },
    ]);
  });

  it('that has a bad row is a refused dataset, with file, line and column, and is not looked at again', async () => {
    const name = 'usage.csv';
    const content = tinyPortalUsage((csv) => csv.replace('16.92405332', '16;9'));
    const world = await runMonth({ ...withoutInvoices, inboxFiles: [text(name, content)] });
    const dataset = await datasetOf(world, 'dailyratedusage');
    expect(dataset).toMatchObject({ state: 'refused', source: name });
    expect(dataset?.problems).toMatchObject([{ file: name, line: 5, column: 'BillingPreTaxTotal', value: '16;9' }]);
    const reads = world.containers.inbox.reads(name);
    await sweep(world);
    expect(world.containers.inbox.reads(name)).toBe(reads);
  });

  it('is refused when it holds the usage of two invoices', async () => {
    const content = tinyPortalUsage((csv) =>
      csv.replace(new RegExp(`${invoiceId}(?![\\s\\S]*${invoiceId})`), 'G000000002'),
    );
    const world = await runMonth({ ...withoutInvoices, inboxFiles: [text('usage.csv', content)] });
    expect(await datasetOf(world, 'dailyratedusage')).toMatchObject({
      state: 'refused',
      problems: [{ code: 'otherInvoice', value: 'G000000002' }],
    });
  });
});

describe('a month that goes on', () => {
  const unbilled = text(
    'unbilled.csv',
    tinyPortalUsage((csv) => csv.replaceAll(invoiceId, '')),
  );
  const open = tinyCostExport({
    submittedTime: '2026-10-20T04:00:00Z',
    edit: (csv) => csv.replaceAll(invoiceId, ''),
    promise: (manifest) => ({ ...manifest, runInfo: { ...manifest.runInfo, endDate: '2026-10-20T00:00:00Z' } }),
  });

  it('is compared by its unbilled usage with the export of that month and tenant', async () => {
    const world = await runMonth({ ...withoutInvoices, costExportFiles: open.files, inboxFiles: [unbilled] });
    expect(await comparisons(world)).toMatchObject([
      { state: 'published', billingCycle: '2026-10', invoiceId: `UNBILLED-${tenantId.toUpperCase()}` },
    ]);
    expect(await linesOf(world)).toEqual(expectedLines);
  });

  it('has no export yet that an invoice could be compared with', async () => {
    const world = await runMonth({ costExportFiles: open.files });
    expect(await comparisons(world)).toEqual([]);
    expect(await reconciliation(world)).toEqual({
      state: 'waiting',
      reason: 'No cost export of this month has arrived',
    });
  });

  it('is not compared with an export that names its invoices', async () => {
    const world = await runMonth({ ...withoutInvoices, inboxFiles: [unbilled] });
    expect(await comparisons(world)).toEqual([]);
  });
});

describe('a month from the inbox alone', () => {
  const exported = tinyCostExport().files.map((file) => ({ ...file, name: `mine/${file.name.split('/').at(-1)}` }));
  const inboxFiles = [text('usage.csv', tinyPortalUsage()), text('bad.csv', 'a,b\n'), ...exported];

  const dropped: Story = {
    options: { ...withoutInvoices, recordsFailures: true, costExportFiles: [], inboxFiles },
    steps: ['07', '08', '09'].map((hour) => (world: World) => {
      world.advanceClock(`2026-11-08T${hour}:00:00.000Z`);
      return world.sweep();
    }),
    ending: (world) => withoutMoments(world.dump()),
  };

  it('ends in the same state, whatever call fails, however', async () => {
    const undisturbed = await tellWholly(dropped);
    const callsMade = undisturbed.faults.calls;
    expect(await linesOf(undisturbed)).toEqual(expectedLines);
    const expected = dropped.ending(undisturbed);
    const calls = new Set<number>();
    for await (const { fault, ending } of everyFault(dropped)) {
      expect(ending, `${fault.kind} at call ${fault.call}`).toBe(expected);
      calls.add(fault.call);
    }
    expect(calls.size).toBe(callsMade);
  }, 120_000);
});

/** When something was begun differs by the time that was lost; nothing else may. */
function withoutMoments(dump: string): string {
  return dump.replaceAll(/"(recordedAt|plannedAt|requestedAt)":"[^"]*"/g, '"$1":"…"');
}
