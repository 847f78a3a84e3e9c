import { ByteKeys, sameBytes } from './byte-keys.ts';
import { jsonBlankEnd, jsonStringEnd, jsonValueEnd } from './json-value.ts';
import { leadLimits, RowScan } from './row-scan.ts';

const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const backslash = 92;

export type LoadedText = { readonly bytes: Buffer; readonly view: DataView };

/** Spellings of keys that are remembered, and members of one object; beyond that JSON.parse does the work. */
const spellingsMax = leadLimits.members;

/** Longest lead of a member that is remembered, in bytes. */
const leadMax = leadLimits.bytes;

/**
 * Picks the values of known keys, in any letter case, from the bytes of a JSON line. Nothing is decoded: a value is
 * the bytes of its token, a number with the digits it was written with, a string with its quotes and escapes, an object
 * or array whole.
 *
 * It accepts less than JSON.parse, never more: a line that it does not accept may be damaged, or merely unusual (a key
 * with escapes, a known key twice), and JSON.parse decides.
 *
 * Lines of one file nearly always have their members in the same order. So what leads up to each value (comma, key,
 * colon) is first compared with what was there in the line before: by `RowScan`, where the line holds nothing but plain
 * text, numbers and null, else here.
 */
export class JsonLineScanner {
  /** Start and end of the value of each name, in the order of the names; -1 where the line has no such key. */
  spans: Int32Array;
  readonly rowScan = new RowScan();
  readonly #names: readonly string[];
  readonly #spellings = new ByteKeys(1);
  /** Of each spelling: the position of its name in `names`, or -1 for a key that nobody asked for. */
  readonly #slotOfSpelling: number[] = [];
  readonly #key = new Int32Array(2);
  /** Of each place in an object: what led up to its value last, how long that is, and the slot of its key. */
  #leads: Uint8Array;
  #leadsView: DataView;
  #leadLengths: Int32Array;
  #leadSlots: Int32Array;
  #loaded: DataView | undefined;

  constructor(names: readonly string[]) {
    const { leads, leadLengths, leadSlots, positions } = this.rowScan;
    this.#names = names.map((name) => name.toLowerCase());
    this.spans = positions.subarray(0, 2 * names.length);
    this.#leads = leads;
    this.#leadsView = viewOf(leads);
    this.#leadLengths = leadLengths;
    this.#leadSlots = leadSlots;
  }

  /**
   * Copies a piece of text to where its lines are scanned faster. @returns it, until the next one is loaded; the piece
   * itself where it is too long for that
   */
  load(piece: Uint8Array): LoadedText {
    const loaded = this.rowScan.load(piece);
    const bytes = loaded ?? Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    const view = viewOf(bytes);
    this.#loaded = loaded === undefined ? undefined : view;
    const { leads, leadLengths, leadSlots, positions } = this.rowScan;
    if (leads !== this.#leads) {
      this.spans = positions.subarray(0, 2 * this.#names.length);
      this.#leads = leads;
      this.#leadsView = viewOf(leads);
      this.#leadLengths = leadLengths;
      this.#leadSlots = leadSlots;
    }
    return { bytes, view };
  }

  isLoaded(view: DataView): boolean {
    return view === this.#loaded;
  }

  /** @returns false when the bytes from `start` to `end` are not an object that this scanner knows how to read */
  scan(view: DataView, start: number, end: number): boolean {
    if (view === this.#loaded && this.rowScan.jsonLine(start, end, this.spans.byteLength) === 1) return true;
    return this.#scanMembers(view, start, end);
  }

  #scanMembers(view: DataView, start: number, end: number): boolean {
    this.spans.fill(-1);
    let at = start;
    for (let place = 0; place < spellingsMax; place += 1) {
      const length = this.#leadLengths[place] ?? 0;
      const isLedAsBefore =
        length > 0 && at + length <= end && sameBytes(view, at, this.#leadsView, place * leadMax, length);
      const valueStart = isLedAsBefore ? at + length : this.#readLead(place, view, at, end);
      const valueEnd = jsonValueEnd(view, valueStart, end);
      if (valueEnd === -1 || !this.#keep(this.#leadSlots[place] ?? -1, valueStart, valueEnd)) return false;
      at = jsonBlankEnd(view, valueEnd, end);
      if (at >= end) return false;
      if (view.getUint8(at) === closeBrace) return jsonBlankEnd(view, at + 1, end) === end;
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

  /** Reads brace or comma, key and colon, and remembers them. @returns where the value begins; `end` for none */
  #readLead(place: number, view: DataView, start: number, end: number): number {
    const mark = jsonBlankEnd(view, start, end);
    if (mark >= end || view.getUint8(mark) !== (place === 0 ? openBrace : comma)) return end;
    const keyStart = jsonBlankEnd(view, mark + 1, end);
    const keyEnd = jsonStringEnd(view, keyStart, end);
    if (keyEnd === -1) return end;
    const colonAt = jsonBlankEnd(view, keyEnd, end);
    if (colonAt >= end || view.getUint8(colonAt) !== colon) return end;
    const slot = this.#slotOf(view, keyStart, keyEnd);
    if (slot === undefined) return end;
    const valueStart = jsonBlankEnd(view, colonAt + 1, end);
    const length = valueStart - start;
    this.#leadLengths[place] = length <= leadMax ? length : 0;
    if (length <= leadMax)
      this.#leads.set(new Uint8Array(view.buffer, view.byteOffset + start, length), place * leadMax);
    this.#leadSlots[place] = slot;
    return valueStart;
  }

  /** Undefined for a key with escapes, which may be a known one. */
  #slotOf(view: DataView, start: number, end: number): number | undefined {
    this.#key[0] = start;
    this.#key[1] = end;
    const known = this.#spellings.find(view, this.#key);
    if (known !== -1) return this.#slotOfSpelling[known];
    const inner = Buffer.from(view.buffer, view.byteOffset + start + 1, end - start - 2);
    if (inner.includes(backslash)) return undefined;
    const slot = this.#names.indexOf(inner.toString('utf8').toLowerCase());
    if (this.#spellings.size === spellingsMax) return slot;
    this.#slotOfSpelling.push(slot);
    this.#spellings.insert(view, this.#key);
    return slot;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
