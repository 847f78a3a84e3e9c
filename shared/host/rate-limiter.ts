/** Who takes part is forgotten, the longest silent first, beyond so many; each has some hundred bytes. */
const takersMax = 10_000;

/** Several requests at once are usual, a minute's worth at once is the most. */
type Bucket = { readonly tokens: number; readonly atMs: number };

/** How many requests a minute one caller makes of this process. Other instances count for themselves. */
export interface RateLimiter {
  /** @returns how long to wait when there is no request left for `taker`; then none is taken */
  take(taker: string): { readonly kind: 'taken' } | { readonly kind: 'wait'; readonly retryAfterMs: number };
}

/** A bucket of tokens per taker: full it holds a minute's requests, and it fills as steadily. */
export function rateLimiter(perMinute: number, nowMs: () => number = Date.now): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  return {
    take: (taker) => {
      const now = nowMs();
      const { tokens, atMs } = buckets.get(taker) ?? { tokens: perMinute, atMs: now };
      const left = Math.min(perMinute, tokens + Math.max(0, now - atMs) * perMs);
      // Taken out and put in anew, so that the first is always the longest silent.
      buckets.delete(taker);
      buckets.set(taker, { tokens: left >= 1 ? left - 1 : left, atMs: now });
      if (buckets.size > takersMax) forgetFirst(buckets);
      return left >= 1 ? { kind: 'taken' } : { kind: 'wait', retryAfterMs: Math.ceil((1 - left) / perMs) };
    },
  };
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  for (const taker of buckets.keys()) {
    buckets.delete(taker);
    return;
  }
}
