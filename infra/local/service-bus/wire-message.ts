import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import {
  binaryValue,
  isNullValue,
  listSection,
  mapSection,
  type RawMapEntry,
  rawItems,
  rawMapEntries,
  SECTION,
  type Section,
  splitSections,
} from './amqp-sections.ts';
import type { NewMessage, QueuedMessage } from './queue.ts';

/** A message whose body is a row of data sections, each of them an encoded message. */
const BATCH_FORMAT = 0x80013700;
const SCHEDULED_ENQUEUE_TIME = 'x-opt-scheduled-enqueue-time';
const SCHEDULED_STATE = 2;
const ACTIVE_STATE = 0;
/** Annotations that the broker writes; what a sender put there is dropped, as by the service. */
const BROKER_ANNOTATIONS = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-message-state',
]);

/** What the sender wrote, as bytes. `bare` is kept verbatim; header and annotations are written anew on delivery. */
export type WireContent = {
  readonly durable: boolean | undefined;
  readonly priority: number | undefined;
  readonly annotations: readonly RawMapEntry[];
  readonly bare: readonly Section[];
};

/** Thrown when what a client sent is no AMQP message; the cause says where reading stopped. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/**
 * The messages inside one transfer: one, or those of a batch.
 * @throws MalformedMessageError
 */
export function readTransfer(payload: Buffer, format: number): readonly NewMessage<WireContent>[] {
  if (format !== BATCH_FORMAT) return [readMessage(payload)];
  return orMalformed(() =>
    splitSections(payload)
      .filter((section) => section.code === SECTION.data)
      .map(binaryValue),
  ).map(readMessage);
}

/** @throws MalformedMessageError */
export function readMessage(payload: Buffer): NewMessage<WireContent> {
  return orMalformed(() => parseMessage(payload));
}

function orMalformed<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new MalformedMessageError(`The bytes are no AMQP message: ${String(cause)}`, { cause });
  }
}

function parseMessage(payload: Buffer): NewMessage<WireContent> {
  // A copy, as the bytes are part of a socket's buffer, which would live as long as the message.
  const sections = splitSections(Buffer.from(payload));
  const head = rhea.message.decode(Buffer.concat(sections.filter(isHead).map((section) => section.bytes)));
  const messageId = idText(head['message_id']);
  const bare = sections.filter((section) => section.code >= SECTION.properties);
  const annotations = rawMapEntries(sections.find((section) => section.code === SECTION.messageAnnotations));
  const assignedId = messageId ?? randomUUID().replaceAll('-', '');
  return {
    messageId: assignedId,
    timeToLiveMs: head['ttl'] ?? undefined,
    scheduledForMs: momentMs(head['message_annotations']?.[SCHEDULED_ENQUEUE_TIME]),
    content: {
      durable: head['durable'] ?? undefined,
      priority: head['priority'] ?? undefined,
      annotations: annotations.filter((entry) => !BROKER_ANNOTATIONS.has(entry.key)),
      bare: messageId === undefined ? withMessageId(bare, assignedId) : bare,
    },
  };
}

/** The bytes of one delivery, or, without a lock, of a message that is only looked at or handed out for good. */
export function encodeDelivery(message: QueuedMessage<WireContent>, lockedUntilMs?: number): Buffer {
  const { content } = message;
  const written = splitSections(
    rhea.message.encode({
      durable: content.durable,
      priority: content.priority,
      ttl: message.timeToLiveMs,
      delivery_count: message.deliveryCount,
      message_annotations: {
        'x-opt-sequence-number': rhea.types.wrap_long(message.sequenceNumber),
        'x-opt-enqueued-time': rhea.types.wrap_timestamp(message.enqueuedAtMs),
        'x-opt-message-state': rhea.types.wrap_int(message.isScheduled ? SCHEDULED_STATE : ACTIVE_STATE),
        ...(lockedUntilMs === undefined ? {} : { 'x-opt-locked-until': rhea.types.wrap_timestamp(lockedUntilMs) }),
      },
      body: null,
    }),
  );
  const header = written.filter((section) => section.code === SECTION.header);
  const brokerAnnotations = rawMapEntries(written.find((section) => section.code === SECTION.messageAnnotations));
  const annotations = mapSection(SECTION.messageAnnotations, [...content.annotations, ...brokerAnnotations]);
  const sections = [...header, annotations, ...withAddedProperties(content.bare, message.addedProperties)];
  return Buffer.concat(sections.map((section) => section.bytes));
}

function isHead({ code }: Section): boolean {
  return code === SECTION.header || code === SECTION.messageAnnotations || code === SECTION.properties;
}

function idText(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  return Buffer.isBuffer(id) ? id.toString('hex') : String(id);
}

function momentMs(moment: unknown): number | undefined {
  if (moment instanceof Date) return moment.getTime();
  return typeof moment === 'number' ? moment : undefined;
}

/** The one case in which a properties section is rewritten: its first item, the message id, is missing. */
function withMessageId(bare: readonly Section[], messageId: string): readonly Section[] {
  const present = bare.find((section) => section.code === SECTION.properties);
  const items = present === undefined ? [] : rawItems(present);
  if (!isNullValue(items[0])) throw new Error('The message has an id already');
  const [encodedId] = rawItems(encodedSection({ message_id: messageId }, SECTION.properties));
  if (encodedId === undefined) throw new Error('The message id was not encoded');
  const properties = listSection(SECTION.properties, [encodedId, ...items.slice(1)]);
  return [properties, ...bare.filter((section) => section.code !== SECTION.properties)];
}

/** Entries with other keys keep their bytes, and with them the types their sender chose. */
function withAddedProperties(bare: readonly Section[], added: Readonly<Record<string, unknown>>): readonly Section[] {
  if (Object.keys(added).length === 0) return bare;
  const present = bare.find((section) => section.code === SECTION.applicationProperties);
  const kept = rawMapEntries(present).filter((entry) => !Object.hasOwn(added, entry.key));
  const fresh = rawMapEntries(encodedSection({ application_properties: added }, SECTION.applicationProperties));
  return [
    ...bare.filter((section) => section.code === SECTION.properties),
    mapSection(SECTION.applicationProperties, [...kept, ...fresh]),
    ...bare.filter((section) => section.code > SECTION.applicationProperties),
  ];
}

function encodedSection(fields: Readonly<Record<string, unknown>>, code: number): Section {
  const section = splitSections(rhea.message.encode({ ...fields, body: null })).find((each) => each.code === code);
  if (section === undefined) throw new Error(`Section 0x${code.toString(16)} was not encoded`);
  return section;
}
