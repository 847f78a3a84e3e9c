import { type NotificationChannel, notificationChannels, type SendNotificationMessage } from '../contracts/messages.ts';
import { isTold, type NotificationRecord } from '../contracts/notifications.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { assertNever } from '../domain/assert-never.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { isUnbilled } from '../domain/datasets.ts';
import type { RunDigest } from '../domain/run-digest.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { type GatherDigestPorts, gatherDigest } from './gather-digest.ts';
import type { ChangeStore, Clock, FailureStore, Log, Outbox } from './ports.ts';
import { failureIdOf } from './record-failure.ts';
import { request } from './requests.ts';

/** `id` is the same for every repeat of one digest, so that the receiver can tell; so is `askedAt`. */
export type Notification = {
  readonly id: string;
  readonly askedAt: string;
  readonly postedAt: string;
  readonly digest: RunDigest;
};

/** `busy`: it may be taken later, not before `retryAfterMs` where the receiver says so; `refused`: it never will be. */
export type NotificationOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'busy'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** Where digests go. What it answers and throws never holds its address or its secrets. */
export interface Notifier {
  notify(notification: Notification): Promise<NotificationOutcome>;
}

/** The channels that are set up. */
export type Notifiers = { readonly [channel in NotificationChannel]?: Notifier };

export type NotificationKey = Pick<NotificationRecord, 'runId' | 'channel'>;

export interface NotificationStore {
  get(key: NotificationKey): Promise<NotificationRecord | undefined>;
  /** Writes `next` if what is there is still `known`. @returns false when somebody else was there first */
  take(known: NotificationRecord | undefined, next: NotificationRecord): Promise<boolean>;
  put(record: NotificationRecord): Promise<void>;
}

export type SendNotificationPorts = GatherDigestPorts & {
  readonly clock: Clock;
  readonly log: Log;
  readonly outbox: Outbox;
  readonly failures: FailureStore;
  readonly changes: ChangeStore;
  readonly notifiers: Notifiers;
  readonly notifications: NotificationStore;
};

/** For as long as this, whoever posts has the digest to itself; a post ends much sooner. */
const sendingMs = 120_000;
const firstWaitMs = 5_000;
const waitGrowth = 4;
const waitMaxMs = 60 * 60 * 1000;
/** What a receiver asks for is obeyed, but for a day at the most. */
const retryAfterMaxMs = 24 * 60 * 60 * 1000;
/** Tries of one digest: with the waits between them about a day. */
const attemptsMax = 28;

/**
 * Tells of a published run, once it is the one that readers see, on every channel that is set up. Each channel is a
 * message of its own, with its own tries and its own end; none of them concerns the run. Posting comes before the
 * record of it, so a crash between the two repeats the digest under the same id, and never loses it. A run that changed
 * nothing against one that was told is not told again.
 * @throws TerminalError when the receiver refuses the digest, or was busy for too long
 */
export async function sendNotification(ports: SendNotificationPorts, message: SendNotificationMessage): Promise<void> {
  const { runId, channel, attempt = 0 } = message;
  const run = await ports.runs.get(runId);
  if (run?.state !== 'published') throw new TerminalError(`There is no published run ${runId} to tell of`);
  const pointer = await ports.runs.readPointer(run);
  const isNews = pointer?.runId === runId && isWorthTelling(run);
  if (channel === undefined) {
    if (isNews) await askEachChannel(ports, runId);
    await ports.failures.remove(failureIdOf('sendNotification', { runId }));
    return;
  }
  const notifier = ports.notifiers[channel];
  const isDone = !isNews || notifier === undefined || (await tellOn(ports, notifier, { run, channel, attempt }));
  if (isDone) await ports.failures.remove(failureIdOf('sendNotification', { runId, channel }));
}

/** Usage that is not billed yet is compared anew with every export, which would be a digest every day. */
export function isWorthTelling(run: RunRecord): boolean {
  return !isUnbilled(run);
}

async function askEachChannel({ notifiers, outbox }: SendNotificationPorts, runId: string): Promise<void> {
  const channels = notificationChannels.filter((channel) => notifiers[channel] !== undefined);
  await request(
    outbox,
    'sendNotification',
    channels.map((channel) => ({ runId, channel, attempt: 0 })),
  );
}

type Telling = { readonly run: RunRecord; readonly channel: NotificationChannel; readonly attempt: number };

/** @returns whether the digest has arrived; if not, it is asked for again */
async function tellOn(ports: SendNotificationPorts, notifier: Notifier, telling: Telling): Promise<boolean> {
  const { runId } = telling.run;
  const { channel } = telling;
  const known = await ports.notifications.get({ runId, channel });
  if (known !== undefined && isTold(known)) return true;
  const attempt = Math.max(telling.attempt, known?.attempt ?? 0);
  if (known?.until !== undefined && known.until > ports.clock.now()) {
    await askAgain(ports, { runId, channel, attempt }, known.until);
    return false;
  }
  const record = {
    version: 1,
    runId,
    channel,
    notificationId: known?.notificationId ?? identityOf(['notification', channel, runId]),
    attempt,
    askedAt: known?.askedAt ?? ports.clock.now(),
  } as const;
  if (await saysTheSame(ports, telling)) {
    await ports.notifications.put({ ...record, state: 'unchanged' });
    return true;
  }
  const digest = await gatherDigest(ports, telling.run);
  const now = ports.clock.now();
  const sending: NotificationRecord = { ...record, state: 'sending', until: addMilliseconds(now, sendingMs) };
  if (!(await ports.notifications.take(known, sending))) {
    await askAgain(ports, { runId, channel, attempt }, addMilliseconds(now, sendingMs));
    return false;
  }
  const { notificationId: id, askedAt } = sending;
  return conclude(ports, sending, await notifier.notify({ id, askedAt, postedAt: now, digest }));
}

/** Whether the run changed nothing against one that this channel has heard of, be it by a run before that. */
async function saysTheSame(ports: SendNotificationPorts, { run, channel }: Telling): Promise<boolean> {
  const changes = await ports.changes.readSummary(run.runId);
  if (changes === undefined || changes.new + changes.gone + changes.changed > 0) return false;
  const before = await ports.notifications.get({ runId: changes.beforeRunId, channel });
  return before !== undefined && isTold(before);
}

async function conclude(
  ports: SendNotificationPorts,
  sending: NotificationRecord,
  outcome: NotificationOutcome,
): Promise<boolean> {
  const { runId, channel, attempt } = sending;
  const { until: _, ...done } = sending;
  const now = ports.clock.now();
  switch (outcome.kind) {
    case 'sent':
      await ports.notifications.put({ ...done, state: 'sent', sentAt: now });
      ports.log.info('run told of', { runId, channel, attempt });
      return true;
    case 'refused':
      await ports.notifications.put({ ...done, state: 'waiting', until: now });
      throw new TerminalError(outcome.reason);
    case 'busy': {
      const next = attempt + 1;
      if (next >= attemptsMax) {
        await ports.notifications.put({ ...done, state: 'waiting', until: now });
        throw new TerminalError(`${outcome.reason}, and so at the last of ${attemptsMax} tries`);
      }
      const until = addMilliseconds(now, waitMsOf(sending, outcome.retryAfterMs));
      await ports.notifications.put({ ...done, state: 'waiting', attempt: next, until });
      await askAgain(ports, { runId, channel, attempt: next }, until);
      ports.log.warn('notification put off', { runId, channel, attempt, until, reason: outcome.reason });
      return false;
    }
    default:
      return assertNever(outcome);
  }
}

/** The wave makes it another message than the one at hand, which duplicate detection knows. */
function askAgain(
  { outbox }: SendNotificationPorts,
  body: NotificationKey & { readonly attempt: number },
  until: string,
): Promise<void> {
  return request(outbox, 'sendNotification', [body], { wave: until, notBefore: until });
}

/** Ever longer, and spread by up to a quarter, so that digests that were put off together do not come together. */
function waitMsOf({ runId, channel, attempt }: NotificationRecord, retryAfterMs = 0): number {
  const waitMs = Math.min(firstWaitMs * waitGrowth ** attempt, waitMaxMs);
  const spread = Number.parseInt(identityOf([runId, channel, String(attempt)]).slice(0, 4), 16) / 0x1_00_00;
  const asked = Math.min(retryAfterMs, retryAfterMaxMs);
  return Math.round(Math.max(waitMs, asked) + (Math.max(waitMs, asked) * spread) / 4);
}
