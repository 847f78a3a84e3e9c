import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rooms whose tests leave nothing behind in their process: no environment, no global, no port. */
const pure = ['domain', 'contracts', 'oracle', 'pipeline'].map((room) => `tests/${room}/**/*.test.ts`);

/** The files that take longest, begun first: the last minute is then not one of them alone on one core. */
const longest = [
  'attacks/attacks',
  'e2e/sample-month',
  'e2e/small-month',
  'e2e/notifications',
  'e2e/wrong-input',
  'infra/functions-host-service-bus',
  'cli/reconcile-command',
  'infra/azurite',
  'infra/sample-month',
  'infra/functions-host-timer',
  'pipeline/whole-month',
  'formats/part-reader-by-bytes',
].map((name) => `/tests/${name}.test.ts`);

for (const path of longest) {
  if (!existsSync(import.meta.dirname + path)) throw new Error(`vitest.config.ts: there is no ${path} to begin with`);
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((left, right) => rank(left) - rank(right));
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One file beside another on two cores: half of the suite waits for timers, locks and child processes.
    maxWorkers: 2,
    // Room for what a test makes and drops: half as many collections.
    execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=64'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'stack', include: ['tests/**/*.test.ts'], exclude: pure } },
      // One process for many files: to start one for each costs more than most of them take. Not so the formats: their hot
      // code, once it has seen all of a month's shapes, runs ten times slower.
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
    ],
  },
});
