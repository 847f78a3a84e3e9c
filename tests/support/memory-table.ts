import type { Table, TableRow } from '../../shared/adapters/table.ts';

/** A table in memory, held to the same suite as the real one. `dump` gives its whole state as text. */
export function memoryTable(): Table & { dump(): string } {
  const rows = new Map<
    string,
    { readonly partitionKey: string; readonly rowKey: string; readonly text: string; readonly version: number }
  >();
  const keyOf = (partitionKey: string, rowKey: string) => JSON.stringify([partitionKey, rowKey]);
  const write = (partitionKey: string, rowKey: string, value: unknown) => {
    const key = keyOf(partitionKey, rowKey);
    rows.set(key, { partitionKey, rowKey, text: JSON.stringify(value), version: (rows.get(key)?.version ?? 0) + 1 });
  };
  const toRow = (row: { partitionKey: string; rowKey: string; text: string; version: number }): TableRow => ({
    partitionKey: row.partitionKey,
    rowKey: row.rowKey,
    value: JSON.parse(row.text),
    etag: String(row.version),
  });
  const sorted = () =>
    [...rows.values()].sort((left, right) =>
      keyOf(left.partitionKey, left.rowKey) < keyOf(right.partitionKey, right.rowKey) ? -1 : 1,
    );
  return {
    get: async (partitionKey, rowKey) => {
      const row = rows.get(keyOf(partitionKey, rowKey));
      return row === undefined ? undefined : toRow(row);
    },
    insert: async (partitionKey, rowKey, value) => {
      if (rows.has(keyOf(partitionKey, rowKey))) return 'exists';
      write(partitionKey, rowKey, value);
      return 'inserted';
    },
    put: async (partitionKey, rowKey, value) => write(partitionKey, rowKey, value),
    replace: async (row, value) => {
      if (String(rows.get(keyOf(row.partitionKey, row.rowKey))?.version) !== row.etag) return 'changed';
      write(row.partitionKey, row.rowKey, value);
      return 'replaced';
    },
    putMany: async (partitionKey, entries) => {
      for (const entry of entries) write(partitionKey, entry.rowKey, entry.value);
    },
    list: async function* (partitionKey) {
      for (const row of sorted()) if (row.partitionKey === partitionKey) yield toRow(row);
    },
    listAll: async function* () {
      for (const row of sorted()) yield toRow(row);
    },
    dump: () =>
      sorted()
        .map((row) => `${row.partitionKey} ${row.rowKey} ${row.text}`)
        .join('\n'),
  };
}
