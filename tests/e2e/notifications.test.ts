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

/** What each run compares, by its id, once none is in progress any more. */
async function settledComparisons(api: ReturnType<typeof apiClient>): Promise<ReadonlyMap<string, string>> {
  const comparisons = (await api.runs()).flatMap((item) => (item.kind === 'comparison' ? [item] : []));
  const isSettled = comparisons.length > 2 && comparisons.every(({ state }) => state !== 'comparing');
  return new Map(isSettled ? comparisons.map((item) => [item.id, `${item.comparedWith} ${item.invoiceId}`]) : []);
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
  let comparisons: ReadonlyMap<string, string> = new Map();
  // A newer run of the same that changes nothing is not told, so what is compared counts, and not the run.
  const isToldBy = (runIds: readonly string[]) =>
    comparisons.size > 0 &&
    new Set(comparisons.values()).size === new Set(runIds.map((id) => comparisons.get(id))).size;
  const deadline = Date.now() + monthTimeoutMs - 20_000;
  while (!isToldBy(toldByWebhook()) || !isToldBy(toldByTeams())) {
    if (Date.now() > deadline) throw new Error(`told of ${toldByWebhook()} and ${toldByTeams()}`);
    await delay(250);
    comparisons = await settledComparisons(api);
  }
  expect(new Set(comparisons.values()).size).toBeGreaterThan(2);
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
