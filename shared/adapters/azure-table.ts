import { RestError, type TableClient, type TableEntityResult, type TransactionAction } from '@azure/data-tables';
import type { Table, TableRow } from './table.ts';
import { decodeTableKey, encodeTableKey, tableDocument } from './table-limits.ts';

/** Table Storage takes 100 operations and 4 MiB a batch; what is not a document in it is small. */
const batchOperationsMax = 100;
const batchBytesMax = 3_500_000;

/** What one answer of Table Storage has at most. */
const rowsAtOnceMax = 1_000;

type Entity = { partitionKey: string; rowKey: string; value: string };

/** A table of Azure Table Storage; each document is kept as JSON in the property `value`. */
export function azureTable(client: TableClient): Table {
  return {
    get: (partitionKey, rowKey) => getRow(client, partitionKey, rowKey),
    insert: async (partitionKey, rowKey, value) => {
      const inserted = await unless([409], () => client.createEntity(toEntity(partitionKey, rowKey, value)));
      return inserted === undefined ? 'exists' : 'inserted';
    },
    put: async (partitionKey, rowKey, value) => {
      await client.upsertEntity(toEntity(partitionKey, rowKey, value), 'Replace');
    },
    replace: async (row, value) => {
      const entity = toEntity(row.partitionKey, row.rowKey, value);
      const replaced = await unless([404, 412], () => client.updateEntity(entity, 'Replace', { etag: row.etag }));
      return replaced === undefined ? 'changed' : 'replaced';
    },
    putMany: async (partitionKey, entries) => {
      for (const batch of batchesOf(entries.map((entry) => toEntity(partitionKey, entry.rowKey, entry.value)))) {
        await client.submitTransaction(batch.map((entity): TransactionAction => ['upsert', entity, 'Replace']));
      }
    },
    remove: async (partitionKey, rowKey) => {
      await unless([404], () => client.deleteEntity(encodeTableKey(partitionKey), encodeTableKey(rowKey)));
    },
    list: async function* (partitionKey, afterRowKey, rowsAtOnce) {
      const behind = afterRowKey === undefined ? '' : ` and RowKey gt ${quotedKey(afterRowKey)}`;
      yield* listRows(client, `PartitionKey eq ${quotedKey(partitionKey)}${behind}`, rowsAtOnce);
    },
    listAll: async function* (after, rowsAtOnce) {
      if (after === undefined) return yield* listRows(client, undefined, rowsAtOnce);
      // Two queries: with "or" between them the service would look at every row of the table.
      const { partitionKey, rowKey } = after;
      const rest = `PartitionKey eq ${quotedKey(partitionKey)} and RowKey gt ${quotedKey(rowKey)}`;
      yield* listRows(client, rest, rowsAtOnce);
      yield* listRows(client, `PartitionKey gt ${quotedKey(partitionKey)}`, rowsAtOnce);
    },
  };
}

async function getRow(client: TableClient, partitionKey: string, rowKey: string): Promise<TableRow | undefined> {
  const entity = await unless([404], () =>
    client.getEntity<Entity>(encodeTableKey(partitionKey), encodeTableKey(rowKey)),
  );
  return entity === undefined ? undefined : toRow(entity);
}

async function* listRows(
  client: TableClient,
  filter: string | undefined,
  rowsAtOnce = rowsAtOnceMax,
): AsyncGenerator<TableRow> {
  const queryOptions = filter === undefined ? {} : { filter };
  const pages = client
    .listEntities<Entity>({ queryOptions })
    .byPage({ maxPageSize: Math.min(rowsAtOnce, rowsAtOnceMax) });
  for await (const page of pages) for (const entity of page) yield toRow(entity);
}

function quotedKey(key: string): string {
  return `'${encodeTableKey(key).replaceAll("'", "''")}'`;
}

function* batchesOf(entities: readonly Entity[]): Generator<readonly Entity[]> {
  let batch: Entity[] = [];
  let bytes = 0;
  for (const entity of entities) {
    const entityBytes = sentBytes(entity);
    if (batch.length === batchOperationsMax || (batch.length > 0 && bytes + entityBytes > batchBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entity);
    bytes += entityBytes;
  }
  if (batch.length > 0) yield batch;
}

/** The document travels as JSON within JSON: its quotes are escaped, and a character may take three bytes. */
function sentBytes(entity: Entity): number {
  return Buffer.byteLength(JSON.stringify(entity.value));
}

function toEntity(partitionKey: string, rowKey: string, value: unknown): Entity {
  return {
    partitionKey: encodeTableKey(partitionKey),
    rowKey: encodeTableKey(rowKey),
    value: tableDocument({ partitionKey, rowKey }, value),
  };
}

function toRow(entity: TableEntityResult<Entity>): TableRow {
  const { partitionKey, rowKey, value, etag } = entity;
  return {
    partitionKey: decodeTableKey(partitionKey),
    rowKey: decodeTableKey(rowKey),
    value: JSON.parse(value),
    etag,
  };
}

/** The result of `request`, or undefined when the service answers with one of `statuses`. */
async function unless<T>(statuses: readonly number[], request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && statuses.includes(error.statusCode ?? 0)) return undefined;
    throw error;
  }
}
