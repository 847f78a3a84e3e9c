import type { FileRecord } from '../contracts/files.ts';
import type { FileStore } from './ports.ts';

export type FileFilter = {
  readonly [field in 'invoiceId' | 'kind' | 'audience' | 'customerId' | 'resellerMpnId']?: string;
};

/** The files that were asked for, every version of them, the newest first. */
export async function listFiles(files: FileStore, filter: FileFilter): Promise<readonly FileRecord[]> {
  const wanted = Object.entries(filter).map(([field, value]) => [field, value.toLowerCase()] as const);
  const records = (await files.list()).filter((record) =>
    wanted.every(([field, value]) => String(Reflect.get(record, field) ?? '').toLowerCase() === value),
  );
  return records.toSorted(newestFirst);
}

function newestFirst(left: FileOrder, right: FileOrder): number {
  if (left.requestedAt !== right.requestedAt) return left.requestedAt > right.requestedAt ? -1 : 1;
  return left.fileId < right.fileId ? -1 : 1;
}

type FileOrder = { readonly requestedAt: string; readonly fileId: string };
