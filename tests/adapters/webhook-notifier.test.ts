import { createHmac, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { teamsNotifier } from '../../shared/adapters/teams-notifier.ts';
import { webhookNotifier } from '../../shared/adapters/webhook-notifier.ts';
import { webhookBody } from '../../shared/contracts/notifications.ts';
import { teamsMessage } from '../../shared/formats/teams-card.ts';
import { readNotificationSettings } from '../../shared/host/notification-settings.ts';
import type { Notification, NotificationOutcome } from '../../shared/pipeline/send-notification.ts';
import { fullDigest } from '../support/digests.ts';
import { type ReceivedPost, startReceiver } from '../support/notification-receiver.ts';

const notification: Notification = {
  id: '00112233445566778899aabbccddeeff',
  askedAt: '2026-11-08T06:00:00.000Z',
  postedAt: '2026-11-08T07:00:00.900Z',
  digest: fullDigest,
};

/** As receivers know secrets: base64 with a prefix. The first is of the scheme's own examples. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const nextSecret = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text.slice('whsec_'.length), 'base64');
}

type SignedPost = {
  readonly id: string;
  readonly timestamp: string;
  readonly body: string;
  readonly signatures: string;
};

/** What a receiver does, written after the scheme and not after our own code. */
function isSignedWith(text: string, { id, timestamp, body, signatures }: SignedPost): boolean {
  const expected = createHmac('sha256', bytesOf(text)).update(`${id}.${timestamp}.${body}`).digest();
  return signatures.split(' ').some((signature) => {
    const [version, encoded = ''] = signature.split(',');
    const given = Buffer.from(encoded, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function signedPostOf({ headers, body }: ReceivedPost): SignedPost {
  return {
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signatures: String(headers['webhook-signature']),
    body,
  };
}

describe('the signed webhook', () => {
  it('is verified as the scheme says: the control, an example known from its libraries', () => {
    const example: SignedPost = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
      signatures: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    expect(isSignedWith(secret, example)).toBe(true);
    expect(isSignedWith(nextSecret, example)).toBe(false);
    expect(isSignedWith(secret, { ...example, timestamp: '1614265331' })).toBe(false);
    expect(isSignedWith(secret, { ...example, body: '{"test":2432232314}' })).toBe(false);
  });

  it('posts the digest as JSON, with an id and a time, signed', async () => {
    const { port, received } = await startReceiver({ status: 204 });
    const notifier = webhookNotifier({
      url: `http://127.0.0.1:${port}/s3cr3t-hook?sig=s3cr3t`,
      secrets: [bytesOf(secret)],
    });
    expect(await notifier.notify(notification)).toEqual({ kind: 'sent' });
    const [post] = received;
    expect(post).toMatchObject({ method: 'POST', url: '/s3cr3t-hook?sig=s3cr3t' });
    expect(post?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': notification.id,
      'webhook-timestamp': String(Date.UTC(2026, 10, 8, 7) / 1000),
    });
    expect(webhookBody.parse(JSON.parse(post?.body ?? ''))).toEqual({
      type: 'reconciliation.published',
      timestamp: notification.askedAt,
      data: fullDigest,
    });
    for (const each of received) {
      expect(isSignedWith(secret, signedPostOf(each))).toBe(true);
      expect(isSignedWith(nextSecret, signedPostOf(each))).toBe(false);
    }
  });

  it('is signed with both secrets while one takes the place of the other', async () => {
    const { port, received } = await startReceiver();
    const settings = readNotificationSettings({
      NotificationWebhookUrl: `http://127.0.0.1:${port}/`,
      NotificationWebhookSecret: nextSecret,
      NotificationWebhookPreviousSecret: secret,
    });
    if (settings.webhook === undefined) throw new Error('the webhook is set up');
    await webhookNotifier(settings.webhook).notify(notification);
    for (const post of received.map(signedPostOf)) {
      expect(isSignedWith(secret, post)).toBe(true);
      expect(isSignedWith(nextSecret, post)).toBe(true);
      expect(post.signatures.split(' ')).toHaveLength(2);
    }
    expect(received).toHaveLength(1);
  });

  it('has the same id and body in a repeat, and a time and signature of its own', async () => {
    const { port, received } = await startReceiver();
    const notifier = webhookNotifier({ url: `http://127.0.0.1:${port}/`, secrets: [bytesOf(secret)] });
    await notifier.notify(notification);
    await notifier.notify({ ...notification, postedAt: '2026-11-08T08:00:00.000Z' });
    const [first, second] = received.map(signedPostOf);
    expect(second).toMatchObject({ id: first?.id, body: first?.body });
    expect(second?.timestamp).not.toBe(first?.timestamp);
    expect(second?.signatures).not.toBe(first?.signatures);
    expect(second !== undefined && isSignedWith(secret, second)).toBe(true);
  });
});

describe('the workflow of Teams', () => {
  it('gets a card, under an id that its run history shows', async () => {
    const { port, received } = await startReceiver({ status: 202, body: '' });
    const notifier = teamsNotifier({ url: `http://127.0.0.1:${port}/workflows/1?sig=s3cr3t` });
    expect(await notifier.notify(notification)).toEqual({ kind: 'sent' });
    expect(received).toHaveLength(1);
    const [post] = received;
    expect(post).toMatchObject({ method: 'POST', url: '/workflows/1?sig=s3cr3t', body: teamsMessage(fullDigest) });
    expect(post?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-ms-client-tracking-id': notification.id,
    });
    expect(Object.keys(post?.headers ?? {}).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });
});

/** Posts to `url` by either way, and shows that neither outcome nor error holds a part of the address or the secret. */
async function outcomesOf(url: string, timeoutMs = 20_000): Promise<readonly NotificationOutcome[]> {
  const notifiers = [
    webhookNotifier({ url, secrets: [bytesOf(secret)], timeoutMs }),
    teamsNotifier({ url, timeoutMs }),
  ];
  const outcomes = await Promise.all(notifiers.map((notifier) => notifier.notify(notification)));
  const { host = '', port = '', pathname = '', search = '' } = URL.canParse(url) ? new URL(url) : {};
  for (const part of [host, port, pathname.slice(1), search, secret.slice(6), 's3cr3t', '127.0.0.1'].filter(Boolean))
    expect(inspect(outcomes, { depth: 10, showHidden: true })).not.toContain(part);
  return outcomes;
}

describe('what a receiver answers', () => {
  it.each([200, 201, 202, 204, 299])('%i says that the digest has arrived', async (status) => {
    const { port } = await startReceiver({ status });
    expect(await outcomesOf(`http://127.0.0.1:${port}/s3cr3t-hook?sig=s3cr3t`)).toEqual([
      { kind: 'sent' },
      { kind: 'sent' },
    ]);
  });

  it.each([400, 401, 403, 404, 410, 413, 422, 451])('%i refuses it for good', async (status) => {
    const { port } = await startReceiver({ status, body: 'http://127.0.0.1/s3cr3t-hook?sig=s3cr3t' });
    expect(await outcomesOf(`http://127.0.0.1:${port}/s3cr3t-hook?sig=s3cr3t`)).toEqual([
      { kind: 'refused', reason: `The address in NotificationWebhookUrl answered ${status}` },
      { kind: 'refused', reason: `The address in TeamsWebhookUrl answered ${status}` },
    ]);
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 529])('%i asks to come back later', async (status) => {
    const { port } = await startReceiver({ status });
    const [outcome] = await outcomesOf(`http://127.0.0.1:${port}/s3cr3t-hook?sig=s3cr3t`);
    expect(outcome).toEqual({ kind: 'busy', reason: `The address in NotificationWebhookUrl answered ${status}` });
  });

  it('says with 429 and Retry-After when to come back, in seconds or as a date', async () => {
    const { port, answerWith } = await startReceiver({ status: 429, headers: { 'retry-after': '120' } });
    const url = `http://127.0.0.1:${port}/s3cr3t-hook`;
    expect(await outcomesOf(url)).toMatchObject([{ retryAfterMs: 120_000 }, { retryAfterMs: 120_000 }]);
    answerWith({ status: 503, headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() } });
    for (const outcome of await outcomesOf(url)) {
      const waitMs = outcome.kind === 'busy' ? (outcome.retryAfterMs ?? 0) : 0;
      expect(waitMs).toBeGreaterThan(3_500_000);
      expect(waitMs).toBeLessThanOrEqual(3_600_000);
    }
    answerWith({ status: 429, headers: { 'retry-after': 'soon' } });
    for (const outcome of await outcomesOf(url)) expect(outcome).not.toHaveProperty('retryAfterMs');
  });

  it.each([301, 302, 303, 307, 308])('%i is a redirect, which is not followed', async (status) => {
    const elsewhere = await startReceiver();
    const location = `http://127.0.0.1:${elsewhere.port}/s3cr3t`;
    const { port, received } = await startReceiver({ status, headers: { location } });
    const [outcome] = await outcomesOf(`http://127.0.0.1:${port}/s3cr3t-hook?sig=s3cr3t`);
    expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringContaining(`answered ${status}`) });
    expect(received).toHaveLength(2);
    expect(elsewhere.received).toEqual([]);
  });

  it('is not waited for longer than the timeout, and the end of an answer not at all', async () => {
    const { port, answerWith } = await startReceiver('hang');
    const url = `http://127.0.0.1:${port}/s3cr3t`;
    expect(await outcomesOf(url, 200)).toEqual([
      { kind: 'busy', reason: 'The address in NotificationWebhookUrl could not be reached (TimeoutError)' },
      { kind: 'busy', reason: 'The address in TeamsWebhookUrl could not be reached (TimeoutError)' },
    ]);
    answerWith('stall');
    expect(await outcomesOf(url)).toEqual([{ kind: 'sent' }, { kind: 'sent' }]);
  });
});

it.each([
  [
    'whose receiver breaks off',
    async () => `http://127.0.0.1:${(await startReceiver('close')).port}/s3cr3t-path`,
    /UND_ERR_SOCKET|ECONNRESET/,
  ],
  ['where nobody listens', async () => `http://127.0.0.1:${await closedPort()}/s3cr3t-path`, /ECONNREFUSED/],
  ['of a port that is not asked', async () => 'http://127.0.0.1:1/s3cr3t-path', /TypeError/],
  ['of a host that does not exist', async () => 'https://s3cr3t-host.invalid/s3cr3t-path', /ENOTFOUND|EAI_AGAIN/],
  ['that speaks no TLS', async () => `https://127.0.0.1:${(await startReceiver()).port}/s3cr3t-path`, /ERR_SSL|EPROTO/],
  ['that is none', async () => 's3cr3t', /ERR_INVALID_URL/],
  ['with a user and password', async () => 'http://me:s3cr3t@127.0.0.1:1/s3cr3t-hook', /TypeError/],
])('an address %s is kept out of what is said of it', async (_what, address, code) => {
  for (const outcome of await outcomesOf(await address())) {
    expect(outcome.kind).toBe('busy');
    expect(outcome.kind === 'busy' && outcome.reason).toMatch(/^The address in \w+Url could not be reached \(\w+\)$/);
    expect(outcome.kind === 'busy' && outcome.reason).toMatch(code);
  }
});

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
