import functions from '@azure/functions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyLimits, readJsonBody } from '../../shared/host/json-body.ts';

function requestOf(body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) {
  const nativeRequest = new Request('https://api.example/api/things', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof ReadableStream ? body : Buffer.from(body),
    duplex: 'half',
  } as RequestInit);
  // The library takes a native request from the host, beside what its types tell.
  return new functions.HttpRequest({ nativeRequest } as unknown as ConstructorParameters<
    typeof functions.HttpRequest
  >[0]);
}

const read = (body: string | Uint8Array | ReadableStream, headers?: Record<string, string>, limits?: BodyLimits) =>
  readJsonBody(requestOf(body, headers), limits);

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a body', () => {
  it('is read as JSON', async () => {
    expect(await read('{"a":["ü"]}')).toEqual({ a: ['ü'] });
  });

  it('is read as `JSON.parse` reads it, whatever stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const text = JSON.stringify(value);
        const isTaken = !/"(__proto__|constructor|prototype)":/.test(text) && !/\\ud[89a-f]/.test(text);
        fc.pre(isTaken);
        expect(await read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['half an object', '{"a":'],
    ['a form', 'a=b'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', '{"ab":1,"\\u0061b":2}'],
    ['a key twice further in', '[{"x":{"a":{},"b":[],"a":null}}]'],
    ['__proto__', '{"__proto__":{"role":"csp.operator"}}'],
    ['__proto__ escaped', '{"\\u005f_proto__":1}'],
    ['constructor further in', '{"a":[{"constructor":{}}]}'],
    ['prototype', '{"prototype":1}'],
    ['half a character', '["\\ud800"]'],
    ['half a character in a key', '{"\\udc00":1}'],
    ['more than 32 levels', nested(33)],
    ['very many levels', nested(30_000)],
  ])('with %s is refused', async (_what, body) => {
    await expect(read(body)).rejects.toMatchObject({ status: 400, code: 'InvalidBody', target: 'body' });
  });

  it('that is compressed, or says so, is refused', async () => {
    for (const coding of ['gzip', 'br', 'identity, gzip', 'GZIP']) {
      await expect(read('{}', { 'content-encoding': coding })).rejects.toMatchObject({
        status: 415,
        code: 'UnsupportedMediaType',
        target: 'Content-Encoding',
      });
    }
    expect(await read('{}', { 'content-encoding': 'identity' })).toEqual({});
  });

  it('that breaks off is the fault of who sent it', async () => {
    const broken = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('{"a":'));
      },
      pull: (controller) => controller.error(new Error('aborted')),
    });
    await expect(read(broken)).rejects.toMatchObject({ status: 400, code: 'InvalidBody' });
  });

  it('may be 32 levels deep, and may say the same word in two objects and as a value', async () => {
    await expect(read(nested(32))).resolves.toBeDefined();
    expect(await read('[{"a":"a"},{"a":"__proto__"},"constructor","\\"a\\":1,"]')).toHaveLength(4);
  });

  it('that is not UTF-8 is refused', async () => {
    await expect(read(Buffer.from([0x22, 0xff, 0x22]))).rejects.toMatchObject({ status: 400, code: 'InvalidBody' });
    await expect(read(Buffer.from('"ü"', 'latin1'))).rejects.toMatchObject({ status: 400, code: 'InvalidBody' });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
    '',
  ])('as %j is refused', async (type) => {
    await expect(read('{}', { 'content-type': type })).rejects.toMatchObject({
      status: 415,
      code: 'UnsupportedMediaType',
    });
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'as %j is taken',
    async (type) => {
      expect(await read('{}', { 'content-type': type })).toEqual({});
    },
  );

  it('that is too large is refused', async () => {
    const fits = JSON.stringify('x'.repeat(64 * 1024 - 2));
    expect(await read(fits)).toHaveLength(64 * 1024 - 2);
    await expect(read(`${fits} `)).rejects.toMatchObject({ status: 413, code: 'BodyTooLarge' });
  });

  it('that says it is too large is refused before any of it is read', async () => {
    let isAsked = false;
    const body = new ReadableStream(
      {
        pull: () => {
          isAsked = true;
        },
      },
      { highWaterMark: 0 },
    );
    await expect(read(body, { 'content-length': '70000' })).rejects.toMatchObject({ status: 413 });
    expect(isAsked).toBe(false);
  });

  it('that does not end in time is given up, and what is still to come is not waited for', async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('{"a":')),
      cancel: () => {
        isCancelled = true;
      },
    });
    await expect(read(body, {}, { timeoutMs: 20 })).rejects.toMatchObject({ status: 408, code: 'RequestTimeout' });
    expect(isCancelled).toBe(true);
  });
});
