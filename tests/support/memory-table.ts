import type { Table, TableRow } from '../../shared/adapters/table.ts';
import { encodeTableKey, tableDocument } from '../../shared/adapters/table-limits.ts';

type StoredRow = {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly text: string;
  readonly version: number;
};

/** As many entries as Table Storage takes in a batch, within which no row may come twice. */
const batchOperationsMax = 100;

/** Everything in a table at one moment. */
export type TableState = { readonly rows: ReadonlyMap<string, StoredRow>; readonly writes: number };

/** A table in memory, held to the same suite as the real one. `dump` gives its whole state as text. */
export function memoryTable(from: TableState = { rows: new Map(), writes: 0 }): Table & {
  dump(): string;
  state(): TableState;
} {
  const rows = new Map(from.rows);
  let writes = from.writes;
  /** A blank sorts before all that an encoded key may hold, so rows come in the order of their keys. */
  const keyOf = (partitionKey: string, rowKey: string) => `${encodeTableKey(partitionKey)} ${encodeTableKey(rowKey)}`;
  const write = (partitionKey: string, rowKey: string, value: unknown) => {
    const key = keyOf(partitionKey, rowKey);
    const text = tableDocument({ partitionKey, rowKey }, value);
    writes += 1;
    rows.set(key, { partitionKey, rowKey, text, version: writes });
  };
  const sorted = () => [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
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
      tableDocument(row, value);
      if (String(rows.get(keyOf(row.partitionKey, row.rowKey))?.version) !== row.etag) return 'changed';
      write(row.partitionKey, row.rowKey, value);
      return 'replaced';
    },
    putMany: async (partitionKey, entries) => {
      for (const entry of entries) tableDocument({ partitionKey, rowKey: entry.rowKey }, entry.value);
      for (let at = 0; at < entries.length; at += batchOperationsMax) {
        const batch = entries.slice(at, at + batchOperationsMax);
        if (new Set(batch.map((entry) => entry.rowKey)).size < batch.length)
          throw new Error('A row may come only once in a batch');
        for (const entry of batch) write(partitionKey, entry.rowKey, entry.value);
      }
    },
    remove: async (partitionKey, rowKey) => {
      rows.delete(keyOf(partitionKey, rowKey));
    },
    list: async function* (partitionKey, afterRowKey) {
      const after = afterRowKey === undefined ? undefined : encodeTableKey(afterRowKey);
      encodeTableKey(partitionKey);
      for (const row of sorted()) {
        const isBehind = after === undefined || encodeTableKey(row.rowKey) > after;
        if (row.partitionKey === partitionKey && isBehind) yield toRow(row);
      }
    },
    listAll: async function* (after) {
      const behind = after === undefined ? '' : keyOf(after.partitionKey, after.rowKey);
      for (const row of sorted()) if (keyOf(row.partitionKey, row.rowKey) > behind) yield toRow(row);
    },
    state: () => ({ rows: new Map(rows), writes }),
    dump: () =>
      sorted()
        .map((row) => `${row.partitionKey} ${row.rowKey} ${row.text}`)
        .join('\n'),
  };
}

function toRow({ partitionKey, rowKey, text, version }: StoredRow): TableRow {
  return { partitionKey, rowKey, value: JSON.parse(text), etag: String(version) };
}
