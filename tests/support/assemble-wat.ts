import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

/*
 * The scanner in WebAssembly is written as text, and kept as bytes beside it, so that nobody needs an assembler to run
 * the program. `node tests/support/assemble-wat.ts` writes the one from the other.
 */

const source = new URL('../../shared/formats/row-scan.wat', import.meta.url);
const target = new URL('../../shared/formats/row-scan-wasm.ts', import.meta.url);

/** What `row-scan-wasm.ts` must be. */
export async function assembledModule(): Promise<string> {
  const wabt = await loadWabt();
  const parsed = wabt.parseWat('row-scan.wat', await readFile(source, 'utf8'));
  try {
    const base64 = Buffer.from(parsed.toBinary({}).buffer).toString('base64');
    return [
      '/** The bytes of `row-scan.wat`, assembled; made by tests/support/assemble-wat.ts, which a test compares. */',
      'export const rowScanWasm =',
      `  '${base64}';`,
      '',
    ].join('\n');
  } finally {
    parsed.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, await assembledModule());
