import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, lineValues, usageValues } from '../formats/sample-files.ts';
import { runCommand, startCommand } from './run-command.ts';

/* `start`: as a user starts the command, in a process; `run`: the same program in this one. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runCommand('verify', ...args);
const start = (...args: readonly string[]) => startCommand('verify', ...args);

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Ten seats at 10.08 from October 3 for a month. */
const good = { ...lineValues, PriceAdjustmentDescription: '' };
/** Two seats more from the 5th, 29 of 31 days: the refund is right, the charge is that of a whole month. */
const event = { ...good, ChargeStartDate: '10/5/2026', ReferenceId: 'r-1', ChargeType: 'addQuantity' };
const refund = { ...event, EffectiveUnitPrice: '-9.429677', Subtotal: '-94.29', Total: '-94.29' };
const recharge = {
  ...event,
  CustomerName: '=cmd()',
  BillableQuantity: '12',
  EffectiveUnitPrice: '10.08',
  Subtotal: '120.96',
  Total: '120.96',
};
const promoted = { ...good, PromotionId: 'p', EffectiveUnitPrice: '8', Subtotal: '80', Total: '80' };

const csv = (...lines: readonly Record<string, string>[]) => csvOf(Object.keys(lineValues), ...lines);
const jsonLines = (...lines: readonly Record<string, string>[]) =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

describe('verify', () => {
  it('tells every line, every event and all sums as one JSON object', async () => {
    const path = await fileWith('all.csv', csv(good, refund, recharge, promoted));
    const { code, stdout, stderr } = await start('--invoice', path, '--format', 'json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      files: [{ name: path, dataset: 'onetime', schemaVersion: 'portal', rows: 4 }],
      invoiceIds: ['G000000001'],
      totals: [
        {
          currency: 'EUR',
          lines: 4,
          subtotal: '207.47',
          verdicts: {
            asExpected: { lines: 2 },
            overcharged: { lines: 1, subtotal: '120.96', difference: '7.81' },
            undercharged: { lines: 0 },
            notVerifiable: { lines: 1 },
          },
        },
      ],
      pairs: [{ refunds: [{ file: path, line: 3 }], charges: [{ file: path, line: 4 }], verdict: 'overcharged' }],
      refused: [],
    });
    expect(
      result.lines.map((line: Record<string, unknown>) => [line['line'], line['verdict'], line['reason']]),
    ).toEqual([
      [2, 'asExpected', undefined],
      [3, 'asExpected', undefined],
      [4, 'overcharged', undefined],
      [5, 'notVerifiable', 'promotion'],
    ]);
    expect(result.lines[2]).toMatchObject({
      file: path,
      charged: '120.96',
      expected: '113.15',
      difference: '7.81',
      tolerance: '0.13',
      formula: '12 × 10.08 × 29 of 31 days, cut to cents = 113.15',
    });
    expect(stderr).toContain(`${path}: 4 rows, 0 refused`);
    expect((await run('--invoice', path, '--format', 'json')).stdout).toBe(stdout);
  });

  it('shows a table that fits 100 columns, with the wrong lines and how they come about', async () => {
    const path = await fileWith(
      'wide.csv',
      csv(good, refund, { ...recharge, ProductName: 'Microsoft '.repeat(30) }, promoted),
    );
    const { code, stdout } = await run('--invoice', path);
    expect(code).toBe(0);
    const rows = stdout.split('\n');
    expect(Math.max(...rows.map((row) => [...row].length))).toBeLessThanOrEqual(100);
    expect(rows).toContainEqual(expect.stringMatching(/^overcharged +1 +120\.96 +7\.81$/));
    expect(rows).toContain('  12 × 10.08 × 29 of 31 days, cut to cents = 113.15');
    expect(rows).toContain('     1  promotion: a promotion lowers the price, and the line does not say by how much');
    expect(rows).toContain('Refunds and charges of one event: 1 overcharged');
    expect(stdout).toContain('taxOnInvoiceOnly');
  });

  it('writes CSV of every line, with no cell that a spreadsheet runs', async () => {
    const path = await fileWith('cells.csv', csv(good, refund, recharge));
    const { stdout } = await run('--invoice', path, '--format', 'csv');
    const rows: Record<string, string>[] = parse(stdout, { columns: true });
    expect(
      rows.map((row) => [row['line'], row['verdict'], row['charged'], row['expected'], row['difference']]),
    ).toEqual([
      ['2', 'asExpected', '100.8', '100.8', '0'],
      ['3', 'asExpected', '-94.29', '-94.29', '0'],
      ['4', 'overcharged', '120.96', '113.15', '7.81'],
    ]);
    expect(rows[2]?.['customerName']).toBe("'=cmd()");
  });

  it('reads files compressed, as JSON lines, as a page of the API and as Parquet, and adds them up', async () => {
    const page = JSON.stringify({
      totalCount: 1,
      items: [{ ...refund, Total: undefined, totalForCustomer: '-94.29' }],
    });
    const columnData = Object.entries(recharge).map(([name, value]) => ({
      name,
      type: 'STRING' as const,
      data: [value],
    }));
    const paths = [
      await fileWith('a.csv.gz', gzipSync(csv(good))),
      await fileWith('b.json', page),
      await fileWith('c.json.gz', gzipSync(jsonLines(promoted))),
      await fileWith('d.parquet', new Uint8Array(parquetWriteBuffer({ columnData }))),
    ];
    const { code, stdout } = await run('--invoice', ...paths, '--format', 'json');
    expect(code).toBe(0);
    const { totals, pairs, files } = JSON.parse(stdout);
    expect(totals).toMatchObject([{ lines: 4, subtotal: '207.47' }]);
    expect(files.map(({ rows }: { rows: number }) => rows)).toEqual([1, 1, 1, 1]);
    expect(pairs[0].refunds[0].file).toBe(paths[1]);
    expect(pairs[0].charges[0].file).toBe(paths[3]);
  });

  it('ends with 2 for wrong lines only when asked to', async () => {
    const wrong = await fileWith('wrong.csv', csv(good, recharge));
    const right = await fileWith('right.csv', csv(good, promoted));
    expect((await run('--invoice', wrong)).code).toBe(0);
    expect((await start('--invoice', wrong, '--fail-on', 'mismatch')).code).toBe(2);
    expect((await run('--invoice', right, '--fail-on', 'mismatch')).code).toBe(0);
  });

  it.each([
    [['--invoice', 'a.csv', '--format', 'xml']],
    [['--invoice', 'a.csv', '--fail-on', 'everything']],
    [['--invoice', 'a.csv', '--no-such-option']],
    [[]],
  ])('ends with 64 for wrong usage: %j', async (args) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('error: ');
  });

  it('explains itself', async () => {
    const { code, stdout } = await start('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--invoice <file...>');
    expect(stdout).toContain('Exit codes:');
  });
});

describe('verify tells nothing of an invoice that it cannot read whole', () => {
  const refusals = [
    ['a bad amount', 'bad.csv', csv(good, { ...good, Subtotal: '1.234,5' }), 'line 3, column Subtotal'],
    ['an impossible day', 'day.csv', csv({ ...good, ChargeEndDate: '2/30/2026' }), 'line 2, column ChargeEndDate'],
    [
      'a missing column',
      'column.csv',
      csv(good).replace('EffectiveUnitPrice', 'Other'),
      'EffectiveUnitPrice is missing',
    ],
    ['a gzip file cut off', 'cut.csv.gz', gzipSync(csv(good)).subarray(0, 60), 'damaged or cut off'],
    ['another dataset', 'usage.csv', csvOf(Object.keys(usageValues), usageValues), 'the file holds daily rated usage'],
    ['an empty file', 'empty.csv', '', 'the file is empty'],
    ['a kind of file that it does not know', 'a.xlsx', 'x', 'not a kind of file that can be read'],
  ] as const;

  it.each(refusals)('with %s: %s', async (_what, name, content, message) => {
    const fine = await fileWith(`fine-${name}.csv`, csv(recharge));
    const path = await fileWith(name, content);
    const { code, stdout, stderr } = await run('--invoice', fine, path, '--format', 'json', '--fail-on', 'mismatch');
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ totals: [], lines: [], pairs: [] });
    expect(result.refused).toHaveLength(1);
    expect(result.refused[0].file).toBe(path);
  });

  it('in its table either', async () => {
    const path = await fileWith('table.csv', csv(good, { ...good, Subtotal: '1.234,5' }));
    const { code, stdout } = await run('--invoice', path);
    expect([code, stdout]).toEqual([1, expect.stringContaining('Nothing was verified')]);
  });

  it('given twice', async () => {
    const path = await fileWith('one.csv', csv(good));
    const copy = await fileWith('copy.csv', csv(good));
    const { code, stderr } = await run('--invoice', path, copy);
    expect(code).toBe(1);
    expect(stderr).toContain('the same bytes as');
  });

  it('that is not there', async () => {
    const { code, stdout, stderr } = await start('--invoice', join(folder, 'none.csv'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no such file');
  });
});
