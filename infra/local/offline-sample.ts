import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { AnswerKey } from './sample-month/answer-key.ts';
import { writeSampleMonth } from './sample-month/write-sample-month.ts';

/** The month that stands in `samples/`: small enough for a repository, and with every cause in it. */
export const offlineSample = { seed: 20261001, cycle: '2026-10', scale: 0.01 } as const;

/** The folders of the sample, and which files of a whole sample month they hold. */
const folders = [
  { name: 'usage', isHere: (path: string) => path.includes('dailyratedusage') },
  { name: 'cost-export', isHere: (path: string) => path.includes('cost-exports') },
  { name: 'line-items', isHere: (path: string) => path.includes('onetime') },
] as const;

/**
 * Writes what the command line needs of a sample month: usage of an invoice, a cost export, the invoice's line items.
 * @returns what a correct reader finds in it
 */
export async function writeOfflineSample(folder: string): Promise<AnswerKey> {
  const month = await mkdtemp(join(tmpdir(), 'offline-sample-'));
  try {
    const key = await writeSampleMonth(month, offlineSample);
    const written = await readdir(month, { recursive: true });
    for (const { name, isHere } of folders) {
      await mkdir(join(folder, name), { recursive: true });
      for (const path of written.filter((candidate) => isHere(candidate) && /\.(gz|json)$/.test(candidate))) {
        await copyFile(join(month, path), join(folder, name, basename(path)));
      }
    }
    return key;
  } finally {
    await rm(month, { recursive: true, force: true });
  }
}
