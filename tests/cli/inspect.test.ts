import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  costValues,
  csvOf,
  detailsSchema,
  focusSchema,
  focusValues,
  licenseValues,
  lineValues,
  usageValues,
} from '../formats/sample-files.ts';
import { runCommand, startCommand } from './run-command.ts';

/* `start`: as a user starts the command, in a process; `run`: the same program in this one. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspect-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runCommand('inspect', ...args);
const start = (...args: readonly string[]) => startCommand('inspect', ...args);

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function inspectJson(
  ...paths: readonly string[]
): Promise<{ code: number; files: readonly Record<string, unknown>[] }> {
  const { code, stdout } = await run('--format', 'json', ...paths);
  return { code, files: JSON.parse(stdout).files };
}

const usageCsv = (...changes: readonly Record<string, string>[]) =>
  csvOf(Object.keys(usageValues), ...changes.map((change) => ({ ...usageValues, ...change })));

describe('inspect', () => {
  it('reads Parquet, and refuses what only has its name', async () => {
    const columns = detailsSchema('mpa', '2023-12-01-preview');
    const columnData = columns.map((name) => ({
      name,
      type: 'STRING' as const,
      data: [costValues[name.toLowerCase()] ?? '', costValues[name.toLowerCase()] ?? ''],
    }));
    const good = await fileWith('cost.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    const bad = await fileWith('bad.parquet', csvOf(columns, costValues));
    const { code, files } = await inspectJson(good, bad);
    expect(code).toBe(1);
    expect(files).toMatchObject([
      { name: good, rows: 2, agreement: 'mpa', totals: [{ currency: 'EUR', cost: '0.00008' }], problemCount: 0 },
      { name: bad, problems: [{ code: 'wrongContainer' }] },
    ]);
  });

  it('tells of each file what it is and holds, with exact totals', async () => {
    const usage = await fileWith(
      'usage.csv.gz',
      gzipSync(usageCsv({}, { UsageDate: '10/31/2026', BillingPreTaxTotal: '0.0000000072922557592391990001' })),
    );
    const lines = await fileWith(
      'lines.csv',
      csvOf(Object.keys(lineValues), lineValues, { ...lineValues, Currency: 'CHF' }),
    );
    const cost = await fileWith('cost.csv', csvOf([...detailsSchema('mpa', '2023-12-01-preview'), 'New'], costValues));
    const focus = await fileWith('focus.csv', csvOf(focusSchema('1.2-preview'), focusValues));
    const license = await fileWith('license.csv', csvOf(Object.keys(licenseValues), licenseValues));
    const { code, files } = await inspectJson(usage, lines, cost, focus, license);
    expect(code).toBe(0);
    expect(files).toMatchObject([
      {
        name: usage,
        dataset: 'dailyratedusage',
        schemaVersion: 'portal',
        scope: 'billing',
        rows: 2,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        period: { firstDay: '2026-10-02', lastDay: '2026-10-31' },
        invoiceIds: ['G000000001'],
        currencies: ['EUR'],
        totals: [{ currency: 'EUR', cost: '0.4860317038075047592391990001' }],
        subscriptions: 1,
        unknownColumns: [],
        problemCount: 0,
      },
      {
        dataset: 'onetime',
        totals: [
          { currency: 'CHF', cost: '100.8', tax: '0', total: '100.8' },
          { currency: 'EUR', cost: '100.8', tax: '0', total: '100.8' },
        ],
      },
      {
        dataset: 'costexport',
        agreement: 'mpa',
        schemaVersion: '2023-12-01-preview',
        unknownColumns: ['New'],
        costView: 'unknown',
      },
      { dataset: 'costexport', agreement: 'mpa', schemaVersion: '1.2-preview', costView: 'both' },
      { dataset: 'license', totals: [{ currency: 'EUR', cost: '11', tax: '0', total: '11' }] },
    ]);
  });

  it('reads a folder as its manifest tells, and tells what the manifest promises in vain', async () => {
    const columns = detailsSchema('mpa', '2023-12-01-preview');
    const part = csvOf(columns, costValues);
    const empty = csvOf(columns);
    const run = join(folder, 'exports', 'Actual', '20261001-20261031', 'run-1');
    await mkdir(run, { recursive: true });
    await writeFile(join(run, 'part_0_0001.csv'), part);
    await writeFile(join(run, 'part_0_0002.csv'), empty);
    const blobNamed = (name: string, byteCount: number, dataRowCount: number) => ({
      blobName: `exports/Actual/20261001-20261031/run-1/${name}`,
      byteCount,
      dataRowCount,
    });
    const writeManifest = (...blobs: readonly object[]) =>
      writeFile(join(run, '_manifest.json'), JSON.stringify({ manifestVersion: '2022-04-04', dataRowCount: 1, blobs }));
    await writeManifest(blobNamed('part_0_0001.csv', part.length, 1), blobNamed('part_0_0002.csv', empty.length, 0));
    expect(await inspectJson(run)).toMatchObject({ code: 0, files: [{ rows: 1 }, { rows: 0 }] });
    await writeManifest(blobNamed('part_0_0001.csv', 1, 2), blobNamed('part_0_0003.csv', 1, 0));
    expect(await inspectJson(run)).toMatchObject({
      code: 1,
      files: [
        { problemCount: 2, problems: [{ code: 'wrongSize' }, { code: 'wrongRowCount' }] },
        { problems: [{ code: 'cannotRead' }] },
      ],
    });
    expect(await inspectJson(folder)).toMatchObject({ code: 1, files: [{ problems: [{ code: 'missingManifest' }] }] });
  });

  it('tells actual from amortized costs where the rows do', async () => {
    const columns = detailsSchema('mpa', '2023-12-01-preview');
    const benefit = { ...costValues, pricingmodel: 'Reservation' };
    const actual = await fileWith('actual.csv', csvOf(columns, costValues, { ...benefit, costinbillingcurrency: '0' }));
    const amortized = await fileWith('amortized.csv', csvOf(columns, costValues, benefit));
    const { files } = await inspectJson(actual, amortized);
    expect(files.map((file) => file['costView'])).toEqual(['actual', 'amortized']);
  });

  it('calls a retail export that, in words too, and says what to do instead', async () => {
    const path = await fileWith('retail.csv', csvOf(detailsSchema('cspSubscription', '2021-10-01'), costValues));
    const { code, stdout } = await run(path);
    expect(code).toBe(0);
    expect(stdout).toContain('RETAIL: public prices');
    expect(stdout).toMatch(/do instead +This export was made at a subscription/);
  });

  it('exits 1 for a refused file, a refused row and a file that is not there, and tells of all the others', async () => {
    const bad = await fileWith('bad.csv', usageCsv({}, { Quantity: '1.234,5' }));
    const broken = await fileWith('broken.csv.gz', gzipSync(usageCsv({})).subarray(0, 50));
    const good = await fileWith('good.csv', usageCsv({}));
    const absent = join(folder, 'absent.csv');
    const { code, stdout, stderr } = await start('--format', 'json', bad, broken, absent, join(folder, 'absent'), good);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).files).toMatchObject([
      {
        name: bad,
        rows: 2,
        problemCount: 1,
        problems: [{ code: 'badValue', line: 3, column: 'Quantity', value: '1.234,5' }],
      },
      { name: broken, problems: [{ code: 'damagedContainer' }] },
      ...[absent, join(folder, 'absent')].map((name) => {
        return { name, problems: [{ code: 'cannotRead', message: `${name}: there is no such file or folder` }] };
      }),
      { name: good, rows: 1, problemCount: 0 },
    ]);
    expect(stderr).toContain(`${bad}, line 3, column Quantity: '1.234,5' is not a decimal`);
  });

  it.each([[[]], [['--format', 'xml', 'a.csv']], [['--nonsense', 'a.csv']]])(
    'exits 64 when called as %j',
    async (args) => {
      expect((await start(...args)).code).toBe(64);
    },
  );

  it('tells its progress on stderr when it takes longer than a second, and never on stdout', {
    timeout: 60_000,
  }, async () => {
    // Rows of which no two share their bytes, so that each is read field by field.
    const [header = '', row = ''] = usageCsv({ MeterName: '@' }).split('\r\n');
    const rows = Array.from({ length: 100_000 }, (_, at) => row.replace('@', `Meter ${at}`));
    const many = `${[header, ...rows].join('\r\n')}\r\n`;
    const { code, stdout, stderr } = await start('--format', 'json', await fileWith('many.csv', many));
    expect(code).toBe(0);
    expect(stderr).toMatch(/many\.csv: \d+ rows, \d+ rows\/s/);
    expect(JSON.parse(stdout).files[0]).toMatchObject({ rows: 100_000, subscriptions: 1 });
    const quick = await start(await fileWith('quick.csv', usageCsv({})));
    expect(quick.stderr).toBe('');
  });
});
