import type { z } from 'zod';
import {
  type DatasetRecord,
  datasetDefinition,
  datasetRecord,
  datasetSeal,
  meterTotal,
  planTotal,
  type ShardHeader,
  shardHeader,
} from '../contracts/datasets.ts';
import { lineItem } from '../contracts/line-items.ts';
import type { PlanTotal } from '../domain/plan-totals.ts';
import type { DatasetStore } from '../pipeline/ports.ts';
import { textBytes } from '../pipeline/text-bytes.ts';
import { advanceRow } from './advance-row.ts';
import type { BlobContainer } from './blob-container.ts';
import { openRandomAccess } from './blob-random-access.ts';
import { jsonLinesOf, linesOfBytes } from './json-lines.ts';
import type { Table } from './table.ts';

const stateOrder = {
  waiting: 0,
  ingesting: 1,
  sealed: 2,
  refused: 2,
  notComparable: 2,
  passedOver: 2,
} as const satisfies Record<DatasetRecord['state'], number>;

/**
 * Datasets in Blob Storage, `{datasetId}/definition.json`, `plans/{part}.jsonl`, `shards/{part}.jsonl`, `rows/{part}.gz`, `seal.json`, with a table as the index
 * by billing cycle.
 */
export function blobDatasetStore(container: BlobContainer, index: Table): DatasetStore {
  return {
    createDefinition: (definition) => createJson(container, definitionName(definition.datasetId), definition),
    readDefinition: (datasetId) => readJson(container, definitionName(datasetId), datasetDefinition),
    advance: async (record) => {
      const key = { partitionKey: record.billingCycle, rowKey: record.datasetId };
      await advanceRow(index, key, record, {
        parse: (value) => datasetRecord.parse(value),
        isLater: isLaterRecord,
      });
    },
    get: async (billingCycle, datasetId) => {
      const row = await index.get(billingCycle, datasetId);
      return row === undefined ? undefined : datasetRecord.parse(row.value);
    },
    listCycle: (billingCycle) => Array.fromAsync(index.list(billingCycle), (row) => datasetRecord.parse(row.value)),
    list: () => Array.fromAsync(index.listAll(), (row) => datasetRecord.parse(row.value)),
    walk: async function* ({ after, atOnce }) {
      const key = after === undefined ? undefined : { partitionKey: after.billingCycle, rowKey: after.datasetId };
      for await (const row of index.listAll(key, atOnce)) yield datasetRecord.parse(row.value);
    },
    createShard: async (header, contents) => {
      // The shard says that the part is there, so it comes last.
      if (contents.plans.length > 0)
        await container.create(plansName(header.datasetId, header.part), jsonLinesOf(contents.plans));
      const records = contents.totals.length > 0 ? contents.totals : contents.lines;
      await container.create(shardName(header.datasetId, header.part), jsonLinesOf([header, ...records]));
    },
    listShards: async (datasetId) => {
      const prefix = `${datasetId}/shards/`;
      const parts = await Array.fromAsync(container.list(prefix), (blob) =>
        Number.parseInt(blob.name.slice(prefix.length), 10),
      );
      return new Set(parts);
    },
    readShardHeader: async (datasetId, part) => {
      for await (const line of shardLines(container, datasetId, part)) return shardHeader.parse(JSON.parse(line));
      throw new Error(`The shard of part ${part} of dataset ${datasetId} is empty`);
    },
    readShardTotals: (datasetId, part) => records(shardLines(container, datasetId, part), meterTotal),
    readShardPlans: (datasetId, part) => planTotalsOf(container, plansName(datasetId, part)),
    readShardLines: (datasetId, part) => records(shardLines(container, datasetId, part), lineItem),
    createRows: async (datasetId, part, bytes) => {
      await container.create(rowsName(datasetId, part), bytes);
    },
    openRows: (datasetId, part) => openRandomAccess(container, rowsName(datasetId, part)),
    createSeal: (seal) => createJson(container, sealName(seal.datasetId), seal),
    readSeal: (datasetId) => readJson(container, sealName(datasetId), datasetSeal),
  };
}

/** A dataset that waits may come to wait for something else. */
function isLaterRecord(present: DatasetRecord, next: DatasetRecord): boolean {
  if (present.state === 'waiting' && next.state === 'waiting')
    return JSON.stringify(present.problems) !== JSON.stringify(next.problems);
  return stateOrder[present.state] < stateOrder[next.state];
}

/** The records of a shard: every line but the first, which is the header. */
async function* records<T extends z.ZodType>(lines: AsyncIterable<string>, schema: T): AsyncGenerator<z.infer<T>> {
  let isHeader = true;
  for await (const line of lines) {
    if (!isHeader) yield schema.parse(JSON.parse(line));
    isHeader = false;
  }
}

async function* shardLines(
  container: BlobContainer,
  datasetId: string,
  part: ShardHeader['part'],
): AsyncGenerator<string> {
  const bytes = await container.open(shardName(datasetId, part));
  if (bytes === undefined) throw new Error(`Part ${part} of dataset ${datasetId} has no shard`);
  yield* linesOfBytes(bytes);
}

async function* planTotalsOf(container: BlobContainer, name: string): AsyncGenerator<PlanTotal> {
  const bytes = await container.open(name);
  if (bytes === undefined) return;
  for await (const line of linesOfBytes(bytes)) yield planTotal.parse(JSON.parse(line));
}

async function createJson(container: BlobContainer, name: string, value: unknown): Promise<void> {
  await container.create(name, textBytes(JSON.stringify(value)));
}

async function readJson<T extends z.ZodType>(
  container: BlobContainer,
  name: string,
  schema: T,
): Promise<z.infer<T> | undefined> {
  const text = await container.readText(name);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

function definitionName(datasetId: string): string {
  return `${datasetId}/definition.json`;
}

function shardName(datasetId: string, part: number): string {
  return `${datasetId}/shards/${String(part).padStart(5, '0')}.jsonl`;
}

function plansName(datasetId: string, part: number): string {
  return `${datasetId}/plans/${String(part).padStart(5, '0')}.jsonl`;
}

function rowsName(datasetId: string, part: number): string {
  return `${datasetId}/rows/${String(part).padStart(5, '0')}.gz`;
}

function sealName(datasetId: string): string {
  return `${datasetId}/seal.json`;
}
