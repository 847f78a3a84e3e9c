import type { EventContext, Receiver } from 'rhea';
import { messageTooLarge, undecodable } from './amqp-error.ts';
import type { NewMessage } from './queue.ts';
import type { QueueHost } from './queue-host.ts';
import { announceMaxMessageSize } from './rhea-internals.ts';
import { MalformedMessageError, readTransfer, type WireContent } from './wire-message.ts';

/**
 * A client's sender. A transfer is stored whole, single message or batch, before it is accepted; a duplicate is accepted
 * like any other. One that is too large is rejected and the link stays, as the service does it up to 1 MB: a client whose
 * link is ended instead waits for its answer until it times out.
 */
export function openProducerLink(receiver: Receiver, host: QueueHost): void {
  const limitBytes = host.maxMessageSizeBytes;
  announceMaxMessageSize(receiver, limitBytes);
  receiver.on('message', (context: EventContext) => {
    const { delivery } = context;
    const payload: unknown = context.message;
    if (delivery === undefined || !Buffer.isBuffer(payload)) throw new Error('A raw transfer was expected');
    if (payload.length > limitBytes) {
      delivery.reject(messageTooLarge(payload.length, limitBytes));
      return;
    }
    const messages = readOrError(payload, delivery.format);
    if (messages instanceof MalformedMessageError) {
      delivery.reject(undecodable(messages.message));
      return;
    }
    host.act('main', (queue, nowMs) => {
      for (const message of messages) queue.enqueue(message, nowMs);
    });
    delivery.accept();
  });
}

function readOrError(payload: Buffer, format: number): readonly NewMessage<WireContent>[] | MalformedMessageError {
  try {
    return readTransfer(payload, format);
  } catch (error) {
    if (error instanceof MalformedMessageError) return error;
    throw error;
  }
}
