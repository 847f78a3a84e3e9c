const initialBytes = 64 * 1024;

/**
 * Numbers the different keys of a file, from 0 in the order in which they come. A key is several spans of bytes, taken
 * as they stand in the file: no text is made of them. Those of charges, which are longer and many more, are kept where
 * `RowScan` has its text.
 *
 * `spans` holds start and end of each span, `view` the bytes. Bytes are hashed and compared four at a time.
 */
export class ByteKeys {
  readonly #spanCount: number;
  /**
   * Open addressing, at most half full. Each slot is the hash of a key and its number plus one, 0 where there is none;
   * side by side, since what takes time here is waiting for memory.
   */
  #table = new Int32Array(2 * 1024);
  /** Where each key is in `#bytes`: the lengths of its spans, four bytes each, and then the spans. */
  #offsets = new Float64Array(512);
  #bytes = new Uint8Array(initialBytes);
  #view = new DataView(this.#bytes.buffer);
  #bytesUsed = 0;
  #size = 0;

  constructor(spanCount: number) {
    this.#spanCount = spanCount;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the number of the key; -1 when it has not been inserted */
  find(view: DataView, spans: Int32Array): number {
    const hash = hashOf(view, spans);
    const table = this.#table;
    const mask = table.length - 2;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const number = (table[slot + 1] ?? 0) - 1;
      if (number === -1) return -1;
      if (table[slot] === hash && this.is(number, view, spans)) return number;
    }
  }

  /** Inserts a key that `find` does not find. @returns its number */
  insert(view: DataView, spans: Int32Array): number {
    const number = this.#size;
    if (number === this.#offsets.length) this.#grow();
    this.#offsets[number] = this.#bytesUsed;
    let at = this.#reserve(4 * this.#spanCount + lengthOf(spans));
    for (let index = 0; index < spans.length; index += 2) {
      this.#view.setInt32(at, (spans[index + 1] ?? 0) - (spans[index] ?? 0), true);
      at += 4;
    }
    for (let index = 0; index < spans.length; index += 2) {
      const start = spans[index] ?? 0;
      const length = (spans[index + 1] ?? 0) - start;
      this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, length), at);
      at += length;
    }
    this.#size += 1;
    this.#place(number, hashOf(view, spans));
    return number;
  }

  /** Whether a number is that of a key: for who knows which is likely, cheaper than to find it. */
  is(number: number, view: DataView, spans: Int32Array): boolean {
    const keys = this.#view;
    let lengthAt = this.#offsets[number] ?? 0;
    let at = lengthAt + 4 * this.#spanCount;
    for (let index = 0; index < spans.length; index += 2) {
      const from = spans[index] ?? 0;
      const length = (spans[index + 1] ?? 0) - from;
      if (keys.getInt32(lengthAt, true) !== length || !sameBytes(view, from, keys, at, length)) return false;
      lengthAt += 4;
      at += length;
    }
    return true;
  }

  /** @returns where the bytes are that have been reserved */
  #reserve(length: number): number {
    const start = this.#bytesUsed;
    this.#bytesUsed = start + length;
    if (this.#bytesUsed > this.#bytes.length)
      this.#resize(Math.max(this.#bytesUsed, Math.trunc(this.#bytes.length * 1.25)));
    return start;
  }

  /** Keeps the bytes that are there. Where it can, the system moves the memory instead of copying it. */
  #resize(length: number): void {
    const buffer = this.#bytes.buffer.transfer(length);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  #place(number: number, hash: number): void {
    const mask = this.#table.length - 2;
    let slot = (hash << 1) & mask;
    while (this.#table[slot + 1] !== 0) slot = (slot + 2) & mask;
    this.#table[slot] = hash;
    this.#table[slot + 1] = number + 1;
  }

  #grow(): void {
    const { length } = this.#offsets;
    const [table, offsets] = [this.#table, this.#offsets];
    this.#offsets = new Float64Array(length * 2);
    this.#offsets.set(offsets);
    this.#table = new Int32Array(table.length * 2);
    for (let slot = 0; slot < table.length; slot += 2) {
      const number = (table[slot + 1] ?? 0) - 1;
      if (number !== -1) this.#place(number, table[slot] ?? 0);
    }
  }
}

function lengthOf(spans: Int32Array): number {
  let length = 0;
  for (let index = 0; index < spans.length; index += 2) length += (spans[index + 1] ?? 0) - (spans[index] ?? 0);
  return length;
}

const multiplier = 0x9e3779b1;

/** Two sums side by side, so that one multiplication need not wait for the other. */
function hashOf(view: DataView, spans: Int32Array): number {
  let even = 0;
  let odd = 0;
  for (let index = 0; index < spans.length; index += 2) {
    let at = spans[index] ?? 0;
    const end = spans[index + 1] ?? 0;
    odd = Math.imul(odd ^ (end - at), multiplier);
    for (; at <= end - 8; at += 8) {
      even = Math.imul(even ^ view.getInt32(at, true), multiplier);
      odd = Math.imul(odd ^ view.getInt32(at + 4, true), multiplier);
    }
    if (at <= end - 4) {
      even = Math.imul(even ^ view.getInt32(at, true), multiplier);
      at += 4;
    }
    for (; at < end; at += 1) odd = Math.imul(odd ^ view.getUint8(at), multiplier);
  }
  const hash = Math.imul(even ^ (even >>> 15) ^ odd, multiplier);
  return hash ^ (hash >>> 16);
}

/** Whether `length` bytes at two places are the same. */
export function sameBytes(left: DataView, leftAt: number, right: DataView, rightAt: number, length: number): boolean {
  if (length < 4) {
    for (let at = 0; at < length; at += 1)
      if (left.getUint8(leftAt + at) !== right.getUint8(rightAt + at)) return false;
    return true;
  }
  const last = length - 4;
  for (let at = 0; at < last; at += 4) {
    if (left.getInt32(leftAt + at, true) !== right.getInt32(rightAt + at, true)) return false;
  }
  return left.getInt32(leftAt + last, true) === right.getInt32(rightAt + last, true);
}
