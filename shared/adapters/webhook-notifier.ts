import { createHmac } from 'node:crypto';
import type { WebhookBody } from '../contracts/notifications.ts';
import { epochSeconds } from '../domain/calendar.ts';
import type { Notifier } from '../pipeline/send-notification.ts';
import { postNotification } from './post-notification.ts';

export type WebhookSettings = {
  readonly url: string;
  /** Each signs: while a secret is being changed, a receiver knows the new one or still the old one. */
  readonly secrets: readonly Uint8Array[];
  readonly timeoutMs?: number;
};

/**
 * Posts digests as JSON to one address, signed so that the receiver can tell who posts, and when.
 * Source: Standard Webhooks 1.0.0, standardwebhooks.com.
 */
export function webhookNotifier({ url, secrets, ...rest }: WebhookSettings): Notifier {
  return {
    notify: ({ id, askedAt, postedAt, digest }) => {
      const whole: WebhookBody = { type: 'reconciliation.published', timestamp: askedAt, data: digest };
      const body = JSON.stringify(whole);
      const timestamp = String(epochSeconds(postedAt));
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': secrets.map((secret) => sign(secret, `${id}.${timestamp}.${body}`)).join(' '),
      };
      return postNotification({ setting: 'NotificationWebhookUrl', url, headers, body, ...rest });
    },
  };
}

function sign(secret: Uint8Array, content: string): string {
  return `v1,${createHmac('sha256', secret).update(content).digest('base64')}`;
}
