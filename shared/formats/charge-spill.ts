import { decimal, toText } from '../domain/decimal.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import { resourceKeyText } from '../domain/resource-key.ts';
import { ChargeRowValues } from './charge-row-values.ts';
import type { ChargeRow, ChargeRows } from './charge-rows.ts';
import type { LearnedCharge, Span } from './charge-tally.ts';

/** Where a spill puts its blocks, and gets them back from: a temporary file. */
export interface SpillFile {
  append(block: Uint8Array): void;
  /** Fills `into` with the bytes from `offset` on. */
  read(offset: number, into: Uint8Array): void;
}

export type SpilledRow = { readonly charge: LearnedCharge; readonly row: DetailRow };

/** Each file that is read has a block of its own. */
const blockBytes = 256 * 1024;
/** Key, day, line and hash, four bytes each, and the lengths of two texts. */
const frameBytes = 18;
/** Longest amount: 200 characters, as `decimalLimits` has it. */
const recordBytesMax = frameBytes + 2 * 255;

const quote = 34;
const backslash = 92;

/** A block of one file's records; those of several files stand in one spill, as they were filled. */
type WrittenBlock = { readonly offset: number; readonly length: number; readonly source: SpilledFile };
type SpilledFile = {
  readonly name: string;
  /** By the key of the rows. */
  readonly charges: LearnedCharge[];
  /** Of rows without a key, which are few. */
  readonly unkeyed: LearnedCharge[];
};

/** Numbers from here on are places in `unkeyed`. */
const firstUnkeyed = 2 ** 31;

/**
 * Keeps of each row what the causes of a variance may need (day, resource, amounts, line), in some 45 bytes in a file,
 * so that a second look at a few meter lines does not read and inflate all files again. What rows of one key have in
 * common is kept once, in memory: that grows with the keys, as the totals do.
 */
export class ChargeSpill {
  readonly #file: SpillFile;
  readonly #blocks: WrittenBlock[] = [];
  readonly #writers: SpillWriter[] = [];
  #sizeBytes = 0;

  constructor(file: SpillFile) {
    this.#file = file;
  }

  /** What takes the rows of one file; several files may be read at once. */
  rowsOf(fileName: string): ChargeRows {
    const source: SpilledFile = { name: fileName, charges: [], unkeyed: [] };
    const writer = new SpillWriter(source, (records) => {
      this.#file.append(records);
      this.#blocks.push({ offset: this.#sizeBytes, length: records.length, source });
      this.#sizeBytes += records.length;
    });
    this.#writers.push(writer);
    return writer;
  }

  /** In one pass, the rows of the charges that are wanted; those of one file in the order of the file. */
  *read(isWanted: (charge: LearnedCharge) => boolean): Generator<SpilledRow> {
    for (const writer of this.#writers) writer.flush();
    const buffer = new Uint8Array(blockBytes);
    const wanted = new Map<SpilledFile, ReadonlyMap<number, LearnedCharge>>();
    for (const { offset, length, source } of this.#blocks) {
      const wantedHere = wanted.get(source) ?? wantedOf(source, isWanted);
      wanted.set(source, wantedHere);
      if (wantedHere.size === 0) continue;
      const records = buffer.subarray(0, length);
      this.#file.read(offset, records);
      yield* recordsOf(records, source, wantedHere);
    }
  }
}

function wantedOf(
  { charges, unkeyed }: SpilledFile,
  isWanted: (charge: LearnedCharge) => boolean,
): ReadonlyMap<number, LearnedCharge> {
  const numbered = [
    ...[...charges.entries()],
    ...unkeyed.map((charge, index): [number, LearnedCharge] => [firstUnkeyed + index, charge]),
  ];
  return new Map(numbered.filter(([, charge]) => isWanted(charge)));
}

function* recordsOf(
  records: Uint8Array,
  source: SpilledFile,
  wanted: ReadonlyMap<number, LearnedCharge>,
): Generator<SpilledRow> {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at < records.length; ) {
    const quantityStart = at + frameBytes;
    const costStart = quantityStart + view.getUint8(at + 16);
    const end = costStart + view.getUint8(at + 17);
    const charge = wanted.get(view.getUint32(at, true));
    if (charge !== undefined) {
      const row: DetailRow = {
        source: { file: source.name, line: view.getUint32(at + 8, true) },
        usageDate: unpackDay(view.getUint32(at + 4, true)),
        resourceKey: resourceKeyText(view.getInt32(at + 12, true)),
        quantity: amountText(records, quantityStart, costStart),
        cost: amountText(records, costStart, end),
        ...(charge.detail ?? { unitPrice: toText(charge.unitPrice) }),
      };
      yield { charge, row };
    }
    at = end;
  }
}

function amountText(bytes: Uint8Array, start: number, end: number): string {
  return toText(decimal(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')));
}

/** Writes records into a block, and hands it on when it is full. */
class SpillWriter implements ChargeRows {
  readonly #source: SpilledFile;
  readonly #write: (records: Uint8Array) => void;
  readonly #block = new Uint8Array(blockBytes);
  readonly #view = new DataView(this.#block.buffer);
  #used = 0;
  readonly #values = new ChargeRowValues();

  constructor(source: SpilledFile, write: (records: Uint8Array) => void) {
    this.#source = source;
    this.#write = write;
  }

  header(): void {
    this.#values.header();
  }

  add(row: ChargeRow): void {
    const { key, day, line, values, spans } = row;
    if (this.#used + recordBytesMax > blockBytes) this.flush();
    const view = this.#view;
    const at = this.#used;
    view.setUint32(at, this.#numberOf(key, row), true);
    view.setUint32(at + 4, packDay(day), true);
    view.setUint32(at + 8, line, true);
    view.setInt32(at + 12, this.#values.resourceHash(row), true);
    const costStart = this.#putAmount(values, spans.quantity, at + frameBytes);
    const end = this.#putAmount(values, spans.cost, costStart);
    this.#block[at + 16] = costStart - at - frameBytes;
    this.#block[at + 17] = end - costStart;
    this.#used = end;
  }

  async drain(): Promise<void> {}

  flush(): void {
    if (this.#used === 0) return;
    this.#write(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }

  /** The tally numbers its keys from 0 on, one after another, so that the array has no holes. */
  #numberOf(key: number, row: ChargeRow): number {
    if (key === -1) return firstUnkeyed + this.#source.unkeyed.push(row.charge) - 1;
    const { charges } = this.#source;
    if (key >= charges.length) charges[key] = row.charge;
    return key;
  }

  /** @returns where the amount ends in the block */
  #putAmount(values: Uint8Array, span: Span, into: number): number {
    let start = span[0] ?? 0;
    let end = span[1] ?? 0;
    if (values[start] === quote) {
      start += 1;
      end -= 1;
    }
    let at = into;
    for (let from = start; from < end; from += 1) {
      const byte = values[from] ?? 0;
      if (byte === backslash) return this.#putText(textOf(values, start, end), into);
      this.#block[at] = byte;
      at += 1;
    }
    return at;
  }

  /** An amount that JSON writes with escapes. */
  #putText(json: string, into: number): number {
    const text = Buffer.from(String(JSON.parse(`"${json}"`)), 'latin1');
    this.#block.set(text, into);
    return into + text.length;
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

const digitZero = 48;

/** `YYYY-MM-DD` as a number: 9 bits of month and day below the year. */
function packDay(day: string): number {
  const year =
    1000 * (day.charCodeAt(0) - digitZero) +
    100 * (day.charCodeAt(1) - digitZero) +
    10 * (day.charCodeAt(2) - digitZero) +
    (day.charCodeAt(3) - digitZero);
  const month = 10 * (day.charCodeAt(5) - digitZero) + (day.charCodeAt(6) - digitZero);
  const dayOfMonth = 10 * (day.charCodeAt(8) - digitZero) + (day.charCodeAt(9) - digitZero);
  return (year << 9) | (month << 5) | dayOfMonth;
}

function unpackDay(packed: number): string {
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  return `${digits(packed >> 9, 4)}-${digits((packed >> 5) & 15, 2)}-${digits(packed & 31, 2)}`;
}
