import { describe, expect, test } from 'vitest';
import { eventually, numbered, receiveAll, receiveOne, withQueue } from './service-bus-fixture.ts';

const NOTHING = { active: 0, locked: 0, scheduled: 0, deadLettered: 0 };

describe('sending', () => {
  test('a message arrives with everything its sender wrote', async () => {
    await withQueue({}, async ({ sender, receiver }) => {
      const sent = {
        body: { lines: [1, 2.5, 'ä'], empty: null },
        messageId: 'id-1',
        contentType: 'application/json',
        correlationId: 'corr',
        subject: 'subject',
        replyTo: 'reply',
        to: 'to',
        partitionKey: 'key',
        timeToLive: 60_000,
        applicationProperties: { text: 'x', whole: 7, negative: -7, fraction: 0.5, yes: true },
      };
      await sender.sendMessages(sent);
      expect(await receiveOne(receiver)).toMatchObject(sent);
    });
  });

  test('the broker assigns sequence number, enqueued time, lock and, where there is none, a message id', async () => {
    await withQueue({ lockDurationMs: 30_000 }, async ({ sender, receiver }) => {
      const beforeMs = Date.now();
      await sender.sendMessages([{ body: 1, subject: 'kept' }, { body: 2 }]);
      const [first, second] = await receiveAll(receiver, 2);
      expect(first?.sequenceNumber?.toNumber()).toBe(1);
      expect(second?.sequenceNumber?.toNumber()).toBe(2);
      expect(first?.messageId).toMatch(/^[0-9a-f]{32}$/);
      expect(first?.messageId).not.toBe(second?.messageId);
      expect(first?.subject).toBe('kept');
      expect(first?.deliveryCount).toBe(0);
      expect(first?.lockToken).toMatch(/^[0-9a-f-]{36}$/);
      const enqueuedMs = first?.enqueuedTimeUtc?.getTime() ?? 0;
      expect(enqueuedMs).toBeGreaterThanOrEqual(beforeMs);
      expect(enqueuedMs).toBeLessThanOrEqual(Date.now());
      const lockedForMs = (first?.lockedUntilUtc?.getTime() ?? 0) - Date.now();
      expect(lockedForMs).toBeGreaterThan(20_000);
      expect(lockedForMs).toBeLessThanOrEqual(30_000);
    });
  });

  test('a body of bytes arrives as the same bytes', async () => {
    await withQueue({}, async ({ sender, receiver }) => {
      const body = Buffer.from(Array.from({ length: 1_000 }, (_, index) => (index * 7) % 256));
      await sender.sendMessages({ body });
      expect(Buffer.compare((await receiveOne(receiver)).body, body)).toBe(0);
    });
  });

  test('a batch arrives whole and in order, however its messages were added', async () => {
    await withQueue({}, async ({ sender, receiver }) => {
      const batch = await sender.createMessageBatch();
      for (const message of numbered(50)) expect(batch.tryAddMessage(message)).toBe(true);
      await sender.sendMessages(batch);
      await sender.sendMessages(numbered(50, 50));
      const received = await receiveAll(receiver, 100);
      expect(received.map((message) => message.body)).toEqual(Array.from({ length: 100 }, (_, index) => index));
      expect(received.map((message) => message.messageId)).toEqual(numbered(100).map((message) => message.messageId));
    });
  });

  test('the link says how large a message may be, and a batch stops there', async () => {
    await withQueue({ maxMessageSizeBytes: 4_096 }, async ({ sender, counts }) => {
      const batch = await sender.createMessageBatch();
      expect(batch.maxSizeInBytes).toBe(4_096);
      expect(batch.tryAddMessage({ body: 'x'.repeat(3_000) })).toBe(true);
      expect(batch.tryAddMessage({ body: 'x'.repeat(3_000) })).toBe(false);
      await sender.sendMessages(batch);
      expect(counts().active).toBe(1);
    });
  });

  test('a message that is too large is refused, and the sender goes on working', async () => {
    await withQueue({}, async ({ sender, counts }) => {
      await sender.sendMessages({ body: Buffer.alloc(262_000) });
      await expect(sender.sendMessages({ body: Buffer.alloc(262_144) })).rejects.toMatchObject({
        code: 'MessageSizeExceeded',
        retryable: false,
      });
      expect(counts()).toEqual({ ...NOTHING, active: 1 });
      await sender.sendMessages({ body: 'small' });
      expect(counts().active).toBe(2);
    });
  });

  test('sending to, receiving from and managing a queue that is not there say so', async () => {
    await withQueue({}, async ({ client }) => {
      const notFound = { code: 'MessagingEntityNotFound', retryable: false };
      await expect(client.createSender('missing').sendMessages({ body: 1 })).rejects.toMatchObject(notFound);
      await expect(client.createReceiver('missing').receiveMessages(1)).rejects.toMatchObject(notFound);
      await expect(client.createReceiver('missing').peekMessages(1)).rejects.toMatchObject(notFound);
    });
  });

  test('queue names are compared without case, and a queue that is not there has no counts', async () => {
    await withQueue({}, async ({ client, counts }) => {
      await client.createSender('oRDERS').sendMessages({ body: 1 });
      expect(counts().active).toBe(1);
    });
  });

  test('nothing can be sent to a dead-letter queue', async () => {
    await withQueue({}, async ({ newClient, queueName, counts }) => {
      const sender = newClient({ retryOptions: { maxRetries: 0, timeoutInMs: 1_000 } }).createSender(
        `${queueName}/$deadletterqueue`,
      );
      await expect(sender.sendMessages({ body: 1 })).rejects.toThrow();
      expect(counts()).toEqual(NOTHING);
    });
  });
});

describe('duplicate detection', () => {
  test('a second message with the id is swallowed, and its send succeeds', async () => {
    await withQueue({ duplicateDetectionWindowMs: 60_000 }, async ({ sender, receiver, counts }) => {
      await sender.sendMessages({ body: 'first', messageId: 'same' });
      await sender.sendMessages({ body: 'second', messageId: 'same' });
      await sender.sendMessages([
        { body: 'third', messageId: 'same' },
        { body: 'other', messageId: 'other' },
      ]);
      expect(counts().active).toBe(2);
      const received = await receiveAll(receiver, 2);
      expect(received.map((message) => message.body)).toEqual(['first', 'other']);
      for (const message of received) await receiver.completeMessage(message);
      await sender.sendMessages({ body: 'after it was completed', messageId: 'same' });
      expect(counts()).toEqual(NOTHING);
    });
  });

  test('after the window the id is new again, and without a window every message counts', async () => {
    await withQueue({ duplicateDetectionWindowMs: 300 }, async ({ sender, counts }) => {
      await sender.sendMessages({ body: 1, messageId: 'same' });
      const sentAtMs = Date.now();
      await eventually('the window has passed', () => Date.now() > sentAtMs + 350);
      await sender.sendMessages({ body: 2, messageId: 'same' });
      expect(counts().active).toBe(2);
    });
    await withQueue({}, async ({ sender, counts }) => {
      await sender.sendMessages([
        { body: 1, messageId: 'same' },
        { body: 2, messageId: 'same' },
      ]);
      expect(counts().active).toBe(2);
    });
  });
});

describe('receiving', () => {
  test('receive-and-delete takes messages for good', async () => {
    await withQueue({}, async ({ client, queueName, sender, counts }) => {
      await sender.sendMessages(numbered(5));
      const receiver = client.createReceiver(queueName, { receiveMode: 'receiveAndDelete' });
      const received = await receiveAll(receiver, 3);
      expect(received.map((message) => message.body)).toEqual([0, 1, 2]);
      expect(counts()).toEqual({ ...NOTHING, active: 2 });
    });
  });

  test('no more messages are locked than were asked for', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      await sender.sendMessages(numbered(10));
      await receiveAll(receiver, 3);
      expect(counts()).toEqual({ ...NOTHING, active: 7, locked: 3 });
    });
  });

  test('a receive that finds too few messages returns in time and leaves no credit behind', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      const startedMs = Date.now();
      expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 200 })).toEqual([]);
      expect(Date.now() - startedMs).toBeLessThan(2_000);
      await sender.sendMessages(numbered(2));
      expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 200 })).toHaveLength(2);
      await sender.sendMessages({ body: 'later' });
      expect(counts()).toEqual({ ...NOTHING, active: 1, locked: 2 });
      expect((await receiveOne(receiver)).body).toBe('later');
    });
  });

  test('receives that time out while messages arrive lose none', async () => {
    await withQueue({}, async ({ sender, receiver }) => {
      const bodies: unknown[] = [];
      const sending = (async () => {
        for (const message of numbered(60)) await sender.sendMessages(message);
      })();
      for (let round = 0; bodies.length < 60 && round < 2_000; round += 1) {
        for (const message of await receiver.receiveMessages(1, { maxWaitTimeInMs: 1 })) {
          expect(message.deliveryCount).toBe(0);
          await receiver.completeMessage(message);
          bodies.push(message.body);
        }
      }
      await sending;
      expect(bodies).toEqual(Array.from({ length: 60 }, (_, index) => index));
    });
  });

  test('a waiting receiver gets a message the moment it is sent', async () => {
    await withQueue({}, async ({ sender, receiver }) => {
      const waiting = receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
      await sender.sendMessages({ body: 'now' });
      expect((await waiting).map((message) => message.body)).toEqual(['now']);
    });
  });

  test('subscribe completes what its handler took and abandons what it threw on', async () => {
    await withQueue({ maxDeliveryCount: 3 }, async ({ sender, receiver, counts }) => {
      const seen: string[] = [];
      const subscription = receiver.subscribe({
        processMessage: async (message) => {
          seen.push(`${message.body}/${message.deliveryCount}`);
          if (message.body === 'bad') throw new Error('cannot be handled');
        },
        processError: async () => {},
      });
      await sender.sendMessages([{ body: 'good' }, { body: 'bad' }]);
      await eventually('both are settled', () => counts().deadLettered === 1 && counts().locked === 0);
      expect(seen).toEqual(['good/0', 'bad/0', 'bad/1', 'bad/2']);
      await subscription.close();
      expect(counts()).toEqual({ ...NOTHING, deadLettered: 1 });
    });
  });

  test('subscribe holds no more messages than its handlers, and gives the rest back when it ends', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      const gate = Promise.withResolvers<void>();
      let running = 0;
      let atOnce = 0;
      const subscription = receiver.subscribe(
        {
          processMessage: async () => {
            running += 1;
            atOnce = Math.max(atOnce, running);
            await gate.promise;
            running -= 1;
          },
          processError: async ({ error }) => expect.unreachable(error.message),
        },
        { maxConcurrentCalls: 4 },
      );
      await sender.sendMessages(numbered(20));
      await eventually('all handlers are busy', () => running === 4);
      expect(counts()).toEqual({ ...NOTHING, active: 16, locked: 4 });
      gate.resolve();
      await eventually('all are completed', () => counts().active + counts().locked === 0);
      expect(atOnce).toBe(4);
      await subscription.close();
      await sender.sendMessages({ body: 'nobody takes it' });
      expect(counts()).toEqual({ ...NOTHING, active: 1 });
    });
  });
});

describe('time to live', () => {
  test('a message whose time is over is gone, dead letters and locked messages are not', async () => {
    await withQueue({}, async ({ sender, receiver, deadLetterReceiver, counts }) => {
      const timeToLive = 1_000;
      await sender.sendMessages([
        { body: 'locked', timeToLive },
        { body: 'dead', timeToLive },
        { body: 'forgotten', timeToLive },
        { body: 'endless' },
      ]);
      const [locked, dead] = await receiveAll(receiver, 2);
      if (locked === undefined || dead === undefined) throw new Error('Two messages were expected');
      await receiver.deadLetterMessage(dead);
      await eventually('the time is over', () => counts().active === 1);
      await receiver.completeMessage(locked);
      expect((await receiveOne(receiver)).body).toBe('endless');
      expect((await receiveOne(deadLetterReceiver)).body).toBe('dead');
    });
  });

  test("the queue's default caps what a sender asks for", async () => {
    await withQueue({ defaultTimeToLiveMs: 1_000 }, async ({ sender, receiver, counts }) => {
      await sender.sendMessages([{ body: 1, timeToLive: 3_600_000 }, { body: 2 }, { body: 3, timeToLive: 900 }]);
      const lifetimesMs = (await receiver.peekMessages(3)).map(
        (message) => (message.expiresAtUtc?.getTime() ?? 0) - (message.enqueuedTimeUtc?.getTime() ?? 0),
      );
      expect(lifetimesMs).toEqual([1_000, 1_000, 900]);
      await eventually('all are expired', () => counts().active === 0);
      expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 })).toEqual([]);
    });
  });
});
