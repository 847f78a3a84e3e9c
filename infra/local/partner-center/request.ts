import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';
import type { RouteGroup } from './script.ts';

/** A request with its body read and its path decoded. */
export type StandInRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** What a path leads to. `group` is what a script disturbs together. */
export type Route = {
  readonly group: RouteGroup;
  readonly methods: readonly string[];
  readonly answer: () => Promise<Answer>;
};

/** Requests here are forms and small JSON. */
const BODY_LIMIT_BYTES = 65_536;

/** @throws RangeError when the body is larger than any request of these APIs; @throws URIError on a broken path */
export async function readRequest(message: IncomingMessage): Promise<StandInRequest> {
  const url = new URL(message.url ?? '/', 'http://stand-in');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > BODY_LIMIT_BYTES) throw new RangeError(`The body is larger than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(bytes);
  }
  return {
    method: message.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: message.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** A header that is sent once. */
export function headerOf(request: StandInRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

/** Partner Center does not care about the letter case of parameter names, and its own links vary it. */
export function queryValue(request: StandInRequest, name: string): string | undefined {
  for (const [key, value] of request.query) if (key.toLowerCase() === name.toLowerCase()) return value;
  return undefined;
}
