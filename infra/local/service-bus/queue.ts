import { randomUUID } from 'node:crypto';
import { MinHeap } from './min-heap.ts';

export type QueueSettings = {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  /** 0 = duplicates are not looked for. */
  readonly duplicateDetectionWindowMs: number;
  readonly defaultTimeToLiveMs: number | undefined;
};

export type NewMessage<Content> = {
  readonly messageId: string;
  readonly content: Content;
  readonly timeToLiveMs?: number | undefined;
  readonly scheduledForMs?: number | undefined;
};

export type QueuedMessage<Content> = {
  readonly sequenceNumber: number;
  readonly messageId: string;
  readonly content: Content;
  readonly enqueuedAtMs: number;
  readonly timeToLiveMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly isScheduled: boolean;
  /** How often the message was handed out and came back. */
  readonly deliveryCount: number;
  /** What abandoning and dead-lettering added to the application properties the sender wrote. */
  readonly addedProperties: Readonly<Record<string, unknown>>;
};

export type Lock<Content> = {
  readonly token: string;
  readonly lockedUntilMs: number;
  readonly message: QueuedMessage<Content>;
};

export type DeadLetterReason = {
  readonly reason: string | undefined;
  readonly description: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
};

export type QueueCounts = {
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly deadLettered: number;
};

type Entry<Content> = { message: QueuedMessage<Content>; status: 'ready' | 'locked' | 'scheduled' };
type DueMessage = { readonly dueAtMs: number; readonly sequenceNumber: number };
type SeenId = { readonly sequenceNumber: number; readonly forgetAtMs: number };

/**
 * What an Azure Service Bus queue does with messages, without network, clock or timers: every call is told the time in
 * milliseconds since the epoch, and the owner calls `advance` when `nextDueMs` has come.
 *
 * Followed from the service: an abandoned or expired lock puts the message back at its old place and counts as a
 * delivery; a scheduled message gets a new sequence number and enqueued time when it becomes due; a time to live is
 * capped by the queue's default and does not end a message that is locked; expired messages are dropped (dead-lettering
 * on expiration is off by default); an id stays known for the whole window even when its message is gone.
 */
export class MessageQueue<Content> {
  /** The queue behind `/$deadletterqueue`; undefined for that queue itself. */
  readonly deadLetters: MessageQueue<Content> | undefined;
  readonly #settings: QueueSettings;
  readonly #entries = new Map<number, Entry<Content>>();
  readonly #ready = new MinHeap<number>((left, right) => left < right);
  readonly #scheduled = new MinHeap<DueMessage>(isDueBefore);
  /** Oldest expiry first: all locks last equally long, and a renewed one moves to the end. */
  readonly #locks = new Map<string, Lock<Content>>();
  /** Oldest first, as the window is the same for all. */
  readonly #seenIds = new Map<string, SeenId>();
  #lastSequenceNumber = 0;

  constructor(settings: QueueSettings, kind: 'main' | 'dead-letter' = 'main') {
    this.#settings = settings;
    if (kind === 'dead-letter') return;
    const endless = { ...settings, maxDeliveryCount: Number.POSITIVE_INFINITY, duplicateDetectionWindowMs: 0 };
    this.deadLetters = new MessageQueue<Content>({ ...endless, defaultTimeToLiveMs: undefined }, 'dead-letter');
  }

  /** @returns the message's sequence number; for a duplicate, which is swallowed, the first one's */
  enqueue(message: NewMessage<Content>, nowMs: number): number {
    this.advance(nowMs);
    const first = this.#seenIds.get(message.messageId);
    if (first !== undefined) return first.sequenceNumber;
    const sequenceNumber = this.#nextSequenceNumber();
    const windowMs = this.#settings.duplicateDetectionWindowMs;
    if (windowMs > 0) this.#seenIds.set(message.messageId, { sequenceNumber, forgetAtMs: nowMs + windowMs });
    const dueAtMs = message.scheduledForMs;
    const isScheduled = dueAtMs !== undefined && dueAtMs > nowMs;
    this.#put(
      {
        sequenceNumber,
        messageId: message.messageId,
        content: message.content,
        ...this.#lifetime(leastOf(message.timeToLiveMs, this.#settings.defaultTimeToLiveMs), nowMs),
        isScheduled,
        deliveryCount: 0,
        addedProperties: {},
      },
      isScheduled ? 'scheduled' : 'ready',
    );
    if (isScheduled) this.#scheduled.push({ dueAtMs, sequenceNumber });
    return sequenceNumber;
  }

  /** Peek-lock: hands out the oldest message that is ready, hidden from others until the lock ends. */
  lockNext(nowMs: number): Lock<Content> | undefined {
    const message = this.#nextReady(nowMs);
    if (message === undefined) return undefined;
    const lock = { token: randomUUID(), lockedUntilMs: nowMs + this.#settings.lockDurationMs, message };
    this.#entries.set(message.sequenceNumber, { message, status: 'locked' });
    this.#locks.set(lock.token, lock);
    return lock;
  }

  /** Receive-and-delete: the message is gone the moment it is handed out. */
  deleteNext(nowMs: number): QueuedMessage<Content> | undefined {
    const message = this.#nextReady(nowMs);
    if (message !== undefined) this.#entries.delete(message.sequenceNumber);
    return message;
  }

  /** @returns false when the lock is lost; so do `abandon`, `release` and `deadLetter` */
  complete(token: string, nowMs: number): boolean {
    const lock = this.#unlock(token, nowMs);
    if (lock !== undefined) this.#entries.delete(lock.message.sequenceNumber);
    return lock !== undefined;
  }

  abandon(token: string, properties: Readonly<Record<string, unknown>>, nowMs: number): boolean {
    const lock = this.#unlock(token, nowMs);
    if (lock !== undefined) this.#returnDelivered(withProperties(lock.message, properties));
    return lock !== undefined;
  }

  /** Gives the message back as if it had never been handed out (the AMQP outcome `released`). */
  release(token: string, nowMs: number): boolean {
    const lock = this.#unlock(token, nowMs);
    if (lock !== undefined) this.#put(lock.message, 'ready');
    return lock !== undefined;
  }

  deadLetter(token: string, why: DeadLetterReason, nowMs: number): boolean {
    const lock = this.#unlock(token, nowMs);
    if (lock !== undefined) this.#moveToDeadLetters(lock.message, why);
    return lock !== undefined;
  }

  /** @returns until when the lock now lasts, or undefined when it is lost */
  renew(token: string, nowMs: number): number | undefined {
    const lock = this.#unlock(token, nowMs);
    if (lock === undefined) return undefined;
    const lockedUntilMs = nowMs + this.#settings.lockDurationMs;
    this.#locks.set(token, { ...lock, lockedUntilMs });
    return lockedUntilMs;
  }

  /** @returns false when no scheduled message has this number: it never had, it was cancelled, or it became due */
  cancelScheduled(sequenceNumber: number, nowMs: number): boolean {
    this.advance(nowMs);
    if (this.#entries.get(sequenceNumber)?.status !== 'scheduled') return false;
    return this.#entries.delete(sequenceNumber);
  }

  /** Looks at messages, ready, locked or scheduled, by sequence number, without locking or counting. */
  peek(from: { readonly sequenceNumber: number; readonly count: number }, nowMs: number): QueuedMessage<Content>[] {
    this.advance(nowMs);
    this.#dropExpired(nowMs);
    return [...this.#entries.values()]
      .map((entry) => entry.message)
      .filter((message) => message.sequenceNumber >= from.sequenceNumber)
      .sort((left, right) => left.sequenceNumber - right.sequenceNumber)
      .slice(0, from.count);
  }

  counts(nowMs: number): QueueCounts {
    this.advance(nowMs);
    this.#dropExpired(nowMs);
    const scheduled = [...this.#entries.values()].filter((entry) => entry.status === 'scheduled').length;
    const locked = this.#locks.size;
    const deadLettered = this.deadLetters === undefined ? 0 : this.deadLetters.#entries.size;
    return { active: this.#entries.size - locked - scheduled, locked, scheduled, deadLettered };
  }

  /** Does what time alone brings about: scheduled messages become ready, locks end, ids are forgotten. */
  advance(nowMs: number): void {
    for (let due = this.#scheduled.peek(); due !== undefined && due.dueAtMs <= nowMs; due = this.#scheduled.peek()) {
      this.#scheduled.pop();
      this.#activate(due);
    }
    for (const lock of this.#locks.values()) {
      if (lock.lockedUntilMs > nowMs) break;
      this.#locks.delete(lock.token);
      this.#returnDelivered(lock.message);
    }
    for (const [id, seen] of this.#seenIds) {
      if (seen.forgetAtMs > nowMs) break;
      this.#seenIds.delete(id);
    }
    this.deadLetters?.advance(nowMs);
  }

  /** When `advance` next has something that a waiting receiver could see; undefined while nothing is pending. */
  nextDueMs(): number | undefined {
    const [firstLock] = this.#locks.values();
    const ownMs = leastOf(this.#scheduled.peek()?.dueAtMs, firstLock?.lockedUntilMs);
    return leastOf(ownMs, this.deadLetters?.nextDueMs());
  }

  #nextSequenceNumber(): number {
    this.#lastSequenceNumber += 1;
    return this.#lastSequenceNumber;
  }

  #put(message: QueuedMessage<Content>, status: 'ready' | 'scheduled'): void {
    this.#entries.set(message.sequenceNumber, { message, status });
    if (status === 'ready') this.#ready.push(message.sequenceNumber);
  }

  #nextReady(nowMs: number): QueuedMessage<Content> | undefined {
    this.advance(nowMs);
    for (;;) {
      const sequenceNumber = this.#ready.pop();
      if (sequenceNumber === undefined) return undefined;
      const entry = this.#entries.get(sequenceNumber);
      if (entry?.status !== 'ready') continue;
      if (!isExpired(entry.message, nowMs)) return entry.message;
      this.#entries.delete(sequenceNumber);
    }
  }

  #unlock(token: string, nowMs: number): Lock<Content> | undefined {
    this.advance(nowMs);
    const lock = this.#locks.get(token);
    this.#locks.delete(token);
    return lock;
  }

  #activate(due: DueMessage): void {
    const entry = this.#entries.get(due.sequenceNumber);
    if (entry?.status !== 'scheduled') return;
    this.#entries.delete(due.sequenceNumber);
    const { message } = entry;
    // Dated to the moment it was due, so that a timer that fires late changes nothing.
    const lifetime = this.#lifetime(message.timeToLiveMs, due.dueAtMs);
    this.#put({ ...message, ...lifetime, isScheduled: false, sequenceNumber: this.#nextSequenceNumber() }, 'ready');
  }

  #returnDelivered(message: QueuedMessage<Content>): void {
    const returned = { ...message, deliveryCount: message.deliveryCount + 1 };
    if (returned.deliveryCount < this.#settings.maxDeliveryCount) {
      this.#put(returned, 'ready');
      return;
    }
    this.#moveToDeadLetters(returned, {
      reason: 'MaxDeliveryCountExceeded',
      description: `Message could not be consumed after ${this.#settings.maxDeliveryCount} delivery attempts.`,
      properties: {},
    });
  }

  #moveToDeadLetters(message: QueuedMessage<Content>, why: DeadLetterReason): void {
    if (this.deadLetters === undefined) throw new Error('A dead-letter queue has no dead-letter queue of its own');
    this.#entries.delete(message.sequenceNumber);
    const explained = withProperties(message, {
      ...why.properties,
      ...(why.reason === undefined ? {} : { DeadLetterReason: why.reason }),
      ...(why.description === undefined ? {} : { DeadLetterErrorDescription: why.description }),
    });
    // Time to live is not observed in a dead-letter queue.
    this.deadLetters.#put({ ...explained, expiresAtMs: undefined }, 'ready');
  }

  #dropExpired(nowMs: number): void {
    for (const [sequenceNumber, entry] of this.#entries) {
      if (entry.status === 'ready' && isExpired(entry.message, nowMs)) this.#entries.delete(sequenceNumber);
    }
  }

  #lifetime(timeToLiveMs: number | undefined, enqueuedAtMs: number) {
    const expiresAtMs = timeToLiveMs === undefined ? undefined : enqueuedAtMs + timeToLiveMs;
    return { enqueuedAtMs, timeToLiveMs, expiresAtMs };
  }
}

function isDueBefore(left: DueMessage, right: DueMessage): boolean {
  if (left.dueAtMs !== right.dueAtMs) return left.dueAtMs < right.dueAtMs;
  return left.sequenceNumber < right.sequenceNumber;
}

function isExpired(message: QueuedMessage<unknown>, nowMs: number): boolean {
  return message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs;
}

function withProperties<Content>(
  message: QueuedMessage<Content>,
  properties: Readonly<Record<string, unknown>>,
): QueuedMessage<Content> {
  return { ...message, addedProperties: { ...message.addedProperties, ...properties } };
}

function leastOf(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right;
  return right === undefined ? left : Math.min(left, right);
}
