import { type IssueRecord, issueChange, issueRecord } from '../contracts/issues.ts';
import type { IssueStore } from '../pipeline/ports.ts';
import { toStoredFile } from './blob-archive.ts';
import type { BlobContainer } from './blob-container.ts';
import type { Table } from './table.ts';

const issuePartition = 'issue';

/** A conflict means that somebody else changed the issue in between. */
const triesMax = 10;

/**
 * One row per issue, which holds the latest entry of its history; the entries before it stand in a partition of their
 * own, numbered. A change first puts the entry that was the latest there: every writer of one version puts the same, so
 * a writer who then comes too late has done no harm.
 */
export function tableIssueStore(table: Table, evidence: BlobContainer): IssueStore {
  return {
    create: async (record) =>
      (await table.insert(issuePartition, record.issueId, record)) === 'inserted' ? 'created' : 'exists',
    get: async (issueId) => {
      const row = await table.get(issuePartition, issueId);
      return row === undefined ? undefined : issueRecord.parse(row.value);
    },
    list: () => Array.fromAsync(table.list(issuePartition), (row) => issueRecord.parse(row.value)),
    update: (issueId, change) => updateIssue(table, issueId, change),
    readHistory: async ({ issueId, changes, latest }) => {
      const before = await Array.fromAsync(table.list(historyOf(issueId)), (row) => ({
        key: row.rowKey,
        change: issueChange.parse(row.value),
      }));
      const known = before
        .filter(({ key }) => key < keyOf(changes))
        .sort((left, right) => (left.key < right.key ? -1 : 1));
      return [...known.map((entry) => entry.change), latest];
    },
    writeEvidence: async (issueId, bytes) => toStoredFile(await evidence.create(evidenceName(issueId), bytes)),
    openEvidence: (issueId) => evidence.open(evidenceName(issueId)),
  };
}

async function updateIssue(
  table: Table,
  issueId: string,
  change: (known: IssueRecord) => IssueRecord | undefined,
): Promise<IssueRecord | undefined> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const row = await table.get(issuePartition, issueId);
    if (row === undefined) return undefined;
    const known = issueRecord.parse(row.value);
    const next = change(known);
    if (next === undefined || next === known) return known;
    if (next.changes > known.changes) await table.put(historyOf(issueId), keyOf(known.changes), known.latest);
    if ((await table.replace(row, next)) === 'replaced') return next;
  }
  throw new Error(`The issue ${issueId} kept changing`);
}

function historyOf(issueId: string): string {
  return `history-${issueId}`;
}

/** Of the n-th entry, counted from one, in the order of numbers. */
function keyOf(count: number): string {
  return String(count).padStart(6, '0');
}

function evidenceName(issueId: string): string {
  return `${issueId}.zip`;
}
