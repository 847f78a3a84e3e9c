import type { EntityAddress } from './entity-address.ts';
import { MessageQueue, type QueueCounts, type QueueSettings } from './queue.ts';
import type { WireContent } from './wire-message.ts';

export type Subqueue = EntityAddress['subqueue'];
export type WireQueue = MessageQueue<WireContent>;

/** A receiving link, as the queue sees it. */
export interface Consumer {
  isOpen(): boolean;
  hasCredit(): boolean;
  /** Takes one message and sends it; false when the queue has none. */
  takeFrom(queue: WireQueue, nowMs: number): boolean;
}

export type QueueHostOptions = {
  readonly settings: QueueSettings;
  readonly maxMessageSizeBytes: number;
  readonly now: () => number;
};

/** The longest time that setTimeout can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One queue with its dead-letter queue at work: hands messages to waiting receivers and keeps the queue's time. */
export class QueueHost {
  readonly maxMessageSizeBytes: number;
  readonly #queues: Readonly<Record<Subqueue, WireQueue>>;
  readonly #consumers: Readonly<Record<Subqueue, Set<Consumer>>> = { main: new Set(), 'dead-letter': new Set() };
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor({ settings, maxMessageSizeBytes, now }: QueueHostOptions) {
    const main = new MessageQueue<WireContent>(settings);
    if (main.deadLetters === undefined) throw new Error('A main queue has a dead-letter queue');
    this.#queues = { main, 'dead-letter': main.deadLetters };
    this.maxMessageSizeBytes = maxMessageSizeBytes;
    this.#now = now;
  }

  /** Does something to a queue, then gives what became ready to whoever waits for it. */
  act<Result>(subqueue: Subqueue, operation: (queue: WireQueue, nowMs: number) => Result): Result {
    const result = operation(this.#queues[subqueue], this.#now());
    this.wake();
    return result;
  }

  counts(subqueue: Subqueue): QueueCounts {
    return this.act(subqueue, (queue, nowMs) => queue.counts(nowMs));
  }

  addConsumer(subqueue: Subqueue, consumer: Consumer): void {
    this.#consumers[subqueue].add(consumer);
  }

  /**
   * Messages that a closed link had locked stay locked until their locks expire, as in the service: only sessions tie a
   * lock to a link. Until then they can be settled through `$management`.
   */
  dropClosedConsumers(): void {
    for (const consumers of Object.values(this.#consumers)) {
      for (const consumer of consumers) {
        if (!consumer.isOpen()) consumers.delete(consumer);
      }
    }
  }

  wake(): void {
    if (this.#isClosed) return;
    const nowMs = this.#now();
    this.#queues.main.advance(nowMs);
    this.#deliver('main', nowMs);
    this.#deliver('dead-letter', nowMs);
    this.#setTimer(nowMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** One message to each receiver in turn, so that none starves. Bounded by credit and by the messages ready. */
  #deliver(subqueue: Subqueue, nowMs: number): void {
    const consumers = this.#consumers[subqueue];
    for (;;) {
      const consumer = firstWithCredit(consumers);
      if (consumer === undefined || !consumer.takeFrom(this.#queues[subqueue], nowMs)) return;
      consumers.delete(consumer);
      consumers.add(consumer);
    }
  }

  /** A timer that is set for earlier may stay: it wakes for nothing and is set anew. */
  #setTimer(nowMs: number): void {
    const dueMs = this.#queues.main.nextDueMs();
    if (dueMs === undefined || dueMs >= this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerDueMs = Number.POSITIVE_INFINITY;
        this.wake();
      },
      Math.min(Math.max(dueMs - nowMs, 0), LONGEST_TIMER_MS),
    );
  }
}

function firstWithCredit(consumers: ReadonlySet<Consumer>): Consumer | undefined {
  for (const consumer of consumers) {
    if (consumer.hasCredit()) return consumer;
  }
  return undefined;
}
