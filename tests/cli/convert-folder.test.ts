import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convert } from '../../cli/convert.ts';
import { FileRefusedError } from '../../shared/formats/file-refused-error.ts';
import { csvOf, lineValues } from '../formats/sample-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-folder-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function converted(name: string, out: string) {
  const made = { kind: 'onetime', audience: 'customer', culture: 'invariant', format: 'csv' } as const;
  return convert({ ...made, path: join(folder, name), out: join(folder, out) }, () => {});
}

describe('convert of a folder with a manifest.json', () => {
  const parts = ['one', 'two'].map((name) => {
    const text = csvOf(Object.keys(lineValues), { ...lineValues, SkuName: name });
    return { name: `${name}.csv`, text, sha256: createHash('sha256').update(text).digest('hex') };
  });
  const own = (kind: string, change: object = {}) => ({
    ...{ version: 1, tenantId: 't', invoiceId: 'G1', kind, billingCycle: '2026-10' },
    parts: parts.map(({ name, text, sha256 }) => ({
      ...{ blobName: `t/G1/${kind}/v1/${name}`, sizeBytes: Buffer.byteLength(text), sha256 },
      ...change,
    })),
  });
  const withManifest = async (name: string, manifest: unknown): Promise<void> => {
    await mkdir(join(folder, name));
    for (const part of parts) await writeFile(join(folder, name, part.name), part.text);
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    await writeFile(join(folder, name, 'manifest.json'), text);
  };

  it.each([
    ['our own download', 'own', own('onetime')],
    ['Microsoft Graph', 'graph', { id: 'x', blobs: parts.map(({ name }) => ({ name, partNumber: 1 })) }],
  ] as const)(
    'takes the parts that the manifest of %s names, in their order, each line with an id of its own',
    async (_, name, manifest) => {
      await withManifest(name, manifest);
      expect(await converted(name, `${name}.csv`)).toEqual({ kind: 'written', rows: 2 });
      const rows = parse(await readFile(join(folder, `${name}.csv`)), { columns: true }) as Record<string, string>[];
      expect(rows.map((row) => row['SkuName'])).toEqual(['one', 'two']);
      expect(new Set(rows.map((row) => row['Id'])).size).toBe(2);
    },
  );

  it.each([
    ['is of another kind', own('license'), 'is of license; expected onetime'],
    ['says another size', own('onetime', { sizeBytes: 1 }), 'says 1'],
    ['says another hash', own('onetime', { sha256: 'ab'.repeat(32) }), 'SHA-256 differs'],
    ['names what is not there', { blobs: [{ name: 'three.csv' }] }, 'is not there'],
    ['names a file twice', { blobs: [{ name: 'one.csv' }, { name: 'one.csv' }] }, 'twice'],
    ['names nothing', { parts: [] }, 'names no files'],
    ['is no JSON', '{', 'is no JSON'],
  ] as const)('refuses a manifest that %s', async (what, manifest, message) => {
    const name = what.replaceAll(' ', '-');
    await withManifest(name, manifest);
    await expect(converted(name, 'none.csv')).rejects.toThrow(FileRefusedError);
    await expect(converted(name, 'none.csv')).rejects.toThrow(message);
    expect((await readdir(folder)).filter((each) => each.startsWith('none'))).toEqual([]);
  });

  it('refuses a folder without one', async () => {
    await mkdir(join(folder, 'empty'));
    await expect(converted('empty', 'none.csv')).rejects.toThrow('no manifest.json');
  });
});
