import { describe, expect, it } from 'vitest';
import { boundedCache } from '../../shared/pipeline/bounded-cache.ts';
import { sharedReads } from '../../shared/pipeline/shared-reads.ts';

/** Reads that end when the test says so, each with the number of its turn. */
function reads() {
  const under: PromiseWithResolvers<number>[] = [];
  return {
    read: () => {
      const own = Promise.withResolvers<number>();
      under.push(own);
      return own.promise;
    },
    begun: () => under.length,
    end: (turn: number) => under[turn]?.resolve(turn),
    fail: (turn: number) => under[turn]?.reject(new Error(`read ${turn} failed`)),
  };
}

describe('a shared read', () => {
  it('gives whoever asks while one is under way the next one, and all of them the same', async () => {
    const shared = sharedReads<number>();
    const { read, begun, end } = reads();
    const first = shared('a', read);
    const late = [shared('a', read), shared('a', read), shared('a', read)];
    expect(begun()).toBe(1);
    end(0);
    expect(await first).toBe(0);
    await expect.poll(begun).toBe(2);
    const later = shared('a', read);
    end(1);
    expect(await Promise.all(late)).toEqual([1, 1, 1]);
    await expect.poll(begun).toBe(3);
    end(2);
    expect(await later).toBe(2);
  });

  it('keeps nothing of what was read', async () => {
    const shared = sharedReads<number>();
    const { read, end } = reads();
    for (const turn of [0, 1, 2]) {
      const asked = shared('a', read);
      end(turn);
      expect(await asked).toBe(turn);
    }
  });

  it('of one thing does not wait for that of another', async () => {
    const shared = sharedReads<number>();
    const { read, begun, end } = reads();
    const slow = shared('a', read);
    const quick = shared('b', read);
    expect(begun()).toBe(2);
    end(1);
    expect(await quick).toBe(1);
    end(0);
    expect(await slow).toBe(0);
  });

  it('that fails is the failure of those who waited for it, and of nobody after', async () => {
    const shared = sharedReads<number>();
    const { read, begun, end, fail } = reads();
    const first = shared('a', read);
    const second = shared('a', read);
    fail(0);
    await expect(first).rejects.toThrow('read 0 failed');
    await expect.poll(begun).toBe(2);
    end(1);
    expect(await second).toBe(1);
  });
});

describe('a bounded cache', () => {
  const counting = () => {
    const read: string[] = [];
    const get = (text: string) => async () => {
      read.push(text);
      return text;
    };
    return { read, get };
  };

  it('reads a thing once, also for those who ask while it is read', async () => {
    const cache = boundedCache<string>(100, (text) => text.length);
    const { read, get } = counting();
    expect(await Promise.all([cache.read('a', get('aa')), cache.read('a', get('aa'))])).toEqual(['aa', 'aa']);
    expect(await cache.read('a', get('aa'))).toBe('aa');
    expect(read).toEqual(['aa']);
  });

  it('forgets what was asked for longest ago, and what is too heavy for it at once', async () => {
    const cache = boundedCache<string>(4, (text) => text.length);
    const { read, get } = counting();
    for (const text of ['aa', 'bb', 'aa', 'cc', 'aa', 'bb']) await cache.read(text, get(text));
    expect(read).toEqual(['aa', 'bb', 'cc', 'bb']);
    for (const text of ['ddddd', 'ddddd']) await cache.read(text, get(text));
    expect(read.slice(4)).toEqual(['ddddd', 'ddddd']);
  });

  it('does not keep a failure', async () => {
    const cache = boundedCache<string>(100, (text) => text.length);
    await expect(cache.read('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.read('a', async () => 'a')).toBe('a');
  });
});
