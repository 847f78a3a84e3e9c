/**
 * What stands for a resource id where ids themselves would take too much room: 32 bits, as eight hexadecimal digits.
 * Letter case and blanks around an id make no difference. Two of n resources of a meter share a key with a chance of
 * n² ÷ 2³³: one in a million for 90 of them. So a key may tell rows apart for an explanation, never for a sum.
 */
export function resourceKeyOf(resourceId: string): string {
  const folded = resourceId.trim().toLowerCase();
  if (folded === '') return '';
  const bytes = new TextEncoder().encode(folded);
  return resourceKeyText(resourceHash(bytes, 0, bytes.length));
}

/** @param hash of an id that is not empty */
export function resourceKeyText(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const multiplier = 0x9e3779b1;
/** Folds the letters A to Z, and some bytes that no resource id has, to lower case. */
const foldByte = 0x20;

/** The hash of an id whose bytes are ASCII, or folded already; 0 stands for no id and is never given. */
export function resourceHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(end - start, multiplier);
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ ((bytes[at] ?? 0) | foldByte), multiplier);
  hash = Math.imul(hash ^ (hash >>> 15), multiplier);
  hash ^= hash >>> 13;
  return hash === 0 ? 1 : hash;
}
