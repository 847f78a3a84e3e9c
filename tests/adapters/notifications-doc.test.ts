import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { webhookNotifier } from '../../shared/adapters/webhook-notifier.ts';
import { webhookBody } from '../../shared/contracts/notifications.ts';
import { readNotificationSettings } from '../../shared/host/notification-settings.ts';
import { fullDigest } from '../support/digests.ts';
import { startReceiver } from '../support/notification-receiver.ts';

const page = readFileSync(new URL('../../docs/notifications.md', import.meta.url), 'utf8');

function blockOf(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`the page has no ${language}`);
  return found;
}

type Verify = (headers: unknown, body: string, secret: string, nowSeconds: number) => boolean;

/** The page's own code, run as it stands there. */
async function readVerifier(): Promise<Verify> {
  const folder = mkdtempSync(join(tmpdir(), 'verifier-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'verify.mjs');
  writeFileSync(file, blockOf('js'));
  const module: unknown = await import(pathToFileURL(file).href);
  const isFunction = z.custom<Verify>((value) => typeof value === 'function');
  return z.object({ isGenuine: isFunction }).parse(module).isGenuine;
}

it('receivers verify what is posted with the code that the page gives them', async () => {
  const [secret, previous, other] = ['new', 'old', 'foreign'].map(
    (name) => `whsec_${Buffer.from(`a ${name} secret of thirty bytes`.padEnd(32, '.')).toString('base64')}`,
  );
  const { port, received } = await startReceiver();
  const { webhook } = readNotificationSettings({
    NotificationWebhookUrl: `http://127.0.0.1:${port}/`,
    NotificationWebhookSecret: secret,
    NotificationWebhookPreviousSecret: previous,
  });
  if (webhook === undefined) throw new Error('the webhook is set up');
  const postedAt = '2026-11-08T06:12:00.000Z';
  await webhookNotifier(webhook).notify({ id: 'id-1', askedAt: postedAt, postedAt, digest: fullDigest });
  const isGenuine = await readVerifier();
  const now = Date.parse(postedAt) / 1000;
  expect(received).toHaveLength(1);
  for (const { headers, body } of received) {
    expect(isGenuine(headers, body, secret ?? '', now)).toBe(true);
    expect(isGenuine(headers, body, previous ?? '', now + 299)).toBe(true);
    expect(isGenuine(headers, body, other ?? '', now)).toBe(false);
    expect(isGenuine(headers, `${body} `, secret ?? '', now)).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-id': 'id-2' }, body, secret ?? '', now)).toBe(false);
    expect(isGenuine(headers, body, secret ?? '', now + 301)).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-timestamp': 'x' }, body, secret ?? '', now)).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-signature': 'v1, v2,x' }, body, secret ?? '', now)).toBe(false);
  }
});

it('the body that the page shows is one', () => {
  const example = webhookBody.parse(JSON.parse(blockOf('json')));
  expect(example.data.totals).toHaveLength(1);
});
