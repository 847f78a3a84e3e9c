import { lineItem } from '../contracts/line-items.ts';
import type { LineStore } from '../pipeline/ports.ts';
import { groupsOf } from './groups.ts';
import type { Table } from './table.ts';
import { inParallel } from './table-meter-store.ts';

export function tableLineStore(table: Table): LineStore {
  return {
    seed: async (datasetId, lines) => {
      await inParallel(
        groupsOf(lines, (line) => line.customerId),
        (group, customerId) =>
          table.putMany(
            partitionOf(datasetId, customerId),
            group.map((line) => ({
              rowKey: `${String(line.part).padStart(5, '0')}-${String(line.line).padStart(9, '0')}`,
              value: line,
            })),
          ),
      );
    },
    read: async function* (datasetId, customerId) {
      for await (const row of table.list(partitionOf(datasetId, customerId))) yield lineItem.parse(row.value);
    },
  };
}

function partitionOf(datasetId: string, customerId: string): string {
  return `${datasetId}|${customerId}`;
}
