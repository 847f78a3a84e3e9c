import { randomUUID } from 'node:crypto';
import type { AuditEntry } from '../contracts/audit.ts';
import type { AuditStore, Clock } from './ports.ts';

export type AuditPorts = { readonly clock: Clock; readonly audit: AuditStore };

type OmitEach<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** What an entry says of a change; the rest is added when it is written. */
export type AuditedChange = OmitEach<AuditEntry, 'version' | 'entryId' | 'at' | 'outcome'>;

/** The last moment that ids of entries are made for, some 280 years from now; ids count down, so the newest is first. */
const lastMomentMs = 9_999_999_999_999;

/**
 * Makes a change with its entry in the audit: written before, told afterwards whether the change was made. Where that
 * cannot be told, because the process ended between, the entry stays `begun`. Each try is an entry of its own.
 */
export async function audited<T>(
  { clock, audit }: AuditPorts,
  change: AuditedChange,
  make: () => Promise<{ readonly isMade: boolean; readonly result: T }>,
): Promise<T> {
  const at = clock.now();
  const countdown = String(lastMomentMs - Date.parse(at)).padStart(13, '0');
  const entryId = `${countdown}${randomUUID().replaceAll('-', '')}`;
  const entry: AuditEntry = { version: 1, entryId, at, outcome: 'begun', ...change };
  await audit.begin(entry);
  const { isMade, result } = await make();
  await audit.settle(entry, isMade ? 'done' : 'refused');
  return result;
}
