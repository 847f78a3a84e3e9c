import { ratedUsagePlaces } from '../domain/line-prices.ts';
import { type Ratio, scaledText } from '../domain/scaled.ts';

const minus = 45;
const point = 46;
const digitZero = 48;

/** Characters of a cost that are read here; longer ones are read as text. */
const charactersMax = 30;

/** A cost is held as groups of seven digits, so that what they are multiplied by and divided by leaves no digit out. */
const groupDigits = 7;
const group = 10_000_000;
const factorMax = 2 ** 26;
const groupsMax = 10;

/**
 * What a cost is multiplied by, made ready: twice the numerator, once and twice the denominator, without common factors.
 * Doubled, so that rounding half away from zero is cutting off. `small`: the same as numbers, where they are small enough
 * to be worked with group by group; most are, as a mark-up of 10 % is 11 ÷ 10.
 */
export type SoldRatio = {
  readonly twice: bigint;
  readonly below: bigint;
  readonly small: { readonly twice: number; readonly below: number } | undefined;
};

/** `numerator / denominator`, made ready. */
export function soldRatio({ numerator, denominator }: Ratio): SoldRatio {
  const top = numerator.units * 10n ** BigInt(denominator.places);
  const bottom = denominator.units * 10n ** BigInt(numerator.places);
  const sign = bottom < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(top < 0n ? -top : top, bottom * sign);
  const below = (bottom * sign) / divisor;
  const twice = (2n * top * sign) / divisor;
  const isSmall = twice >= 0n && twice < factorMax && 2n * below < factorMax;
  return { twice, below, small: isSmall ? { twice: Number(twice), below: Number(below) } : undefined };
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [greater, smaller] = [left, right];
  while (smaller !== 0n) [greater, smaller] = [smaller, greater % smaller];
  return greater;
}

/**
 * The cost of a row of daily rated usage, read from its bytes, and what it sells for, as `priceRatedUsage` has it: to the
 * places of the cost itself, and at least ten, half away from zero. Integers of any size take six times as long.
 */
export class CostBytes {
  /** The digits to `#places` places, seven in each, from the last ones on. */
  readonly #groups = new Float64Array(groupsMax);
  #count = 0;
  #places = 0;
  #isNegative = false;
  #isZero = true;
  readonly #product = new Float64Array(groupsMax);
  /** What `write` wrote: plain digits, up to the end. */
  readonly text = Buffer.alloc(groupsMax * groupDigits + 2);

  get isZero(): boolean {
    return this.#isZero;
  }

  /** @returns false where the cost is not plain digits, or has more of them than are read here */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > charactersMax) return false;
    this.#isNegative = bytes[start] === minus;
    const from = this.#isNegative ? start + 1 : start;
    let pointAt = from;
    while (pointAt < end && bytes[pointAt] !== point) pointAt += 1;
    if (pointAt === from || pointAt === end - 1) return false;
    let to = end;
    while (to > pointAt && bytes[to - 1] === digitZero) to -= 1;
    const ownPlaces = Math.max(0, to - pointAt - 1);
    this.#places = Math.max(ratedUsagePlaces, ownPlaces);
    return this.#readDigits(bytes, { from, to, pointAt }, this.#places - ownPlaces);
  }

  /** Groups the digits from the last one on, behind which there are so many zeros. */
  #readDigits(
    bytes: Uint8Array,
    { from, to, pointAt }: { readonly from: number; readonly to: number; readonly pointAt: number },
    zeros: number,
  ): boolean {
    const groups = this.#groups;
    let count = Math.trunc(zeros / groupDigits);
    for (let index = 0; index < count; index += 1) groups[index] = 0;
    let weight = 10 ** (zeros % groupDigits);
    let value = 0;
    let any = 0;
    for (let index = to - 1; index >= from; index -= 1) {
      if (index === pointAt) continue;
      const digit = (bytes[index] ?? 0) - digitZero;
      if (digit < 0 || digit > 9) return false;
      value += digit * weight;
      weight *= 10;
      if (weight < group) continue;
      groups[count++] = value;
      any += value;
      value = 0;
      weight = 1;
    }
    groups[count++] = value;
    this.#count = count;
    this.#isZero = any + value === 0;
    return true;
  }

  /** Writes what it sells for as plain digits into `text`. @returns where they begin */
  write({ twice, below, small }: SoldRatio): number {
    return small === undefined ? this.#writeLarge(twice, below) : this.#writeSmall(small.twice, small.below);
  }

  #writeSmall(twice: number, below: number): number {
    const groups = this.#groups;
    const product = this.#product;
    let carry = below;
    let count = 0;
    for (; count < this.#count || carry > 0; count += 1) {
      const value = (count < this.#count ? (groups[count] ?? 0) : 0) * twice + carry;
      carry = Math.floor(value / group);
      product[count] = value - carry * group;
    }
    const divisor = 2 * below;
    let rest = 0;
    for (let index = count - 1; index >= 0; index -= 1) {
      const value = rest * group + (product[index] ?? 0);
      const quotient = Math.floor(value / divisor);
      rest = value - quotient * divisor;
      product[index] = quotient;
    }
    return this.#writeGroups(count);
  }

  /** The digits of `#product` with a point before the last `#places`, and at least one before it. */
  #writeGroups(count: number): number {
    const { text } = this;
    const places = this.#places;
    let at = text.length;
    let written = 0;
    for (let index = 0; index < count || written <= places; index += 1) {
      let value = index < count ? (this.#product[index] ?? 0) | 0 : 0;
      for (let digit = 0; digit < groupDigits; digit += 1) {
        const tenth = (value / 10) | 0;
        if (written === places) text[--at] = point;
        text[--at] = digitZero + value - tenth * 10;
        written += 1;
        value = tenth;
        if (value === 0 && index >= count - 1 && written > places) break;
      }
    }
    if (this.#isNegative) text[--at] = minus;
    return at;
  }

  #writeLarge(twice: bigint, below: bigint): number {
    let units = 0n;
    for (let index = this.#count - 1; index >= 0; index -= 1) {
      units = units * BigInt(group) + BigInt(this.#groups[index] ?? 0);
    }
    const isNegative = twice < 0n !== this.#isNegative;
    const sold = (units * (twice < 0n ? -twice : twice) + below) / (2n * below);
    const digits = scaledText({ units: isNegative ? -sold : sold, places: this.#places });
    const { text } = this;
    if (digits.length > text.length) throw new Error(`No amount has ${digits.length} digits`);
    const at = text.length - digits.length;
    text.write(digits, at, 'latin1');
    return at;
  }
}
