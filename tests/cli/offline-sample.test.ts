import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOfflineSample } from '../../infra/local/offline-sample.ts';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { sampleFolder } from './offline-sample.ts';
import { reconciliationSchema } from './reconcile-schema.ts';

/** Every file by its name. Gzip is compared by what is in it: versions of zlib, and processors, pack differently. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(gz|json)$/.test(name)).sort();
  const texts = names.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    const text = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return [name, text.toString('utf8').replace(/"byteCount": ?\d+/g, '"byteCount": 0')] as const;
  });
  return new Map(await Promise.all(texts));
}

describe('the sample month in samples/', () => {
  let folder: string;
  let key: AnswerKey;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offline-sample-'));
    key = await writeOfflineSample(folder);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is what the generator makes, byte by byte', async () => {
    const [made, stored] = [await contentsOf(folder), await contentsOf(sampleFolder)];
    expect([...made.keys()]).toEqual([...stored.keys()]);
    expect(made.size).toBe(8);
    for (const [name, text] of made) expect(text === stored.get(name), name).toBe(true);
  });

  it('has a manifest that tells the sizes of the files beside it', async () => {
    const files = join(sampleFolder, 'cost-export');
    const manifest = JSON.parse(await readFile(join(files, 'manifest.json'), 'utf8')) as {
      readonly blobs: readonly { readonly blobName: string; readonly byteCount: number }[];
    };
    expect(manifest.blobs).toHaveLength(2);
    for (const { blobName, byteCount } of manifest.blobs) {
      expect((await readFile(join(files, blobName.split('/').at(-1) ?? ''))).length, blobName).toBe(byteCount);
    }
  });

  it('comes out as its answer key says, line by line: status, amounts and causes', async () => {
    const golden = fileURLToPath(new URL('../golden/reconcile-sample.json', import.meta.url));
    const found = reconciliationSchema.parse(JSON.parse(await readFile(golden, 'utf8')));
    const linesOf = (result: AnswerKey | typeof found) =>
      result.subscriptions
        .flatMap(({ subscriptionId, meters }) =>
          meters.map(({ meterId, region, unit, status, variance, causes }) => {
            const place = [subscriptionId, meterId, region, unit, status].join(' ');
            return `${place} ${variance.quantity} ${variance.cost} ${JSON.stringify(causes)}`;
          }),
        )
        .sort();
    expect(linesOf(found)).toEqual(linesOf(key));
    expect(linesOf(key)).toHaveLength(412);
  });

  it('is small', async () => {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(gz|json)$/.test(name));
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(sampleFolder, name))).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400_000);
  });
});
