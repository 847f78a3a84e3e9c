import { setTimeout as delay } from 'node:timers/promises';
import {
  ServiceBusClient,
  type ServiceBusClientOptions,
  type ServiceBusMessage,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSender,
} from '@azure/service-bus';
import { type QueueCounts, type QueueOptions, startServiceBus } from '../../infra/local/service-bus/server.ts';

const POLL_MS = 10;
/** The client renews the locks of every message it receives for five minutes, unless told otherwise. */
export const UNRENEWED = { maxAutoLockRenewalDurationInMs: 0 };

export type Bench = {
  readonly queueName: string;
  readonly port: number;
  readonly client: ServiceBusClient;
  readonly sender: ServiceBusSender;
  readonly receiver: ServiceBusReceiver;
  readonly deadLetterReceiver: ServiceBusReceiver;
  readonly counts: () => QueueCounts;
  readonly newClient: (options?: ServiceBusClientOptions) => ServiceBusClient;
};

/** Runs a test against one queue of a stand-in of its own, through the real client, and closes everything. */
export async function withQueue(
  options: Omit<QueueOptions, 'name'>,
  test: (bench: Bench) => Promise<void>,
): Promise<void> {
  const queueName = 'Orders';
  const bus = await startServiceBus({ queues: [{ ...options, name: queueName }] });
  const clients: ServiceBusClient[] = [];
  const newClient = (clientOptions?: ServiceBusClientOptions): ServiceBusClient => {
    const client = new ServiceBusClient(bus.connectionString, clientOptions);
    clients.push(client);
    return client;
  };
  const client = newClient();
  try {
    await test({
      queueName,
      port: bus.port,
      client,
      sender: client.createSender(queueName),
      receiver: client.createReceiver(queueName, UNRENEWED),
      deadLetterReceiver: client.createReceiver(queueName, { ...UNRENEWED, subQueueType: 'deadLetter' }),
      counts: () => bus.counts(queueName),
      newClient,
    });
  } finally {
    await Promise.all(clients.map((each) => each.close()));
    await bus.close();
  }
}

/** Polls until `check` holds; fails loudly with what it waited for. */
export async function eventually(what: string, check: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!check()) {
    if (Date.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`);
    await delay(POLL_MS);
  }
}

/** Receives exactly `count` messages, in as many calls as it takes. */
export async function receiveAll(
  receiver: ServiceBusReceiver,
  count: number,
  timeoutMs = 10_000,
): Promise<readonly ServiceBusReceivedMessage[]> {
  const deadlineMs = Date.now() + timeoutMs;
  const received: ServiceBusReceivedMessage[] = [];
  while (received.length < count) {
    if (Date.now() > deadlineMs) throw new Error(`Received ${received.length} of ${count} messages in ${timeoutMs} ms`);
    received.push(...(await receiver.receiveMessages(count - received.length, { maxWaitTimeInMs: 1_000 })));
  }
  return received;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiveAll(receiver, 1);
  if (message === undefined) throw new Error('No message was received');
  return message;
}

export function numbered(count: number, first = 0): ServiceBusMessage[] {
  return Array.from({ length: count }, (_, index) => ({ body: first + index, messageId: `m-${first + index}` }));
}
