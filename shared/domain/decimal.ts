import { Decimal as DecimalJs } from 'decimal.js';

/**
 * Exact decimal arithmetic. Sums, differences and products are exact for everything `parseDecimal` lets in;
 * only `divide` and the `round…` functions round, and their names and arguments say how.
 *
 * Inputs are limited to 80 significant digits and exponents within ±80, so a product of three inputs summed over a
 * billion rows still fits 800 digits: the precision below is never the reason for a lost digit.
 */
const Exact = DecimalJs.clone({ precision: 800, toExpNeg: -9e15, toExpPos: 9e15 });

export type Decimal = InstanceType<typeof DecimalJs> & { readonly __brand?: 'exact' };

export const decimalLimits = { significantDigits: 80, exponent: 80, textLength: 200 } as const;

export const zero: Decimal = new Exact(0);

const decimalText = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?$/;

/**
 * The number that `text` writes: optional sign, digits, optional fraction, optional exponent, nothing else.
 * @returns undefined for anything else (localised marks, thousands separators, currency signs, NaN, blanks) and for
 * numbers beyond `decimalLimits`.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > decimalLimits.textLength || !decimalText.test(text)) return undefined;
  const value = new Exact(text);
  if (value.precision() > decimalLimits.significantDigits) return undefined;
  if (Math.abs(value.e) > decimalLimits.exponent) return undefined;
  // A copy: parsing leaves room for many more digits, 120 bytes of it, which whatever keeps the value would keep too.
  return value.isZero() ? zero : new Exact(value);
}

/** The number that our own stored text writes. @throws Error when it is none: that is our own bug, not bad input. */
export function decimal(text: string): Decimal {
  const value = decimalText.test(text) ? new Exact(text) : undefined;
  if (value === undefined) throw new Error(`Not a decimal: '${text}'`);
  return value.isZero() ? zero : value;
}

/** Plain digits: no exponent, no trailing zeros after the point, no negative zero. `decimal(toText(x))` equals `x`. */
export function toText(value: Decimal): string {
  return value.isZero() ? '0' : value.toFixed();
}

export function add(left: Decimal, right: Decimal): Decimal {
  return left.plus(right);
}

export function subtract(left: Decimal, right: Decimal): Decimal {
  return left.minus(right);
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  return left.times(right);
}

export function absolute(value: Decimal): Decimal {
  return value.abs();
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  return left.comparedTo(right);
}

export function isZero(value: Decimal): boolean {
  return value.isZero();
}

/** `dividend / divisor` rounded half away from zero to `places` decimals. @throws Error when the divisor is zero */
export function divide(dividend: Decimal, divisor: Decimal, places: number): Decimal {
  if (divisor.isZero()) throw new Error('Division by zero');
  return roundHalfAwayFromZero(dividend.dividedBy(divisor), places);
}

/** `dividend / divisor` cut off after `places` decimals. @throws Error when the divisor is zero */
export function divideDown(dividend: Decimal, divisor: Decimal, places: number): Decimal {
  if (divisor.isZero()) throw new Error('Division by zero');
  return roundDown(dividend.dividedBy(divisor), places);
}

/** ROUNDDOWN as spreadsheets do it: cut off after `places` decimals, towards zero. */
export function roundDown(value: Decimal, places: number): Decimal {
  return value.toDecimalPlaces(places, DecimalJs.ROUND_DOWN);
}

/** ROUND as spreadsheets do it: half away from zero, to `places` decimals. */
export function roundHalfAwayFromZero(value: Decimal, places: number): Decimal {
  return value.toDecimalPlaces(places, DecimalJs.ROUND_HALF_UP);
}
