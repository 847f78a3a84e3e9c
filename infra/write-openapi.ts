import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../shared/contracts/openapi.ts';

/** Writes docs/openapi.json: what every route of the contracts promises, for readers and for tests. */
const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
await writeFile(file, `${JSON.stringify(openApiDocument('/api'), undefined, 2)}\n`);
