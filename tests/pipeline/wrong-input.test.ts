import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { InvoiceItem, RunItem } from '../../shared/contracts/http.ts';
import type { DownloadKind } from '../../shared/contracts/messages.ts';
import type { InvoiceSource } from '../../shared/pipeline/ports.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { requestFile } from '../../shared/pipeline/request-file.ts';
import {
  customerId,
  invoiceId,
  type TinyExportOptions,
  type TinyFile,
  tinyCostExport,
  tinyLineFiles,
  tinyUsageFiles,
} from '../support/tiny-month.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { bytesOf, createWorld, tinySource, type World, type WorldOptions } from '../support/world.ts';

async function runMonth(options: WorldOptions): Promise<World> {
  const world = createWorld({ recordsFailures: true, ...options });
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function standing(world: World): Promise<InvoiceItem['reconciliation'] | undefined> {
  return (await listInvoices(world.ports, {})).find((item) => item.invoiceId === invoiceId)?.reconciliation;
}

type DatasetItem = Extract<RunItem, { kind: 'dataset' }>;

async function datasetOf(world: World, kind: string): Promise<DatasetItem | undefined> {
  return (await listRuns(world.ports)).find(
    (item): item is DatasetItem => item.kind === 'dataset' && item.id.startsWith(`${kind}-`),
  );
}

/** Nothing of the dataset is visible or stored where results are read from, and there is no comparison. */
async function expectNothingOf(world: World, kind: string): Promise<void> {
  expect(world.tables.meterTotals.dump()).not.toContain(`${kind}-`);
  expect(world.tables.lineItems.dump()).not.toContain(`${kind}-`);
  const blobs = await Array.fromAsync(world.containers.datasets.list(`${kind}-`), (blob) => blob.name);
  expect(blobs.filter((name) => name.endsWith('/seal.json'))).toEqual([]);
}

async function expectNoResult(world: World): Promise<void> {
  expect(await listReconciliations(world.ports.runs, { comparedWith: 'costexport' })).toEqual([]);
  expect(
    (await listRuns(world.ports)).filter((item) => item.kind === 'comparison' && item.comparedWith === 'costexport'),
  ).toEqual([]);
}

/** What does not depend on the wrong input goes on: the customer's file is made. */
async function expectFileGoesOn(world: World): Promise<void> {
  const wanted = { invoiceId, kind: 'onetime', audience: 'customer', customerId, format: 'csv', culture: 'invariant' };
  const requested = await requestFile(world.ports, wanted as Parameters<typeof requestFile>[1]);
  await world.untilQuiet();
  const fileId = requested.kind === 'requested' ? requested.record.fileId : '';
  expect(await world.ports.files.get(fileId)).toMatchObject({ state: 'available', rows: 2 });
}

/** A cost export that was refused or waits, and why; everything else goes on. */
async function expectBadExport(
  options: TinyExportOptions,
  expected: { state: string; problem: object },
): Promise<World> {
  const world = await runMonth({ costExportFiles: tinyCostExport(options).files });
  const dataset = await datasetOf(world, 'costexport');
  expect(dataset).toMatchObject({ state: expected.state });
  expect(dataset?.problems).toContainEqual(expect.objectContaining(expected.problem));
  expect(dataset?.problemCount).toBeGreaterThanOrEqual(dataset?.problems.length ?? 0);
  expect(await standing(world)).toEqual({
    state: 'blocked',
    reason: `the cost export is ${expected.state}: ${dataset?.problems[0]?.message}`,
  });
  await expectNothingOf(world, 'costexport');
  await expectNoResult(world);
  expect(await datasetOf(world, 'dailyratedusage')).toMatchObject({ state: 'sealed', rows: 5 });
  await expectFileGoesOn(world);
  return world;
}

const exportName = (part: number) => tinyCostExport().files[part]?.name ?? '';

describe('a cost export', () => {
  it('that is right is the control: it is compared', async () => {
    const world = await runMonth({ costExportFiles: tinyCostExport({ edit: (text) => text }).files });
    expect(await standing(world)).toMatchObject({ state: 'reconciled' });
    expect(world.tables.meterTotals.dump()).toContain('costexport-');
    await expectFileGoesOn(world);
  });

  it('with a part cut off, of the size that the manifest states, is refused', async () => {
    const cut = (bytes: Buffer, part: number) => (part === 1 ? bytes.subarray(0, bytes.length - 9) : bytes);
    const whole = tinyCostExport();
    const size = (whole.files[1]?.bytes.length ?? 0) - 9;
    await expectBadExport(
      {
        damage: cut,
        promise: (manifest) => ({
          ...manifest,
          blobs: manifest.blobs.map((blob, part) => (part === 1 ? { ...blob, byteCount: size } : blob)),
        }),
      },
      { state: 'refused', problem: { code: 'damagedContainer', file: exportName(1) } },
    );
  });

  it('with one bit wrong is refused, by the checksum of its container', async () => {
    const flip = (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      const at = copy.length - 6;
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    await expectBadExport({ damage: flip }, { state: 'refused', problem: { code: 'damagedContainer' } });
  });

  it('with a part of another size waits', async () => {
    await expectBadExport(
      { damage: (bytes, part) => (part === 0 ? bytes.subarray(0, bytes.length - 1) : bytes) },
      { state: 'waiting', problem: { code: 'wrongSize', file: exportName(0) } },
    );
  });

  it('with a part missing waits, visibly, and goes on by the sweep when it appears', async () => {
    const world = await expectBadExport(
      { damage: (bytes, part) => (part === 1 ? undefined : bytes) },
      { state: 'waiting', problem: { code: 'missingFile', file: exportName(1) } },
    );
    world.advanceClock('2026-11-08T07:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await datasetOf(world, 'costexport')).toMatchObject({ state: 'waiting' });
    const missing = tinyCostExport().files[1];
    if (missing === undefined) throw new Error('the export has two files');
    world.containers.costExports.put(missing.name, missing.bytes);
    world.advanceClock('2026-11-08T08:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await datasetOf(world, 'costexport')).toMatchObject({
      state: 'sealed',
      rows: 6,
      problemCount: 0,
      problems: [],
    });
    expect(await standing(world)).toMatchObject({ state: 'reconciled' });
  });

  it('with a wrong row count of one file is refused', async () => {
    await expectBadExport(
      {
        promise: (manifest) => ({
          ...manifest,
          blobs: manifest.blobs.map((blob, part) => ({ ...blob, dataRowCount: blob.dataRowCount + part })),
        }),
      },
      {
        state: 'refused',
        problem: { code: 'wrongRowCount', file: exportName(1), message: expect.stringMatching(/5 rows.*has 4/) },
      },
    );
  });

  it('with a wrong row count in all is refused', async () => {
    await expectBadExport(
      { promise: (manifest) => ({ ...manifest, dataRowCount: 7 }) },
      {
        state: 'refused',
        problem: { code: 'wrongRowCount', message: 'The manifest says 7 rows in all, the files have 6' },
      },
    );
  });

  it('with a row missing from a file is refused, though all bytes are there', async () => {
    await expectBadExport(
      { edit: (text, part) => (part === 0 ? `${text.split('\r\n').slice(0, 2).join('\r\n')}\r\n` : text) },
      { state: 'refused', problem: { code: 'wrongRowCount', file: exportName(0) } },
    );
  });

  it('with a bad decimal is refused, with file, line, column and value', async () => {
    const world = await expectBadExport(
      { edit: (text) => text.replace('3.384810664', '"3,384810664"') },
      { state: 'refused', problem: { file: exportName(1), line: 2, value: '3,384810664' } },
    );
    const dataset = await datasetOf(world, 'costexport');
    expect(dataset?.problemCount).toBe(1);
    expect(dataset?.problems[0]?.column?.toLowerCase()).toBe('costinbillingcurrency');
  });

  it.each([
    ['a column missing', (text: string) => text.replace('costInBillingCurrency', 'costs')],
    ['a ragged row', (text: string) => text.replace(',OnDemand,Azure', ',OnDemand,Azure,more')],
    ['bytes that are not CSV', () => '<html>Service unavailable</html>\n'],
    ['nothing in it', () => ''],
  ])('with %s is refused whole', async (_what, edit) => {
    await expectBadExport({ edit }, { state: 'refused', problem: { file: exportName(0) } });
  });

  it('with more wrong rows than are shown tells how many there are', async () => {
    const bad = (text: string) => {
      const [header = '', row = ''] = text.split('\r\n');
      const wrong = row.replace('2.0308863984', 'NaN');
      return `${[header, ...Array.from({ length: 50 }, () => wrong)].join('\r\n')}\r\n`;
    };
    const world = await expectBadExport(
      {
        edit: (text, part) => (part === 0 ? bad(text) : text),
        promise: ({ dataRowCount: _, ...manifest }) => ({
          ...manifest,
          blobs: manifest.blobs.map(({ dataRowCount: _rows, ...blob }) => blob),
        }),
      },
      { state: 'refused', problem: { line: 2, value: 'NaN' } },
    );
    expect(await datasetOf(world, 'costexport')).toMatchObject({ problemCount: 50, problems: { length: 20 } });
  });

  it.each([
    ['is no JSON', '{"manifestVersion":', /the manifest is not valid JSON/],
    ['is no manifest of an export', '{"hello":"world"}', /not a manifest of a cost export/],
  ])('whose manifest %s is a visible failure, and everything else goes on', async (_what, text, reason) => {
    const { manifestName, files } = tinyCostExport({ promise: () => text });
    const world = await runMonth({ costExportFiles: files });
    const failures = (await listRuns(world.ports)).filter((item) => item.kind === 'failure');
    expect(failures).toEqual([
      expect.objectContaining({
        step: 'ingestCostExport',
        subject: { manifestName },
        reason: expect.stringMatching(reason),
      }),
    ]);
    expect(await datasetOf(world, 'costexport')).toBeUndefined();
    expect(await standing(world)).toEqual({ state: 'blocked', reason: expect.stringMatching(reason) });
    await expectNothingOf(world, 'costexport');
    await expectNoResult(world);
    await expectFileGoesOn(world);
    const before = world.dump();
    world.advanceClock('2026-11-09T07:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(world.dump()).toBe(before);
  });

  it('whose manifest names no file is a visible failure', async () => {
    const { files } = tinyCostExport({ promise: (manifest) => ({ ...manifest, blobs: [] }) });
    const world = await runMonth({ costExportFiles: files });
    expect((await listRuns(world.ports)).filter((item) => item.kind === 'failure')).toMatchObject([
      { reason: expect.stringMatching(/the manifest names no file/) },
    ]);
    await expectNoResult(world);
  });

  it.each(['AmortizedCost', 'ReservationDetails'])(
    'of type %s is passed over, visibly, beside one of actual cost or alone, and is not read again',
    async (type) => {
      const other = tinyCostExport({ run: 7, type });
      const alone = await runMonth({ costExportFiles: other.files });
      expect(await datasetOf(alone, 'costexport')).toMatchObject({
        state: 'passedOver',
        source: other.manifestName,
        problems: [{ code: 'otherCosts', value: type }],
      });
      expect((await listRuns(alone.ports)).filter((item) => item.kind === 'failure')).toEqual([]);
      expect(await standing(alone)).toEqual({ state: 'waiting', reason: 'No cost export of this month has arrived' });
      await alone.sweep();
      expect(alone.containers.costExports.reads(other.manifestName)).toBe(1);
      const both = await runMonth({ costExportFiles: [...tinyCostExport().files, ...other.files] });
      const control = await runMonth({});
      expect(await listReconciliations(both.ports.runs, { comparedWith: 'costexport' })).toEqual(
        await listReconciliations(control.ports.runs, { comparedWith: 'costexport' }),
      );
      expect((await listReconciliations(both.ports.runs, { comparedWith: 'costexport' })).length).toBeGreaterThan(0);
    },
  );
});

/** Microsoft's side with the files of one kind changed. */
function sourceWith(
  kind: DownloadKind,
  change: (files: readonly TinyFile[]) => readonly TinyFile[],
): Partial<InvoiceSource> {
  const tiny = tinySource();
  const files = change(kind === 'onetime' ? tinyLineFiles() : tinyUsageFiles());
  return {
    openPart: async (request) => {
      const file = files[request.part];
      if (!request.manifest.manifestUrl.includes(kind) || file === undefined) return tiny.openPart(request);
      return { kind: 'open', bytes: bytesOf(file.bytes) };
    },
  };
}

const edited = (edit: (text: string) => string) => (files: readonly TinyFile[]) =>
  files.map((file) => ({ ...file, bytes: gzipSync(edit(gunzipSync(file.bytes).toString())) }));

describe('the files of an invoice', () => {
  it.each([
    [
      'a bad decimal',
      edited((text) => text.replace('"Quantity":12.5', '"Quantity":"12,5"')),
      { line: 2, column: 'Quantity', value: '12,5' },
    ],
    ['a line that is no JSON', edited((text) => text.replace('{"PartnerId"', '{PartnerId')), { line: 1 }],
    [
      'a part cut off',
      (files: readonly TinyFile[]) => files.map((file) => ({ ...file, bytes: file.bytes.subarray(0, -9) })),
      { code: 'damagedContainer' },
    ],
    ['an amount missing', edited((text) => text.replace('"BillingPreTaxTotal":1.0577533325,', '')), {}],
  ])('with %s of its usage are refused, and the line items go on', async (_what, change, problem) => {
    const world = await runMonth({ source: sourceWith('dailyratedusage', change) });
    const dataset = await datasetOf(world, 'dailyratedusage');
    expect(dataset).toMatchObject({
      state: 'refused',
      problems: [expect.objectContaining(problem), ...(dataset?.problems.slice(1) ?? [])],
    });
    expect(dataset?.problems[0]?.file).toMatch(/part-00000\.json\.gz$/);
    expect(await standing(world)).toEqual({
      state: 'blocked',
      reason: `the usage of the invoice is refused: ${dataset?.problems[0]?.message}`,
    });
    await expectNothingOf(world, 'dailyratedusage');
    await expectNoResult(world);
    expect(await datasetOf(world, 'costexport')).toMatchObject({ state: 'sealed' });
    await expectFileGoesOn(world);
  });

  it('with a bad line item are refused, no file is made of them, and the comparison goes on', async () => {
    const change = edited((text) => text.replace('"Subtotal":-1.5', '"Subtotal":"(1.5)"'));
    const world = await runMonth({ source: sourceWith('onetime', change) });
    expect(await datasetOf(world, 'onetime')).toMatchObject({
      state: 'refused',
      problems: [{ line: 2, column: 'Subtotal', value: '(1.5)' }],
    });
    expect(world.tables.lineItems.dump()).not.toContain('onetime');
    expect(
      await requestFile(world.ports, {
        invoiceId,
        kind: 'onetime',
        audience: 'customer',
        customerId,
        format: 'csv',
        culture: 'invariant',
      }),
    ).toMatchObject({ kind: 'refused', code: 'notFound' });
    expect(await standing(world)).toMatchObject({ state: 'reconciled' });
  });
});
