import type { Table } from './table.ts';

/** A conflict means that somebody else moved the row on; states have few steps, so a few tries settle it. */
const triesMax = 10;

export type Advance<T> = {
  readonly parse: (value: unknown) => T;
  /** Whether `next` is a later state than `present`. */
  readonly isLater: (present: T, next: T) => boolean;
};

/**
 * Writes `next` unless the row is already in that state or a later one, whoever else writes at the same time: states
 * only go forward. @returns what the row holds afterwards
 */
export async function advanceRow<T>(
  table: Table,
  key: { readonly partitionKey: string; readonly rowKey: string },
  next: T,
  { parse, isLater }: Advance<T>,
): Promise<T> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const row = await table.get(key.partitionKey, key.rowKey);
    if (row === undefined) {
      if ((await table.insert(key.partitionKey, key.rowKey, next)) === 'inserted') return next;
      continue;
    }
    const present = parse(row.value);
    if (!isLater(present, next)) return present;
    if ((await table.replace(row, next)) === 'replaced') return next;
  }
  throw new Error(`The row ${key.partitionKey}, ${key.rowKey} kept changing`);
}
