import { type GrantRecord, storedGrantRow } from '../contracts/grants.ts';
import type { GrantStore, StoredGrant } from '../pipeline/ports.ts';
import type { Table, TableRow } from './table.ts';

const partition = 'grant';

/** One row per principal. A grant that was taken back leaves an empty row, so that both ways are conditional writes. */
export function tableGrantStore(table: Table): GrantStore {
  return {
    list: async () =>
      (await Array.fromAsync(table.list(partition), toStoredGrant)).filter((found) => found !== undefined),
    get: async (principalId) => {
      const row = await table.get(partition, principalId);
      return row === undefined ? undefined : toStoredGrant(row);
    },
    write: async (principalId, grant, etag) => {
      const row = await table.get(partition, principalId);
      if (row === undefined) {
        if (etag !== undefined) return 'conflict';
        return (await table.insert(partition, principalId, rowValue(grant))) === 'inserted' ? 'written' : 'conflict';
      }
      if (toStoredGrant(row)?.etag !== etag) return 'conflict';
      return (await table.replace(row, rowValue(grant))) === 'replaced' ? 'written' : 'conflict';
    },
  };
}

function rowValue(grant: GrantRecord | undefined) {
  return { version: 1, ...(grant === undefined ? {} : { grant }) };
}

function toStoredGrant(row: TableRow): StoredGrant | undefined {
  const { grant } = storedGrantRow.parse(row.value);
  return grant === undefined ? undefined : { grant, etag: row.etag };
}
