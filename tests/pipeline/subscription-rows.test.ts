import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { detailOfCost, detailOfUsage } from '../../shared/formats/detail-rows.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';
import { DamagedRowsError } from '../../shared/formats/subscription-row-reader.ts';
import { subscriptionRowLimits } from '../../shared/formats/subscription-rows.ts';
import { readDetailRows, readSubscriptionRows } from '../../shared/pipeline/read-subscription-rows.ts';
import { type TinyFile, tinyCostExport, tinyUsageFiles } from '../support/tiny-month.ts';
import { createWorld, type World } from '../support/world.ts';

async function ingested(): Promise<World> {
  const world = createWorld();
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function sealOf(world: World, kind: 'dailyratedusage' | 'costexport') {
  const record = (await world.ports.datasets.list()).find((dataset) => dataset.kind === kind);
  const seal = await world.ports.datasets.readSeal(record?.datasetId ?? '');
  if (seal === undefined) throw new Error(`There is no sealed ${kind}`);
  return seal;
}

/** Every row of a file, read whole, by subscription. */
async function allRows(file: TinyFile): Promise<ReadonlyMap<string, readonly DetailRow[]>> {
  const rows: { readonly subscriptionId: string; readonly detail: DetailRow }[] = [];
  async function* bytes() {
    yield file.bytes;
  }
  await readDomainRows(
    { name: file.name, bytes: bytes() },
    { part: 0, view: 'actual' },
    {
      onDetected: () => {},
      onRow: ({ kind, row }) => {
        if (kind === 'usage') rows.push({ subscriptionId: row.subscriptionId, detail: detailOfUsage(row) });
        if (kind === 'cost') rows.push({ subscriptionId: row.subscriptionId, detail: detailOfCost(row) });
      },
      onRefused: (problem) => {
        throw new Error(problem.message);
      },
    },
  );
  const grouped = Map.groupBy(rows, ({ subscriptionId }) => subscriptionId);
  return new Map([...grouped].map(([id, of]) => [id, of.map(({ detail }) => detail)]));
}

describe.each([
  ['daily rated usage, JSON lines', 'dailyratedusage', tinyUsageFiles()],
  ['a cost export, CSV', 'costexport', tinyCostExport().files.filter(({ name }) => name.endsWith('.csv.gz'))],
] as const)('the rows that ingesting keeps: %s', (_, kind, files) => {
  it('are those of the file, each with its own place and bytes', async () => {
    const world = await ingested();
    const { datasetId, files: sealed } = await sealOf(world, kind);
    let rows = 0;
    for (const [part, { name }] of sealed.entries()) {
      const source = files.find((file) => file.name === name) ?? files[part];
      if (source === undefined) throw new Error(`No source of ${name}`);
      const lines = gunzipSync(source.bytes).toString().split(/\r?\n/);
      const expected = await allRows({ ...source, name });
      for (const subscriptionId of [...expected.keys(), 'ffffffff-0000-4000-8000-00000000000f']) {
        const details: DetailRow[] = [];
        const key = { datasetId, part, subscriptionId };
        await readDetailRows(world.ports.datasets, { ...key, fileName: name }, (row) => details.push(row));
        expect(details).toEqual(expected.get(subscriptionId) ?? []);
        const verbatim = await Array.fromAsync(readSubscriptionRows(world.ports.datasets, key));
        expect(verbatim.map(({ line }) => line)).toEqual(details.map(({ source }) => source.line));
        for (const { line, bytes } of verbatim) expect(Buffer.from(bytes).toString()).toBe(lines[line - 1]);
        rows += verbatim.length;
      }
    }
    expect(rows).toBe(kind === 'costexport' ? 6 : 5);
  });

  it('are found whatever the case of the id', async () => {
    const world = await ingested();
    const { datasetId } = await sealOf(world, kind);
    const subscriptionId = 'AAAAAAAA-0000-4000-8000-00000000000A';
    const rows = await Array.fromAsync(
      readSubscriptionRows(world.ports.datasets, { datasetId, part: 0, subscriptionId }),
    );
    expect(rows.length).toBeGreaterThan(1);
  });

  it('are an error that names them when they are damaged or missing', async () => {
    const world = await ingested();
    const { datasetId } = await sealOf(world, kind);
    const read = (part: number) =>
      Array.fromAsync(readSubscriptionRows(world.ports.datasets, { datasetId, part, subscriptionId: 'a' }));
    await expect(read(7)).rejects.toThrow(`The rows of part 7 of dataset ${datasetId} were not kept`);
    const name = `${datasetId}/rows/00000.gz`;
    const blob = await world.containers.datasets.open(name);
    if (blob === undefined) throw new Error('The rows were not kept');
    const whole = Buffer.concat(await Array.fromAsync(blob));
    world.containers.datasets.put(name, whole.subarray(0, whole.length - 1));
    await expect(read(0)).rejects.toThrow(DamagedRowsError);
    await expect(read(0)).rejects.toThrow(name);
  });
});

describe('a part that is refused', () => {
  it('keeps no rows, not even those before the damage', async () => {
    const damage = (bytes: Buffer, part: number) => {
      const changed = Buffer.from(bytes);
      if (part === 0) changed[changed.length - 6] = (changed[changed.length - 6] ?? 0) ^ 1; // in the checksum
      return changed;
    };
    const damaged = tinyCostExport({ damage });
    const world = createWorld({ costExportFiles: damaged.files });
    await world.startTimer();
    await world.untilQuiet();
    const record = (await world.ports.datasets.list()).find((dataset) => dataset.kind === 'costexport');
    expect(record?.problems.map(({ code }) => code)).toContain('damagedContainer');
    const names = await Array.fromAsync(
      world.containers.datasets.list(`${record?.datasetId}/rows/`),
      (blob) => blob.name,
    );
    expect(names).toEqual([`${record?.datasetId}/rows/00001.gz`]);
  });

  it('keeps none either when so much was read that writing had begun', async () => {
    // Values that do not compress: members of 4 MiB are on their way long before the bad byte at the end.
    const large = (text: string) => {
      const [header = '', row = ''] = text.split('\r\n');
      const rows = Array.from({ length: 3000 }, (_, index) =>
        row.replace('Subscription', createHash('sha512').update(`${index}`).digest('hex').repeat(16)),
      );
      return [header, ...rows, '"'].join('\r\n');
    };
    const files = tinyCostExport({ edit: (text, part) => (part === 0 ? large(text) : text) });
    const world = createWorld({ costExportFiles: files.files });
    await world.startTimer();
    await world.untilQuiet();
    const record = (await world.ports.datasets.list()).find((dataset) => dataset.kind === 'costexport');
    expect(record?.problems.map(({ code }) => code)).toContain('badCsv');
    const names = await Array.fromAsync(
      world.containers.datasets.list(`${record?.datasetId}/rows/`),
      (blob) => blob.name,
    );
    expect(names).toEqual([`${record?.datasetId}/rows/00001.gz`]);
    expect(gunzipSync(files.files[0]?.bytes ?? '').length).toBeGreaterThan(subscriptionRowLimits.memberBytesMax);
  });
});
