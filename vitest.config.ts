import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One file beside another on two cores: half of the suite waits for timers, locks and child processes.
    maxWorkers: 2,
  },
});
