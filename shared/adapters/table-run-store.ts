import {
  meterLine,
  type PublishedPointer,
  publishedPointer,
  type RunRecord,
  runPlan,
  runRecord,
  runSubscription,
} from '../contracts/runs.ts';
import { meterKeyOf } from '../domain/comparison.ts';
import { meterLineKey } from '../domain/meter-totals.ts';
import type { RunKey, RunStore } from '../pipeline/ports.ts';
import { textBytes } from '../pipeline/text-bytes.ts';
import { advanceRow } from './advance-row.ts';
import type { BlobContainer } from './blob-container.ts';
import type { Table } from './table.ts';

export type RunTables = {
  readonly runs: Table;
  readonly runSubscriptions: Table;
  readonly meterLines: Table;
  readonly published: Table;
  readonly plans: BlobContainer;
};

/** One partition: there are a few runs a month, and readers want them all. */
const runPartition = 'run';

/** A conflict means that another run was published in between; each try sees a later one. */
const pointerTriesMax = 8;

export function tableRunStore(tables: RunTables): RunStore {
  return {
    create: async (record, plan) => {
      await tables.plans.create(planName(record.runId), textBytes(JSON.stringify(plan)));
      await tables.runs.insert(runPartition, record.runId, record);
    },
    get: async (runId) => {
      const row = await tables.runs.get(runPartition, runId);
      return row === undefined ? undefined : runRecord.parse(row.value);
    },
    readPlan: async (runId) => {
      const text = await tables.plans.readText(planName(runId));
      if (text === undefined) throw new Error(`Run ${runId} has no plan`);
      return runPlan.parse(JSON.parse(text));
    },
    list: () => Array.fromAsync(tables.runs.list(runPartition), (row) => runRecord.parse(row.value)),
    finish: async (record) => {
      await advanceRow(tables.runs, { partitionKey: runPartition, rowKey: record.runId }, record, {
        parse: (value) => runRecord.parse(value),
        isLater: (present, next) =>
          present.state === 'comparing' && next.state !== 'comparing' && attemptOf(present) === attemptOf(next),
      });
    },
    restart: (record) =>
      advanceRow(tables.runs, { partitionKey: runPartition, rowKey: record.runId }, record, {
        parse: (value) => runRecord.parse(value),
        isLater: (present, next) => present.state === 'failed' && attemptOf(present) < attemptOf(next),
      }),
    putLines: (runId, subscriptionId, lines) =>
      tables.meterLines.putMany(
        `${runId}|${subscriptionId}`,
        lines.map((line) => ({ rowKey: meterKeyOf(line), value: line })),
      ),
    readLines: async (runId, subscriptionId) => {
      const lines = await Array.fromAsync(tables.meterLines.list(`${runId}|${subscriptionId}`), (row) =>
        meterLine.parse(row.value),
      );
      return lines.sort((left, right) => (meterLineKey(left) < meterLineKey(right) ? -1 : 1));
    },
    putSubscription: (result) =>
      tables.runSubscriptions.put(result.runId, subscriptionKey(result.subscriptionId), result),
    listSubscriptions: async (runId) => {
      const results = await Array.fromAsync(tables.runSubscriptions.list(runId), (row) =>
        runSubscription.parse(row.value),
      );
      return results.sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1));
    },
    readPointer: async (key) => {
      const row = await tables.published.get(key.billingCycle, pointerKey(key));
      return row === undefined ? undefined : publishedPointer.parse(row.value);
    },
    listPointers: () => Array.fromAsync(tables.published.listAll(), (row) => publishedPointer.parse(row.value)),
    movePointer: (key, pointer) => movePointer(tables.published, key, pointer),
  };
}

function attemptOf({ attempt = 0 }: RunRecord): number {
  return attempt;
}

async function movePointer(published: Table, key: RunKey, pointer: PublishedPointer) {
  for (let tries = 0; tries < pointerTriesMax; tries += 1) {
    const row = await published.get(key.billingCycle, pointerKey(key));
    if (row === undefined) {
      if ((await published.insert(key.billingCycle, pointerKey(key), pointer)) === 'inserted') return 'moved';
      continue;
    }
    const present = publishedPointer.parse(row.value);
    if (present.runId === pointer.runId) return 'moved';
    if (isLater(present, pointer)) return 'laterIsThere';
    if ((await published.replace(row, pointer)) === 'replaced') return 'moved';
  }
  throw new Error(`The published run of ${key.billingCycle}, ${key.invoiceId} kept changing`);
}

/** Of two runs of the same order one is always the later, or the pointer would depend on which was published last. */
function isLater(left: PublishedPointer, right: PublishedPointer): boolean {
  return left.order === right.order ? left.runId > right.runId : left.order > right.order;
}

function pointerKey(key: RunKey): string {
  return `${key.comparedWith}|${key.invoiceId}`;
}

/** Row keys may not be empty; the rows without a subscription have an empty one. */
function subscriptionKey(subscriptionId: string): string {
  return `s|${subscriptionId}`;
}

function planName(runId: string): string {
  return `${runId}/plan.json`;
}
