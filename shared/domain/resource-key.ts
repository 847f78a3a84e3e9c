/**
 * What stands for a resource id where ids themselves would take too much room: 32 bits, as eight hexadecimal digits.
 * Letter case and blanks around an id make no difference. Two of n resources of a meter share a key with a chance of
 * n² ÷ 2³³: one in a million for 90 of them. So a key may tell rows apart for an explanation, never for a sum.
 */
export function resourceKeyOf(resourceId: string): string {
  const folded = resourceId.trim().toLowerCase();
  if (folded === '') return '';
  const bytes = new TextEncoder().encode(folded.replace(/[^\u0020-\u007e]/gu, escaped));
  return resourceKeyText(resourceHash(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length));
}

/** The key of a hash; of none, which is 0, it is empty. */
export function resourceKeyText(hash: number): string {
  return hash === 0 ? '' : (hash >>> 0).toString(16).padStart(8, '0');
}

/** Ids are hashed as ASCII. */
function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

const multiplier = 0x9e3779b1;
const ones = 0x01010101;
const highBits = 0x80808080;
/** Folds A to Z to lower case; what else it changes is in no resource id. */
const foldWord = 0x20202020;
const space = 32;
/** No byte of ASCII. */
const noByte = 0xff;

/**
 * The hash of an id from its bytes, never 0; 0 when they must be made text first, and `resourceKeyOf` of that is the
 * key: they are not ASCII, have blanks around them, or contain `special`, which stands for something else than itself.
 *
 * Four bytes at a time, in two sums side by side, so that one multiplication need not wait for the other. The checks
 * are made on the way: a second pass would take as long as the first.
 */
export function resourceHash(view: DataView, start: number, end: number, special = noByte): number {
  if (end === start || view.getUint8(start) <= space || view.getUint8(end - 1) <= space) return 0;
  const specials = Math.imul(special, ones);
  let even = 0;
  let odd = Math.imul(end - start, multiplier);
  let found = 0;
  let at = start;
  for (; at <= end - 8; at += 8) {
    const first = view.getInt32(at, true);
    const second = view.getInt32(at + 4, true);
    even = Math.imul(even ^ (first | foldWord), multiplier);
    odd = Math.imul(odd ^ (second | foldWord), multiplier);
    const differs = first ^ specials;
    const differsToo = second ^ specials;
    found |= first | second | ((differs - ones) & ~differs) | ((differsToo - ones) & ~differsToo);
  }
  for (; at < end; at += 1) {
    const byte = view.getUint8(at);
    odd = Math.imul(odd ^ (byte | (foldWord & 0xff)), multiplier);
    if (byte === special) return 0;
    found |= byte;
  }
  if ((found & highBits) !== 0) return 0;
  const mixed = Math.imul(even ^ (even >>> 15) ^ odd, multiplier);
  const hash = mixed ^ (mixed >>> 13);
  return hash === 0 ? 1 : hash;
}
