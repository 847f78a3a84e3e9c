import { failureRecord } from '../contracts/failures.ts';
import type { FailureStore } from '../pipeline/ports.ts';
import type { Table } from './table.ts';

const failurePartition = 'failure';

export function tableFailureStore(table: Table): FailureStore {
  return {
    put: (failure) => table.put(failurePartition, failure.failureId, failure),
    remove: (failureId) => table.remove(failurePartition, failureId),
    list: () => Array.fromAsync(table.list(failurePartition), (row) => failureRecord.parse(row.value)),
  };
}
