import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Inputs, reconcile } from '../../cli/reconcile.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { tinyCostExport, tinyFocus, tinyPortalUsage, tinyRetailExport } from '../support/tiny-month.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileWith(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The lines of all comparisons, and what was said and refused. */
async function outcome(inputs: Partial<Inputs>) {
  const said: string[] = [];
  const usage = inputs.usage ?? [await fileWith('usage.csv', tinyPortalUsage())];
  const result = await reconcile({ cost: [], invoice: [], ...inputs, usage }, (line) => said.push(line));
  try {
    const told = result.comparisons.map((comparison) => ({ ...comparison, all: [...comparison.subscriptions()] }));
    return { ...result, told, said, lines: told.flatMap(({ all }) => all.flatMap(({ lines }) => lines)) };
  } finally {
    result.close();
  }
}

/** The statuses of the first subscription, or why nothing was compared. */
async function outcomeOf(...cost: readonly string[]) {
  const { told, refused } = await outcome({ cost });
  const first = told[0]?.all.find(({ subscriptionId }) => subscriptionId.startsWith('aaaaaaaa'));
  return { statuses: first?.lines.map(({ status }) => status), refused: refused.map(({ code }) => code) };
}

const compared = { statuses: ['matched', 'mismatched', 'matched'], refused: [] };

describe('reconcile', () => {
  it('takes FOCUS, compressed or not', async () => {
    expect(await outcomeOf(await fileWith('focus.csv', tinyFocus()))).toEqual(compared);
    expect(await outcomeOf(await fileWith('focus.csv.gz', gzipSync(tinyFocus())))).toEqual(compared);
  });

  it('takes a folder with a manifest, and refuses one without', async () => {
    expect(await outcomeOf(folder)).toEqual({ statuses: undefined, refused: ['missingManifest'] });
    for (const file of tinyCostExport().files) await fileWith(basename(file.name), file.bytes);
    expect(await outcomeOf(folder)).toEqual(compared);
  });

  it('compares nothing with costs that no invoice has', async () => {
    const retail = await fileWith('retail.csv', tinyRetailExport());
    expect(await outcomeOf(retail)).toEqual({ statuses: undefined, refused: ['retailScope'] });
    const [first] = tinyCostExport({ edit: (csv) => csv.replace('Usage,EUR', 'UnusedSavingsPlan,EUR') }).files;
    const amortized = await fileWith('amortized.csv.gz', first?.bytes ?? '');
    expect(await outcomeOf(amortized)).toEqual({ statuses: undefined, refused: ['otherCosts'] });
  });

  it('refuses usage in the place of costs', async () => {
    expect(await outcomeOf(await fileWith('costs.csv', tinyPortalUsage()))).toMatchObject({
      refused: ['otherDataset'],
    });
  });

  it('refuses files that are given twice, damaged, or not what the manifest promises', async () => {
    const files = tinyCostExport().files.filter(({ name }) => name.endsWith('.gz'));
    const [first, second] = await Promise.all(files.map(({ name, bytes }) => fileWith(basename(name), bytes)));
    expect((await outcomeOf(first ?? '', first ?? '')).refused).toEqual(['duplicateFile']);
    const broken = await fileWith('broken.csv.gz', (files[1]?.bytes ?? Buffer.alloc(0)).subarray(0, -9));
    expect(await outcomeOf(first ?? '', broken)).toMatchObject({ statuses: undefined, refused: [expect.any(String)] });
    expect((await outcomeOf(first ?? '', second ?? '')).refused).toEqual([]);
    const cut = gzipSync('x');
    await fileWith('part_0_0001.csv.gz', cut);
    await fileWith('manifest.json', tinyCostExport().files.at(-1)?.bytes ?? '');
    expect((await outcomeOf(folder)).refused.length).toBeGreaterThan(0);
  });

  it('refuses a folder whose manifest promises other rows than there are', async () => {
    const promise = (manifest: { readonly blobs: readonly { readonly dataRowCount: number }[] }) => ({
      ...manifest,
      blobs: manifest.blobs.map((blob) => ({ ...blob, dataRowCount: blob.dataRowCount + 1 })),
    });
    for (const file of tinyCostExport({ promise }).files) await fileWith(basename(file.name), file.bytes);
    expect(await outcomeOf(folder)).toEqual({ statuses: undefined, refused: ['wrongRowCount', 'wrongRowCount'] });
  });

  it('leaves out refused rows as far as the policy allows, and counts them', async () => {
    const bad = await fileWith(
      'bad.csv',
      tinyPortalUsage((text) => text.replace(',12.5,', ',1 2,')),
    );
    const cost = [await fileWith('focus.csv', tinyFocus())];
    const refusing = await outcome({ usage: [bad], cost });
    expect(refusing.told[0]).toMatchObject({ isRefused: true, all: [], refusedRows: 10 });
    const lenient = await outcome({ usage: [bad], cost, policy: { ...defaultPolicy, refusedRowsMax: 1 } });
    expect(lenient.told[0]).toMatchObject({ isRefused: false, refusedRows: 1, rows: { invoice: 5 } });
    expect(lenient.refused).toMatchObject([{ file: bad, line: 3, column: 'Quantity', value: '1 2' }]);
  });

  it('takes rows of other months than the cycle for late usage', async () => {
    const cost = [await fileWith('focus.csv', tinyFocus())];
    const { lines, told } = await outcome({ cost, cycle: '2026-11' });
    expect(told[0]?.billingCycle).toBe('2026-11');
    const causes = lines.flatMap((line) => line.causes.map(({ cause }) => cause));
    expect(new Set(causes)).toEqual(new Set(['lateUsage']));
  });

  it('finds an export of another month, and a currency of one side alone, not comparable', async () => {
    const september = await fileWith('september.csv', tinyFocus().replaceAll('2026-10', '2026-09'));
    const month = await outcome({ cost: [september] });
    expect(new Set(month.lines.map(({ status }) => status))).toEqual(new Set(['notComparable']));
    expect(month.told[0]?.gate).toMatchObject({ kind: 'closed', reason: 'otherMonth' });
    const dollars = await fileWith('dollars.csv', tinyFocus().replaceAll('EUR', 'USD'));
    const currency = await outcome({ cost: [dollars] });
    expect(currency.told[0]?.gate).toMatchObject({ kind: 'closed', reason: 'otherCurrency' });
  });

  it('gives a run its own id for other inputs, another policy and another month', async () => {
    const cost = [await fileWith('focus.csv', tinyFocus())];
    const idOf = async (inputs: Partial<Inputs>) => (await outcome({ cost, ...inputs })).told[0]?.runId;
    const ids = [
      await idOf({}),
      await idOf({ cycle: '2026-11' }),
      await idOf({ policy: { ...defaultPolicy, materiality: '2' } }),
      await idOf({ cost: [await fileWith('other.csv', `${tinyFocus()}\n`)] }),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(await idOf({ cycle: '2026-10' })).toBe(ids[0]);
  });
});
