import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { teamsNotifier } from '../../shared/adapters/teams-notifier.ts';
import { webhookNotifier } from '../../shared/adapters/webhook-notifier.ts';
import { addMilliseconds } from '../../shared/domain/calendar.ts';
import { readNotificationSettings } from '../../shared/host/notification-settings.ts';
import { followRun } from '../../shared/pipeline/follow-run.ts';
import { request } from '../../shared/pipeline/requests.ts';
import { type ReceiverAnswer, startReceiver } from '../support/notification-receiver.ts';
import { publishRunOf } from '../support/published-run.ts';
import { listRuns } from '../support/whole-lists.ts';
import { createWorld } from '../support/world.ts';

/* The addresses of notifications and what signs them are secrets: a canary in each part, looked for everywhere. */

const canary = 'c4n4ry';
const secrets = ['current', 'previous'].map((name) => Buffer.from(`${canary} ${name} of 30 bytes or more`));
const [secret = '', previous = ''] = secrets.map((bytes) => `whsec_${bytes.toString('base64')}`);

/** Every spelling in which a secret or an address could come out; `port` is of the receiver. */
function traces(port: number | undefined): readonly string[] {
  const ofSecrets = secrets.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('hex')]);
  return [canary, ...ofSecrets, '127.0.0.1', '/workflows/', ...(port === undefined ? [] : [`:${port}`])];
}

type Outcome = { readonly told: number; readonly everything: string };

/**
 * Tells of a run on both channels, by way of the settings and the real adapters, for three hours and a sweep.
 * @returns all that was logged, stored, queued or thrown
 */
async function tellTo(address: string): Promise<Outcome> {
  const settings = readNotificationSettings({
    TeamsWebhookUrl: address,
    NotificationWebhookUrl: address,
    NotificationWebhookSecret: secret,
    NotificationWebhookPreviousSecret: previous,
  });
  if (settings.teams === undefined || settings.webhook === undefined) throw new Error('both are set up');
  const timeoutMs = 300;
  const queued: unknown[] = [];
  const logged: unknown[] = [];
  const world = createWorld({
    waitAtMostMs: 0,
    withoutEvents: true,
    recordsFailures: true,
    notifiers: {
      teams: teamsNotifier({ ...settings.teams, timeoutMs }),
      webhook: webhookNotifier({ ...settings.webhook, timeoutMs }),
    },
    loses: (...message) => {
      queued.push(message);
      return false;
    },
  });
  const log = (...line: readonly unknown[]) => logged.push(line);
  Object.assign(world.ports.log, { info: log, warn: log });
  await followRun(world.ports, await publishRunOf(world, { runId: 'run-1' }));
  await request(world.ports.outbox, 'sendNotification', [{ runId: 'run-1' }]);
  const thrown: unknown[] = [];
  for (let hour = 0; hour < 3; hour += 1) {
    await world.untilQuiet().catch((error: unknown) => thrown.push(error));
    world.advanceClock(addMilliseconds(world.ports.clock.now(), 3_600_000));
    await world.sweep();
  }
  const runs = await listRuns(world.ports);
  const shown = inspect({ queued, logged, thrown, runs }, { depth: 20, showHidden: true, maxStringLength: null });
  expect(thrown).toEqual([]);
  expect(logged.length).toBeGreaterThan(0);
  const records = await Promise.all(
    (['teams', 'webhook'] as const).map((channel) => world.ports.notifications.get({ runId: 'run-1', channel })),
  );
  return {
    told: records.filter((record) => record?.state === 'sent').length,
    everything: `${shown}\n${world.dump()}`,
  };
}

const answers: readonly (readonly [string, ReceiverAnswer, number])[] = [
  ['takes the digests', { status: 202 }, 2],
  ['refuses them, and says the address', { status: 403, body: `http://127.0.0.1/workflows/${canary}` }, 0],
  ['redirects, and says the address', { status: 302, headers: { location: `/workflows/${canary}-elsewhere` } }, 0],
  ['is busy, and says the address', { status: 429, headers: { 'retry-after': '60', 'x-from': canary } }, 0],
  ['is broken', { status: 500, body: canary }, 0],
  ['breaks off', 'close', 0],
  ['never answers', 'hang', 0],
];

describe('nothing tells the address or the secrets of notifications when the receiver', () => {
  it.each(answers)(
    '%s',
    async (_what, answer, expected) => {
      const { port, received } = await startReceiver(answer);
      const { told, everything } = await tellTo(`http://127.0.0.1:${port}/workflows/${canary}?sig=${canary}`);
      expect(told).toBe(expected);
      expect(received.length).toBeGreaterThanOrEqual(2);
      // The control: what is sent is signed and went where it should, so the canary was in use.
      expect(received.some(({ headers }) => headers['webhook-signature'] !== undefined)).toBe(true);
      for (const { url, body } of received) {
        expect(url).toContain(canary);
        for (const trace of traces(port)) expect(body).not.toContain(trace);
      }
      for (const trace of traces(port)) expect(everything).not.toContain(trace);
    },
    30_000,
  );

  it.each([
    ['has a name that there is not', async () => `https://${canary}.invalid/workflows/${canary}?sig=${canary}`],
    ['speaks no TLS', async () => `https://127.0.0.1:${(await startReceiver()).port}/workflows/?sig=${canary}`],
    ['is not asked by fetch at all', async () => `http://127.0.0.1:1/workflows/?sig=${canary}`],
  ])(
    '%s',
    async (_what, address) => {
      const url = await address();
      const { told, everything } = await tellTo(url);
      expect(told).toBe(0);
      expect(everything).toMatch(/could not be reached/);
      for (const trace of traces(undefined)) expect(everything).not.toContain(trace);
    },
    30_000,
  );
});
