import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The month in `samples/`, as the command line is given it. */
export const sampleFolder = fileURLToPath(new URL('../../samples/2026-10', import.meta.url));

const filesIn = (name: string) =>
  readdirSync(join(sampleFolder, name))
    .sort()
    .map((file) => join(sampleFolder, name, file));

export const sampleUsage = filesIn('usage');
export const sampleCost = join(sampleFolder, 'cost-export');
export const sampleLines = filesIn('line-items');
