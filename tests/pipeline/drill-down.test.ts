import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detailItem } from '../../shared/contracts/http.ts';
import { type MeterLine, meterKeyOf } from '../../shared/domain/comparison.ts';
import { sumTexts } from '../../shared/domain/meter-totals.ts';
import { DamagedRowsError } from '../../shared/formats/subscription-row-reader.ts';
import { drillDown, drillDownRowsMax } from '../../shared/pipeline/drill-down.ts';
import { invoiceId, tinyCostExport, tinyExportRows, tinyFocus, tinyUsageFiles } from '../support/tiny-month.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const subscriptionA = 'aaaaaaaa-0000-4000-8000-00000000000a';

async function published(options: WorldOptions = {}): Promise<{ readonly world: World; readonly runId: string }> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  const pointer = await world.ports.runs.readPointer({
    billingCycle: '2026-10',
    comparedWith: 'costexport',
    invoiceId,
  });
  if (pointer === undefined) throw new Error('Nothing was published');
  return { world, runId: pointer.runId };
}

async function open(world: World, runId: string, line: MeterLine) {
  const found = await drillDown(world.ports, {
    runId,
    subscriptionId: line.subscriptionId,
    meterKey: meterKeyOf(line),
  });
  if (found?.kind !== 'opened') throw new Error(`Not opened: ${found?.kind}`);
  for (const item of found.items) detailItem.parse(item);
  return found.items;
}

async function linesOf(world: World, runId: string): Promise<readonly MeterLine[]> {
  const plan = await world.ports.runs.readPlan(runId);
  const lines = await Promise.all(
    plan.subscriptions.map(({ subscriptionId }) => world.ports.runs.readLines(runId, subscriptionId)),
  );
  return lines.flat();
}

const focusExport = { name: 'part_0_0001.csv.gz', bytes: gzipSync(tinyFocus()), rows: tinyExportRows.length };

describe.each([
  ['cost details', {}],
  ['FOCUS', { costExportFiles: tinyCostExport({ type: 'FocusCost', only: focusExport }).files }],
] as const)('each meter line of a published run, against %s', (_, options) => {
  it('opens into both sides by day and resource, which add up to it', async () => {
    const { world, runId } = await published(options);
    const lines = await linesOf(world, runId);
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) {
      const items = await open(world, runId, line);
      for (const side of ['invoice', 'other'] as const) {
        const own = items.flatMap((item) => item[side] ?? []);
        const amounts = { quantity: sumTexts(own.map((of) => of.quantity)), cost: sumTexts(own.map((of) => of.cost)) };
        const rows = own.reduce((sum, of) => sum + of.rows, 0);
        const { quantity = '0', cost = '0', rows: expected = 0 } = line[side] ?? {};
        expect({ ...amounts, rows }).toEqual({ quantity, cost, rows: expected });
        expect(own.flatMap(({ listed }) => listed)).toHaveLength(rows);
      }
      expect(sumTexts(items.map(({ variance }) => variance.cost))).toBe(line.variance.cost);
    }
  });
});

describe('a meter line that is opened', () => {
  it('names the file and the line of each row', async () => {
    const { world, runId } = await published();
    const files = [...tinyUsageFiles(), ...tinyCostExport().files];
    let rows = 0;
    for (const line of await linesOf(world, runId)) {
      for (const { usageDate, invoice, other } of await open(world, runId, line)) {
        for (const { source, cost } of [...(invoice?.listed ?? []), ...(other?.listed ?? [])]) {
          const [own = source.file] = /part-\d{5}/.exec(source.file) ?? [];
          const file = files.find(({ name }) => name.includes(own));
          const text =
            gunzipSync(file?.bytes ?? '')
              .toString()
              .split(/\r?\n/)[source.line - 1] ?? '';
          expect(text).toContain(cost);
          expect(text).toContain(usageDate.slice(8));
          rows += 1;
        }
      }
    }
    expect(rows).toBe(11);
  });

  it('has the rows of the other side also where that calls the unit something else', async () => {
    const { world, runId } = await published();
    const line = (await linesOf(world, runId)).find((candidate) => candidate.sweep === 'withoutUnit');
    if (line === undefined) throw new Error('No line met without its unit');
    const items = await open(world, runId, line);
    expect(items).toMatchObject([
      { usageDate: '2026-10-02', invoice: { rows: 1 }, other: { rows: 1 }, variance: { cost: '0' } },
    ]);
  });

  it('has nothing of a row that names another invoice', async () => {
    const edit = (text: string, part: number) => (part === 0 ? text.replace(`\n${invoiceId}`, '\nG000000009') : text);
    const { world, runId } = await published({ costExportFiles: tinyCostExport({ edit }).files });
    const line = (await linesOf(world, runId)).find(({ meterId }) => meterId.endsWith('1'));
    if (line === undefined) throw new Error('No such line');
    const items = await open(world, runId, line);
    expect(items.map(({ usageDate, invoice, other }) => [usageDate, invoice?.rows, other?.rows])).toEqual([
      ['2026-10-01', 1, undefined],
      ['2026-10-02', 1, 1],
    ]);
  });
});

describe('what is not there to be opened', () => {
  it('is undefined: an unknown run, subscription or line, a line of another subscription, an unpublished run', async () => {
    const { world, runId } = await published();
    const [line] = await world.ports.runs.readLines(runId, subscriptionA);
    if (line === undefined) throw new Error('No line');
    const meterKey = meterKeyOf(line);
    const known = { runId, subscriptionId: subscriptionA, meterKey };
    expect((await drillDown(world.ports, { ...known, subscriptionId: subscriptionA.toUpperCase() }))?.kind).toBe(
      'opened',
    );
    const other = 'bbbbbbbb-0000-4000-8000-00000000000b';
    expect(await drillDown(world.ports, { ...known, runId: '0'.repeat(32) })).toBeUndefined();
    expect(await drillDown(world.ports, { ...known, subscriptionId: other })).toBeUndefined();
    expect(await drillDown(world.ports, { ...known, meterKey: 'f'.repeat(32) })).toBeUndefined();
    const run = await world.ports.runs.get(runId);
    if (run === undefined) throw new Error('No run');
    for (const changed of [{ state: 'comparing' }, { state: 'failed' }, { comparedWith: 'invoicetotal' }] as const) {
      const runs = { ...world.ports.runs, get: async () => ({ ...run, ...changed }) };
      expect(await drillDown({ ...world.ports, runs }, known)).toBeUndefined();
    }
  });

  it('is said: rows that were not kept, more rows than are opened at once', async () => {
    const { world, runId } = await published();
    const lines = await world.ports.runs.readLines(runId, subscriptionA);
    const [line] = lines;
    if (line?.invoice === undefined) throw new Error('No line');
    const known = { runId, subscriptionId: subscriptionA, meterKey: meterKeyOf(line) };
    const datasets = { ...world.ports.datasets, openRows: async () => undefined };
    expect(await drillDown({ ...world.ports, datasets }, known)).toEqual({ kind: 'rowsNotKept' });
    const invoice = { ...line.invoice, rows: drillDownRowsMax };
    const runs = { ...world.ports.runs, readLines: async () => [{ ...line, invoice }] };
    expect(await drillDown({ ...world.ports, runs }, known)).toMatchObject({ kind: 'tooManyRows' });
  });

  it('is an error where rows are damaged, or are not those that were compared', async () => {
    const { world, runId } = await published();
    const [line] = await world.ports.runs.readLines(runId, subscriptionA);
    if (line?.invoice === undefined) throw new Error('No line');
    const known = { runId, subscriptionId: subscriptionA, meterKey: meterKeyOf(line) };
    const invoice = { ...line.invoice, rows: line.invoice.rows + 1 };
    const runs = { ...world.ports.runs, readLines: async () => [{ ...line, invoice }] };
    await expect(drillDown({ ...world.ports, runs }, known)).rejects.toThrow('were kept');
    const openRows: typeof world.ports.datasets.openRows = async (datasetId, part) => {
      const file = await world.ports.datasets.openRows(datasetId, part);
      return file === undefined ? undefined : { ...file, sizeBytes: file.sizeBytes - 1 };
    };
    const datasets = { ...world.ports.datasets, openRows };
    await expect(drillDown({ ...world.ports, datasets }, known)).rejects.toThrow(DamagedRowsError);
  });
});
