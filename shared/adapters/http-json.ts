import { setTimeout as delay } from 'node:timers/promises';
import { BusyError } from '../domain/busy-error.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { parseExactJson } from '../formats/exact-json.ts';

/** Tries of one request while the service is busy; together they stay well below a function's time. */
const triesMax = 5;
const waitMaxMs = 30_000;
const requestTimeoutMs = 60_000;
const errorTextMax = 300;

export type JsonRequest = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** `body` has numbers as text; `text` is what it was read from. */
export type JsonAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly text: string;
};

/**
 * Asks a service of Microsoft's for JSON. Busy answers (429, 502, 503, 504) are waited out as `Retry-After` says, a few
 * times, if that is soon enough. Numbers in the answer keep their digits, as text.
 * @param expected statuses that the caller handles; the answer to any other becomes an error
 * @throws TerminalError when the service refuses the request for good (4xx); BusyError when it asks for a longer wait
 * than an invocation has; Error when asking again later may help
 */
export async function requestJson(request: JsonRequest, expected: readonly number[]): Promise<JsonAnswer> {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (expected.includes(response.status))
      return { status: response.status, headers: response.headers, body: parseBody(request, text), text };
    if (!isBusy(response.status) || tries === triesMax) throw errorOf(request, response.status, text);
    const waitMs = retryAfterMs(response.headers) ?? 1_000 * 2 ** tries;
    if (waitMs > waitMaxMs)
      throw new BusyError(`${describe(request)} asks to wait ${Math.ceil(waitMs / 1_000)} s`, waitMs);
    await delay(waitMs);
  }
}

/** What `Retry-After` asks for, in seconds or as a date; undefined when the header is not there. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - Date.now());
}

function parseBody(request: JsonRequest, text: string): unknown {
  if (text === '') return undefined;
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new Error(`${describe(request)} answered something that is not JSON`, { cause: error });
  }
}

function isBusy(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function errorOf(request: JsonRequest, status: number, text: string): Error {
  const message = `${describe(request)} answered ${status}: ${text.slice(0, errorTextMax)}`;
  return status >= 400 && status < 500 && status !== 429 && status !== 408
    ? new TerminalError(message)
    : new Error(message);
}

/** Method and address without its query, which may carry a signature. */
function describe(request: JsonRequest): string {
  return `${request.method} ${request.url.split('?')[0]}`;
}
