import type { AmqpError } from 'rhea';

/** An error as it goes over the wire. Conditions and texts are those by which the clients recognise a case. */
export type WireError = Required<Pick<AmqpError, 'condition' | 'description'>>;

export const LOCK_LOST: WireError = {
  condition: 'com.microsoft:message-lock-lost',
  description:
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
};

export const DEFER_NOT_IMPLEMENTED: WireError = {
  condition: 'amqp:not-implemented',
  description: 'The local stand-in does not defer messages.',
};

export const NO_DEAD_LETTERING_HERE: WireError = {
  condition: 'amqp:not-allowed',
  description: 'A message in a dead-letter queue cannot be dead-lettered again.',
};

export const NO_SENDING_HERE: WireError = {
  condition: 'amqp:not-allowed',
  description: 'Messages cannot be sent to a dead-letter queue.',
};

/** The client tells a missing queue by this sentence, not by the condition. */
export function entityNotFound(address: string): WireError {
  return { condition: 'amqp:not-found', description: `The messaging entity '${address}' could not be found.` };
}

export function messageTooLarge(sizeBytes: number, limitBytes: number): WireError {
  return {
    condition: 'amqp:link:message-size-exceeded',
    description: `The received message (size:${sizeBytes} bytes) exceeds the limit (${limitBytes} bytes) currently allowed on the link.`,
  };
}

export function undecodable(description: string): WireError {
  return { condition: 'amqp:decode-error', description };
}

export function invalidRequest(description: string): WireError {
  return { condition: 'amqp:invalid-field', description };
}
