import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '../../cli/reconcile.ts';
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

/** The statuses of the first subscription, or why nothing was compared. */
async function outcomeOf(...costs: readonly string[]) {
  const result = await reconcile([await fileWith('usage.csv', tinyPortalUsage())], costs, () => {});
  const meters = result.subscriptions.find(({ subscriptionId }) => subscriptionId.startsWith('aaaaaaaa'))?.meters;
  return { statuses: meters?.map(({ status }) => status), refused: result.refused.map(({ code }) => code) };
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
});
