import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { readXlsx } from 'hucre';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { add, decimal, toText, zero } from '../../shared/domain/decimal.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { sampleCost, sampleFolder, sampleLines, sampleUsage } from './offline-sample.ts';
import { type ReconciliationJson, reconciliationSchema } from './reconcile-schema.ts';
import { runCommand, startCommand } from './run-command.ts';

/* On the month in samples/. `start`: as a user starts the command, in a process; `run`: the same program in this one. */

const golden = fileURLToPath(new URL('../golden/reconcile-sample.json', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runCommand('reconcile', ...args);
const start = (...args: readonly string[]) => startCommand('reconcile', ...args);

const usage = ['--usage', ...sampleUsage];
const cost = ['--cost', sampleCost];
const lines = ['--invoice', ...sampleLines];

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

function sumOf(amounts: readonly string[]): string {
  return toText(amounts.reduce((sum, amount) => add(sum, decimal(amount)), zero));
}

function told(stdout: string): ReconciliationJson {
  return reconciliationSchema.parse(JSON.parse(stdout));
}

describe('reconcile --format json', () => {
  it('tells the sample as its golden file has it, and the same bytes again', async () => {
    const first = await start(...usage, ...cost, '--format', 'json');
    expect(first.code).toBe(0);
    await expect(first.stdout).toMatchFileSnapshot(golden);
    const [a = '', b = '', c = ''] = sampleUsage;
    const again = await run('--usage', c, a, b, ...cost, '--format', 'json');
    const { sides: _, ...rest } = told(again.stdout);
    const { sides: __, ...expected } = told(first.stdout);
    expect(rest).toEqual(expected);
  });

  it('has the shape of the documentation, in the order that it promises, and adds up', async () => {
    const result = told((await run(...usage, ...cost, ...lines, '--format', 'json')).stdout);
    for (const one of [result, result.invoicelines ?? result]) {
      const ids = one.subscriptions.map(({ subscriptionId }) => subscriptionId);
      expect(ids).toEqual(ids.toSorted());
      for (const { meters, invoice } of one.subscriptions) {
        const keys = meters.map(({ meterId, region, unit }) => [meterId, region, unit].join('\u0001'));
        expect(keys).toEqual(keys.toSorted());
        const compared = meters.filter(({ status }) => status !== 'excluded');
        expect(sumOf(compared.map((meter) => meter.invoice?.cost ?? '0'))).toBe(invoice);
        for (const { causes, variance } of compared) {
          expect(sumOf(causes.map(({ amount }) => amount))).toBe(variance.cost);
        }
      }
      const { invoiceRows, otherRows, ...statuses } = one.coverage;
      expect(Object.values(statuses).reduce<number>((sum, rows) => sum + (rows ?? 0), 0)).toBe(invoiceRows + otherRows);
      expect(sumOf(one.causes.map(({ amount }) => amount))).toBe(one.totals[0]?.variance);
    }
    expect(result.causes).toHaveLength(11);
    expect(result.arithmetic?.[0]?.lines).toBe(460);
    expect(result.sides.other.files.map(({ schemaVersion }) => schemaVersion)).toContain('2023-12-01-preview');
  });

  it('looks at rows where totals do not tell enough', async () => {
    const result = told(await readFile(golden, 'utf8'));
    const meters = result.subscriptions.flatMap((subscription) => subscription.meters);
    expect(meters.filter(({ needsRows }) => needsRows === true)).toEqual([]);
    expect(meters.filter(({ causes }) => causes.some(({ cause }) => cause === 'duplicateRows')).length).toBe(4);
  });
});

describe('reconcile, other formats', () => {
  it('prints a table of at most 100 columns that shows how the variance adds up', async () => {
    const { code, stdout, stderr } = await run(...usage, ...cost, ...lines);
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('Match rate EUR: 83 % by count (331 of 399 meter lines), 80.2 % by amount');
    expect(stdout).toMatch(/^total +-200\.00$/m);
    expect(stdout).toContain('The largest breaks, EUR (10 of 68)');
    expect(stdout).toContain('verify --invoice');
    expect(stderr).toContain('invoicetotal is not compared');
  });

  it('prints what the README shows', async () => {
    const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
    const { stdout } = await start(...usage, ...cost);
    expect(readme.split('```text\n')[1]?.split('\n```')[0]).toBe(stdout.trimEnd());
  });

  it('writes CSV with one row for each meter line and a column for each cause', async () => {
    const { stdout } = await run(...usage, ...cost, '--format', 'csv');
    const rows: readonly Record<string, string>[] = parse(stdout, { columns: true });
    expect(rows).toHaveLength(412);
    const variances = rows.filter(({ status }) => status !== 'excluded').map((row) => row['varianceCost'] ?? '0');
    const { totals, causes } = told(await readFile(golden, 'utf8'));
    expect(sumOf(variances)).toBe(totals[0]?.variance);
    for (const { cause, amount } of causes) expect(sumOf(rows.map((row) => row[cause] || '0'))).toBe(amount);
  });

  it('writes a workbook with formulas for the variances', async () => {
    const out = join(folder, 'sample.xlsx');
    expect(await run(...usage, ...cost, ...lines, '--format', 'xlsx', '--out', out)).toMatchObject({ code: 0 });
    const { sheets } = await readXlsx(await readFile(out));
    expect(sheets.map(({ name }) => name)).toEqual(['Summary', 'Meters', 'Causes']);
    expect(sheets[1]?.rows).toHaveLength(1 + 412 + 418);
    expect(sheets.map(({ rows }) => rows[0]?.[0])).toEqual(['comparedWith', 'comparedWith', 'comparedWith']);
    const { causes } = told(await readFile(golden, 'utf8'));
    const summary = sheets[0]?.rows ?? [];
    for (const { cause, amount } of causes) {
      const row = summary.find((cells) => cells[0] === 'costexport' && cells[2] === `cause: ${cause}`);
      expect(String(row?.[3]), cause).toBe(amount);
    }
  });

  it('says that a folder is one where files of line items are expected', async () => {
    const { code, stderr } = await run(...usage, '--invoice', folder);
    expect(code).toBe(1);
    expect(stderr).toContain(`${folder}: this is a folder; expected the files of line items in it, by name`);
  });

  it('writes the file of --out whole, and leaves nothing else beside it', async () => {
    const own = await mkdtemp(join(folder, 'out-'));
    const out = join(own, 'result.json');
    expect(await run(...usage, ...cost, '--format', 'json', '--out', out)).toMatchObject({ code: 0, stdout: '' });
    expect((await readFile(out, 'utf8')) === (await readFile(golden, 'utf8'))).toBe(true);
    expect(await readdir(own)).toEqual(['result.json']);
    const broken = await run(...usage, ...cost, '--format', 'csv', '--out', join(own, 'none', 'result.csv'));
    expect(broken.code).toBe(64);
    expect(broken.stderr).toBe(
      `error: --out ${join(own, 'none', 'result.csv')}: there is no folder ${join(own, 'none')}\n`,
    );
    expect((await run(...usage, ...cost, '--out', own)).stderr).toBe(
      `error: --out ${own} is a folder; expected the name of a file\n`,
    );
  });
});

describe('reconcile, exit codes', () => {
  it('is 2 on mismatches where that is asked for, and 0 where everything matches', async () => {
    expect((await start(...usage, ...cost, '--fail-on', 'mismatch')).code).toBe(2);
    const lenient = {
      ...defaultPolicy,
      version: 'lenient',
      rules: defaultPolicy.rules.map((rule) => ({ ...rule, absolute: '1000' })),
    };
    const policy = await fileWith('policy.json', JSON.stringify(lenient));
    const result = await run(...usage, ...lines, '--policy', policy, '--fail-on', 'mismatch', '--format', 'json');
    expect(result.code).toBe(0);
    expect(told(result.stdout)).toMatchObject({ policyVersion: 'lenient', coverage: { mismatched: 0 } });
    expect(told(result.stdout).invoicelines).toBeUndefined();
  });

  it.each([
    { args: [...usage], message: 'give --cost or --invoice' },
    { args: [...cost], message: '--usage' },
    { args: [...usage, ...cost, '--format', 'pdf'], message: 'pdf' },
    { args: [...usage, ...cost, '--cycle', '2026-13'], message: 'YYYY-MM' },
    { args: [...usage, ...cost, '--fail-on', 'rain'], message: 'rain' },
    { args: [...usage, ...cost, '--colour'], message: '--colour' },
  ])('is 64 on wrong usage: $message', async ({ args, message }) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('is 64 where --out is an input, also by another name, and the input stays as it was', async () => {
    const input = join(folder, 'usage.json.gz');
    await copyFile(sampleUsage[0] ?? '', input);
    await symlink(input, join(folder, 'link'));
    const result = await run('--usage', input, ...cost, '--out', join(folder, 'link'));
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(await readFile(input)).toEqual(await readFile(sampleUsage[0] ?? ''));
    const part = await start(...usage, ...cost, '--out', join(sampleFolder, 'cost-export', 'manifest.json'));
    expect(part.code).toBe(64);
  });

  it('is 1 on input that is refused, with the reason; JSON tells it too, other files are not written', async () => {
    const wrong = await run('--usage', sampleLines[0] ?? '', ...cost, '--format', 'json');
    expect(wrong.code).toBe(1);
    expect(told(wrong.stdout)).toMatchObject({ totals: [], subscriptions: [], refused: [{ file: sampleLines[0] }] });
    const out = join(folder, 'refused.csv');
    expect(await run('--usage', sampleLines[0] ?? '', ...cost, '--format', 'csv', '--out', out)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected daily rated usage'),
    });
    expect(await readdir(folder)).not.toContain('refused.csv');
    const table = await run(...usage, '--cost', sampleUsage[0] ?? '');
    expect(table).toMatchObject({ code: 1, stdout: 'Nothing was compared: a file or a row was refused.\n' });
    const missing = await start(...usage, '--cost', join(folder, 'missing.csv'));
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('missing.csv') });
    expect(missing.stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    { text: '{', message: 'not JSON' },
    { text: JSON.stringify({ ...defaultPolicy, colour: 'red' }), message: 'colour: an unknown key' },
    {
      text: JSON.stringify({ ...defaultPolicy, rules: [{ ...defaultPolicy.rules[0], filter: { meter: 'x' } }] }),
      message: 'rules[0].filter.meter: an unknown key',
    },
  ])('is 1 on a policy that is none: $message', async ({ text, message }) => {
    const path = await fileWith('wrong-policy.json', text);
    const result = await run(...usage, ...cost, '--policy', path);
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`${path}: `) });
    expect(result.stderr).toContain(message);
  });

  it('is 0 for help, which has an example of each kind', async () => {
    const { code, stdout } = await start('--help');
    expect(code).toBe(0);
    for (const option of ['--usage', '--cost', '--invoice', '--policy', '--cycle', '--out', '--fail-on', 'xlsx']) {
      expect(stdout).toContain(option);
    }
    expect(stdout.match(/csp-reconcile reconcile --usage/g)?.length).toBeGreaterThan(3);
  });
});
