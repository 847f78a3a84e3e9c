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
              rowKey: rowKeyOf(line),
              value: line,
            })),
          ),
      );
    },
    read: async function* (datasetId, customerId, { after, linesAtOnce } = {}) {
      const behind = after === undefined ? undefined : rowKeyOf(after);
      const rows = table.list(partitionOf(datasetId, customerId), behind, linesAtOnce);
      for await (const row of rows) yield lineItem.parse(row.value);
    },
  };
}

/** Keys of one length, so that their order is that of the download. */
function rowKeyOf({ part, line }: { readonly part: number; readonly line: number }): string {
  return `${String(part).padStart(5, '0')}-${String(line).padStart(9, '0')}`;
}

function partitionOf(datasetId: string, customerId: string): string {
  return `${datasetId}|${customerId}`;
}
