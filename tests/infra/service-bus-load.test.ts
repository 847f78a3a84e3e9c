import { expect, test } from 'vitest';
import { eventually, numbered, receiveAll, withQueue } from './service-bus-fixture.ts';

const MESSAGES = 10_000;
const BATCH = 500;

test('10,000 messages sent in batches are each handled once, and soon', async () => {
  await withQueue({}, async ({ client, queueName, sender, counts }) => {
    const startedMs = Date.now();
    const handled = new Map<number, number>();
    const errors: Error[] = [];
    const subscription = client.createReceiver(queueName).subscribe(
      {
        processMessage: async (message) => {
          handled.set(message.body, (handled.get(message.body) ?? 0) + 1);
        },
        processError: async ({ error }) => {
          errors.push(error);
        },
      },
      { maxConcurrentCalls: 64 },
    );
    for (let first = 0; first < MESSAGES; first += BATCH) await sender.sendMessages(numbered(BATCH, first));
    await eventually('all are completed', () => handled.size === MESSAGES && counts().locked === 0, 25_000);
    await subscription.close();
    expect(errors).toEqual([]);
    expect([...handled.values()].every((times) => times === 1)).toBe(true);
    expect(counts()).toEqual({ active: 0, locked: 0, scheduled: 0, deadLettered: 0 });
    expect(Date.now() - startedMs).toBeLessThan(25_000);
  });
});

test('two competing receivers share the messages, and none gets to both', async () => {
  await withQueue({}, async ({ newClient, queueName, sender, counts }) => {
    const handled: [number[], number[]] = [[], []];
    const subscriptions = handled.map((bodies) =>
      newClient()
        .createReceiver(queueName)
        .subscribe(
          {
            processMessage: async (message) => {
              bodies.push(message.body);
            },
            processError: async ({ error }) => expect.unreachable(error.message),
          },
          { maxConcurrentCalls: 8 },
        ),
    );
    for (let first = 0; first < 1_000; first += 100) await sender.sendMessages(numbered(100, first));
    await eventually('all are completed', () => handled.flat().length >= 1_000 && counts().locked === 0);
    for (const subscription of subscriptions) await subscription.close();
    const bodies = handled.flat().sort((left, right) => left - right);
    expect(bodies).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(Math.min(handled[0].length, handled[1].length)).toBeGreaterThan(100);
  });
});

test('receive-and-delete goes on beyond the size of the session buffers', async () => {
  await withQueue({}, async ({ client, queueName, sender, counts }) => {
    for (let first = 0; first < 5_000; first += BATCH) await sender.sendMessages(numbered(BATCH, first));
    const receiver = client.createReceiver(queueName, { receiveMode: 'receiveAndDelete' });
    const received = await receiveAll(receiver, 5_000, 20_000);
    expect(received.map((message) => message.body)).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    expect(counts().active).toBe(0);
  });
});
