import { ByteKeys } from './byte-keys.ts';

/** Values that are remembered, and their bytes, at most; a column that has more different ones is not looked up. */
const valuesMax = 2048;
const bytesMax = 256 * 1024;

/** Remembers what was written for the values of a column, by the bytes that they have in the file that is read. */
export class CellMemo {
  #keys: ByteKeys | undefined;
  #bytes = new Uint8Array(0);
  #written = new DataView(this.#bytes.buffer);
  #bytesUsed = 0;
  #last = 0;
  readonly #ends: number[] = [];

  /** All that was written for values, one after the other. */
  get written(): DataView {
    return this.#written;
  }

  /** @returns the number of the value; -1 when it is not known */
  find(view: DataView, span: Int32Array): number {
    const keys = this.#keys;
    if (keys === undefined) return -1;
    // Many columns have one value from the first row to the last.
    if (keys.is(this.#last, view, span)) return this.#last;
    const found = keys.find(view, span);
    if (found !== -1) this.#last = found;
    return found;
  }

  startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  endOf(number: number): number {
    return this.#ends[number] ?? 0;
  }

  /** Remembers what was written for a value that `find` does not find, if there is room. */
  insert(view: DataView, span: Int32Array, written: Uint8Array): void {
    const start = this.#bytesUsed;
    const end = start + written.length;
    const length = (span[1] ?? 0) - (span[0] ?? 0);
    if (this.#ends.length >= valuesMax || end > bytesMax || length > bytesMax / valuesMax) return;
    this.#keys ??= new ByteKeys(1);
    this.#keys.insert(view, span);
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length, 1024));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#written = new DataView(larger.buffer);
    }
    this.#bytes.set(written, start);
    this.#bytesUsed = end;
    this.#ends.push(end);
  }
}
