import { ByteKeys } from './byte-keys.ts';
import { jsonBlankEnd, jsonStringEnd, jsonValueEnd } from './json-value.ts';

const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const backslash = 92;

/** Spellings of keys that are remembered, and keys of one object whose order is; beyond that JSON.parse does the work. */
const spellingsMax = 4096;

/**
 * Picks the values of known keys, in any letter case, from the bytes of a JSON line. Nothing is decoded: a value is
 * the bytes of its token, a number with the digits it was written with, a string with its quotes and escapes, an object
 * or array whole.
 *
 * It accepts less than JSON.parse, never more: a line that it does not accept may be damaged, or merely unusual (a key
 * with escapes, a known key twice), and JSON.parse decides.
 *
 * Lines of one file nearly always have their keys in the same order, so each key is first compared with the one that
 * the line before had in its place.
 */
export class JsonLineScanner {
  /** Start and end of the value of each name, in the order of the names; -1 where the line has no such key. */
  readonly spans: Int32Array;
  readonly #names: readonly string[];
  readonly #spellings = new ByteKeys(1);
  /** Of each spelling: the position of its name in `names`, or -1 for a key that nobody asked for. */
  readonly #slots: number[] = [];
  /** Of each place in an object: the spelling that stood there last. */
  readonly #order: number[] = [];
  readonly #key = new Int32Array(2);

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => name.toLowerCase());
    this.spans = new Int32Array(2 * names.length);
  }

  /** @returns false when the bytes from `start` to `end` are not an object that this scanner knows how to read */
  scan(view: DataView, start: number, end: number): boolean {
    this.spans.fill(-1);
    let at = jsonBlankEnd(view, start, end);
    if (at >= end || view.getUint8(at) !== openBrace) return false;
    for (let place = 0; place < spellingsMax; place += 1) {
      const keyStart = jsonBlankEnd(view, at + 1, end);
      const spelling = this.#spellingAt(place, view, keyStart, end);
      if (spelling === -1) return false;
      at = jsonBlankEnd(view, keyStart + this.#spellings.lengthOf(spelling), end);
      if (at >= end || view.getUint8(at) !== colon) return false;
      const valueStart = jsonBlankEnd(view, at + 1, end);
      const valueEnd = jsonValueEnd(view, valueStart, end);
      if (valueEnd === -1 || !this.#keep(this.#slots[spelling] ?? -1, valueStart, valueEnd)) return false;
      at = jsonBlankEnd(view, valueEnd, end);
      if (at >= end) return false;
      if (view.getUint8(at) === closeBrace) return jsonBlankEnd(view, at + 1, end) === end;
      if (view.getUint8(at) !== comma) return false;
    }
    return false;
  }

  /** @returns false when the line has had the key before: which one counts, or whether that is an error, JSON.parse knows */
  #keep(slot: number, start: number, end: number): boolean {
    if (slot === -1) return true;
    if (this.spans[2 * slot] !== -1) return false;
    this.spans[2 * slot] = start;
    this.spans[2 * slot + 1] = end;
    return true;
  }

  #spellingAt(place: number, view: DataView, start: number, end: number): number {
    const expected = this.#order[place] ?? -1;
    if (expected !== -1 && this.#spellings.isAt(expected, view, start, end)) return expected;
    const keyEnd = jsonStringEnd(view, start, end);
    if (keyEnd === -1) return -1;
    this.#key[0] = start;
    this.#key[1] = keyEnd;
    const known = this.#spellings.find(view, this.#key);
    const spelling = known === -1 ? this.#learn(view) : known;
    if (spelling !== -1) this.#order[place] = spelling;
    return spelling;
  }

  #learn(view: DataView): number {
    const [start = 0, end = 0] = this.#key;
    const inner = Buffer.from(view.buffer, view.byteOffset + start + 1, end - start - 2);
    if (inner.includes(backslash) || this.#spellings.size === spellingsMax) return -1;
    this.#slots.push(this.#names.indexOf(inner.toString('utf8').toLowerCase()));
    return this.#spellings.insert(view, this.#key);
  }
}
