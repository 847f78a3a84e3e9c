/** What was read of things that never change. */
export type BoundedCache<T> = {
  /** What is kept under `key`, or else what `read` gives, for which everybody waits who asks meanwhile. */
  read(key: string, read: () => Promise<T>): Promise<T>;
  forget(key: string): void;
};

/** Keeps what was asked for last, up to a weight of `weightMax` in all. A read that failed is not kept. */
export function boundedCache<T>(weightMax: number, weightOf: (value: T) => number): BoundedCache<T> {
  const kept = new Map<string, { readonly value: Promise<T>; weight: number }>();
  let weight = 0;
  const drop = (key: string) => {
    weight -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  };
  return {
    forget: drop,
    read: (key, read) => {
      const known = kept.get(key);
      if (known !== undefined) {
        kept.delete(key);
        kept.set(key, known);
        return known.value;
      }
      const entry = { value: read(), weight: 0 };
      kept.set(key, entry);
      entry.value.then(
        (value) => {
          if (kept.get(key) !== entry) return;
          entry.weight = weightOf(value);
          weight += entry.weight;
          for (const oldest of kept.keys()) {
            if (weight <= weightMax) break;
            drop(oldest);
          }
        },
        () => {
          if (kept.get(key) === entry) drop(key);
        },
      );
      return entry.value;
    },
  };
}
