import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { readXlsx } from 'hucre';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, lineValues, usageValues } from '../formats/sample-files.ts';
import { runCommand, startCommand } from './run-command.ts';

/* `start`: as a user starts the command, in a process; `run`: the same program in this one. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
  const margins = 'id,buyer,level,kind,value,from\nall,customer,default,markup,0.1,2020-01-01\n';
  await mkdir(join(folder, 'catalogue'));
  await writeFile(join(folder, 'catalogue', 'margins.csv'), margins);
  await mkdir(join(folder, 'bad'));
  await writeFile(join(folder, 'bad', 'margins.csv'), `${margins}b,nobody,default,markup,x,2020-01-01\n`);
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'lines.csv'), csvOf(Object.keys(lineValues), lineValues));
  await writeFile(join(folder, 'usage.csv'), csvOf(Object.keys(usageValues), usageValues));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inFolder = (args: readonly string[]) =>
  args.map((arg) => (arg.startsWith('@') ? join(folder, arg.slice(1)) : arg));
const run = (...args: readonly string[]) => runCommand('convert', ...inFolder(args));
const start = (...args: readonly string[]) => startCommand('convert', ...inFolder(args));

const forCustomer = ['--kind', 'onetime', '--audience', 'customer'] as const;

describe('convert', () => {
  it('makes the file of a customer with a margin, in a regional format', async () => {
    const out = ['--culture', 'de-DE', '--out', '@de.csv'];
    expect(await start('@lines.csv', ...forCustomer, '--catalogue', '@catalogue', ...out)).toMatchObject({
      code: 0,
      stdout: '',
    });
    const text = await readFile(join(folder, 'de.csv'), 'utf8');
    const [row] = parse(text, { columns: true, bom: true, delimiter: ';' }) as Record<string, string>[];
    expect(lineValues['Subtotal']).toBe('100.80');
    expect(row?.['SubtotalForCustomer']).toBe('110,88');
    expect(row?.['OrderDate']).toMatch(/^(\d\d\.\d\d\.\d{4})?$/);
  });

  it('makes workbooks and Parquet of the same rows', async () => {
    expect((await run('@lines.csv', ...forCustomer, '--format', 'xlsx', '--out', '@a.xlsx')).code).toBe(0);
    expect((await run('@lines.csv', ...forCustomer, '--format', 'parquet', '--out', '@a.parquet')).code).toBe(0);
    const book = await readXlsx(await readFile(join(folder, 'a.xlsx')));
    expect(book.sheets[0]?.rows).toHaveLength(2);
    const { buffer } = Uint8Array.from(await readFile(join(folder, 'a.parquet')));
    expect(await parquetReadObjects({ file: buffer })).toHaveLength(1);
  });

  it('makes daily rated usage for the CSP', async () => {
    const made = await run('@usage.csv', '--kind', 'dailyratedusage', '--audience', 'csp', '--out', '@usage-out.csv');
    expect(made).toMatchObject({ code: 0 });
    const rows = parse(await readFile(join(folder, 'usage-out.csv')), { columns: true }) as Record<string, string>[];
    expect(rows).toMatchObject([
      { EntitlementId: usageValues['EntitlementId']?.toLowerCase(), MarginRuleForCustomer: 'passed-on' },
    ]);
  });

  it('says how each price came about, for the CSP in full, for a reseller its own sale', async () => {
    const args = ['@lines.csv', '--kind', 'onetime', '--catalogue', '@catalogue', '--explain'] as const;
    expect((await run(...args, '--audience', 'csp', '--out', '@csp.xlsx', '--format', 'xlsx')).code).toBe(0);
    const explained = async (name: string) =>
      parse(await readFile(join(folder, name)), { columns: true }) as Record<string, string>[];
    expect(await explained('csp.explain.csv')).toMatchObject([
      { Seller: 'csp', Buyer: 'reseller', RuleId: 'passed-on', Subtotal: '100.8' },
      {
        ...{ Seller: 'reseller', Buyer: 'customer', RuleId: 'all', RuleKind: 'markup', RuleValue: '0.1' },
        ...{ Subtotal: '110.88', Outcome: 'priced' },
      },
    ]);
    expect((await run(...args, '--audience', 'reseller', '--out', '@reseller.csv')).code).toBe(0);
    const own = await explained('reseller.explain.csv');
    expect(own).toMatchObject([{ Seller: 'reseller', Buyer: 'customer', ListPrice: '' }]);
  });

  it('keeps a customer’s file to the lines of one reseller', async () => {
    const known = lineValues['Tier2MpnId'] ?? '';
    expect((await run('@lines.csv', ...forCustomer, '--reseller', known, '--out', '@through.csv')).code).toBe(0);
    expect(await start('@lines.csv', ...forCustomer, '--reseller', '999', '--out', '@none.csv')).toMatchObject({
      code: 1,
    });
  });

  it.each([
    ['a customer asks to have prices explained', 64, ['@lines.csv', ...forCustomer, '--explain'], 'told no cost'],
    [
      'a customer asks for usage',
      64,
      ['@usage.csv', '--kind', 'dailyratedusage', '--audience', 'customer'],
      'customers get no',
    ],
    ['the kind is unknown', 64, ['@lines.csv', '--kind', 'nonsense', '--audience', 'csp'], 'Allowed choices'],
    ['the culture is unknown', 64, ['@lines.csv', ...forCustomer, '--culture', 'xx-XX'], 'Allowed choices'],
    ['the file is of another kind', 1, ['@usage.csv', ...forCustomer], 'expected onetime'],
    [
      'the customer has no line',
      1,
      ['@lines.csv', ...forCustomer, '--customer', 'nobody'],
      'no line is of this customer',
    ],
    ['the catalogue has a bad line', 1, ['@lines.csv', ...forCustomer, '--catalogue', '@bad'], 'line 3, column buyer'],
    ['the catalogue has no file', 1, ['@lines.csv', ...forCustomer, '--catalogue', '@empty'], 'no file of a catalogue'],
    ['the file is not there', 1, ['@nowhere.csv', ...forCustomer], 'nowhere.csv: there is no such file or folder'],
    [
      'the catalogue is not there',
      1,
      ['@lines.csv', ...forCustomer, '--catalogue', '@nowhere'],
      'nowhere: there is no such file or folder',
    ],
  ] as const)('says clearly, and writes nothing, when %s', async (_, code, args, message) => {
    const outcome = await run(...args, '--out', '@none.csv');
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('never writes over what it reads, nor into a folder that there is not', async () => {
    const input = await readFile(join(folder, 'lines.csv'), 'utf8');
    const margins = await readFile(join(folder, 'catalogue', 'margins.csv'), 'utf8');
    await writeFile(join(folder, 'same.explain.csv'), input);
    const args = ['--kind', 'onetime', '--audience', 'csp', '--catalogue', '@catalogue'] as const;
    const outcomes = [
      await run('@lines.csv', ...args, '--out', '@lines.csv'),
      await run('@lines.csv', ...args, '--out', '@catalogue/margins.csv'),
      await run('@same.explain.csv', ...args, '--explain', '--out', '@same.csv'),
      await run('@lines.csv', ...args, '--out', '@nowhere/none.csv'),
    ];
    expect(outcomes.map(({ code }) => code)).toEqual([64, 64, 64, 64]);
    expect(outcomes.map(({ stderr }) => stderr.replaceAll(folder, ''))).toEqual([
      'error: --out /lines.csv would overwrite the input /lines.csv\n',
      'error: --out /catalogue/margins.csv would overwrite the input /catalogue/margins.csv\n',
      'error: --out /same.explain.csv would overwrite the input /same.explain.csv\n',
      'error: --out /nowhere/none.csv: there is no folder /nowhere\n',
    ]);
    expect(await readFile(join(folder, 'lines.csv'), 'utf8')).toBe(input);
    expect(await readFile(join(folder, 'catalogue', 'margins.csv'), 'utf8')).toBe(margins);
    expect(await readdir(folder)).not.toContain('same.csv');
  });
});
