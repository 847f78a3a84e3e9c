/** The sections of an AMQP message (AMQP 1.0, part 3.2), by the code of their descriptor. */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
} as const;

export type Section = { readonly code: number; readonly bytes: Buffer };
export type RawMapEntry = { readonly key: string; readonly bytes: Buffer };

const DESCRIBED = 0x00;
const SMALL_ULONG = 0x53;
const ULONG = 0x80;
const NULL_VALUE = 0x40;
const LIST_EMPTY = 0x45;
const MAP_32 = 0xd1;
const LIST_32 = 0xd0;

/**
 * Cuts an encoded message into its sections without decoding values. The service hands the bare message on bit by bit
 * as it came; decoding and encoding again with a JavaScript library would change the types of numbers.
 * @throws RangeError when the bytes end too early, Error when they are no sections
 */
export function splitSections(message: Buffer): readonly Section[] {
  const sections: Section[] = [];
  for (let offset = 0; offset < message.length; ) {
    const end = endOfValue(message, offset);
    sections.push({ code: sectionCode(message, offset), bytes: message.subarray(offset, end) });
    offset = end;
  }
  return sections;
}

/** The payload of a section whose value is one binary (`data`). */
export function binaryValue(section: Section): Buffer {
  const start = endOfValue(section.bytes, 1);
  const constructorCode = section.bytes.readUInt8(start);
  if (constructorCode === 0xa0) return section.bytes.subarray(start + 2);
  if (constructorCode === 0xb0) return section.bytes.subarray(start + 5);
  throw new Error(`A data section holds type 0x${constructorCode.toString(16)}; expected binary`);
}

/** The encoded items of a section whose value is a list or, key and value in turn, a map. */
export function rawItems(section: Section): readonly Buffer[] {
  const { bytes } = section;
  const start = endOfValue(bytes, 1);
  const constructorCode = bytes.readUInt8(start);
  if (constructorCode === LIST_EMPTY) return [];
  const isWide = (constructorCode & 0x10) !== 0;
  const count = isWide ? bytes.readUInt32BE(start + 5) : bytes.readUInt8(start + 2);
  const items: Buffer[] = [];
  for (let offset = start + (isWide ? 9 : 3); items.length < count; ) {
    const end = endOfValue(bytes, offset);
    items.push(bytes.subarray(offset, end));
    offset = end;
  }
  return items;
}

/** The entries of a map section; a section that is not there has none. */
export function rawMapEntries(section: Section | undefined): readonly RawMapEntry[] {
  if (section === undefined) return [];
  const items = rawItems(section);
  const entries: RawMapEntry[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = items.slice(index, index + 2);
    if (key !== undefined && value !== undefined) {
      entries.push({ key: textOf(key), bytes: Buffer.concat([key, value]) });
    }
  }
  return entries;
}

export function mapSection(code: number, entries: readonly RawMapEntry[]): Section {
  const items = entries.map((entry) => entry.bytes);
  return { code, bytes: compound({ code, constructorCode: MAP_32, count: 2 * items.length, items }) };
}

export function listSection(code: number, items: readonly Buffer[]): Section {
  return { code, bytes: compound({ code, constructorCode: LIST_32, count: items.length, items }) };
}

export function isNullValue(encoded: Buffer | undefined): boolean {
  return encoded === undefined || encoded[0] === NULL_VALUE;
}

type Compound = {
  readonly code: number;
  readonly constructorCode: number;
  readonly count: number;
  readonly items: readonly Buffer[];
};

function compound({ code, constructorCode, count, items }: Compound): Buffer {
  const body = Buffer.concat(items);
  const head = Buffer.alloc(12);
  head.set([DESCRIBED, SMALL_ULONG, code, constructorCode]);
  head.writeUInt32BE(body.length + 4, 4);
  head.writeUInt32BE(count, 8);
  return Buffer.concat([head, body]);
}

function sectionCode(message: Buffer, offset: number): number {
  if (message.readUInt8(offset) !== DESCRIBED) throw new Error(`Byte ${offset} of the message begins no section`);
  const descriptor = message.readUInt8(offset + 1);
  if (descriptor === SMALL_ULONG) return message.readUInt8(offset + 2);
  if (descriptor === ULONG) return Number(message.readBigUInt64BE(offset + 2));
  throw new Error(`Byte ${offset} of the message begins a section of unknown type`);
}

/** Where the value that begins at `offset` ends: a type's code says its width (AMQP 1.0, part 1.2). */
function endOfValue(bytes: Buffer, offset: number): number {
  const constructorCode = bytes.readUInt8(offset);
  if (constructorCode === DESCRIBED) return endOfValue(bytes, endOfValue(bytes, offset + 1));
  const end = offset + 1 + widthAfterConstructor(bytes, offset, constructorCode);
  if (end > bytes.length) throw new RangeError(`A value at byte ${offset} ends behind the last byte`);
  return end;
}

function widthAfterConstructor(bytes: Buffer, offset: number, constructorCode: number): number {
  switch (constructorCode >> 4) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return 1 + bytes.readUInt8(offset + 1);
    case 0xb:
    case 0xd:
    case 0xf:
      return 4 + bytes.readUInt32BE(offset + 1);
    default:
      throw new Error(`Byte ${offset} holds the unknown type 0x${constructorCode.toString(16)}`);
  }
}

/** Keys of annotations are symbols, of application properties strings; both encode as length and text. */
function textOf(encoded: Buffer): string {
  const isWide = (encoded.readUInt8(0) & 0xf0) === 0xb0;
  return encoded.toString('utf8', isWide ? 5 : 2);
}
