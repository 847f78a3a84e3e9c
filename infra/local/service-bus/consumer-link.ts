import type { Delivery, EventContext, Sender } from 'rhea';
import { DEFER_NOT_IMPLEMENTED, LOCK_LOST, NO_DEAD_LETTERING_HERE, type WireError } from './amqp-error.ts';
import { deliveryTag, lockTokenOfTag } from './lock-token.ts';
import type { DeadLetterReason } from './queue.ts';
import type { Consumer, QueueHost, Subqueue, WireQueue } from './queue-host.ts';
import { answerEveryDrain, deliveryLimit, sendPresettled, settle, writeAttachNow } from './rhea-internals.ts';
import { encodeDelivery } from './wire-message.ts';

/** The settle mode in which a receiver asks for messages that are deleted as they are sent. */
const SETTLED_BY_SENDER = 1;
const PLAIN_FORMAT = 0;

type SettleOperation = (queue: WireQueue, lockToken: string, nowMs: number) => boolean;

/** A client's receiver: sends it messages within its credit, and settles what it decides about them. */
export class ConsumerLink implements Consumer {
  readonly #sender: Sender;
  readonly #host: QueueHost;
  readonly #subqueue: Subqueue;
  readonly #isPeekLock: boolean;
  /** Deliveries handed to rhea so far, and credit given up by draining: rhea itself counts only what is written. */
  #spentCredit = 0;

  constructor(sender: Sender, host: QueueHost, subqueue: Subqueue) {
    this.#sender = sender;
    this.#host = host;
    this.#subqueue = subqueue;
    this.#isPeekLock = sender.snd_settle_mode !== SETTLED_BY_SENDER;
    answerEveryDrain(sender);
    writeAttachNow(sender);
    host.addConsumer(subqueue, this);
    sender.on('sender_flow', () => host.wake());
    sender.on('sendable', () => host.wake());
    sender.on('sender_draining', () => this.#drain());
    sender.on('accepted', (context: EventContext) => this.#settleAs(context, complete));
    sender.on('released', (context: EventContext) => this.#settleAs(context, release));
    sender.on('modified', (context: EventContext) => this.#abandon(context));
    sender.on('rejected', (context: EventContext) => this.#deadLetter(context));
  }

  isOpen(): boolean {
    return this.#sender.is_open();
  }

  hasCredit(): boolean {
    return this.isOpen() && this.#sender.sendable() && this.#spentCredit < deliveryLimit(this.#sender);
  }

  takeFrom(queue: WireQueue, nowMs: number): boolean {
    return this.#isPeekLock ? this.#lockFrom(queue, nowMs) : this.#deleteFrom(queue, nowMs);
  }

  #lockFrom(queue: WireQueue, nowMs: number): boolean {
    const lock = queue.lockNext(nowMs);
    if (lock === undefined) return false;
    this.#send(encodeDelivery(lock.message, lock.lockedUntilMs), deliveryTag(lock.token));
    return true;
  }

  #deleteFrom(queue: WireQueue, nowMs: number): boolean {
    const message = queue.deleteNext(nowMs);
    if (message === undefined) return false;
    sendPresettled(this.#send(encodeDelivery(message)));
    return true;
  }

  #send(bytes: Buffer, tag?: Buffer): Delivery {
    this.#spentCredit += 1;
    return this.#sender.send(bytes, tag, PLAIN_FORMAT);
  }

  /** What was ready went out on `sender_flow`, which comes first; the rest of the credit is given back. */
  #drain(): void {
    this.#spentCredit = deliveryLimit(this.#sender);
    this.#sender.set_drained(true);
  }

  #abandon(context: EventContext): void {
    const outcome = context.delivery?.remote_state;
    const properties: Record<string, unknown> = outcome?.['message_annotations'] ?? {};
    if (outcome?.['undeliverable_here'] === true) {
      this.#refuse(context, DEFER_NOT_IMPLEMENTED);
      return;
    }
    this.#settleAs(context, (queue, lockToken, nowMs) => queue.abandon(lockToken, properties, nowMs));
  }

  #deadLetter(context: EventContext): void {
    if (this.#subqueue === 'dead-letter') {
      this.#refuse(context, NO_DEAD_LETTERING_HERE);
      return;
    }
    const why = deadLetterReason(context.delivery?.remote_state?.['error']?.info ?? {});
    this.#settleAs(context, (queue, lockToken, nowMs) => queue.deadLetter(lockToken, why, nowMs));
  }

  #settleAs({ delivery }: EventContext, operation: SettleOperation): void {
    if (delivery === undefined || !this.#isPeekLock) return;
    const lockToken = lockTokenOfTag(delivery.tag);
    const isSettled = this.#host.act(this.#subqueue, (queue, nowMs) => operation(queue, lockToken, nowMs));
    settle(delivery, isSettled ? undefined : LOCK_LOST);
  }

  #refuse({ delivery }: EventContext, error: WireError): void {
    if (delivery !== undefined) settle(delivery, error);
  }
}

/** Splits what a client sends along with a rejection: the two known properties, and those it wants changed. */
function deadLetterReason(info: Readonly<Record<string, unknown>>): DeadLetterReason {
  const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...properties } = info;
  return { reason: textOrNothing(reason), description: textOrNothing(description), properties };
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function complete(queue: WireQueue, lockToken: string, nowMs: number): boolean {
  return queue.complete(lockToken, nowMs);
}

function release(queue: WireQueue, lockToken: string, nowMs: number): boolean {
  return queue.release(lockToken, nowMs);
}
