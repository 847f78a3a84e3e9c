import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWhole } from '../../cli/out-file.ts';

const module = new URL('../../cli/out-file.ts', import.meta.url).href;
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'out-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file that is written whole', () => {
  it('is not there when making it fails, and one that was there stays', async () => {
    const path = join(folder, 'out.csv');
    await writeFile(path, 'old');
    function* failing(): Generator<string> {
      yield 'new';
      throw new Error('half way');
    }
    await expect(writeWhole(path, failing())).rejects.toThrow('half way');
    expect(await readFile(path, 'utf8')).toBe('old');
    await writeWhole(path, ['new', Buffer.from('er')]);
    expect(await readFile(path, 'utf8')).toBe('newer');
    expect(await readdir(folder)).toEqual(['out.csv']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when the process gets %s', async (signal) => {
    const script = `
      import { writeWhole } from '${module}';
      async function* endless() {
        yield 'begun';
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }
      await writeWhole(${JSON.stringify(join(folder, 'out.csv'))}, endless());`;
    const child = spawn(node, ['--no-warnings', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const exited = once(child, 'exit');
    try {
      await expect.poll(() => readdir(folder), { timeout: 20_000 }).toHaveLength(1);
    } finally {
      child.kill(signal);
    }
    expect(await exited).toEqual([null, signal]);
    expect(await readdir(folder)).toEqual([]);
  });
});
