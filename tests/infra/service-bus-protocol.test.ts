import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import rhea, { type Connection, type EventContext } from 'rhea';
import { expect, test } from 'vitest';
import { type QueueCounts, startServiceBus } from '../../infra/local/service-bus/server.ts';
import { eventually, numbered, withQueue } from './service-bus-fixture.ts';

const run = promisify(execFile);

type Wire = {
  readonly connection: Connection;
  readonly send: (count: number) => Promise<void>;
  readonly counts: () => QueueCounts;
};

/** A connection without the SDK, for what the SDK never does. */
async function withConnection(test: (wire: Wire) => Promise<void>) {
  await withQueue({}, async ({ sender, port, counts }) => {
    const connection = rhea.create_container().connect({ host: '127.0.0.1', port, reconnect: false });
    try {
      await once(connection, 'connection_open');
      await test({ connection, counts, send: (count) => sender.sendMessages(numbered(count)) });
    } finally {
      const closed = once(connection, 'connection_close');
      connection.close();
      await closed;
    }
  });
}

test('deliveries stop where the credit ends, and go on with more', async () => {
  await withConnection(async ({ connection, send, counts }) => {
    await send(10);
    const receiver = connection.open_receiver({ source: 'orders', credit_window: 0, autoaccept: false });
    let delivered = 0;
    receiver.on('message', () => {
      delivered += 1;
    });
    receiver.add_credit(3);
    await eventually('three are delivered', () => delivered === 3);
    expect(counts()).toMatchObject({ active: 7, locked: 3 });
    receiver.add_credit(4);
    await eventually('four more are delivered', () => delivered === 7);
    receiver.add_credit(2);
    receiver.drain_credit();
    await once(receiver, 'receiver_drained');
    expect(delivered).toBe(9);
  });
});

test('receivers with credit to spare are served in turn', async () => {
  await withConnection(async ({ connection, send }) => {
    const delivered: [number, number] = [0, 0];
    for (const index of [0, 1] as const) {
      const receiver = connection.open_receiver({ source: 'orders', credit_window: 0, autoaccept: false });
      receiver.on('message', () => {
        delivered[index] += 1;
      });
      receiver.add_credit(100);
      await once(receiver, 'receiver_open');
    }
    // Frames of one connection are read in order: when this later link is answered, the credit has been read too.
    const later = connection.open_sender('orders');
    await once(later, 'sendable');
    await send(20);
    await eventually('all are delivered', () => delivered[0] + delivered[1] === 20);
    expect(delivered).toEqual([10, 10]);
  });
});

test('a drain is answered though its credit was just spent', async () => {
  await withConnection(async ({ connection, send }) => {
    await send(5);
    const receiver = connection.open_receiver({ source: 'orders', credit_window: 0, autoaccept: false });
    let delivered = 0;
    receiver.on('message', () => {
      delivered += 1;
    });
    await once(receiver, 'receiver_open');
    receiver.add_credit(2);
    receiver.drain_credit();
    await once(receiver, 'receiver_drained');
    expect(delivered).toBe(2);
  });
});

test('an attach to a queue that is not there is refused on the link, and the connection goes on', async () => {
  await withConnection(async ({ connection }) => {
    const sender = connection.open_sender('missing');
    const [{ sender: refused }] = (await once(sender, 'sender_error')) as [EventContext];
    expect(refused?.error).toMatchObject({ condition: 'amqp:not-found' });
    const receiver = connection.open_receiver({ source: 'missing/$deadletterqueue' });
    await once(receiver, 'receiver_error');
    const good = connection.open_sender('orders');
    await once(good, 'sendable');
  });
});

test('bytes that are no message are rejected, and the link goes on', async () => {
  await withConnection(async ({ connection }) => {
    const sender = connection.open_sender('orders');
    await once(sender, 'sendable');
    sender.send(Buffer.from('no message'), undefined, 0);
    const [{ delivery }] = (await once(sender, 'rejected')) as [EventContext];
    expect(delivery?.remote_state?.['error']).toMatchObject({ condition: 'amqp:decode-error' });
    sender.send({ body: 'a message' });
    await once(sender, 'accepted');
  });
});

test('an unknown operation of $management is answered with 501, a malformed one with 400', async () => {
  await withConnection(async ({ connection }) => {
    const receiver = connection.open_receiver({ source: 'orders/$management', target: 'replies' });
    const sender = connection.open_sender('orders/$management');
    await Promise.all([once(receiver, 'receiver_open'), once(sender, 'sendable')]);
    const ask = async (operation: string): Promise<unknown> => {
      sender.send({ message_id: operation, reply_to: 'replies', application_properties: { operation }, body: {} });
      const [{ message }] = (await once(receiver, 'message')) as [EventContext];
      expect(message?.correlation_id).toBe(operation);
      return message?.application_properties;
    };
    expect(await ask('com.microsoft:get-rules')).toMatchObject({
      statusCode: 501,
      errorCondition: 'amqp:not-implemented',
    });
    expect(await ask('com.microsoft:renew-lock')).toMatchObject({ statusCode: 400 });
  });
});

test('a client that talks nonsense or drops the line does not disturb the others', async () => {
  await withQueue({}, async ({ port, sender, counts }) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const nonsense = connect(port, '127.0.0.1');
    nonsense.write('GET / HTTP/1.1\r\n\r\n');
    await once(nonsense, 'close');
    const dropped = connect(port, '127.0.0.1');
    await once(dropped, 'connect');
    dropped.resetAndDestroy();
    await sender.sendMessages({ body: 1 });
    expect(counts().active).toBe(1);
    await eventually('the nonsense is reported', () =>
      warnings.some((each) => each.message.includes('protocol header')),
    );
    process.off('warning', onWarning);
  });
});

test('asking for the counts of a queue that is not there is an error', async () => {
  const bus = await startServiceBus({ queues: [{ name: 'one' }] });
  expect(() => bus.counts('two')).toThrow("There is no queue 'two'");
  expect(bus.counts('one/$deadletterqueue').active).toBe(0);
  await bus.close();
});

test('a port that is taken makes starting fail', async () => {
  await withQueue({}, async ({ port }) => {
    await expect(startServiceBus({ queues: [], port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

test.each(['client-first', 'server-only'])(
  'a process that used and closed the stand-in exits by itself: %s',
  async (order) => {
    const server = new URL('../../infra/local/service-bus/server.ts', import.meta.url);
    const script = `
    import { ServiceBusClient } from '@azure/service-bus';
    import { startServiceBus } from ${JSON.stringify(server.href)};
    const bus = await startServiceBus({ queues: [{ name: 'q' }] });
    const client = new ServiceBusClient(bus.connectionString);
    const sender = client.createSender('q');
    await sender.sendMessages([{ body: 1 }, { body: 2, scheduledEnqueueTimeUtc: new Date(Date.now() + 3_600_000) }]);
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
    await receiver.receiveMessages(1);
    if (process.argv.at(-1) === 'client-first') await client.close();
    await bus.close();
    process.stdout.write('closed');
  `;
    const options = { timeout: 15_000, cwd: new URL('../..', import.meta.url) };
    // Rejects on any exit code but 0, and when the process has to be killed.
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script, order], options);
    expect(stdout).toBe('closed');
  },
);
