import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { webhookNotifier } from '../../shared/adapters/webhook-notifier.ts';
import { emptySummary } from '../../shared/domain/summary.ts';
import type { RunDigest } from '../../shared/pipeline/send-notification.ts';

const digest: RunDigest = {
  runId: 'r1',
  billingCycle: '2026-10',
  invoiceId: 'G1',
  comparedWith: 'costexport',
  summary: emptySummary,
  largestCauses: [],
};

type Received = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** A receiver of notifications that answers each with `status`; 0 breaks the connection off. */
async function startReceiver(status: number): Promise<{ readonly port: number; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { location: '/elsewhere' }).end('an answer that nobody reads');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received };
}

it('posts the digest as JSON, with an id that repeats share', async () => {
  const { port, received } = await startReceiver(202);
  const notifier = webhookNotifier(`http://127.0.0.1:${port}/hook?sig=s3cr3t`);
  await notifier.notify('r1', digest);
  await notifier.notify('r1', digest);
  expect(received).toHaveLength(2);
  for (const { method, url, headers, body } of received) {
    expect({ method, url }).toEqual({ method: 'POST', url: '/hook?sig=s3cr3t' });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'r1' });
    expect(JSON.parse(body)).toEqual(digest);
  }
});

it.each([400, 404, 429, 500])('reports the answer %i, without the address', async (status) => {
  const { port } = await startReceiver(status);
  const error = await failureOf(`http://127.0.0.1:${port}/hook?sig=s3cr3t`);
  expect(error.message).toContain(String(status));
  expect(inspect(error, { depth: 10 })).not.toMatch(new RegExp(`s3cr3t|${port}|/hook`));
});

it.each([
  ['whose receiver breaks off', async () => `http://127.0.0.1:${(await startReceiver(0)).port}/s3cr3t-path`],
  ['where nobody listens', async () => 'http://127.0.0.1:1/s3cr3t-path'],
  ['of a host that does not exist', async () => 'http://s3cr3t-host.invalid/s3cr3t-path'],
  ['that is none', async () => 's3cr3t'],
  ['with a user and password', async () => 'http://me:s3cr3t@127.0.0.1:1/hook'],
])('keeps an address %s out of its error, its cause and its stack', async (_what, address) => {
  const url = await address();
  const error = await failureOf(url);
  const text = inspect(error, { depth: 10, showHidden: true });
  expect(text).not.toMatch(/s3cr3t|127\.0\.0\.1/);
  expect(error.message).toMatch(/^The address for notifications /);
});

async function failureOf(url: string): Promise<Error> {
  const error: unknown = await webhookNotifier(url)
    .notify('r1', digest)
    .catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error('the notification should have failed');
  return error;
}
