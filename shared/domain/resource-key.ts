/**
 * What stands for a resource id where ids themselves would take too much room: 32 bits, as eight hexadecimal digits.
 * Letter case and blanks around an id make no difference. Two of n resources of a meter share a key with a chance of
 * n² ÷ 2³³: one in a million for 90 of them. So a key may tell rows apart for an explanation, never for a sum.
 */
export function resourceKeyOf(resourceId: string): string {
  const folded = resourceId.trim().toLowerCase();
  if (folded === '') return '';
  const bytes = new TextEncoder().encode(folded);
  return resourceKeyText(resourceHash(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length));
}

/** The key of a hash; of none, which is 0, it is empty. */
export function resourceKeyText(hash: number): string {
  return hash === 0 ? '' : (hash >>> 0).toString(16).padStart(8, '0');
}

const multiplier = 0x9e3779b1;
/** Folds A to Z to lower case; what else it changes is in no resource id. */
const foldWord = 0x20202020;

/**
 * The hash of an id whose bytes are ASCII, or in lower case already; never 0. Four bytes at a time, in two sums side by
 * side, so that one multiplication need not wait for the other.
 */
export function resourceHash(view: DataView, start: number, end: number): number {
  let even = 0;
  let odd = Math.imul(end - start, multiplier);
  let at = start;
  for (; at <= end - 8; at += 8) {
    even = Math.imul(even ^ (view.getInt32(at, true) | foldWord), multiplier);
    odd = Math.imul(odd ^ (view.getInt32(at + 4, true) | foldWord), multiplier);
  }
  for (; at < end; at += 1) odd = Math.imul(odd ^ (view.getUint8(at) | (foldWord & 0xff)), multiplier);
  const mixed = Math.imul(even ^ (even >>> 15) ^ odd, multiplier);
  const hash = mixed ^ (mixed >>> 13);
  return hash === 0 ? 1 : hash;
}
