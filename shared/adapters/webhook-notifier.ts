import type { Notifier } from '../pipeline/send-notification.ts';

const timeoutMs = 30_000;

/** Posts digests as JSON to one address. The address is a secret and is in no message and no error. */
export function webhookNotifier(url: string): Notifier {
  return {
    notify: async (id, digest) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify(digest),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`The address for notifications answered ${response.status}`);
    },
  };
}
