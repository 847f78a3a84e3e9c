import fc from 'fast-check';
import rhea from 'rhea';
import { describe, expect, test } from 'vitest';
import { SECTION, splitSections } from '../../infra/local/service-bus/amqp-sections.ts';
import { entityAddress } from '../../infra/local/service-bus/entity-address.ts';
import { deliveryTag, lockTokenOfTag } from '../../infra/local/service-bus/lock-token.ts';
import type { QueuedMessage } from '../../infra/local/service-bus/queue.ts';
import {
  encodeDelivery,
  MalformedMessageError,
  readMessage,
  readTransfer,
  type WireContent,
} from '../../infra/local/service-bus/wire-message.ts';

const { types } = rhea;

/** Values whose AMQP types differ though JavaScript has one number: they must come out as they went in. */
const typedValue = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map((value) => types.wrap_byte(value)),
  fc.integer({ min: 0, max: 65_535 }).map((value) => types.wrap_ushort(value)),
  fc.integer().map((value) => types.wrap_long(value)),
  fc.double({ noNaN: true }).map((value) => types.wrap_double(value)),
  fc.string({ maxLength: 300 }).map((value) => types.wrap_string(value)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => types.wrap_uuid(Buffer.from(bytes))),
  fc.boolean().map((value) => types.wrap_boolean(value)),
);
const sentMessage = fc.record(
  {
    message_id: fc.oneof(fc.string(), fc.nat()),
    ttl: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    subject: fc.string({ maxLength: 300 }),
    message_annotations: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.string()),
    application_properties: fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), typedValue),
    body: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => rhea.message.data_section(Buffer.from(bytes))),
  },
  { requiredKeys: ['message_id', 'body'] },
);

function queued(bytes: Buffer, changes: Partial<QueuedMessage<WireContent>> = {}): QueuedMessage<WireContent> {
  const read = readMessage(bytes);
  return {
    sequenceNumber: 7,
    messageId: read.messageId,
    content: read.content,
    enqueuedAtMs: 1_700_000_000_000,
    timeToLiveMs: read.timeToLiveMs,
    expiresAtMs: undefined,
    isScheduled: false,
    deliveryCount: 2,
    addedProperties: {},
    ...changes,
  };
}

function bare(bytes: Buffer): Buffer {
  return Buffer.concat(
    splitSections(bytes)
      .filter((section) => section.code >= SECTION.properties)
      .map((section) => section.bytes),
  );
}

describe('the bytes of a message', () => {
  test('from the properties on they are delivered as they were sent', () => {
    fc.assert(
      fc.property(sentMessage, (message) => {
        const sent = rhea.message.encode(message);
        expect(Buffer.compare(bare(encodeDelivery(queued(sent), 1)), bare(sent))).toBe(0);
      }),
    );
  });

  test('header and annotations are those of the broker, next to the annotations of the sender', () => {
    fc.assert(
      fc.property(sentMessage, (message) => {
        const delivered = rhea.message.decode(encodeDelivery(queued(rhea.message.encode(message)), 42));
        expect(delivered['delivery_count']).toBe(2);
        expect(delivered['ttl']).toBe(message.ttl);
        expect(delivered['message_annotations']).toEqual({
          ...message.message_annotations,
          'x-opt-sequence-number': 7,
          'x-opt-enqueued-time': new Date(1_700_000_000_000),
          'x-opt-message-state': 0,
          'x-opt-locked-until': new Date(42),
        });
      }),
    );
  });

  test('an assigned id and added properties leave every other byte of the bare message alone', () => {
    const message = {
      subject: 'kept',
      application_properties: { small: types.wrap_byte(-3), changed: 'old' },
      body: rhea.message.data_section(Buffer.from('body')),
    };
    const changed = queued(rhea.message.encode(message), { addedProperties: { changed: 'new', added: true } });
    const delivered = encodeDelivery(changed);
    expect(rhea.message.decode(delivered)).toMatchObject({
      subject: 'kept',
      message_id: changed.messageId,
      application_properties: { small: -3, changed: 'new', added: true },
    });
    const typeAndValue = Buffer.concat([Buffer.from([0xa1, 5]), Buffer.from('small'), Buffer.from([0x51, 0xfd])]);
    expect(delivered.includes(typeAndValue)).toBe(true);
    expect(changed.messageId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a message without any properties section gets one', () => {
    const onlyBody = splitSections(rhea.message.encode({ body: rhea.message.data_section(Buffer.from('x')) }))
      .filter((section) => section.code === SECTION.data)
      .map((section) => section.bytes);
    const read = queued(Buffer.concat(onlyBody));
    expect(rhea.message.decode(encodeDelivery(read))['message_id']).toBe(read.messageId);
  });

  test('what is cut short or is no message is refused as malformed, and nothing else happens', () => {
    const whole = rhea.message.encode({
      message_id: 'x',
      subject: 'y',
      body: rhea.message.data_section(Buffer.alloc(9)),
    });
    const sectionEnds = new Set<number>([0]);
    let end = 0;
    for (const section of splitSections(whole)) {
      end += section.bytes.length;
      sectionEnds.add(end);
    }
    for (let length = 1; length < whole.length; length += 1) {
      if (sectionEnds.has(length)) continue;
      expect(() => readMessage(whole.subarray(0, length))).toThrow(MalformedMessageError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.constantFrom(0, 0x80013700), (bytes, format) => {
        try {
          readTransfer(Buffer.from(bytes), format);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('a lock token survives the way through a delivery tag, in the byte order of .NET', () => {
  const token = '00112233-4455-6677-8899-aabbccddeeff';
  expect(deliveryTag(token).toString('hex')).toBe('33221100554477668899aabbccddeeff');
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(lockTokenOfTag(deliveryTag(uuid))).toBe(uuid);
    }),
  );
});

test.each([
  ['Orders', { queueName: 'orders', subqueue: 'main', isManagement: false }],
  ['a/b/$management', { queueName: 'a/b', subqueue: 'main', isManagement: true }],
  ['orders/$DeadLetterQueue', { queueName: 'orders', subqueue: 'dead-letter', isManagement: false }],
  ['orders/$DeadLetterQueue/$management', { queueName: 'orders', subqueue: 'dead-letter', isManagement: true }],
  ['sb://127.0.0.1:5672/orders', { queueName: 'orders', subqueue: 'main', isManagement: false }],
  ['amqps://ns.example/orders/$management/', { queueName: 'orders', subqueue: 'main', isManagement: true }],
])('the address %s is understood', (text, expected) => {
  expect(entityAddress(text)).toEqual(expected);
});
