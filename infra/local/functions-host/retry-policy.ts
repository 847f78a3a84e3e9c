import type { RetryContext, RetryOptions } from './core-api.ts';
import { delay } from './delay.ts';

/** Counts a policy without an end (`maxRetryCount: -1`), as Azure does; the stop signal ends it. */
const UNLIMITED = -1;

/**
 * Runs `attempt` until it succeeds or the policy's retries are used up, then throws the last error.
 * In Azure a retry policy of the function is honoured for timers; queues, topics and blobs have retries of their own.
 */
export async function runWithRetries(
  policy: RetryOptions | undefined,
  signal: AbortSignal,
  attempt: (retryContext: RetryContext | undefined) => Promise<void>,
): Promise<void> {
  const maxRetryCount = policy?.maxRetryCount ?? 0;
  let retryContext: RetryContext | undefined;
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      await attempt(retryContext);
      return;
    } catch (error) {
      const isExhausted = maxRetryCount !== UNLIMITED && retryCount >= maxRetryCount;
      if (policy === undefined || isExhausted || signal.aborted) {
        throw error;
      }
      await delay(retryDelayMs(policy, retryCount), signal);
      if (signal.aborted) {
        throw error;
      }
      retryContext = { retryCount: retryCount + 1, maxRetryCount, exception: toRpcException(error) };
    }
  }
}

/** Exponential back-off doubles from the minimum to the maximum; Azure's small random part is left out. */
export function retryDelayMs(policy: RetryOptions, retryCount: number): number {
  const seconds = (duration: { readonly seconds?: number } | undefined): number => duration?.seconds ?? 0;
  if (policy.retryStrategy === 'exponentialBackoff') {
    return Math.min(seconds(policy.minimumInterval) * 2 ** retryCount, seconds(policy.maximumInterval)) * 1000;
  }
  return seconds(policy.delayInterval) * 1000;
}

function toRpcException(error: unknown): NonNullable<RetryContext['exception']> {
  return error instanceof Error
    ? { message: error.message, source: error.name, stackTrace: error.stack ?? '' }
    : { message: String(error), source: '', stackTrace: '' };
}
