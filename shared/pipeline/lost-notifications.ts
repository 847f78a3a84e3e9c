import { notificationChannels } from '../contracts/messages.ts';
import { isTold } from '../contracts/notifications.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import type { RunStore } from './ports.ts';
import { isWorthTelling, type NotificationKey, type NotificationStore, type Notifiers } from './send-notification.ts';

export type LostNotificationsPorts = {
  readonly runs: RunStore;
  readonly notifiers: Notifiers;
  readonly notifications: NotificationStore;
};

/** A run that was planned longer ago than this is no news any more. */
const toldForMs = 3 * 24 * 60 * 60 * 1000;

type Lost = {
  /** Runs of which no channel has heard: what follows a run may be missing with the notification. */
  readonly unheard: readonly string[];
  readonly waiting: readonly (NotificationKey & { readonly attempt: number })[];
};

/**
 * The digests that should have arrived and that no message seems to stand for any more: the run is what readers see, and
 * there is no record of it, or one whose next try was due before `stuckBefore`.
 */
export async function lostNotifications(
  { runs, notifiers, notifications }: LostNotificationsPorts,
  now: string,
  sweep: { readonly stuckBefore: string; readonly isGivenUp: (key: NotificationKey) => boolean },
): Promise<Lost> {
  const channels = notificationChannels.filter((channel) => notifiers[channel] !== undefined);
  const unheard = new Set<string>();
  const waiting: Lost['waiting'][number][] = [];
  if (channels.length === 0) return { unheard: [], waiting };
  const newsFrom = addMilliseconds(now, -toldForMs);
  for (const run of await runs.list()) {
    const isNews = run.plannedAt >= newsFrom && run.plannedAt <= sweep.stuckBefore;
    if (run.state !== 'published' || !isNews || !isWorthTelling(run)) continue;
    if ((await runs.readPointer(run))?.runId !== run.runId) continue;
    for (const channel of channels) {
      const key = { runId: run.runId, channel };
      if (sweep.isGivenUp(key)) continue;
      const record = await notifications.get(key);
      if (record === undefined) unheard.add(run.runId);
      else if (!isTold(record) && (record.until ?? '') <= sweep.stuckBefore)
        waiting.push({ ...key, attempt: record.attempt });
    }
  }
  return { unheard: [...unheard], waiting };
}
