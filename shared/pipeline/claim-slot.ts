import type { FileRecord } from '../contracts/files.ts';
import { epochSeconds } from '../domain/calendar.ts';
import type { Clock, FileStore } from './ports.ts';

/** A file that was put into its slot has a record at once, unless who asked for it died in between. */
const unrecordedSeconds = 60;
/** Longer than any file takes, with its retries: what is still being made after that keeps nobody waiting. */
const makingSeconds = 60 * 60;
/** Others who take a slot between our look at it and our taking it. */
const triesMax = 10;

export type ClaimSlotPorts = {
  readonly clock: Clock;
  readonly files: Pick<FileStore, 'get' | 'readSlot' | 'takeSlot'>;
};

type SlotFile = Pick<FileRecord, 'fileId' | 'invoiceId' | 'kind' | 'audience' | 'customerId' | 'resellerMpnId'>;

/**
 * Lets one file at a time be made of what one reader gets of an invoice in one kind, in whatever format: parallel requests
 * are not parallel work.
 * @returns whether `file` may be made now; if not, another one of the same slot is
 */
export async function claimSlot({ clock, files }: ClaimSlotPorts, file: SlotFile): Promise<boolean> {
  const slot = slotOf(file);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const holder = await files.readSlot(slot);
    if (holder?.fileId === file.fileId) return true;
    const now = clock.now();
    if (
      holder !== undefined &&
      isHeld(await files.get(holder.fileId), epochSeconds(now) - epochSeconds(holder.takenAt))
    )
      return false;
    const outcome = await files.takeSlot(slot, { fileId: file.fileId, takenAt: now }, holder?.etag);
    if (outcome === 'taken') return true;
  }
  return false;
}

function isHeld(record: FileRecord | undefined, heldSeconds: number): boolean {
  if (record === undefined) return heldSeconds < unrecordedSeconds;
  return (record.state === 'queued' || record.state === 'processing') && heldSeconds < makingSeconds;
}

function slotOf({ invoiceId, kind, audience, customerId = '', resellerMpnId = '' }: SlotFile): string {
  return [invoiceId, kind, audience, customerId, resellerMpnId].join('|');
}
