import { describe, expect, it } from 'vitest';
import { rateLimiter } from '../../shared/host/rate-limiter.ts';

function limiterAt(perMinute: number) {
  let nowMs = 5_000;
  const limiter = rateLimiter(perMinute, () => nowMs);
  return {
    take: (taker: string) => limiter.take(taker),
    countUntilWait: (taker: string) => {
      let count = 0;
      while (limiter.take(taker).kind === 'taken') count += 1;
      return count;
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a rate limit', () => {
  it('lets a minute’s requests through at once, and says how long to wait for the next', () => {
    const limiter = limiterAt(60);
    expect(limiter.countUntilWait('a')).toBe(60);
    expect(limiter.take('a')).toEqual({ kind: 'wait', retryAfterMs: 1_000 });
    limiter.wait(999);
    expect(limiter.take('a')).toMatchObject({ kind: 'wait' });
    limiter.wait(1);
    expect(limiter.take('a')).toEqual({ kind: 'taken' });
    expect(limiter.take('a')).toMatchObject({ kind: 'wait' });
  });

  it('fills up again, and never beyond a minute’s requests', () => {
    const limiter = limiterAt(60);
    limiter.countUntilWait('a');
    limiter.wait(30_000);
    expect(limiter.countUntilWait('a')).toBe(30);
    limiter.wait(60 * 60_000);
    expect(limiter.countUntilWait('a')).toBe(60);
  });

  it('is each caller’s own', () => {
    const limiter = limiterAt(3);
    expect(limiter.countUntilWait('a')).toBe(3);
    expect(limiter.countUntilWait('b')).toBe(3);
  });

  it('is not evaded by a clock that goes back', () => {
    const limiter = limiterAt(3);
    limiter.countUntilWait('a');
    limiter.wait(-60_000);
    expect(limiter.take('a')).toMatchObject({ kind: 'wait' });
  });

  it('is kept for those who asked last, however many there are', () => {
    const limiter = limiterAt(2);
    limiter.countUntilWait('first');
    limiter.countUntilWait('last');
    for (let taker = 0; taker < 9_999; taker += 1) limiter.take(`other-${taker}`);
    expect(limiter.take('last')).toMatchObject({ kind: 'wait' });
    expect(limiter.take('first')).toEqual({ kind: 'taken' });
  });
});
