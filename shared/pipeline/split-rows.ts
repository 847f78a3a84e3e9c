import type { ChargeRows } from '../formats/charge-rows.ts';
import { SubscriptionRowWriter } from '../formats/subscription-row-writer.ts';
import type { PartLayout } from '../formats/subscription-rows.ts';
import type { DatasetStore } from './ports.ts';

export type PartKey = { readonly datasetId: string; readonly part: number };

/**
 * Reads a part by `read` and keeps its accepted rows beside it, grouped by subscription. They are there in whole, or,
 * when reading or writing fails, not at all; rows that an earlier attempt has kept stay as they are.
 * @returns what `read` returns
 */
export async function splitWhile<T>(
  datasets: Pick<DatasetStore, 'createRows'>,
  { datasetId, part }: PartKey,
  read: (rows: ChargeRows) => Promise<T>,
): Promise<T> {
  const writer = new SubscriptionRowWriter((bytes) => datasets.createRows(datasetId, part, bytes));
  const subscriptionIds: string[] = [];
  let layout: PartLayout = { format: 'jsonLines' };
  try {
    const result = await read({
      header: (header) => {
        layout = { format: 'csv', header };
      },
      add: (row) => {
        const { key, line, bytes, start, end } = row;
        let subscriptionId = subscriptionIds[key];
        if (subscriptionId === undefined) {
          subscriptionId = row.charge.subscriptionId;
          if (key !== -1) subscriptionIds[key] = subscriptionId;
        }
        writer.add(subscriptionId, line, bytes, start, end);
      },
      drain: () => writer.drain(),
    });
    await writer.finish(layout);
    return result;
  } catch (error) {
    await writer.abandon(error instanceof Error ? error : new Error('Reading failed', { cause: error }));
    throw error;
  }
}
