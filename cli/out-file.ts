import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isFileError } from './file-error.ts';
import { UsageError } from './usage-error.ts';

/** What a command prints, in pieces. */
export type Output = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Writes to stdout no faster than it is read. */
export async function writeToStdout(output: Output): Promise<void> {
  for await (const piece of output) if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
}

/**
 * Writes a file whole or not at all: into a file beside it, which takes its name when it is complete. What is not
 * complete is removed, also when the process is asked to end.
 */
export async function writeWhole(path: string, output: Output): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${randomUUID()}.unfinished`);
  const letGo = (signal: NodeJS.Signals): void => {
    rmSync(unfinished, { force: true });
    process.off('SIGINT', letGo);
    process.off('SIGTERM', letGo);
    process.kill(process.pid, signal);
  };
  process.on('SIGINT', letGo);
  process.on('SIGTERM', letGo);
  try {
    await pipeline(output, createWriteStream(unfinished, { flags: 'wx' }));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    process.off('SIGINT', letGo);
    process.off('SIGTERM', letGo);
  }
}

/**
 * Looks before the work begins whether `out` can be written, and would destroy nothing that is read.
 * @throws UsageError when there is no such folder, when it is a folder itself, or is one of the inputs
 */
export async function checkOut(out: string, inputs: readonly string[]): Promise<void> {
  const folder = await statOf(dirname(out));
  if (folder?.isDirectory() !== true) throw new UsageError(`--out ${out}: there is no folder ${dirname(out)}`);
  const target = await statOf(out);
  if (target?.isDirectory() === true) throw new UsageError(`--out ${out} is a folder; expected the name of a file`);
  const input = await inputAt(out, inputs);
  if (input !== undefined) throw new UsageError(`--out ${out} would overwrite the input ${input}`);
}

/** The input that writing to `out` would destroy, by whatever name: also through a link, and files in folders. */
async function inputAt(out: string, inputs: readonly string[]): Promise<string | undefined> {
  const target = await statOf(out);
  if (target === undefined) return undefined;
  for (const input of inputs) {
    const found = await statOf(input);
    if (found === undefined) continue;
    const names = found.isDirectory() ? (await readdir(input)).map((name) => join(input, name)) : [input];
    for (const name of names) {
      const file = await statOf(name);
      if (file?.ino === target.ino && file.dev === target.dev) return name;
    }
  }
  return undefined;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (!isFileError(error)) throw error;
    return undefined;
  }
}
