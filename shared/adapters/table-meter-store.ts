import pLimit from 'p-limit';
import { meterTotal } from '../contracts/datasets.ts';
import { meterTotalKeyOf } from '../domain/comparison.ts';
import { type MeterTotal, meterTotalKey } from '../domain/meter-totals.ts';
import type { MeterStore } from '../pipeline/ports.ts';
import { groupsOf } from './groups.ts';
import type { Table } from './table.ts';

/** Partitions written at once: enough to hide the round trips, well below what an account takes. */
const concurrency = 8;

export function tableMeterStore(table: Table): MeterStore {
  return {
    seed: async (datasetId, totals) => {
      await inParallel(
        groupsOf(totals, (total) => total.subscriptionId),
        (group, subscriptionId) =>
          table.putMany(
            partitionOf(datasetId, subscriptionId),
            group.map((total) => ({ rowKey: meterTotalKeyOf(total), value: total })),
          ),
      );
    },
    read: async (datasetId, subscriptionId) => {
      const rows = await Array.fromAsync(
        table.list(partitionOf(datasetId, subscriptionId)),
        (row): MeterTotal => meterTotal.parse(row.value),
      );
      return rows.sort((left, right) => (meterTotalKey(left) < meterTotalKey(right) ? -1 : 1));
    },
  };
}

/** Runs `write` for each group, at most `concurrency` at once, and waits for all before it reports a failure. */
export async function inParallel<T>(
  groups: AsyncIterable<{ readonly key: string; readonly members: readonly T[] }>,
  write: (members: readonly T[], key: string) => Promise<void>,
): Promise<void> {
  const limit = pLimit(concurrency);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const { key, members } of groups) {
    const writing = limit(() => write(members, key))
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => running.delete(writing));
    running.add(writing);
    if (running.size >= concurrency * 2) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

function partitionOf(datasetId: string, subscriptionId: string): string {
  return `${datasetId}|${subscriptionId}`;
}
