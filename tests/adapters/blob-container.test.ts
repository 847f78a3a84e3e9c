import { createHash } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { azureBlobContainer } from '../../shared/adapters/azure-blob-container.ts';
import type { BlobContainer } from '../../shared/adapters/blob-container.ts';
import { memoryBlobContainer } from '../support/memory-blob-container.ts';

/** A container, and how a blob of somebody else's gets into it. */
type Subject = { readonly container: BlobContainer; put(name: string, bytes: Uint8Array): Promise<unknown> };

/** Blobs that are found tell their version, one text, and when they were written. */
const version = {
  etag: expect.stringMatching(/^[^"]+$/),
  writtenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
};

let azurite: Azurite;
let containers = 0;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function realContainer(): Promise<Subject> {
  containers += 1;
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const client = service.getContainerClient(`suite${containers}`);
  await client.create();
  return {
    container: azureBlobContainer(client),
    put: (name, bytes) => client.getBlockBlobClient(name).uploadData(bytes),
  };
}

function fakeContainer(): Subject {
  const container = memoryBlobContainer();
  return { container, put: async (name, bytes) => container.put(name, bytes) };
}

describe.each([
  ['in memory', async () => fakeContainer()],
  ['of Azure', realContainer],
])('a container %s', (_name, create: () => Promise<Subject>) => {
  it.each([
    ['a path', 'tenant/G1/usage/v1/part-00000.json.gz'],
    ['blanks, # and ?', 'a b/#1?x=y&z.csv'],
    ['percent signs', 'a%20b%2Fc.csv'],
    ['umlauts and more', 'Grüße/漢字 €.csv'],
    ['quotes and plus', `it's "so"+(1).csv`],
  ])('keeps a blob under a name of %s', async (_what, name) => {
    const { container } = await create();
    const bytes = Buffer.from('Grüße\n');
    const facts = { name, sizeBytes: bytes.length, sha256: sha256(bytes) };
    expect(await container.create(name, chunks(bytes))).toEqual(facts);
    expect(await container.find(name)).toEqual({ ...facts, ...version });
    expect(await Array.fromAsync(container.list(''))).toEqual([{ ...facts, ...version }]);
    expect(await Array.fromAsync(container.list(''))).toEqual([await container.find(name)]);
    expect(await container.readText(name)).toBe('Grüße\n');
    expect(await contentOf(container, name)).toEqual(bytes);
  });

  it('writes a blob once: a second writer is told what is there, and its source is not read', async () => {
    const { container } = await create();
    const first = await container.create('a', chunks(Buffer.from('first')));
    let isRead = false;
    async function* second() {
      isRead = true;
      yield Buffer.from('second');
    }
    expect(await container.create('a', second())).toEqual(first);
    expect(isRead).toBe(false);
    expect(await container.readText('a')).toBe('first');
  });

  it('lets one of two writers at once win, and tells both the same', async () => {
    const { container } = await create();
    const bothBegun = barrier(2);
    async function* slow(text: string) {
      yield Buffer.from(text);
      await bothBegun();
      yield Buffer.from(text);
    }
    const [left, right] = await Promise.all([
      container.create('a', slow('left-')),
      container.create('a', slow('right')),
    ]);
    expect(left).toEqual(right);
    const content = await contentOf(container, 'a');
    expect(['left-left-', 'rightright']).toContain(content?.toString());
    expect(left).toEqual({ name: 'a', sizeBytes: 10, sha256: sha256(content ?? Buffer.alloc(0)) });
    expect(await container.find('a')).toEqual({ ...left, ...version });
  });

  it('leaves nothing when the source breaks in the middle, and takes the blob afterwards', async () => {
    const { container } = await create();
    const large = Buffer.alloc(5 * 1024 * 1024, 'x');
    async function* broken() {
      yield large;
      throw new Error('the source broke');
    }
    await expect(container.create('a', broken())).rejects.toThrow('the source broke');
    expect(await container.find('a')).toBeUndefined();
    expect(await container.open('a')).toBeUndefined();
    expect(await Array.fromAsync(container.list(''))).toEqual([]);
    const whole = await container.create('a', chunks(Buffer.from('whole')));
    expect(whole.sizeBytes).toBe(5);
    expect(await container.readText('a')).toBe('whole');
  });

  it.each([
    ['one byte', 1],
    ['exactly one block', 4 * 1024 * 1024],
    ['several blocks and a rest', 9 * 1024 * 1024 + 13],
  ])('keeps %s, with its SHA-256', async (_what, sizeBytes) => {
    const { container } = await create();
    const bytes = Buffer.alloc(sizeBytes, '0123456789abcdefghij-');
    const facts = await container.create('large', chunks(bytes, 333_333));
    expect(facts).toEqual({ name: 'large', sizeBytes, sha256: sha256(bytes) });
    expect((await contentOf(container, 'large'))?.equals(bytes)).toBe(true);
  });

  it('keeps an empty blob, which is not a missing one', async () => {
    const { container } = await create();
    const facts = { name: 'empty', sizeBytes: 0, sha256: sha256(Buffer.alloc(0)) };
    expect(await container.create('empty', chunks(Buffer.alloc(0)))).toEqual(facts);
    expect(await container.find('empty')).toEqual({ ...facts, ...version });
    expect(await container.readText('empty')).toBe('');
    expect(await contentOf(container, 'empty')).toEqual(Buffer.alloc(0));
  });

  it('knows nothing of a blob that is not there', async () => {
    const { container } = await create();
    expect(await container.find('a')).toBeUndefined();
    expect(await container.open('a')).toBeUndefined();
    expect(await container.openRange('a', 0, 1)).toBeUndefined();
    expect(await container.readText('a')).toBeUndefined();
    expect(await Array.fromAsync(container.list('a'))).toEqual([]);
  });

  it.each([
    ['in the middle', 100, 50],
    ['of the first byte', 0, 1],
    ['up to the end', 900_000, 100_000],
    ['across the end: as much as there is', 999_990, 100],
    ['at the end: nothing', 1_000_000, 10],
    ['beyond the end: nothing', 2_000_000, 10],
  ])('reads a range %s', async (_what, offset, length) => {
    const { container } = await create();
    const bytes = Buffer.alloc(1_000_000, '0123456789abcdefghij-');
    await container.create('large', chunks(bytes, 333_333));
    const range = await container.openRange('large', offset, length);
    const read = range === undefined ? undefined : Buffer.concat(await Array.fromAsync(range));
    expect(read?.equals(bytes.subarray(offset, offset + length))).toBe(true);
  });

  it('lists what begins with a prefix, in the order of the names', async () => {
    const { container } = await create();
    for (const name of ['b/2', 'a/10', 'b/1', 'a/1', 'ab']) await container.create(name, chunks(Buffer.from(name)));
    const names = async (prefix: string) => (await Array.fromAsync(container.list(prefix))).map((blob) => blob.name);
    expect(await names('')).toEqual(['a/1', 'a/10', 'ab', 'b/1', 'b/2']);
    expect(await names('a/1')).toEqual(['a/1', 'a/10']);
    expect(await names('b/')).toEqual(['b/1', 'b/2']);
    expect(await names('c')).toEqual([]);
  });

  it('shows a blob that somebody else placed, without a hash, and does not write over it', async () => {
    const { container, put } = await create();
    await put('theirs', Buffer.from('theirs'));
    expect(await container.find('theirs')).toEqual({ name: 'theirs', sizeBytes: 6, ...version });
    expect(await container.create('theirs', chunks(Buffer.from('ours')))).toEqual({ name: 'theirs', sizeBytes: 6 });
    expect(await container.readText('theirs')).toBe('theirs');
  });
});

async function* chunks(bytes: Buffer, sizeBytes = 3): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

async function contentOf(container: BlobContainer, name: string): Promise<Buffer | undefined> {
  const bytes = await container.open(name);
  return bytes === undefined ? undefined : Buffer.concat(await Array.fromAsync(bytes));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Holds each caller until `count` of them have come. */
function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting === count) resolve();
    return promise;
  };
}
