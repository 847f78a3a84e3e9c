import type { FileRecord } from '../contracts/files.ts';
import { fileRecord, fileSlot } from '../contracts/files.ts';
import type { FileStore } from '../pipeline/ports.ts';
import { advanceRow } from './advance-row.ts';
import { toStoredFile } from './blob-archive.ts';
import type { BlobContainer } from './blob-container.ts';
import type { Table } from './table.ts';

const filePartition = 'file';
const slotPartition = 'slot';

const stateOrder = { queued: 0, processing: 1, available: 2, failed: 2 } as const satisfies Record<
  FileRecord['state'],
  number
>;

export function tableFileStore(table: Table, contents: BlobContainer): FileStore {
  const get = async (fileId: string): Promise<FileRecord | undefined> => {
    const row = await table.get(filePartition, fileId);
    return row === undefined ? undefined : fileRecord.parse(row.value);
  };
  return {
    readSlot: async (slot) => {
      const row = await table.get(slotPartition, slot);
      return row === undefined ? undefined : { ...fileSlot.parse(row.value), etag: row.etag };
    },
    takeSlot: async (slot, { fileId, takenAt }, etag) => {
      const value = { version: 1, fileId, takenAt };
      if (etag === undefined)
        return (await table.insert(slotPartition, slot, value)) === 'inserted' ? 'taken' : 'changed';
      const row = { partitionKey: slotPartition, rowKey: slot, value, etag };
      return (await table.replace(row, value)) === 'replaced' ? 'taken' : 'changed';
    },
    get,
    advance: (record) =>
      advanceRow(table, { partitionKey: filePartition, rowKey: record.fileId }, record, {
        parse: (value) => fileRecord.parse(value),
        isLater,
      }),
    list: () => Array.fromAsync(table.list(filePartition), (row) => fileRecord.parse(row.value)),
    writeContent: async (record, bytes) => toStoredFile(await contents.create(contentName(record), bytes)),
    openContent: (record) => contents.open(contentName(record)),
  };
}

function isLater(present: FileRecord, next: FileRecord): boolean {
  const [before, after] = [present.attempt ?? 0, next.attempt ?? 0];
  return before === after ? stateOrder[present.state] < stateOrder[next.state] : before < after;
}

function contentName(record: FileRecord): string {
  return `${record.fileId}/${record.fileName}`;
}
