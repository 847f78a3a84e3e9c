import { add, type Decimal, decimal, zero } from './decimal.ts';

/*
 * Sums of millions of decimals, exact, straight from the bytes of a file. A number is held as four integers: its whole
 * part and 27 places in three groups of nine, each below 10⁹. Doubles add such integers exactly up to 2⁵³, that is nine
 * million times; before that a sum is moved to a `Decimal`. What does not fit (a longer whole part, more places, an
 * exponent) is added as a `Decimal` at once.
 */

const digitsPerGroup = 9;
const fractionGroups = 3;
const groups = fractionGroups + 1;
const fractionPlaces = digitsPerGroup * fractionGroups;

/** Additions after which a sum of integers below 10⁹ is still far below 2⁵³ ≈ 9.007 × 10¹⁵. */
const additionsMax = 4_000_000;

const powersOfTen = Float64Array.from({ length: digitsPerGroup + 1 }, (_, power) => 10 ** power);
const point = 46;
const minus = 45;
const plus = 43;
const digitZero = 48;

/** A decimal as it is read from bytes, in groups of digits that carry its sign. Reused from row to row. */
export class DigitGroups {
  whole = 0;
  first = 0;
  second = 0;
  third = 0;

  /**
   * Reads the number that the bytes from `start` to `end` write.
   * @returns false when they write none, or one that does not fit; `parseDecimal` knows which
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const lead = bytes[start] ?? 0;
    const wholeStart = lead === minus || lead === plus ? start + 1 : start;
    let wholeEnd = wholeStart;
    while (wholeEnd < end && bytes[wholeEnd] !== point) wholeEnd += 1;
    const fractionStart = wholeEnd + 1;
    if (wholeEnd === wholeStart || wholeEnd - wholeStart > digitsPerGroup || fractionStart === end) return false;
    if (end - fractionStart > fractionPlaces) return false;
    const whole = digits(bytes, wholeStart, wholeEnd);
    const first = fraction(bytes, fractionStart, end);
    const second = fraction(bytes, fractionStart + digitsPerGroup, end);
    const third = fraction(bytes, fractionStart + 2 * digitsPerGroup, end);
    if (whole < 0 || first < 0 || second < 0 || third < 0) return false;
    const sign = lead === minus ? -1 : 1;
    this.whole = sign * whole;
    this.first = sign * first;
    this.second = sign * second;
    this.third = sign * third;
    return true;
  }
}

/** At most nine digits as a number; negative where a byte is no digit. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - digitZero;
    if (digit >>> 0 > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The nine places from `start`, as far as they are there; negative where a byte is no digit. */
function fraction(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0;
  const length = Math.min(digitsPerGroup, end - start);
  return digits(bytes, start, start + length) * (powersOfTen[digitsPerGroup - length] ?? 1);
}

/** Exact sums, numbered from 0; a sum that nothing was added to is zero. */
export class ExactSums {
  #groups = new Float64Array(256 * groups);
  #additions = new Int32Array(256);
  readonly #settled = new Map<number, Decimal>();

  add(index: number, value: DigitGroups): void {
    if (index >= this.#additions.length) this.#grow(index);
    const sums = this.#groups;
    const at = index * groups;
    sums[at] = (sums[at] ?? 0) + value.whole;
    sums[at + 1] = (sums[at + 1] ?? 0) + value.first;
    sums[at + 2] = (sums[at + 2] ?? 0) + value.second;
    sums[at + 3] = (sums[at + 3] ?? 0) + value.third;
    const additions = (this.#additions[index] ?? 0) + 1;
    this.#additions[index] = additions;
    if (additions === additionsMax) this.#settle(index);
  }

  addDecimal(index: number, value: Decimal): void {
    this.#settled.set(index, add(this.#settled.get(index) ?? zero, value));
  }

  sum(index: number): Decimal {
    const settled = this.#settled.get(index) ?? zero;
    return (this.#additions[index] ?? 0) > 0 ? add(settled, this.#unsettled(index)) : settled;
  }

  clear(): void {
    this.#groups.fill(0);
    this.#additions.fill(0);
    this.#settled.clear();
  }

  #unsettled(index: number): Decimal {
    let units = 0n;
    for (let group = 0; group < groups; group += 1) {
      units = units * 1_000_000_000n + BigInt(this.#groups[index * groups + group] ?? 0);
    }
    return decimal(`${units}e-${fractionPlaces}`);
  }

  #settle(index: number): void {
    this.addDecimal(index, this.#unsettled(index));
    this.#groups.fill(0, index * groups, (index + 1) * groups);
    this.#additions[index] = 0;
  }

  #grow(index: number): void {
    const length = Math.max(index + 1, this.#additions.length * 2);
    const larger = { groups: new Float64Array(length * groups), additions: new Int32Array(length) };
    larger.groups.set(this.#groups);
    larger.additions.set(this.#additions);
    this.#groups = larger.groups;
    this.#additions = larger.additions;
  }
}
