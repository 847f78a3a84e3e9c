import { RestError, type TableClient, type TableEntityResult, type TransactionAction } from '@azure/data-tables';
import type { Table, TableRow } from './table.ts';

/** Table Storage takes 100 operations and 4 MiB a batch, and 64 KiB (32 Ki characters) a property. */
const batchOperationsMax = 100;
const batchCharactersMax = 1_500_000;
const documentCharactersMax = 32_000;

type Entity = { partitionKey: string; rowKey: string; value: string };

/** A table of Azure Table Storage; each document is kept as JSON in the property `value`. */
export function azureTable(client: TableClient): Table {
  return {
    get: (partitionKey, rowKey) => getRow(client, partitionKey, rowKey),
    insert: async (partitionKey, rowKey, value) => {
      const inserted = await unless(409, () => client.createEntity(toEntity(partitionKey, rowKey, value)));
      return inserted === undefined ? 'exists' : 'inserted';
    },
    put: async (partitionKey, rowKey, value) => {
      await client.upsertEntity(toEntity(partitionKey, rowKey, value), 'Replace');
    },
    replace: async (row, value) => {
      const entity = toEntity(row.partitionKey, row.rowKey, value);
      const replaced = await unless(412, () => client.updateEntity(entity, 'Replace', { etag: row.etag }));
      return replaced === undefined ? 'changed' : 'replaced';
    },
    putMany: async (partitionKey, entries) => {
      for (const batch of batchesOf(entries.map((entry) => toEntity(partitionKey, entry.rowKey, entry.value)))) {
        await client.submitTransaction(batch.map((entity): TransactionAction => ['upsert', entity, 'Replace']));
      }
    },
    list: (partitionKey) => listRows(client, `PartitionKey eq '${encodeKey(partitionKey).replaceAll("'", "''")}'`),
    listAll: () => listRows(client, undefined),
  };
}

async function getRow(client: TableClient, partitionKey: string, rowKey: string): Promise<TableRow | undefined> {
  const entity = await unless(404, () => client.getEntity<Entity>(encodeKey(partitionKey), encodeKey(rowKey)));
  return entity === undefined ? undefined : toRow(entity);
}

async function* listRows(client: TableClient, filter: string | undefined): AsyncGenerator<TableRow> {
  const queryOptions = filter === undefined ? {} : { filter };
  for await (const entity of client.listEntities<Entity>({ queryOptions })) yield toRow(entity);
}

function* batchesOf(entities: readonly Entity[]): Generator<readonly Entity[]> {
  let batch: Entity[] = [];
  let characters = 0;
  for (const entity of entities) {
    if (batch.length === batchOperationsMax || characters + entity.value.length > batchCharactersMax) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(entity);
    characters += entity.value.length;
  }
  if (batch.length > 0) yield batch;
}

function toEntity(partitionKey: string, rowKey: string, value: unknown): Entity {
  const text = JSON.stringify(value);
  if (text.length > documentCharactersMax) {
    throw new Error(
      `A document of ${text.length} characters does not fit a table row (${documentCharactersMax}): ${partitionKey}, ${rowKey}`,
    );
  }
  return { partitionKey: encodeKey(partitionKey), rowKey: encodeKey(rowKey), value: text };
}

function toRow(entity: TableEntityResult<Entity>): TableRow {
  const { partitionKey, rowKey, value, etag } = entity;
  return { partitionKey: decodeKey(partitionKey), rowKey: decodeKey(rowKey), value: JSON.parse(value), etag };
}

/** Keys may not hold `/ \ # ?` and control characters; `%` is unsafe in addresses. So: percent encoding, with `=` for `%`. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%', '=');
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('=', '%'));
}

/** The result of `request`, or undefined when the service answers with `status`. */
async function unless<T>(status: number, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === status) return undefined;
    throw error;
  }
}
