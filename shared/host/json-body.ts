import type { HttpRequest } from '@azure/functions';
import { HttpError } from './http-error.ts';
import { invalidBody, parseStrictJson } from './strict-json.ts';

/** The largest body of a request, unless a route takes larger ones; what people send us is small. */
const bodyBytesMax = 64 * 1024;

/** A body that takes longer is somebody who keeps a connection busy. */
const bodyTimeoutMs = 20_000;

export type BodyLimits = { readonly bytesMax?: number | undefined; readonly timeoutMs?: number };

/** @throws HttpError when the body is too large, which is seen before it is read, too slow, or not JSON as we take it */
export async function readJsonBody(
  request: HttpRequest,
  { bytesMax = bodyBytesMax, timeoutMs = bodyTimeoutMs }: BodyLimits = {},
): Promise<unknown> {
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError(415, 'UnsupportedMediaType', 'The body must be application/json in UTF-8', 'Content-Type');
  }
  const coding = request.headers.get('content-encoding');
  if (coding !== null && coding.toLowerCase() !== 'identity') {
    throw new HttpError(415, 'UnsupportedMediaType', 'The body must not be compressed', 'Content-Encoding');
  }
  const bytes = await readBytes(request, { bytesMax, timeoutMs });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw invalidBody('is not UTF-8');
    throw error;
  }
  return parseStrictJson(text);
}

async function readBytes(
  request: HttpRequest,
  { bytesMax, timeoutMs }: { readonly bytesMax: number; readonly timeoutMs: number },
): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(() => overdue.reject(tooSlow(timeoutMs)), timeoutMs);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(brokenOff), overdue.promise]);
      if (done) return Buffer.concat(chunks);
      bytes += value.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(value);
    }
  } catch (error) {
    // What is still to come is not waited for; that nobody takes it is no failure of its own.
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Nobody is left to hear it, but it is no failure of ours either. */
function brokenOff(): never {
  throw new HttpError(400, 'InvalidBody', 'The body broke off', 'body');
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, 'BodyTooLarge', `The body has more than ${bytesMax} bytes`, 'body');
}

function tooSlow(timeoutMs: number): HttpError {
  return new HttpError(408, 'RequestTimeout', `The body did not come within ${timeoutMs / 1_000} s`, 'body');
}
