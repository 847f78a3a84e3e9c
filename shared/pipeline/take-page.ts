/** Which page of a list is wanted: the `top` items behind `position`, which is undefined for the first. */
export type PagePlace = { readonly top: number; readonly position: string | undefined };

export type Page<T> = { readonly items: readonly T[]; readonly next?: string | undefined };

/** What a walk through a list has come past: the place behind it, and the item, if it is one that is wanted. */
export type WalkStep<T> = { readonly place: string; readonly item?: T | undefined };

/**
 * Most that is come past for one page. A filter that fits little gives a short page, perhaps an empty one, that leads
 * on: a request's work is bounded, whatever it asks for.
 */
const stepsMax = 5_000;

/** The next `top` items of a walk, and where it goes on if it does. */
export async function takePage<T>(walk: AsyncIterable<WalkStep<T>>, top: number): Promise<Page<T>> {
  const items: T[] = [];
  let next: string | undefined;
  let steps = 0;
  for await (const { place, item } of walk) {
    if (item !== undefined && items.length === top) return { items, next };
    if (item !== undefined) items.push(item);
    next = place;
    steps += 1;
    if (steps === stepsMax) return { items, next };
  }
  return { items };
}

/** How many rows a page of `top` items is read with: one more tells whether the list goes on. */
export function rowsFor(top: number): number {
  return Math.min(top + 1, 1_000);
}
