/**
 * Merges streams that are each ordered by `keyOf` into one ordered stream, adding up what has the same key. Holds one
 * item of each stream at a time.
 */
export async function* mergeSorted<T>(
  streams: readonly AsyncIterable<T>[],
  keyOf: (item: T) => string,
  add: (left: T, right: T) => T,
): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map(async (iterator) => headOf(await iterator.next(), keyOf)));
    for (;;) {
      const key = heads.reduce<string | undefined>(
        (least, head) => (head === undefined || (least !== undefined && least <= head.key) ? least : head.key),
        undefined,
      );
      if (key === undefined) return;
      let sum: T | undefined;
      for (const [index, iterator] of iterators.entries()) {
        let head = heads[index];
        while (head !== undefined && head.key === key) {
          sum = sum === undefined ? head.item : add(sum, head.item);
          head = headOf(await iterator.next(), keyOf);
        }
        heads[index] = head;
      }
      if (sum !== undefined) yield sum;
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

type Head<T> = { readonly key: string; readonly item: T };

function headOf<T>(result: IteratorResult<T>, keyOf: (item: T) => string): Head<T> | undefined {
  return result.done === true ? undefined : { key: keyOf(result.value), item: result.value };
}
