import type { NotificationOutcome } from '../pipeline/send-notification.ts';
import { retryAfterMs } from './http-json.ts';

/** A receiver that has not answered by then is asked again later. */
const answerTimeoutMs = 30_000;

export type NotificationPost = {
  /** The setting that holds the address: the address itself is a secret, and is in no message and no error. */
  readonly setting: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs?: number;
};

/** Posts JSON once. Redirects are not followed: whoever answers one would choose where the digest goes. */
export async function postNotification(post: NotificationPost): Promise<NotificationOutcome> {
  const { setting, url, headers, body, timeoutMs = answerTimeoutMs } = post;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    // The error and its cause name the address or parts of it: of them only the code is handed on.
    return { kind: 'busy', reason: `The address in ${setting} could not be reached (${codeOf(error)})` };
  }
  // Nothing beside the status and the headers is read. Dropping the rest frees the connection; where that fails, the
  // receiver has broken it off, and its answer stands.
  await response.body?.cancel().catch(() => undefined);
  return outcomeOf(response, setting);
}

function outcomeOf({ status, headers }: Response, setting: string): NotificationOutcome {
  const reason = `The address in ${setting} answered ${status}`;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status >= 300 && status < 400) return { kind: 'refused', reason: `${reason}, and redirects are not followed` };
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const waitMs = retryAfterMs(headers);
    return { kind: 'busy', reason, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  return { kind: 'refused', reason };
}

/** Codes of Node and undici, such as ENOTFOUND or UND_ERR_SOCKET, and names of errors; nothing that could be data. */
const codeText = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : error.name;
  return typeof code === 'string' && codeText.test(code) ? code : 'unknown';
}
