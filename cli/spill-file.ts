import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpillFile } from '../shared/formats/charge-spill.ts';

/**
 * A temporary file that only this user can read. Its name is removed as soon as it is open, so that nothing is left
 * behind however the process ends; the system frees its bytes when it is closed.
 */
export function openSpillFile(folder = tmpdir()): SpillFile & { close(): void } {
  const path = join(folder, `csp-reconcile-${randomUUID()}.spill`);
  const file = openSync(path, 'wx+', 0o600);
  rmSync(path);
  let sizeBytes = 0;
  return {
    append: (block) => {
      for (let written = 0; written < block.length; ) {
        written += writeSync(file, block, written, block.length - written, sizeBytes + written);
      }
      sizeBytes += block.length;
    },
    read: (offset, into) => {
      for (let read = 0; read < into.length; ) {
        const count = readSync(file, into, read, into.length - read, offset + read);
        if (count === 0) throw new Error(`The temporary file in ${folder} ends after ${offset + read} bytes`);
        read += count;
      }
    },
    close: () => closeSync(file),
  };
}
