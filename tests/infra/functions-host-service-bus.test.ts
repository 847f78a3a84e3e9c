import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startServiceBus } from '../../infra/local/service-bus/server.ts';
import { recorder } from './functions-fixture/recorder.ts';
import { gate, type HostUnderTest, startFixtureHost } from './functions-host-fixture.ts';

const WAIT = { timeout: 20_000, interval: 25 };
const LOCK_MS = 3_000;
const MAX_DELIVERIES = 3;

let bus: Awaited<ReturnType<typeof startServiceBus>>;
let client: ServiceBusClient;
let hosts: HostUnderTest[] = [];

beforeEach(async () => {
  recorder.reset();
  bus = await startServiceBus({
    queues: [{ name: 'parts', lockDurationMs: LOCK_MS, maxDeliveryCount: MAX_DELIVERIES }],
  });
  client = new ServiceBusClient(bus.connectionString);
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  await client.close();
  await bus.close();
});

type HostChanges = { readonly serviceBus?: object; readonly withDeadLetters?: boolean };

async function startHost({ serviceBus = {}, withDeadLetters = false }: HostChanges = {}): Promise<HostUnderTest> {
  const settings = {
    Bus: bus.connectionString,
    PARTS_QUEUE: 'parts',
    'AzureWebJobs.recordDeadLetter.Disabled': String(!withDeadLetters),
  };
  const hostJson = { version: '2.0', extensions: { serviceBus } };
  const host = await startFixtureHost(['bus-functions'], { settings, hostJson });
  hosts.push(host);
  return host;
}

async function send(...messages: ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender('parts');
  await sender.sendMessages(messages);
  await sender.close();
}

async function settled(host: HostUnderTest): Promise<void> {
  await vi.waitFor(() => {
    expect(host.busyCount()).toBe(0);
    expect(bus.counts('parts')).toMatchObject({ active: 0, locked: 0 });
  }, WAIT);
}

test('a JSON body arrives parsed, with the metadata of the message, and success completes it', async () => {
  const host = await startHost();
  await send({
    body: { manifest: 'm1', part: 3 },
    messageId: 'part-3',
    correlationId: 'run-1',
    subject: 'ingestPart',
    applicationProperties: { generation: 2 },
  });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(1), WAIT);
  const [entry] = recorder.of('ingestPart');
  expect(entry?.value).toEqual({ manifest: 'm1', part: 3 });
  expect(entry?.context.triggerMetadata).toMatchObject({
    messageId: 'part-3',
    correlationId: 'run-1',
    subject: 'ingestPart',
    deliveryCount: 1,
    sequenceNumber: expect.any(Number),
    enqueuedTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    lockToken: expect.any(String),
    applicationProperties: { generation: 2 },
    userProperties: { generation: 2 },
  });
  await settled(host);
  await host.close();
  expect(bus.counts('parts')).toMatchObject({ active: 0, deadLettered: 0 });
});

test('a body that is no JSON arrives as text', async () => {
  await startHost();
  await send({ body: Buffer.from('plain tëxt') });
  await vi.waitFor(() => expect(recorder.of('ingestPart')[0]?.value).toBe('plain tëxt'), WAIT);
});

test('a failure delivers the message again with a higher delivery count', async () => {
  recorder.behave('ingestPart', () => {
    if (recorder.of('ingestPart').length === 1) {
      throw new Error('the first try fails');
    }
  });
  const host = await startHost();
  await send({ body: 'again', messageId: 'again' });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(2), WAIT);
  await settled(host);
  expect(recorder.of('ingestPart').map(({ context }) => context.triggerMetadata?.['deliveryCount'])).toEqual([1, 2]);
  expect(bus.counts('parts')).toMatchObject({ active: 0, deadLettered: 0 });
  expect(host.logs.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('after the last delivery the dead-letter function gets the message', async () => {
  recorder.behave('ingestPart', () => {
    throw new Error('never');
  });
  await startHost({ withDeadLetters: true });
  await send({ body: { manifest: 'm2' }, messageId: 'poison' });
  await vi.waitFor(() => expect(recorder.of('recordDeadLetter')).toHaveLength(1), WAIT);
  expect(recorder.of('ingestPart')).toHaveLength(MAX_DELIVERIES);
  const [entry] = recorder.of('recordDeadLetter');
  expect(entry?.value).toEqual({ manifest: 'm2' });
  expect(entry?.context.triggerMetadata).toMatchObject({
    messageId: 'poison',
    applicationProperties: { deadLetterReason: 'MaxDeliveryCountExceeded' },
  });
  await vi.waitFor(() => expect(bus.counts('parts')).toMatchObject({ active: 0, deadLettered: 0 }), WAIT);
});

test('the lock is renewed while the function runs, so a long run is not delivered twice', async () => {
  const { passed, open } = gate();
  recorder.behave('ingestPart', () => passed);
  const host = await startHost();
  await send({ body: 'long' });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(1), WAIT);
  const startedAtMs = Date.now();
  await vi.waitFor(() => expect(Date.now() - startedAtMs).toBeGreaterThan(LOCK_MS * 2), WAIT);
  open();
  await settled(host);
  expect(recorder.of('ingestPart')).toHaveLength(1);
  expect(bus.counts('parts')).toMatchObject({ active: 0, deadLettered: 0 });
});

test('control: without renewal the same run loses its lock and is delivered again', async () => {
  const { passed, open } = gate();
  recorder.behave('ingestPart', () => passed);
  await startHost({ serviceBus: { maxAutoLockRenewalDuration: '00:00:00' } });
  await send({ body: 'long' });
  await vi.waitFor(() => expect(recorder.of('ingestPart').length).toBeGreaterThanOrEqual(2), WAIT);
  open();
});

test('maxConcurrentCalls bounds how many messages are handled at once', async () => {
  const { passed, open } = gate();
  let running = 0;
  let most = 0;
  recorder.behave('ingestPart', async () => {
    running += 1;
    most = Math.max(most, running);
    await passed;
    running -= 1;
  });
  const host = await startHost({ serviceBus: { maxConcurrentCalls: 2 } });
  await send({ body: 1 }, { body: 2 }, { body: 3 }, { body: 4 }, { body: 5 });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(2), WAIT);
  open();
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(5), WAIT);
  await settled(host);
  expect(most).toBe(2);
});

test('close lets a running invocation finish and complete its message, and leaves the others in the queue', async () => {
  const { passed, open } = gate();
  recorder.behave('ingestPart', () => passed);
  const host = await startHost({ serviceBus: { maxConcurrentCalls: 1 } });
  await send({ body: 'first' });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(1), WAIT);
  const closing = host.close();
  await send({ body: 'second' });
  open();
  await closing;
  expect(recorder.of('ingestPart')).toHaveLength(1);
  expect(bus.counts('parts')).toMatchObject({ active: 1, deadLettered: 0 });
});

test('autoCompleteMessages: false leaves a handled message locked', async () => {
  const host = await startHost({ serviceBus: { autoCompleteMessages: false, maxAutoLockRenewalDuration: '00:00:00' } });
  await send({ body: 'kept' });
  await vi.waitFor(() => expect(recorder.of('ingestPart')).toHaveLength(MAX_DELIVERIES), WAIT);
  await host.close();
  await vi.waitFor(() => expect(bus.counts('parts')).toMatchObject({ active: 0, deadLettered: 1 }), WAIT);
});
