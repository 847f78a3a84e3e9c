/** Room at first; a chunk of a file is about half of it. */
const initialBytes = 128 * 1024;

/**
 * Text on its way to UTF-8 bytes: what is written piles up in `bytes` until it is taken. The writers reach into it
 * while they write a cell, because a call for every character costs more than the character.
 */
export class ByteText {
  bytes: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  length = 0;

  /** Makes room for `count` bytes more. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + count, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
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
