import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackedText } from '../../shared/formats/source-file.ts';
import { cuttings, fileOf, refusalOf } from './source-files.ts';

const text = 'one line\nand another, é\n'.repeat(20);
const zipped = gzipSync(text);

async function textOf(name: string, ...chunks: readonly Uint8Array[]): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of unpackedText(fileOf(name, ...chunks))) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

const refusal = (...chunks: readonly Uint8Array[]) => refusalOf(textOf('a.csv.gz', ...chunks));

describe('unpackedText', () => {
  it('inflates what is named .gz, and only that', async () => {
    expect(await textOf('a.csv.gz', zipped)).toBe(text);
    expect(await textOf('a.csv', Buffer.from(text))).toBe(text);
    expect(await refusalOf(textOf('a.csv', zipped))).toMatchObject({ code: 'wrongContainer', file: 'a.csv' });
  });

  it('inflates the same wherever the bytes are cut', async () => {
    for (const chunks of cuttings(zipped)) expect(await textOf('a.csv.gz', ...chunks)).toBe(text);
  });

  it('inflates several members one after another, as gzip does', async () => {
    expect(await textOf('a.csv.gz', zipped, gzipSync('more'))).toBe(`${text}more`);
  });

  it('inflates a file of nothing, but refuses nothing as a file', async () => {
    expect(await textOf('a.csv.gz', gzipSync(''))).toBe('');
    expect(await refusal()).toMatchObject({ code: 'damagedContainer' });
  });

  it('refuses a file that is cut off, at whatever byte', async () => {
    for (let length = 0; length < zipped.length; length += 1) {
      const problem = await refusal(zipped.subarray(0, length));
      expect(problem, `${length} bytes`).toMatchObject({ code: 'damagedContainer', file: 'a.csv.gz' });
    }
    expect(await refusal(zipped, zipped.subarray(0, -1))).toMatchObject({ code: 'damagedContainer' });
  });

  it.each([
    ['a wrong checksum', zipped.length - 8],
    ['a wrong length', zipped.length - 4],
    ['a wrong beginning', 0],
    ['a wrong method', 2],
  ])('refuses %s', async (_, at) => {
    const damaged = Buffer.from(zipped);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    expect(await refusal(damaged)).toMatchObject({ code: 'damagedContainer', file: 'a.csv.gz' });
  });

  it('refuses text that was never compressed, and bytes after the end', async () => {
    expect(await refusal(Buffer.from(text))).toMatchObject({ code: 'damagedContainer' });
    expect(await refusal(zipped, Buffer.from('more'))).toMatchObject({ code: 'damagedContainer' });
  });

  it('passes an error of the source through as itself, before and after bytes have come', async () => {
    for (const sent of [0, 10, zipped.length - 1]) {
      const failure = new Error('the connection was lost');
      async function* broken() {
        if (sent > 0) yield zipped.subarray(0, sent);
        throw failure;
      }
      const reading = async () => {
        for await (const _ of unpackedText({ name: 'a.csv.gz', bytes: broken() }));
      };
      await expect(reading()).rejects.toBe(failure);
    }
  });

  it('closes the source when its reader stops early', async () => {
    const closed = Promise.withResolvers<void>();
    async function* endless() {
      try {
        yield gzipSync(text);
        for (;;) yield gzipSync(text.repeat(1000));
      } finally {
        closed.resolve();
      }
    }
    for await (const _ of unpackedText({ name: 'a.csv.gz', bytes: endless() })) break;
    await closed.promise;
  });
});
