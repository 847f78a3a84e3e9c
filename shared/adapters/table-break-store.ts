import { breakRecord, changeSummary, lineChange } from '../contracts/breaks.ts';
import type { Break } from '../domain/breaks.ts';
import type { LineChange } from '../domain/run-changes.ts';
import type { BreakKey, BreakStore, ChangeStore } from '../pipeline/ports.ts';
import type { Table } from './table.ts';

/** A conflict means that another month was written in between. */
const triesMax = 10;

/** One partition per subscription of a comparison; each row is written only if it is still what was read. */
export function tableBreakStore(table: Table): BreakStore {
  return {
    read: (key) => Array.fromAsync(table.list(partitionOf(key)), (row): Break => breakRecord.parse(row.value)),
    update: async (key, change) => {
      for (let tries = 0; tries < triesMax; tries += 1) {
        if (await updateOnce(table, partitionOf(key), change)) return;
      }
      throw new Error(`The breaks of ${key.comparedWith}, ${key.subscriptionId} kept changing`);
    },
  };
}

/** @returns false when somebody else wrote one of the rows meanwhile; what was written until then stays */
async function updateOnce(
  table: Table,
  partition: string,
  change: (known: readonly Break[]) => readonly Break[],
): Promise<boolean> {
  const rows = await Array.fromAsync(table.list(partition));
  const byId = new Map(rows.map((row) => [row.rowKey, row]));
  const known = rows.map((row): Break => breakRecord.parse(row.value));
  for (const next of change(known)) {
    const row = byId.get(next.breakId);
    if (row === undefined) {
      if ((await table.insert(partition, next.breakId, next)) === 'exists') return false;
    } else if (JSON.stringify(breakRecord.parse(row.value)) !== JSON.stringify(breakRecord.parse(next))) {
      if ((await table.replace(row, next)) === 'changed') return false;
    }
  }
  return true;
}

function partitionOf({ tenantId, comparedWith, subscriptionId }: BreakKey): string {
  return `${tenantId}|${comparedWith}|${subscriptionId}`;
}

const summaryPartition = 'summary';

/** The lines that changed stand under both runs, so that another run before never mixes with them. */
export function tableChangeStore(table: Table): ChangeStore {
  return {
    putLines: (runId, beforeRunId, lines) =>
      table.putMany(
        `${runId}|${beforeRunId}`,
        lines.map((line) => ({ rowKey: changeKey(line), value: line })),
      ),
    putSummary: (summary) => table.put(summaryPartition, summary.runId, summary),
    readSummary: async (runId) => {
      const row = await table.get(summaryPartition, runId);
      return row === undefined ? undefined : changeSummary.parse(row.value);
    },
    walkLines: async function* (runId, beforeRunId, { after, atOnce }) {
      const key = after === undefined ? undefined : changeKey(after);
      for await (const row of table.list(`${runId}|${beforeRunId}`, key, atOnce)) yield lineChange.parse(row.value);
    },
  };
}

function changeKey({ subscriptionId, meterKey }: Pick<LineChange, 'subscriptionId' | 'meterKey'>): string {
  return `${subscriptionId}|${meterKey}`;
}
