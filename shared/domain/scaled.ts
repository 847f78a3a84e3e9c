/*
 * Exact decimals as an integer and a number of places, for prices: a quotient of two of them is rounded once, straight
 * from the integers, without a precision at which it would be cut off first. On a row of prices this is some twenty
 * times faster than dividing `Decimal`s, which work out 800 digits.
 */

/** `units` × 10^-`places`. */
export type Scaled = { readonly units: bigint; readonly places: number };

export const scaledZero: Scaled = { units: 0n, places: 0 };
export const scaledOne: Scaled = { units: 1n, places: 0 };

const decimalText = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** The number that text writes which has been read as a decimal before. @throws Error when it is none: that is our own bug */
export function scaled(text: string): Scaled {
  const found = decimalText.exec(text);
  if (found === null) throw new Error(`Not a decimal: '${text}'`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  const size = BigInt(whole + fraction);
  const units = sign === '-' ? -size : size;
  const places = fraction.length - Number(exponent);
  return places < 0 ? { units: units * powerOfTen(-places), places: 0 } : { units, places };
}

/** Plain digits: no exponent, no trailing zeros after the point, no negative zero. */
export function scaledText({ units, places }: Scaled): string {
  if (units === 0n) return '0';
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  if (places === 0) return sign + digits;
  let end = digits.length;
  const point = digits.length - places;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const whole = digits.slice(0, point);
  return end === point ? sign + whole : `${sign}${whole}.${digits.slice(point, end)}`;
}

export function plus(left: Scaled, right: Scaled): Scaled {
  const places = Math.max(left.places, right.places);
  return { units: unitsAt(left, places) + unitsAt(right, places), places };
}

export function minus(left: Scaled, right: Scaled): Scaled {
  return plus(left, negated(right));
}

export function times(left: Scaled, right: Scaled): Scaled {
  return { units: left.units * right.units, places: left.places + right.places };
}

export function negated({ units, places }: Scaled): Scaled {
  return { units: -units, places };
}

export function size(value: Scaled): Scaled {
  return value.units < 0n ? negated(value) : value;
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compareScaled(left: Scaled, right: Scaled): number {
  const { units } = minus(left, right);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

export function isNothing(value: Scaled): boolean {
  return value.units === 0n;
}

/** `value × of.numerator / of.denominator`, multiplied first and rounded once, half away from zero. */
export function share(value: Scaled, of: Ratio, places: number): Scaled {
  return roundQuotient(times(value, of.numerator), of.denominator, places);
}

/** A quotient that is not worked out: it may have no end. The denominator is never zero. */
export type Ratio = { readonly numerator: Scaled; readonly denominator: Scaled };

/** ROUND as spreadsheets do it: half away from zero, to `places` decimals. */
export function roundScaled(value: Scaled, places: number): Scaled {
  return value.places <= places ? value : roundQuotient(value, scaledOne, places);
}

/** `dividend / divisor` rounded half away from zero to `places`. @throws Error when the divisor is zero */
export function roundQuotient(dividend: Scaled, divisor: Scaled, places: number): Scaled {
  if (divisor.units === 0n) throw new Error('Division by zero');
  const shift = divisor.places + places - dividend.places;
  const top = dividend.units * powerOfTen(Math.max(0, shift));
  const bottom = divisor.units * powerOfTen(Math.max(0, -shift));
  const above = top < 0n ? -top : top;
  const below = bottom < 0n ? -bottom : bottom;
  const rounded = (2n * above + below) / (2n * below);
  return { units: top < 0n === bottom < 0n ? rounded : -rounded, places };
}

function unitsAt(value: Scaled, places: number): bigint {
  return value.units * powerOfTen(places - value.places);
}

const powersOfTen = Array.from({ length: 64 }, (_, power) => 10n ** BigInt(power));

function powerOfTen(power: number): bigint {
  return powersOfTen[power] ?? 10n ** BigInt(power);
}
