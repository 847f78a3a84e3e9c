import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MinHeap } from '../../infra/local/service-bus/min-heap.ts';
import { MessageQueue, type QueueSettings } from '../../infra/local/service-bus/queue.ts';

const LOCK_MS = 50;
const WINDOW_MS = 120;
const MAX_DELIVERIES = 3;
const DEFAULT_TTL_MS = 400;

const settings: QueueSettings = {
  lockDurationMs: LOCK_MS,
  maxDeliveryCount: MAX_DELIVERIES,
  duplicateDetectionWindowMs: WINDOW_MS,
  defaultTimeToLiveMs: DEFAULT_TTL_MS,
};

type Step =
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly inMs: number | undefined;
      readonly ttlMs: number | undefined;
    }
  | { readonly kind: 'lock' | 'delete' | 'peek' }
  | { readonly kind: 'complete' | 'abandon' | 'release' | 'dead-letter' | 'renew'; readonly nth: number }
  | { readonly kind: 'cancel'; readonly sequenceNumber: number }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      id: fc.integer({ min: 0, max: 12 }),
      inMs: fc.option(fc.integer({ min: -10, max: 150 }), { nil: undefined }),
      ttlMs: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('lock' as const, 'lock' as const, 'delete' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('peek' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('complete', 'abandon', 'release', 'dead-letter', 'renew' as const),
      nth: fc.nat({ max: 5 }),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), sequenceNumber: fc.integer({ min: 1, max: 20 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 70 }) }) },
);

type ModelMessage = {
  sequenceNumber: number;
  readonly id: string;
  ttlMs: number;
  enqueuedAtMs: number;
  dueAtMs: number | undefined;
  lockedUntilMs: number | undefined;
  deliveries: number;
};

/** The same rules on a plain list, looked through from end to end at every step. */
class Model {
  messages: ModelMessage[] = [];
  dead: ModelMessage[] = [];
  seen: { readonly id: string; readonly sequenceNumber: number; readonly untilMs: number }[] = [];
  lastNumber = 0;

  tick(nowMs: number): void {
    const due = this.messages.filter((message) => message.dueAtMs !== undefined && message.dueAtMs <= nowMs);
    due.sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0) || a.sequenceNumber - b.sequenceNumber);
    for (const message of due) {
      message.enqueuedAtMs = message.dueAtMs ?? 0;
      message.dueAtMs = undefined;
      this.lastNumber += 1;
      message.sequenceNumber = this.lastNumber;
    }
    for (const message of this.messages.filter((each) => (each.lockedUntilMs ?? Number.POSITIVE_INFINITY) <= nowMs)) {
      this.giveBack(message);
    }
    this.messages = this.messages.filter(
      (message) =>
        message.dueAtMs !== undefined ||
        message.lockedUntilMs !== undefined ||
        message.enqueuedAtMs + message.ttlMs > nowMs,
    );
    this.seen = this.seen.filter((seen) => seen.untilMs > nowMs);
    this.messages.sort((a, b) => a.sequenceNumber - b.sequenceNumber);
    this.dead.sort((a, b) => a.sequenceNumber - b.sequenceNumber);
  }

  giveBack(message: ModelMessage): void {
    message.lockedUntilMs = undefined;
    message.deliveries += 1;
    if (message.deliveries >= MAX_DELIVERIES) this.bury(message);
  }

  bury(message: ModelMessage): void {
    this.remove(message);
    this.dead.push(message);
  }

  remove(message: ModelMessage): void {
    this.messages = this.messages.filter((each) => each !== message);
  }

  ready(): ModelMessage | undefined {
    return this.messages.find((message) => message.dueAtMs === undefined && message.lockedUntilMs === undefined);
  }

  send(sent: Extract<Step, { kind: 'send' }>, nowMs: number): number {
    const id = String(sent.id);
    const first = this.seen.find((seen) => seen.id === id);
    if (first !== undefined) return first.sequenceNumber;
    this.lastNumber += 1;
    this.seen.push({ id, sequenceNumber: this.lastNumber, untilMs: nowMs + WINDOW_MS });
    this.messages.push({
      sequenceNumber: this.lastNumber,
      id,
      ttlMs: Math.min(sent.ttlMs ?? DEFAULT_TTL_MS, DEFAULT_TTL_MS),
      enqueuedAtMs: nowMs,
      dueAtMs: sent.inMs !== undefined && sent.inMs > 0 ? nowMs + sent.inMs : undefined,
      lockedUntilMs: undefined,
      deliveries: 0,
    });
    return this.lastNumber;
  }

  counts() {
    const locked = this.messages.filter((message) => message.lockedUntilMs !== undefined).length;
    const scheduled = this.messages.filter((message) => message.dueAtMs !== undefined).length;
    return { active: this.messages.length - locked - scheduled, locked, scheduled, deadLettered: this.dead.length };
  }
}

type Held = { readonly token: string; readonly message: ModelMessage };

/** Does one step to both and compares what they say. Returns the locks that a client now believes to hold. */
function take(queue: MessageQueue<string>, model: Model, one: Step, nowMs: number, held: Held[]): void {
  model.tick(nowMs);
  switch (one.kind) {
    case 'send': {
      const message = {
        messageId: String(one.id),
        content: 'x',
        timeToLiveMs: one.ttlMs,
        scheduledForMs: one.inMs === undefined ? undefined : nowMs + one.inMs,
      };
      expect(queue.enqueue(message, nowMs)).toBe(model.send(one, nowMs));
      return;
    }
    case 'lock': {
      const expected = model.ready();
      const lock = queue.lockNext(nowMs);
      expect(lock?.message.sequenceNumber).toBe(expected?.sequenceNumber);
      if (lock === undefined || expected === undefined) return;
      expect(lock.message).toMatchObject({ messageId: expected.id, deliveryCount: expected.deliveries });
      expected.lockedUntilMs = nowMs + LOCK_MS;
      expect(lock.lockedUntilMs).toBe(expected.lockedUntilMs);
      held.push({ token: lock.token, message: expected });
      return;
    }
    case 'delete': {
      const expected = model.ready();
      expect(queue.deleteNext(nowMs)?.sequenceNumber).toBe(expected?.sequenceNumber);
      if (expected !== undefined) model.remove(expected);
      return;
    }
    case 'peek': {
      const expected = model.messages.map((message) => message.sequenceNumber).filter((number) => number >= 2);
      const peeked = queue.peek({ sequenceNumber: 2, count: 4 }, nowMs);
      expect(peeked.map((message) => message.sequenceNumber)).toEqual(expected.slice(0, 4));
      return;
    }
    case 'cancel': {
      const found = model.messages.find(
        (message) => message.sequenceNumber === one.sequenceNumber && message.dueAtMs !== undefined,
      );
      expect(queue.cancelScheduled(one.sequenceNumber, nowMs)).toBe(found !== undefined);
      if (found !== undefined) model.remove(found);
      return;
    }
    case 'wait':
      return;
    default:
      settle(queue, model, one, nowMs, held);
  }
}

function settle(
  queue: MessageQueue<string>,
  model: Model,
  one: Extract<Step, { nth: number }>,
  nowMs: number,
  held: Held[],
): void {
  const lock = held[one.nth % Math.max(held.length, 1)];
  if (lock === undefined) return;
  const { token, message } = lock;
  // A later lock on the same message is another lock: only the newest one can be alive.
  const newest = held.findLast((each) => each.message === message);
  const isAlive = newest === lock && message.lockedUntilMs !== undefined && model.messages.includes(message);
  if (one.kind === 'renew') {
    expect(queue.renew(token, nowMs)).toBe(isAlive ? nowMs + LOCK_MS : undefined);
    if (isAlive) message.lockedUntilMs = nowMs + LOCK_MS;
    return;
  }
  const why = { reason: 'r', description: undefined, properties: {} };
  const operations = {
    complete: () => queue.complete(token, nowMs),
    abandon: () => queue.abandon(token, {}, nowMs),
    release: () => queue.release(token, nowMs),
    'dead-letter': () => queue.deadLetter(token, why, nowMs),
  };
  expect(operations[one.kind]()).toBe(isAlive);
  if (!isAlive) return;
  message.lockedUntilMs = undefined;
  if (one.kind === 'complete') model.remove(message);
  if (one.kind === 'abandon') model.giveBack(message);
  if (one.kind === 'dead-letter') model.bury(message);
}

describe('the queue', () => {
  test('it does what a plain list with the same rules does, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const queue = new MessageQueue<string>(settings);
        const model = new Model();
        const held: Held[] = [];
        let nowMs = 1_000;
        for (const one of steps) {
          if (one.kind === 'wait') nowMs += one.ms;
          take(queue, model, one, nowMs, held);
          // Not at every step, as counting drops what is expired, which taking has to do by itself.
          if (one.kind === 'peek') expect(queue.counts(nowMs)).toEqual(model.counts());
        }
        model.tick(nowMs);
        expect(queue.counts(nowMs)).toEqual(model.counts());
        const dead = queue.deadLetters?.peek({ sequenceNumber: 0, count: 1_000 }, nowMs) ?? [];
        expect(dead.map((message) => message.sequenceNumber)).toEqual(model.dead.map((each) => each.sequenceNumber));
      }),
      { numRuns: 400 },
    );
  });

  test('advancing only when it says so changes nothing for who waits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), (delaysMs) => {
        const queue = new MessageQueue<string>({ ...settings, defaultTimeToLiveMs: undefined });
        delaysMs.forEach((delayMs, index) => {
          queue.enqueue({ messageId: `${index}`, content: '', scheduledForMs: delayMs }, 0);
        });
        const takenAtMs: number[] = [];
        for (let wakeMs = queue.nextDueMs(); wakeMs !== undefined; wakeMs = queue.nextDueMs()) {
          for (let message = queue.deleteNext(wakeMs); message !== undefined; message = queue.deleteNext(wakeMs)) {
            takenAtMs.push(wakeMs);
          }
        }
        expect(takenAtMs).toEqual([...delaysMs].sort((a, b) => a - b));
      }),
    );
  });

  test('what abandoning and dead-lettering add is kept together', () => {
    const queue = new MessageQueue<string>(settings);
    queue.enqueue({ messageId: 'a', content: '' }, 0);
    queue.abandon(queue.lockNext(0)?.token ?? '', { tries: 1, by: 'x' }, 0);
    const why = { reason: 'Bad', description: 'so bad', properties: { tries: 2 } };
    queue.deadLetter(queue.lockNext(0)?.token ?? '', why, 0);
    expect(queue.deadLetters?.lockNext(0)?.message.addedProperties).toEqual({
      tries: 2,
      by: 'x',
      DeadLetterReason: 'Bad',
      DeadLetterErrorDescription: 'so bad',
    });
  });
});

test('the heap gives back what went in, sorted', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new MinHeap<number>((left, right) => left < right);
      for (const number of numbers) heap.push(number);
      expect(heap.size).toBe(numbers.length);
      expect(heap.peek()).toBe(numbers.length === 0 ? undefined : Math.min(...numbers));
      expect(numbers.map(() => heap.pop())).toEqual([...numbers].sort((left, right) => left - right));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
