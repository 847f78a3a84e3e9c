import { failureRecord } from '../contracts/failures.ts';
import type { FailureStore } from '../pipeline/ports.ts';
import type { Table } from './table.ts';

const failurePartition = 'failure';

export function tableFailureStore(table: Table): FailureStore {
  return {
    put: (failure) => table.put(failurePartition, failure.failureId, failure),
    remove: (failureId) => table.remove(failurePartition, failureId),
    walk: async function* ({ after, atOnce }) {
      for await (const row of table.list(failurePartition, after?.failureId, atOnce))
        yield failureRecord.parse(row.value);
    },
    list: () => Array.fromAsync(table.list(failurePartition), (row) => failureRecord.parse(row.value)),
  };
}
