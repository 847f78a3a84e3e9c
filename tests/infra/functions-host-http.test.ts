import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { recorder } from './functions-fixture/recorder.ts';
import { gate, type HostUnderTest, startFixtureHost } from './functions-host-fixture.ts';

const MEBIBYTE = 1024 * 1024;

describe.each([
  { mode: 'without HTTP streams switched on', files: ['http-functions'] },
  { mode: 'with HTTP streams switched on', files: ['streaming-setup', 'http-functions'] },
])('HTTP functions, $mode', ({ files }) => {
  let host: HostUnderTest;

  beforeAll(async () => {
    host = await startFixtureHost(files, { settings: { ROOT_ROUTE: '/', GREETING: 'hello' } });
  });
  afterAll(() => host.close());
  afterEach(() => recorder.reset());

  test('a required literal, an optional parameter and the query reach the function', async () => {
    const response = await fetch(`${host.url}/api/invoices/G%20012?a=1&b=%C3%A9`, { headers: { 'x-tenant': 't1' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ params: { invoiceId: 'G 012' }, query: { a: '1', b: 'é' }, tenant: 't1' });
  });

  test('an optional parameter may be absent, with and without a slash at the end', async () => {
    for (const path of ['invoices', 'invoices/']) {
      const body = await (await fetch(`${host.url}/api/${path}`)).json();
      expect(body).toEqual({ params: {}, query: {}, tenant: null });
    }
  });

  test('a literal segment beats a parameter, whatever the letter case', async () => {
    expect(await (await fetch(`${host.url}/api/Invoices/LATEST`)).text()).toBe('the literal route');
  });

  test('a constrained parameter beats a free one and leaves it the rest', async () => {
    expect(await (await fetch(`${host.url}/api/numbers/42`)).text()).toBe('number 42');
    expect(await (await fetch(`${host.url}/api/numbers/x42`)).text()).toBe('name x42');
  });

  test('a segment may be made of a parameter and a literal', async () => {
    const response = await fetch(`${host.url}/api/invoices/G1/files/daily-lineitems`, { method: 'PUT' });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ invoiceId: 'G1', kind: 'daily' });
  });

  test('a catch-all takes the slashes, and an encoded slash stays encoded', async () => {
    expect(await (await fetch(`${host.url}/api/content/a/b%20c/d%2Fe`)).json()).toEqual({ path: 'a/b c/d%2Fe' });
    expect(await (await fetch(`${host.url}/api/content`)).json()).toEqual({});
  });

  test('a route may come from a setting, and settings are in process.env', async () => {
    expect(await (await fetch(`${host.url}/api`)).text()).toBe('hello');
  });

  test('an unknown path is 404, an unknown method 405 with what is allowed, broken encoding 400', async () => {
    expect((await fetch(`${host.url}/api/unknown`)).status).toBe(404);
    expect((await fetch(`${host.url}/invoices`)).status).toBe(404);
    const wrongMethod = await fetch(`${host.url}/api/invoices/latest`, { method: 'DELETE' });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${host.url}/api/invoices/%zz`)).status).toBe(400);
  });

  test('HEAD answers with the headers of GET and no body', async () => {
    const response = await fetch(`${host.url}/api/invoices/G1`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-invoice')).toBe('G1');
    expect(await response.text()).toBe('');
  });

  test('JSON goes in and comes out', async () => {
    const body = JSON.stringify({ amount: '1.20', note: 'ü' });
    const response = await fetch(`${host.url}/api/echo`, { method: 'POST', body });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ received: { amount: '1.20', note: 'ü' } });
  });

  test('a large upload is streamed to the function', async () => {
    const response = await fetch(`${host.url}/api/count`, { method: 'POST', body: Buffer.alloc(64 * MEBIBYTE) });
    expect(await response.json()).toEqual({ bytes: 64 * MEBIBYTE });
  });

  test('a body is streamed both ways at once: the answer begins before the upload ends', async () => {
    const upload = httpRequest(`${host.url}/api/return-upload`, { method: 'POST' });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write('first');
    const [response] = await answered;
    const [firstChunk] = await once(response, 'data');
    expect(String(firstChunk)).toBe('first');
    upload.end('last');
    const rest: string[] = [];
    response.on('data', (chunk) => rest.push(String(chunk)));
    await once(response, 'end');
    expect(rest.join('')).toBe('last');
  });

  test('a slow reader holds the function back instead of filling memory', async () => {
    let producedBytes = 0;
    recorder.behave('gated', () => ({
      body: (async function* () {
        for (let index = 0; index < 256; index += 1) {
          producedBytes += MEBIBYTE;
          yield new Uint8Array(MEBIBYTE);
        }
      })(),
    }));
    const download = httpRequest(`${host.url}/api/gated`).end();
    const [response] = (await once(download, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    expect(producedBytes).toBeLessThan(64 * MEBIBYTE);
    let receivedBytes = 0;
    for await (const chunk of response) {
      receivedBytes += chunk.length;
    }
    expect(receivedBytes).toBe(256 * MEBIBYTE);
    expect(producedBytes).toBe(256 * MEBIBYTE);
  });

  test('a body that breaks on the way ends the connection, not the answer', async () => {
    const response = await fetch(`${host.url}/api/broken-stream`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('a thrown error is 500 without a word of it, and is logged with its fields', async () => {
    const response = await fetch(`${host.url}/api/failing`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
    const entries = host.logs.filter(({ functionName }) => functionName === 'failing');
    const own = entries.find(({ message }) => message.startsWith('about to fail'));
    expect(own?.args).toEqual(['about to fail', { invoiceId: 'G012' }]);
    const failure = entries.find(({ level }) => level === 'error');
    expect(failure?.message).toContain('secret detail');
    expect(failure?.invocationId).toBe(own?.invocationId);
  });

  test('a result that is no response is 500, no result is 204', async () => {
    expect((await fetch(`${host.url}/api/wrong-return`)).status).toBe(500);
    expect((await fetch(`${host.url}/api/nothing`)).status).toBe(204);
  });

  test('cookies, redirects and headers go out; headers of the connection do not', async () => {
    const response = await fetch(`${host.url}/api/cookies`, { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/elsewhere');
    expect(response.headers.get('connection')).toBe('keep-alive');
    const first = 'session=a%20b; Max-Age=60; Path=/; HttpOnly; SameSite=Lax';
    expect(response.headers.getSetCookie()).toEqual([first, 'second=2']);
  });
});

test('close waits for a request under way and answers it, and takes no new one', async () => {
  const host = await startFixtureHost(['http-functions'], { settings: { ROOT_ROUTE: '/' } });
  const { passed, open } = gate();
  recorder.reset();
  recorder.behave('gated', async () => {
    await passed;
    return { body: 'finished' };
  });
  const pending = fetch(`${host.url}/api/gated`);
  await vi.waitFor(() => expect(recorder.of('gated')).toHaveLength(1));
  expect(host.busyCount()).toBe(1);
  let isClosed = false;
  const closing = host.close().then(() => {
    isClosed = true;
  });
  await expect(fetch(`${host.url}/api/nothing`)).rejects.toThrow();
  expect(isClosed).toBe(false);
  open();
  expect(await (await pending).text()).toBe('finished');
  await closing;
  expect(host.busyCount()).toBe(0);
});

test('hooks see and change an invocation and its log', async () => {
  const host = await startFixtureHost(['hook-functions'], {
    hostJson: { version: '2.0', extensions: { http: { routePrefix: '' } } },
  });
  try {
    const response = await fetch(`${host.url}/hooked`);
    expect(await response.json()).toEqual({
      seen: ['appStart', 'preInvocation', 'postInvocation'],
      result: { body: '{"replaced":true}' },
    });
    const line = host.logs.find(({ message }) => message.startsWith('[hooked]'));
    expect(line).toMatchObject({ level: 'information', functionName: 'hooked', args: ['hello', { field: 1 }] });
  } finally {
    await host.close();
  }
});
