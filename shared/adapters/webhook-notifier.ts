import type { Notifier, RunDigest } from '../pipeline/send-notification.ts';

const timeoutMs = 30_000;

/** Posts digests as JSON to one address. The address is a secret and is in no message and no error. */
export function webhookNotifier(url: string): Notifier {
  return {
    notify: async (id, digest) => {
      const response = await post(url, id, digest);
      await response.body?.cancel();
      if (!response.ok) throw new Error(`The address for notifications answered ${response.status}`);
    },
  };
}

async function post(url: string, id: string, digest: RunDigest): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify(digest),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    // The error and its cause name the address or parts of it: of them only the code is handed on.
    throw new Error(`The address for notifications could not be reached (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}
