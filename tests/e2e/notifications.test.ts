import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { apiClient } from '../../infra/local/api-client.ts';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { startStack } from '../../infra/local/stack.ts';
import { webhookBody } from '../../shared/contracts/notifications.ts';
import { workflowMessage } from '../support/adaptive-card.ts';
import { type ReceivedPost, startReceiver } from '../support/notification-receiver.ts';

const monthTimeoutMs = 150_000;
const canary = 'c4n4ry';

/** Published runs that readers see, once none is in progress any more. */
async function publishedRuns(api: ReturnType<typeof apiClient>): Promise<readonly string[]> {
  const comparisons = (await api.runs()).flatMap((item) => (item.kind === 'comparison' ? [item] : []));
  const isSettled = comparisons.length > 2 && comparisons.every(({ state }) => state !== 'comparing');
  return isSettled ? comparisons.flatMap(({ id, isCurrent }) => (isCurrent ? [id] : [])) : [];
}

it('the runs of a month are told of on both channels of the whole system, also by a receiver that is busy at first', {
  timeout: monthTimeoutMs,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'told-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const sampleFolder = join(folder, 'sample');
  await writeSampleMonth(sampleFolder, { seed: 7, cycle: '2026-10', scale: 0.02 });
  const busy = { status: 429, headers: { 'retry-after': '1' } };
  const teams = await startReceiver(busy, { status: 500 }, { status: 202 });
  const webhook = await startReceiver({ status: 204 });
  const logs: unknown[] = [];
  const stack = await startStack({
    folder,
    sampleFolder,
    stuckAfterSeconds: 20,
    settings: {
      TeamsWebhookUrl: `http://127.0.0.1:${teams.port}/${canary}`,
      NotificationWebhookUrl: `http://127.0.0.1:${webhook.port}/${canary}`,
      NotificationWebhookSecret: `whsec_${Buffer.from(`${canary} of thirty bytes or more`).toString('base64')}`,
      PortalUrl: 'https://portal.example',
    },
    onLog: (entry) => logs.push(entry),
  });
  onTestFinished(() => stack.close());
  await stack.host.runTimer('downloadInvoices');
  const api = apiClient(stack.apiUrl);
  const toldByWebhook = () => webhook.received.map(({ body }) => webhookBody.parse(JSON.parse(body)).data.runId);
  const toldByTeams = () => teams.received.slice(2).map((post) => runOfCard(post));
  let runs: readonly string[] = [];
  const deadline = Date.now() + monthTimeoutMs - 20_000;
  while (runs.length === 0 || runs.some((id) => !toldByWebhook().includes(id) || !toldByTeams().includes(id))) {
    if (Date.now() > deadline) throw new Error(`not told of all of ${runs}: ${toldByWebhook()} and ${toldByTeams()}`);
    await delay(250);
    runs = await publishedRuns(api);
  }
  expect(runs.length).toBeGreaterThan(2);
  expect(new Set(toldByWebhook()).size).toBe(webhook.received.length);
  expect(new Set(toldByTeams()).size).toBe(teams.received.length - 2);
  expect((await api.runs()).filter((item) => item.kind === 'failure')).toEqual([]);
  expect(JSON.stringify(logs)).toContain('notification put off');
  expect(JSON.stringify(logs)).not.toContain(canary);
});

/** The run that a card names in its last line. */
function runOfCard({ body }: ReceivedPost): string {
  const [attachment] = workflowMessage.parse(JSON.parse(body)).attachments;
  const text = attachment?.content.body.at(-1)?.inlines.map((run) => run.text) ?? [];
  return text.join('').replace(/^Run /, '');
}
