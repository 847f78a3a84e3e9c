import rhea from 'rhea';
import { z } from 'zod';
import {
  DEFER_NOT_IMPLEMENTED,
  invalidRequest,
  LOCK_LOST,
  NO_DEAD_LETTERING_HERE,
  type WireError,
} from './amqp-error.ts';
import { uuidText } from './lock-token.ts';
import type { QueueHost, Subqueue, WireQueue } from './queue-host.ts';
import type { Request, Response } from './request-response.ts';
import { encodeDelivery, MalformedMessageError, readMessage } from './wire-message.ts';

const AMQP_LONG = 0x81;
const AMQP_TIMESTAMP = 0x83;
/** More than any client asks for at once; a page that is not full is a valid answer. */
const LARGEST_PEEK = 1_000;

type Entity = { readonly host: QueueHost; readonly subqueue: Subqueue };

const operationSchema = z.object({ operation: z.string() });
const lockTokens = z.array(z.instanceof(Uint8Array).transform(uuidText)).min(1);
/** rhea hands out numbers, and bytes where a long is no safe integer. */
const sequenceNumber = z.union([
  z.number(),
  z.instanceof(Uint8Array).transform((bytes) => Number(Buffer.from(bytes).readBigInt64BE())),
]);
const renewSchema = z.object({ 'lock-tokens': lockTokens });
const peekSchema = z.object({ 'from-sequence-number': sequenceNumber, 'message-count': z.number().int().positive() });
const scheduleSchema = z.object({ messages: z.array(z.object({ message: z.instanceof(Uint8Array) })).min(1) });
const cancelSchema = z.object({ 'sequence-numbers': z.array(sequenceNumber).min(1) });
const settleSchema = z.object({
  'lock-tokens': lockTokens,
  'disposition-status': z.enum(['completed', 'abandoned', 'suspended', 'defered']),
  'deadletter-reason': z.string().optional(),
  'deadletter-description': z.string().optional(),
  'properties-to-modify': z.record(z.string(), z.unknown()).default({}),
});

/** What a queue's `$management` node is asked (Microsoft, "AMQP 1.0 in Azure Service Bus: request-response operations"). */
export function answerManagement(entity: Entity, request: Request): Response {
  try {
    return perform(entity, request);
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof MalformedMessageError)) throw error;
    return refused(400, invalidRequest(error.message));
  }
}

function perform(entity: Entity, request: Request): Response {
  const { operation } = operationSchema.parse(request.properties);
  switch (operation) {
    case 'com.microsoft:renew-lock':
      return renewLocks(entity, renewSchema.parse(request.body)['lock-tokens']);
    case 'com.microsoft:peek-message':
      return peekMessages(entity, peekSchema.parse(request.body));
    case 'com.microsoft:schedule-message':
      return scheduleMessages(entity, scheduleSchema.parse(request.body));
    case 'com.microsoft:cancel-scheduled-message':
      return cancelScheduled(entity, cancelSchema.parse(request.body)['sequence-numbers']);
    case 'com.microsoft:update-disposition':
      return updateDisposition(entity, settleSchema.parse(request.body));
    default:
      return refused(501, {
        condition: 'amqp:not-implemented',
        description: `The local stand-in does not implement the operation '${operation}'.`,
      });
  }
}

function renewLocks({ host, subqueue }: Entity, tokens: readonly string[]): Response {
  const expirations = host.act(subqueue, (queue, nowMs) => tokens.map((token) => queue.renew(token, nowMs)));
  if (expirations.includes(undefined)) return refused(410, LOCK_LOST);
  return { kind: 'done', body: { expirations: rhea.types.wrap_array(expirations, AMQP_TIMESTAMP, undefined) } };
}

function peekMessages({ host, subqueue }: Entity, request: z.infer<typeof peekSchema>): Response {
  const count = Math.min(request['message-count'], LARGEST_PEEK);
  const from = { sequenceNumber: request['from-sequence-number'], count };
  const messages = host.act(subqueue, (queue, nowMs) => queue.peek(from, nowMs));
  if (messages.length === 0) return { kind: 'nothing-found' };
  return { kind: 'done', body: { messages: messages.map((message) => ({ message: encodeDelivery(message) })) } };
}

function scheduleMessages({ host }: Entity, request: z.infer<typeof scheduleSchema>): Response {
  const messages = request.messages.map((each) => readMessage(Buffer.from(each.message)));
  const oversized = messages.findIndex((_, index) => isTooLarge(host, request.messages[index]?.message));
  if (oversized >= 0) {
    return refused(403, {
      condition: 'amqp:link:message-size-exceeded',
      description: `Message ${oversized} exceeds the limit of ${host.maxMessageSizeBytes} bytes.`,
    });
  }
  const numbers = host.act('main', (queue, nowMs) => messages.map((message) => queue.enqueue(message, nowMs)));
  return { kind: 'done', body: { 'sequence-numbers': rhea.types.wrap_array(numbers, AMQP_LONG, undefined) } };
}

function isTooLarge(host: QueueHost, bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes.length > host.maxMessageSizeBytes;
}

function cancelScheduled({ host }: Entity, numbers: readonly number[]): Response {
  const cancelled = host.act('main', (queue, nowMs) => numbers.map((number) => queue.cancelScheduled(number, nowMs)));
  const missing = numbers[cancelled.indexOf(false)];
  if (missing === undefined) return { kind: 'done' };
  return refused(404, {
    condition: 'com.microsoft:message-not-found',
    description: `The scheduled message with sequence number ${missing} could not be found.`,
  });
}

/** For messages whose link is gone: the client then settles by lock token alone. */
function updateDisposition({ host, subqueue }: Entity, request: z.infer<typeof settleSchema>): Response {
  const status = request['disposition-status'];
  if (status === 'defered') return refused(501, DEFER_NOT_IMPLEMENTED);
  if (status === 'suspended' && subqueue === 'dead-letter') return refused(403, NO_DEAD_LETTERING_HERE);
  const settle = (queue: WireQueue, token: string, nowMs: number): boolean => {
    const properties = request['properties-to-modify'];
    const reason = { reason: request['deadletter-reason'], description: request['deadletter-description'], properties };
    if (status === 'suspended') return queue.deadLetter(token, reason, nowMs);
    return status === 'completed' ? queue.complete(token, nowMs) : queue.abandon(token, properties, nowMs);
  };
  const settled = host.act(subqueue, (queue, nowMs) =>
    request['lock-tokens'].map((token) => settle(queue, token, nowMs)),
  );
  return settled.includes(false) ? refused(410, LOCK_LOST) : { kind: 'done' };
}

function refused(status: number, error: WireError): Response {
  return { kind: 'refused', status, error };
}
