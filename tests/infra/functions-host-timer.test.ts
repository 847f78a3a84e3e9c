import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { recorder } from './functions-fixture/recorder.ts';
import { gate, type HostUnderTest, startFixtureHost } from './functions-host-fixture.ts';

const WAIT = { timeout: 15_000, interval: 25 };
const YEARLY = '0 0 3 1 1 *';
const EVERY_SECOND = '* * * * * *';

let azurite: Azurite;
let hosts: HostUnderTest[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

beforeEach(() => recorder.reset());
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  await hostContainer().deleteIfExists();
});

function hostContainer(): ReturnType<BlobServiceClient['getContainerClient']> {
  return BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('azure-webjobs-hosts');
}

async function startHost(sweepSchedule: string, more: Readonly<Record<string, string>> = {}): Promise<HostUnderTest> {
  const settings = { AzureWebJobsStorage: azurite.connectionString, SWEEP_SCHEDULE: sweepSchedule, ...more };
  const host = await startFixtureHost(['timer-functions'], { settings });
  hosts.push(host);
  return host;
}

test('runOnStartup runs once at start, with the timer argument of Azure; others wait for their time', async () => {
  await startHost(YEARLY);
  await vi.waitFor(() => expect(recorder.of('onStartup')).toHaveLength(1), WAIT);
  const [entry] = recorder.of('onStartup');
  expect(entry?.value).toEqual({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: {
      last: '0001-01-01T00:00:00+00:00',
      lastUpdated: expect.any(String),
      next: expect.stringMatching(/^\d{4}-01-01T03:00:00\.000Z$/),
    },
  });
  expect(entry?.context.triggerMetadata).toBeUndefined();
  expect(recorder.of('sweep')).toHaveLength(0);
});

test('a due timer fires, and its next occurrence after it', async () => {
  await startHost(EVERY_SECOND);
  await vi.waitFor(() => expect(recorder.of('sweep').length).toBeGreaterThanOrEqual(2), WAIT);
});

test('runTimer runs the timer now and resolves when it is done', async () => {
  const host = await startHost(YEARLY);
  const { passed, open } = gate();
  recorder.behave('sweep', () => passed);
  let isDone = false;
  const run = host.runTimer('sweep').then(() => {
    isDone = true;
  });
  await vi.waitFor(() => expect(recorder.of('sweep')).toHaveLength(1), WAIT);
  expect(isDone).toBe(false);
  open();
  await run;
  await expect(host.runTimer('unknown')).rejects.toThrow(
    "There is no timer function 'unknown'; the timer functions are: sweep, onStartup",
  );
});

test('runs never overlap: an occurrence during a run is skipped, a manual run waits', async () => {
  const host = await startHost(EVERY_SECOND);
  const { passed, open } = gate();
  let running = 0;
  let most = 0;
  recorder.behave('sweep', async () => {
    running += 1;
    most = Math.max(most, running);
    await passed;
    running -= 1;
  });
  await vi.waitFor(() => expect(recorder.of('sweep')).toHaveLength(1), WAIT);
  const startedAtMs = Date.now();
  const manual = host.runTimer('sweep');
  // Two occurrences pass while the first run is held.
  await vi.waitFor(() => expect(Date.now() - startedAtMs).toBeGreaterThan(2_100), WAIT);
  expect(recorder.of('sweep')).toHaveLength(1);
  open();
  await manual;
  expect(recorder.of('sweep').length).toBeGreaterThanOrEqual(2);
  expect(most).toBe(1);
});

test('a failing run is logged as failed, runTimer rejects, and the timer goes on', async () => {
  const host = await startHost(EVERY_SECOND);
  recorder.behave('sweep', () => {
    throw new Error('cannot sweep');
  });
  await vi.waitFor(() => expect(recorder.of('sweep').length).toBeGreaterThanOrEqual(2), WAIT);
  await expect(host.runTimer('sweep')).rejects.toThrow('cannot sweep');
  const failures = host.logs.filter(({ level, functionName }) => level === 'error' && functionName === 'sweep');
  expect(failures[0]?.message).toMatch(/^Executed 'Functions\.sweep' \(Failed, .*cannot sweep$/);
});

test('the retry policy of a timer is honoured, with the retry context', async () => {
  recorder.behave('onStartup', (_timer, { retryContext }) => {
    if (retryContext?.retryCount !== 2) {
      throw new Error('not yet');
    }
  });
  const host = await startHost(YEARLY);
  await vi.waitFor(() => expect(recorder.of('onStartup')).toHaveLength(3), WAIT);
  await vi.waitFor(() => expect(host.busyCount()).toBe(0), WAIT);
  const [first, second, third] = recorder.of('onStartup').map(({ context }) => context.retryContext);
  expect(first).toBeUndefined();
  expect(second).toMatchObject({ retryCount: 1, maxRetryCount: 2, exception: { message: 'not yet' } });
  expect(third).toMatchObject({ retryCount: 2, maxRetryCount: 2 });
});

test('a host that was down over an occurrence runs it when it comes back, as past due', async () => {
  const first = await startHost(YEARLY);
  await first.close();
  const blob = hostContainer().getBlockBlobClient('timers/localhost/Host.Functions.sweep/status');
  const stored = JSON.parse((await blob.downloadToBuffer()).toString('utf8'));
  expect(stored.Next).toMatch(/-01-01T03:00:00\.000Z$/);
  const missed = JSON.stringify({ ...stored, Next: new Date(Date.now() - 60_000).toISOString() });
  await blob.upload(missed, missed.length);
  recorder.reset();
  await startHost(YEARLY);
  await vi.waitFor(() => expect(recorder.of('sweep')).toHaveLength(1), WAIT);
  expect(recorder.of('sweep')[0]?.value).toMatchObject({ isPastDue: true });
  await hosts.at(-1)?.close();
  recorder.reset();
  await startHost(YEARLY);
  await vi.waitFor(() => expect(recorder.of('onStartup')).toHaveLength(1), WAIT);
  expect(recorder.of('sweep')).toHaveLength(0);
});

test('a disabled timer does not listen and can still be run by hand', async () => {
  const host = await startHost(EVERY_SECOND, { 'AzureWebJobs.onStartup.Disabled': 'true' });
  await vi.waitFor(() => expect(recorder.of('sweep').length).toBeGreaterThanOrEqual(1), WAIT);
  expect(recorder.of('onStartup')).toHaveLength(0);
  await host.runTimer('onStartup');
  expect(recorder.of('onStartup')).toHaveLength(1);
});

test('close waits for the run under way and starts no other', async () => {
  const host = await startHost(EVERY_SECOND);
  const { passed, open } = gate();
  recorder.behave('sweep', () => passed);
  await vi.waitFor(() => expect(recorder.of('sweep')).toHaveLength(1), WAIT);
  const closing = host.close();
  open();
  await closing;
  expect(host.busyCount()).toBe(0);
  expect(recorder.of('sweep')).toHaveLength(1);
});
