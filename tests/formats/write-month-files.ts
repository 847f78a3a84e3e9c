import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { monthFiles } from './month-files.ts';

/* Writes the golden files of month-files.test.ts anew: node --no-warnings tests/formats/write-month-files.ts */

const golden = new URL('../golden/months/', import.meta.url);
const files = await monthFiles();
rmSync(golden, { recursive: true, force: true });
mkdirSync(golden, { recursive: true });
for (const { name, bytes } of files) writeFileSync(new URL(name, golden), bytes);
