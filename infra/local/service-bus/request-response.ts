import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import { undecodable, type WireError } from './amqp-error.ts';
import { sendPresettled } from './rhea-internals.ts';

export type Request = { readonly properties: Readonly<Record<string, unknown>>; readonly body: unknown };

export type Response =
  | { readonly kind: 'done'; readonly body?: unknown }
  | { readonly kind: 'nothing-found' }
  | { readonly kind: 'refused'; readonly status: number; readonly error: WireError };

const envelopeSchema = z.object({
  message_id: z.union([z.string(), z.number(), z.instanceof(Uint8Array)]),
  reply_to: z.string(),
  application_properties: z.record(z.string(), z.unknown()),
  body: z.unknown(),
});

/** The names under which a node gives its status: `$cbs` and `$management` differ. */
export type StatusNames = { readonly code: string; readonly description: string };
export const CBS_STATUS: StatusNames = { code: 'status-code', description: 'status-description' };
export const MANAGEMENT_STATUS: StatusNames = { code: 'statusCode', description: 'statusDescription' };

/** Answers each request that comes in on `receiver` on the link its `reply_to` names (AMQP management, request-response). */
export function answerRequests(
  receiver: Receiver,
  statusNames: StatusNames,
  answer: (request: Request) => Response,
): void {
  receiver.on('message', ({ message: payload, delivery, connection }: EventContext) => {
    if (delivery === undefined || !Buffer.isBuffer(payload)) throw new Error('A raw transfer was expected');
    const envelope = envelopeSchema.safeParse(rhea.message.decode(payload));
    const replyLink = envelope.success ? replyLinkOf(connection, envelope.data.reply_to) : undefined;
    if (!envelope.success || replyLink === undefined) {
      delivery.reject(undecodable(envelope.error?.message ?? 'No link is attached for the reply_to of the request'));
      return;
    }
    delivery.accept();
    const { application_properties: properties, body, message_id } = envelope.data;
    const response = answer({ properties, body });
    const reply = replyLink.send({
      ...toMessage(response, statusNames),
      correlation_id: typeof message_id === 'object' ? Buffer.from(message_id) : message_id,
    });
    sendPresettled(reply);
  });
}

function replyLinkOf(connection: Connection, replyTo: string): Sender | undefined {
  // The client names the target of its `$management` link, and the link itself for `$cbs`.
  return connection.find_sender((link: Sender) => link.target?.address === replyTo || link.name === replyTo);
}

function toMessage(response: Response, names: StatusNames) {
  const status = statusOf(response);
  return {
    application_properties: {
      // The client reads nothing but an AMQP int here.
      [names.code]: rhea.types.wrap_int(status.code),
      [names.description]: status.description,
      ...(response.kind === 'refused' ? { errorCondition: response.error.condition } : {}),
    },
    body: response.kind === 'done' ? (response.body ?? {}) : {},
  };
}

function statusOf(response: Response): { readonly code: number; readonly description: string } {
  switch (response.kind) {
    case 'done':
      return { code: 200, description: 'OK' };
    case 'nothing-found':
      return { code: 204, description: 'No Content' };
    case 'refused':
      return { code: response.status, description: response.error.description };
  }
}
