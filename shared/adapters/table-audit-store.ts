import { type AuditEntry, auditEntry } from '../contracts/audit.ts';
import type { AuditStore } from '../pipeline/ports.ts';
import type { Table } from './table.ts';

const partition = 'entry';

/** One row per change. A row is written once, and then only told how the change ended. */
export function tableAuditStore(table: Table): AuditStore {
  return {
    begin: async (entry) => {
      const written = await table.insert(partition, entry.entryId, entry);
      if (written === 'exists') throw new Error(`The entry ${entry.entryId} of the audit is there already`);
    },
    settle: async ({ entryId }, outcome) => {
      const row = await table.get(partition, entryId);
      if (row === undefined) throw new Error(`There is no entry ${entryId} in the audit`);
      const next: AuditEntry = { ...auditEntry.parse(row.value), outcome };
      if ((await table.replace(row, next)) === 'changed')
        throw new Error(`The entry ${entryId} of the audit was changed`);
    },
    list: () => Array.fromAsync(table.list(partition), (row) => auditEntry.parse(row.value)),
  };
}
