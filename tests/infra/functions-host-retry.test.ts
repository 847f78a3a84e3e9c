import { expect, test } from 'vitest';
import { retryDelayMs, runWithRetries } from '../../infra/local/functions-host/retry-policy.ts';

const NEVER_ABORTED = new AbortController().signal;

test('a fixed delay stays, an exponential one doubles up to its maximum', () => {
  const fixed = { retryStrategy: 'fixedDelay', delayInterval: { seconds: 7 } } as const;
  expect([0, 1, 5].map((count) => retryDelayMs(fixed, count))).toEqual([7_000, 7_000, 7_000]);
  const exponential = {
    retryStrategy: 'exponentialBackoff',
    minimumInterval: { seconds: 2 },
    maximumInterval: { seconds: 15 },
  } as const;
  expect([0, 1, 2, 3, 4].map((count) => retryDelayMs(exponential, count))).toEqual([
    2_000, 4_000, 8_000, 15_000, 15_000,
  ]);
});

test('without a policy there is one try, and its error is thrown', async () => {
  let tries = 0;
  const attempt = async (): Promise<void> => {
    tries += 1;
    throw new Error(`try ${tries}`);
  };
  await expect(runWithRetries(undefined, NEVER_ABORTED, attempt)).rejects.toThrow('try 1');
});

test('when all retries are used up, the last error is thrown', async () => {
  let tries = 0;
  const policy = { maxRetryCount: 3, retryStrategy: 'fixedDelay', delayInterval: { seconds: 0 } } as const;
  const attempt = async (): Promise<void> => {
    tries += 1;
    throw new Error(`try ${tries}`);
  };
  await expect(runWithRetries(policy, NEVER_ABORTED, attempt)).rejects.toThrow('try 4');
});

test('a stop ends the wait for the next try', async () => {
  const stopping = new AbortController();
  const policy = { maxRetryCount: -1, retryStrategy: 'fixedDelay', delayInterval: { seconds: 3600 } } as const;
  const running = runWithRetries(policy, stopping.signal, async () => {
    throw new Error('fails');
  });
  stopping.abort();
  await expect(running).rejects.toThrow('fails');
});
