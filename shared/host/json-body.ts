import type { HttpRequest } from '@azure/functions';
import { HttpError } from './http-error.ts';

/** The largest body of a request, unless a route takes larger ones; what people send us is small. */
const bodyBytesMax = 64 * 1024;

/** @throws HttpError when the body is too large, which is seen before it is read, or not JSON */
export async function readJsonBody(request: HttpRequest, bytesMax = bodyBytesMax): Promise<unknown> {
  try {
    return JSON.parse(await readText(request, bytesMax));
  } catch (error) {
    if (error instanceof SyntaxError) throw new HttpError(400, 'InvalidBody', 'The body is not valid JSON', 'body');
    throw error;
  }
}

async function readText(request: HttpRequest, bytesMax: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, 'BodyTooLarge', `The body has more than ${bytesMax} bytes`);
}
