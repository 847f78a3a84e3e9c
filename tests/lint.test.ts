import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs the linter as `npm run lint` does, on one folder, and gives the rules that it names. */
function rulesFoundIn(folder: string): Promise<ReadonlySet<string>> {
  return new Promise((resolve) => {
    const args = ['lint', '--reporter=json', '--max-diagnostics=none', folder];
    execFile(
      join(root, 'node_modules/.bin/biome'),
      args,
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
      (_error, stdout) => {
        resolve(new Set([...stdout.matchAll(/"category":"lint\/(\w+\/\w+)"/g)].map((match) => match[1] ?? '')));
      },
    );
  });
}

describe('the linter', () => {
  it('finds the faults that are planted for it: some of its rules are young, and a silent rule guards nothing', async () => {
    const folder = await mkdtemp(join(root, 'shared', 'planted-'));
    try {
      await cp(join(root, 'tests/planted/lost-promise.ts.txt'), join(folder, 'planted.ts'));
      const rules = await rulesFoundIn(folder);
      for (const rule of [
        'nursery/noFloatingPromises',
        'nursery/noMisusedPromises',
        'nursery/useExhaustiveSwitchCases',
        'suspicious/noExplicitAny',
        'style/noNonNullAssertion',
      ]) {
        expect(rules, rule).toContain(rule);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
