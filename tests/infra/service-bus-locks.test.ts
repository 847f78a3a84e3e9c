import { describe, expect, test } from 'vitest';
import { eventually, numbered, receiveAll, receiveOne, UNRENEWED, withQueue } from './service-bus-fixture.ts';

const NOTHING = { active: 0, locked: 0, scheduled: 0, deadLettered: 0 };

describe('settling', () => {
  test('a completed message is gone, an abandoned one comes back first, counted and with its changes', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      await sender.sendMessages(
        numbered(3).map((message) => ({ ...message, applicationProperties: { kept: 1, changed: 'no' } })),
      );
      const first = await receiveOne(receiver);
      await receiver.abandonMessage(first, { changed: 'yes', tries: 1 });
      const again = await receiveOne(receiver);
      expect(again).toMatchObject({
        messageId: first.messageId,
        deliveryCount: 1,
        applicationProperties: { kept: 1, changed: 'yes', tries: 1 },
      });
      expect(again.sequenceNumber?.equals(first.sequenceNumber ?? 0)).toBe(true);
      expect(again.lockToken).not.toBe(first.lockToken);
      await receiver.completeMessage(again);
      expect(counts()).toEqual({ ...NOTHING, active: 2 });
    });
  });

  test('a dead-lettered message waits in the dead-letter queue with reason, description and properties', async () => {
    await withQueue({}, async ({ sender, receiver, deadLetterReceiver, counts }) => {
      await sender.sendMessages({ body: 'bad', messageId: 'x', applicationProperties: { kept: true } });
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'Unreadable',
        deadLetterErrorDescription: 'line 3',
        line: 3,
      });
      expect(counts()).toEqual({ ...NOTHING, deadLettered: 1 });
      const dead = await receiveOne(deadLetterReceiver);
      expect(dead).toMatchObject({
        body: 'bad',
        messageId: 'x',
        deadLetterReason: 'Unreadable',
        deadLetterErrorDescription: 'line 3',
        applicationProperties: { kept: true, line: 3 },
      });
      await deadLetterReceiver.abandonMessage(dead);
      const again = await receiveOne(deadLetterReceiver);
      expect(again.deadLetterReason).toBe('Unreadable');
      await deadLetterReceiver.completeMessage(again);
      expect(counts()).toEqual(NOTHING);
    });
  });

  test('a message that was abandoned as often as the queue allows is dead-lettered', async () => {
    await withQueue({ maxDeliveryCount: 3 }, async ({ sender, receiver, deadLetterReceiver, counts }) => {
      await sender.sendMessages({ body: 'poison' });
      for (let delivery = 0; delivery < 3; delivery += 1) {
        const message = await receiveOne(receiver);
        expect(message.deliveryCount).toBe(delivery);
        await receiver.abandonMessage(message);
      }
      expect(counts()).toEqual({ ...NOTHING, deadLettered: 1 });
      const dead = await receiveOne(deadLetterReceiver);
      expect(dead.deadLetterReason).toBe('MaxDeliveryCountExceeded');
      expect(dead.deadLetterErrorDescription).toContain('3 delivery attempts');
      expect(dead.deliveryCount).toBe(3);
    });
  });

  test('a receiver that waits on the dead-letter queue gets a message as it dies', async () => {
    await withQueue({ maxDeliveryCount: 1, lockDurationMs: 200 }, async (bench) => {
      const waiting = bench.deadLetterReceiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
      await bench.sender.sendMessages({ body: 'poison' });
      await receiveOne(bench.receiver);
      expect((await waiting).map((message) => message.body)).toEqual(['poison']);
    });
  });

  test('what is not supported is refused by name, and the message is not lost', async () => {
    await withQueue({ lockDurationMs: 500 }, async ({ sender, receiver, deadLetterReceiver, counts }) => {
      await sender.sendMessages([{ body: 'deferred' }, { body: 'dead' }]);
      const [deferred, dead] = await receiveAll(receiver, 2);
      if (deferred === undefined || dead === undefined) throw new Error('Two messages were expected');
      await expect(receiver.deferMessage(deferred)).rejects.toThrow(/NotImplementedError.*does not defer/);
      await receiver.deadLetterMessage(dead);
      await expect(deadLetterReceiver.deadLetterMessage(await receiveOne(deadLetterReceiver))).rejects.toThrow(
        /cannot be dead-lettered again/,
      );
      await eventually('both locks have ended', () => counts().active === 1 && counts().locked === 0);
      expect((await receiveOne(receiver)).deliveryCount).toBe(1);
      expect((await receiveOne(deadLetterReceiver)).body).toBe('dead');
    });
  });
});

describe('locks', () => {
  test('a lock that runs out gives the message back, counted, and settling it says the lock is lost', async () => {
    await withQueue({ lockDurationMs: 300 }, async ({ sender, receiver, counts }) => {
      await sender.sendMessages({ body: 1 });
      const late = await receiveOne(receiver);
      expect(counts()).toEqual({ ...NOTHING, locked: 1 });
      await eventually('the lock has ended', () => counts().active === 1);
      const lost = { code: 'MessageLockLost', retryable: false };
      await expect(receiver.completeMessage(late)).rejects.toMatchObject(lost);
      const second = await receiveOne(receiver);
      expect(second.deliveryCount).toBe(1);
      await receiver.completeMessage(second);
      expect(counts()).toEqual(NOTHING);
    });
  });

  test('each way of settling says that the lock is lost', async () => {
    await withQueue({ lockDurationMs: 300 }, async ({ sender, receiver, counts }) => {
      await sender.sendMessages(numbered(4));
      const [first, second, third, fourth] = await receiveAll(receiver, 4);
      if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
        throw new Error('Four messages were expected');
      }
      await eventually('the locks have ended', () => counts().active === 4);
      const lost = { code: 'MessageLockLost' };
      await expect(receiver.completeMessage(first)).rejects.toMatchObject(lost);
      await expect(receiver.abandonMessage(second)).rejects.toMatchObject(lost);
      await expect(receiver.deadLetterMessage(third)).rejects.toMatchObject(lost);
      await expect(receiver.renewMessageLock(fourth)).rejects.toMatchObject(lost);
      expect(counts()).toEqual({ ...NOTHING, active: 4 });
    });
  });

  test('another receiver that waits gets the message when the lock runs out', async () => {
    await withQueue({ lockDurationMs: 300 }, async ({ sender, receiver, newClient, queueName }) => {
      await sender.sendMessages({ body: 1 });
      await receiveOne(receiver);
      const other = newClient().createReceiver(queueName, UNRENEWED);
      const [message] = await other.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
      expect(message?.deliveryCount).toBe(1);
    });
  });

  test('locks that run out often enough end in the dead-letter queue', async () => {
    await withQueue({ lockDurationMs: 150, maxDeliveryCount: 2 }, async (bench) => {
      await bench.sender.sendMessages({ body: 1 });
      await receiveOne(bench.receiver);
      await receiveOne(bench.receiver);
      await eventually('it is dead-lettered', () => bench.counts().deadLettered === 1);
      const dead = await receiveOne(bench.deadLetterReceiver);
      expect(dead.deadLetterReason).toBe('MaxDeliveryCountExceeded');
    });
  });

  test('a renewed lock holds beyond its first end', async () => {
    await withQueue({ lockDurationMs: 600 }, async ({ sender, receiver, counts }) => {
      await sender.sendMessages({ body: 1 });
      const message = await receiveOne(receiver);
      const firstEndMs = message.lockedUntilUtc?.getTime() ?? 0;
      await eventually('half the time has passed', () => Date.now() > firstEndMs - 300);
      const renewedUntil = await receiver.renewMessageLock(message);
      expect(renewedUntil.getTime()).toBeGreaterThan(firstEndMs);
      await eventually('the first end has passed', () => Date.now() > firstEndMs + 50);
      expect(counts()).toEqual({ ...NOTHING, locked: 1 });
      await receiver.completeMessage(message);
      expect(counts()).toEqual(NOTHING);
    });
  });

  test('the client renews by itself while a handler works', async () => {
    await withQueue({ lockDurationMs: 700 }, async ({ client, queueName, sender, counts }) => {
      const deliveries: (number | undefined)[] = [];
      const subscription = client.createReceiver(queueName).subscribe(
        {
          processMessage: async (message) => {
            deliveries.push(message.deliveryCount);
            const firstEndMs = message.lockedUntilUtc?.getTime() ?? 0;
            await eventually('two lock durations have passed', () => Date.now() > firstEndMs + 1_000);
          },
          processError: async ({ error }) => expect.unreachable(error.message),
        },
        { maxConcurrentCalls: 2 },
      );
      await sender.sendMessages({ body: 1 });
      await eventually('it is completed', () => deliveries.length > 0 && counts().locked + counts().active === 0);
      await subscription.close();
      expect(deliveries).toEqual([0]);
    });
  });

  test('a message stays locked when its link is closed, and can be settled by its token until the lock runs out', async () => {
    await withQueue({ lockDurationMs: 1_000 }, async ({ client, queueName, sender, counts }) => {
      await sender.sendMessages(numbered(4));
      const first = client.createReceiver(queueName, UNRENEWED);
      const [completed, abandoned, dead, left] = await receiveAll(first, 4);
      if (completed === undefined || abandoned === undefined || dead === undefined || left === undefined) {
        throw new Error('Four messages were expected');
      }
      await first.close();
      expect(counts()).toEqual({ ...NOTHING, locked: 4 });
      const second = client.createReceiver(queueName, UNRENEWED);
      await second.completeMessage(completed);
      await second.abandonMessage(abandoned, { by: 'token' });
      await second.deadLetterMessage(dead, { deadLetterReason: 'Late', deadLetterErrorDescription: 'by token' });
      expect(counts()).toEqual({ active: 1, locked: 1, scheduled: 0, deadLettered: 1 });
      expect((await receiveOne(second)).applicationProperties).toEqual({ by: 'token' });
      await eventually('the last locks have ended', () => counts().active === 2);
      await expect(second.completeMessage(left)).rejects.toMatchObject({ code: 'MessageLockLost' });
    });
  });

  test('a message stays locked when its connection drops, until the lock runs out', async () => {
    await withQueue({ lockDurationMs: 500 }, async ({ newClient, queueName, sender, receiver, counts }) => {
      await sender.sendMessages({ body: 1 });
      const gone = newClient();
      await receiveOne(gone.createReceiver(queueName, UNRENEWED));
      await gone.close();
      expect(counts()).toEqual({ ...NOTHING, locked: 1 });
      expect((await receiveOne(receiver)).deliveryCount).toBe(1);
    });
  });
});
