import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { describe, expect, it } from 'vitest';
import { type QueueOptions, type ServiceBusStandIn, startServiceBus } from '../../infra/local/service-bus/server.ts';
import { serviceBusOutbox } from '../../shared/adapters/service-bus-outbox.ts';
import type { Outbox, OutgoingMessage } from '../../shared/pipeline/ports.ts';
import { receiveAll } from '../infra/service-bus-fixture.ts';

const queueName = 'ingest-part';

type Bench = {
  readonly bus: ServiceBusStandIn;
  readonly outbox: Outbox;
  receive(count: number): Promise<readonly ServiceBusReceivedMessage[]>;
};

async function withOutbox(options: Omit<QueueOptions, 'name'>, test: (bench: Bench) => Promise<void>): Promise<void> {
  const bus = await startServiceBus({ queues: [{ ...options, name: queueName }] });
  const client = new ServiceBusClient(bus.connectionString);
  try {
    const receiver = client.createReceiver(queueName, { receiveMode: 'receiveAndDelete' });
    await test({ bus, outbox: serviceBusOutbox(client), receive: (count) => receiveAll(receiver, count) });
  } finally {
    await client.close();
    await bus.close();
  }
}

function messages(count: number, text = ''): OutgoingMessage[] {
  return Array.from({ length: count }, (_, part) => ({ id: `m-${part}`, body: { version: 1, part, text } }));
}

describe('the outbox on Service Bus', () => {
  it('sends every message with its id, as JSON', async () => {
    await withOutbox({}, async ({ outbox, receive }) => {
      await outbox.send('ingestPart', messages(3, 'Grüße "漢字"'));
      const received = await receive(3);
      expect(received.map(({ messageId, body, contentType }) => ({ id: messageId, body, contentType }))).toEqual(
        messages(3, 'Grüße "漢字"').map((message) => ({ ...message, contentType: 'application/json' })),
      );
    });
  });

  it('sends nothing for no messages', async () => {
    await withOutbox({}, async ({ bus, outbox }) => {
      await outbox.send('ingestPart', []);
      expect(bus.counts(queueName)).toMatchObject({ active: 0 });
    });
  });

  it('sends more than one batch holds, in several, and loses none', async () => {
    await withOutbox({}, async ({ outbox, receive }) => {
      const many = messages(700, 'x'.repeat(1_000));
      await outbox.send('ingestPart', many);
      const received = await receive(700);
      expect(received.map((message) => message.messageId)).toEqual(many.map((message) => message.id));
    });
  });

  it('says which message is too large for the queue', async () => {
    await withOutbox({}, async ({ outbox, receive }) => {
      const tooLarge: OutgoingMessage = { id: 'large', body: { text: 'x'.repeat(300_000) } };
      await expect(outbox.send('ingestPart', [...messages(1), tooLarge])).rejects.toThrow(
        'Message large is too large for queue ingestPart',
      );
      expect((await receive(1)).map((message) => message.messageId)).toEqual(['m-0']);
    });
  });

  it('has the queue hold a message back until its time', async () => {
    await withOutbox({}, async ({ bus, outbox, receive }) => {
      const soon = new Date(Date.now() + 1_500).toISOString();
      const late = new Date(Date.now() + 3_600_000).toISOString();
      const [first, second, third] = messages(3);
      if (first === undefined || second === undefined || third === undefined) throw new Error('three were made');
      await outbox.send('ingestPart', [{ ...first, notBefore: soon }, { ...second, notBefore: late }, third]);
      expect(bus.counts(queueName)).toMatchObject({ active: 1, scheduled: 2 });
      const received = await receive(2);
      expect(received.map((message) => message.messageId)).toEqual([third.id, first.id]);
      expect(received[1]?.enqueuedTimeUtc?.getTime() ?? 0).toBeGreaterThanOrEqual(Date.parse(soon));
      expect(bus.counts(queueName)).toMatchObject({ active: 0, scheduled: 1 });
    });
  });

  it('lets duplicate detection swallow a repeat, and nothing else', async () => {
    await withOutbox({ duplicateDetectionWindowMs: 60_000 }, async ({ bus, outbox, receive }) => {
      await outbox.send('ingestPart', messages(2));
      await outbox.send('ingestPart', messages(3));
      expect((await receive(3)).map((message) => message.messageId)).toEqual(['m-0', 'm-1', 'm-2']);
      expect(bus.counts(queueName)).toMatchObject({ active: 0 });
    });
  });

  it('reports that a queue does not exist', async () => {
    await withOutbox({}, async ({ outbox }) => {
      await expect(outbox.send('publishRun', messages(1))).rejects.toThrow(/publish-run/);
    });
  });
});
