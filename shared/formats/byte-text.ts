/** Room at first; a chunk of a file is about half of it. */
const initialBytes = 128 * 1024;

/** Bytes, and the same bytes four at a time. */
export type ViewedBytes = { readonly bytes: Uint8Array; readonly view: DataView };

/** No byte is copied. */
export function viewed(bytes: Uint8Array): ViewedBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** The highest bit of each of four bytes. */
const highBits = 0x80808080;

/**
 * Text on its way to UTF-8 bytes: what is written piles up in `bytes` until it is taken. The writers reach into it
 * while they write a cell, because a call for every character costs more than the character.
 */
export class ByteText {
  bytes: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  #view = new DataView(this.bytes.buffer);
  length = 0;

  /** Makes room for `count` bytes more. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + count, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Writes text of which every character is known to be ASCII. */
  ascii(text: string): void {
    const count = text.length;
    this.reserve(count);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < count; index += 1) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** Bytes from elsewhere, four at a time: for cells that takes less time than `set`, which wants an object for them. */
  copied(from: DataView, start: number, end: number): void {
    this.reserve(end - start);
    const view = this.#view;
    let at = this.length;
    let index = start;
    for (; index <= end - 4; index += 4) {
      view.setInt32(at, from.getInt32(index, true), true);
      at += 4;
    }
    for (; index < end; index += 1) view.setUint8(at++, from.getUint8(index));
    this.length = at;
  }

  /** ASCII bytes from elsewhere, in lower case. @returns false when one of them is not ASCII; what was written is no use then */
  copiedLower(from: DataView, start: number, end: number): boolean {
    this.reserve(end - start);
    const view = this.#view;
    let at = this.length;
    let index = start;
    let all = 0;
    for (; index <= end - 4; index += 4) {
      const word = from.getInt32(index, true);
      all |= word;
      // The highest bit of each byte from A to Z: at A it is reached by adding 0x3f, and after Z by adding 0x25.
      const capitals = (word + 0x3f3f3f3f) & ~(word + 0x25252525) & highBits;
      view.setInt32(at, word | (capitals >>> 2), true);
      at += 4;
    }
    for (; index < end; index += 1) {
      const byte = from.getUint8(index);
      all |= byte;
      view.setUint8(at++, byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
    }
    this.length = at;
    return (all & highBits) === 0;
  }

  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** What has been written, as bytes of their own; it begins anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.bytes, 0, this.length);
    this.length = 0;
    return taken;
  }
}
