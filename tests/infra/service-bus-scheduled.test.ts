import { describe, expect, test } from 'vitest';
import { eventually, numbered, receiveAll, receiveOne, withQueue } from './service-bus-fixture.ts';

const NOTHING = { active: 0, locked: 0, scheduled: 0, deadLettered: 0 };

describe('scheduled messages', () => {
  test('they come in the order of their times, not of sending, and not before', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      const startMs = Date.now() + 1_000;
      const at = (afterMs: number) => new Date(startMs + afterMs);
      await sender.sendMessages({ body: 600, scheduledEnqueueTimeUtc: at(600) });
      await sender.scheduleMessages([{ body: 300 }, { body: 301 }], at(300));
      await sender.sendMessages([
        { body: 450, scheduledEnqueueTimeUtc: at(450) },
        { body: 150, scheduledEnqueueTimeUtc: at(150) },
        { body: 'at once' },
      ]);
      expect(counts()).toEqual({ ...NOTHING, active: 1, scheduled: 5 });
      const received = await receiveAll(receiver, 6);
      expect(received.map((message) => message.body)).toEqual(['at once', 150, 300, 301, 450, 600]);
      const enqueuedAfterMs = received.map((message) => (message.enqueuedTimeUtc?.getTime() ?? 0) - startMs);
      expect(enqueuedAfterMs.slice(1)).toEqual([150, 300, 300, 450, 600]);
      expect(Date.now()).toBeGreaterThanOrEqual(startMs + 600);
      const numbers = received.map((message) => message.sequenceNumber?.toNumber());
      expect(numbers).toEqual([6, 7, 8, 9, 10, 11]);
    });
  });

  test('a time that has passed means now', async () => {
    await withQueue({}, async ({ sender, counts }) => {
      await sender.scheduleMessages({ body: 1 }, new Date(Date.now() - 1_000));
      await sender.sendMessages({ body: 2, scheduledEnqueueTimeUtc: new Date(0) });
      expect(counts()).toEqual({ ...NOTHING, active: 2 });
    });
  });

  test('a cancelled message never comes; cancelling what is not scheduled is an error', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      const soon = new Date(Date.now() + 1_500);
      const numbers = await sender.scheduleMessages(numbered(3), soon);
      expect(numbers.map((number) => number.toNumber())).toEqual([1, 2, 3]);
      const [first, second] = numbers;
      if (first === undefined || second === undefined) throw new Error('Three numbers were expected');
      await sender.cancelScheduledMessages([first, second]);
      expect(counts()).toEqual({ ...NOTHING, scheduled: 1 });
      await expect(sender.cancelScheduledMessages(first)).rejects.toMatchObject({ code: 'MessageNotFound' });
      await expect(sender.cancelScheduledMessages(first.add(998))).rejects.toMatchObject({
        code: 'MessageNotFound',
      });
      expect((await receiveOne(receiver)).body).toBe(2);
      expect(counts()).toEqual({ ...NOTHING, locked: 1 });
    });
  });

  test('time to live begins when the message becomes due', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      await sender.scheduleMessages({ body: 1, timeToLive: 5_000 }, new Date(Date.now() + 500));
      const message = await receiveOne(receiver);
      const dueMs = message.enqueuedTimeUtc?.getTime() ?? 0;
      expect(message.expiresAtUtc?.getTime()).toBe(dueMs + 5_000);
      expect(counts().locked).toBe(1);
    });
  });

  test('duplicates are found among scheduled messages too', async () => {
    await withQueue({ duplicateDetectionWindowMs: 60_000 }, async ({ sender, counts }) => {
      const later = new Date(Date.now() + 3_600_000);
      const [number] = await sender.scheduleMessages({ body: 1, messageId: 'same' }, later);
      const [again] = await sender.scheduleMessages({ body: 2, messageId: 'same' }, later);
      await sender.sendMessages({ body: 3, messageId: 'same' });
      expect(again?.toNumber()).toBe(number?.toNumber());
      expect(counts()).toEqual({ ...NOTHING, scheduled: 1 });
    });
  });

  test('a scheduled message that is too large is refused', async () => {
    await withQueue({ maxMessageSizeBytes: 1_024 }, async ({ sender, counts }) => {
      await expect(
        sender.scheduleMessages({ body: 'x'.repeat(2_000) }, new Date(Date.now() + 60_000)),
      ).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
      expect(counts()).toEqual(NOTHING);
    });
  });
});

describe('peeking', () => {
  test('it shows active, locked and scheduled messages in order, page by page, and changes nothing', async () => {
    await withQueue({}, async ({ sender, receiver, counts }) => {
      await sender.sendMessages(numbered(4));
      await sender.scheduleMessages({ body: 'later' }, new Date(Date.now() + 3_600_000));
      await receiveOne(receiver);
      const before = counts();
      expect(before).toEqual({ ...NOTHING, active: 3, locked: 1, scheduled: 1 });
      const pages = [await receiver.peekMessages(2), await receiver.peekMessages(2), await receiver.peekMessages(2)];
      expect(pages.map((page) => page.map((message) => message.body))).toEqual([[0, 1], [2, 3], ['later']]);
      expect(pages[2]?.[0]?.state).toBe('scheduled');
      expect(pages[0]?.[0]?.state).toBe('active');
      expect(pages[0]?.[0]?.lockToken).toBeUndefined();
      expect(await receiver.peekMessages(2)).toEqual([]);
      const third = pages[1]?.[0]?.sequenceNumber;
      if (third === undefined) throw new Error('A sequence number was expected');
      const fromThree = await receiver.peekMessages(10, { fromSequenceNumber: third });
      expect(fromThree.map((message) => message.body)).toEqual([2, 3, 'later']);
      expect(counts()).toEqual(before);
    });
  });

  test('an empty queue shows nothing, and the dead-letter queue shows its own', async () => {
    await withQueue({}, async ({ sender, receiver, deadLetterReceiver, counts }) => {
      expect(await receiver.peekMessages(1)).toEqual([]);
      await sender.sendMessages({ body: 'bad' });
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'Why',
        deadLetterErrorDescription: 'because',
      });
      expect(await receiver.peekMessages(1)).toEqual([]);
      const [dead] = await deadLetterReceiver.peekMessages(1);
      expect(dead).toMatchObject({ body: 'bad', deadLetterReason: 'Why' });
      await eventually('counts agree', () => counts().deadLettered === 1);
    });
  });
});
