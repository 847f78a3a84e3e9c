import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileBytesInTurns } from '../../cli/file-bytes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-bytes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the bytes of a file in turns', () => {
  it.each([0, 1, 512 * 1024, 512 * 1024 + 1, 3_000_001])('are all of them: %i', async (length) => {
    const path = join(folder, 'a.csv');
    const written = Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 9)) & 255));
    await writeFile(path, written);
    const copies: Buffer[] = [];
    for await (const chunk of fileBytesInTurns(path)) copies.push(Buffer.from(chunk));
    expect(Buffer.concat(copies).equals(written)).toBe(true);
  });

  it('may be left before the end', async () => {
    const path = join(folder, 'a.csv');
    await writeFile(path, Buffer.alloc(2_000_000, 'x'));
    for await (const chunk of fileBytesInTurns(path)) {
      expect(chunk[0]).toBe(120);
      break;
    }
  });

  it('of a file that is not there are an error of the file system', async () => {
    await expect(fileBytesInTurns(join(folder, 'none')).next()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
