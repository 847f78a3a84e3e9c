import { teamsMessage } from '../formats/teams-card.ts';
import type { Notifier } from '../pipeline/send-notification.ts';
import { postNotification } from './post-notification.ts';

export type TeamsSettings = { readonly url: string; readonly timeoutMs?: number };

/**
 * Posts digests as Adaptive Cards to a workflow of Microsoft Teams ("When a Teams webhook request is received"), which
 * answers 202 before it has posted anything. Its run history lists the id of the digest as the correlation id.
 */
export function teamsNotifier({ url, ...rest }: TeamsSettings): Notifier {
  return {
    notify: ({ id, digest }) =>
      postNotification({
        setting: 'TeamsWebhookUrl',
        url,
        headers: { 'x-ms-client-tracking-id': id },
        body: teamsMessage(digest),
        ...rest,
      }),
  };
}
