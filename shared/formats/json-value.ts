/*
 * The end of a JSON value in view, found as strictly as JSON.parse would: what is passed here, JSON.parse accepts. The
 * bytes must have been checked to be UTF-8.
 */

const quote = 34;
const backslash = 92;
const blankMax = 32;

/** Deeper nesting is left to JSON.parse. */
const depthMax = 64;

/** @returns the position after the value that begins at `start`; -1 when there is none, or it goes beyond `end` */
export function jsonValueEnd(view: DataView, start: number, end: number, depth = 0): number {
  if (start >= end) return -1;
  switch (view.getUint8(start)) {
    case quote:
      return jsonStringEnd(view, start, end);
    case 0x7b: // {
      return depth === depthMax ? -1 : membersEnd(view, start, end, depth);
    case 0x5b: // [
      return depth === depthMax ? -1 : itemsEnd(view, start, end, depth);
    case 0x74: // t
      return literalEnd(view, start, end, 'true');
    case 0x66: // f
      return literalEnd(view, start, end, 'false');
    case 0x6e: // n
      return literalEnd(view, start, end, 'null');
    default:
      return numberEnd(view, start, end);
  }
}

/** @returns the position after the string that begins, with its quote, at `start`; -1 when there is none */
export function jsonStringEnd(view: DataView, start: number, end: number): number {
  if (start >= end || view.getUint8(start) !== quote) return -1;
  let at = start + 1;
  while (at < end) {
    while (at <= end - 4) {
      // As in CsvScanner: high bits where a byte is a quote, a backslash or below 32.
      const word = view.getInt32(at, true);
      const quotes = word ^ 0x22222222;
      const slashes = word ^ 0x5c5c5c5c;
      const low = (word - 0x20202020) & ~word;
      const stops = (low | ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes)) & 0x80808080;
      if (stops !== 0) {
        at += (31 - Math.clz32(stops & -stops)) >> 3;
        break;
      }
      at += 4;
    }
    if (at >= end) return -1;
    const byte = view.getUint8(at);
    if (byte === quote) return at + 1;
    if (byte === backslash) {
      at = escapeEnd(view, at, end);
      if (at === -1) return -1;
    } else if (byte < blankMax) return -1;
    else at += 1;
  }
  return -1;
}

/** The position of the first byte from `start` that is no blank, or `end`. */
export function jsonBlankEnd(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = view.getUint8(at);
    if (byte > blankMax || (byte !== 32 && byte !== 9 && byte !== 13 && byte !== 10)) return at;
    at += 1;
  }
  return at;
}

function escapeEnd(view: DataView, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  switch (view.getUint8(at + 1)) {
    case quote:
    case backslash:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: // u
      for (let digit = at + 2; digit < at + 6; digit += 1) if (digit >= end || !isHex(view.getUint8(digit))) return -1;
      return at + 6;
    default:
      return -1;
  }
}

function isHex(byte: number): boolean {
  return isDigit(byte) || ((byte | 32) >= 0x61 && (byte | 32) <= 0x66);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function literalEnd(view: DataView, start: number, end: number, word: string): number {
  if (start + word.length > end) return -1;
  for (let at = 0; at < word.length; at += 1) if (view.getUint8(start + at) !== word.charCodeAt(at)) return -1;
  return start + word.length;
}

function numberEnd(view: DataView, start: number, end: number): number {
  let at = view.getUint8(start) === 0x2d ? start + 1 : start;
  const whole = at;
  at = digitsEnd(view, at, end);
  if (at === whole || (view.getUint8(whole) === 0x30 && at > whole + 1)) return -1;
  if (at < end && view.getUint8(at) === 0x2e) {
    const fraction = at + 1;
    at = digitsEnd(view, fraction, end);
    if (at === fraction) return -1;
  }
  if (at < end && (view.getUint8(at) | 32) === 0x65) {
    const sign = at + 1 < end ? view.getUint8(at + 1) : 0;
    const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
    at = digitsEnd(view, exponent, end);
    if (at <= exponent) return -1;
  }
  return at;
}

function digitsEnd(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end && isDigit(view.getUint8(at))) at += 1;
  return at;
}

function membersEnd(view: DataView, start: number, end: number, depth: number): number {
  let at = jsonBlankEnd(view, start + 1, end);
  if (at < end && view.getUint8(at) === 0x7d) return at + 1;
  for (;;) {
    const key = jsonStringEnd(view, at, end);
    if (key === -1) return -1;
    at = jsonBlankEnd(view, key, end);
    if (at >= end || view.getUint8(at) !== 0x3a) return -1;
    const value = jsonValueEnd(view, jsonBlankEnd(view, at + 1, end), end, depth + 1);
    if (value === -1) return -1;
    at = jsonBlankEnd(view, value, end);
    if (at >= end) return -1;
    if (view.getUint8(at) === 0x7d) return at + 1;
    if (view.getUint8(at) !== 0x2c) return -1;
    at = jsonBlankEnd(view, at + 1, end);
  }
}

function itemsEnd(view: DataView, start: number, end: number, depth: number): number {
  let at = jsonBlankEnd(view, start + 1, end);
  if (at < end && view.getUint8(at) === 0x5d) return at + 1;
  for (;;) {
    const value = jsonValueEnd(view, at, end, depth + 1);
    if (value === -1) return -1;
    at = jsonBlankEnd(view, value, end);
    if (at >= end) return -1;
    if (view.getUint8(at) === 0x5d) return at + 1;
    if (view.getUint8(at) !== 0x2c) return -1;
    at = jsonBlankEnd(view, at + 1, end);
  }
}
