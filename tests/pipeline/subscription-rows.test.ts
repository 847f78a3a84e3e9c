import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { detectText } from '../../shared/formats/detected-file.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';
import { DamagedRowsError } from '../../shared/formats/subscription-row-reader.ts';
import { subscriptionRowLimits } from '../../shared/formats/subscription-rows.ts';
import { ingestPart } from '../../shared/pipeline/ingest-part.ts';
import { readDetailRows, readSubscriptionRows } from '../../shared/pipeline/read-subscription-rows.ts';
import { detailOfCost, detailOfUsage } from '../formats/detail-rows.ts';
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
    await detectText({ name: file.name, bytes: bytes() }),
    { part: 0, view: 'actual' },
    {
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
    const large = (text: string) => `${manyRows(text)}\r\n"`;
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

/** So many rows, of a value that is long, that a member is on its way before the file ends. */
function manyRows(text: string): string {
  const [header = '', row = ''] = text.split('\r\n');
  const rows = Array.from({ length: 3000 }, (_, index) =>
    row.replace('Subscription', createHash('sha512').update(`${index}`).digest('hex').repeat(16)),
  );
  return [header, ...rows].join('\r\n');
}

describe('writing that fails while the part is being read', () => {
  it.each([
    ['after some bytes', 'broken'],
    ['when all is done and the answer is lost', 'lost'],
  ])('is done again, to the same bytes: %s', async (_, how) => {
    const promise = (manifest: object) => ({ ...manifest, dataRowCount: undefined });
    const edit = (text: string, part: number) => (part === 0 ? manyRows(text) : text);
    const world = createWorld({ costExportFiles: tinyCostExport({ edit, promise }).files });
    await world.startTimer();
    await world.untilQuiet();
    const { datasets } = world.ports;
    const record = (await datasets.list()).find((dataset) => dataset.kind === 'costexport');
    const message = { version: 1 as const, datasetId: record?.datasetId ?? '', part: 0 };
    const rowsName = `${message.datasetId}/rows/00000.gz`;
    const expected = world.dump();
    expect(await world.containers.datasets.find(rowsName)).toBeDefined();
    world.containers.datasets.remove(rowsName);
    world.containers.datasets.remove(`${message.datasetId}/shards/00000.jsonl`);
    const createRows: typeof datasets.createRows = async (datasetId, part, bytes) => {
      if (how === 'lost') await datasets.createRows(datasetId, part, bytes);
      else for await (const _ of bytes) break;
      throw new Error('the store has gone');
    };
    const failing = { ...world.ports, datasets: { ...datasets, createRows } };
    await expect(ingestPart(failing, message)).rejects.toThrow('the store has gone');
    expect(await datasets.listShards(message.datasetId)).toEqual(new Set([1]));
    expect((await world.containers.datasets.find(rowsName)) === undefined).toBe(how === 'broken');
    await ingestPart(world.ports, message);
    expect(world.dump()).toBe(expected);
  });
});
