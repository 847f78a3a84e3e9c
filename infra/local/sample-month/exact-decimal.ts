/**
 * Exact decimals for the generator: `units` × 10^-`scale`. On purpose not the product's own arithmetic, so that a fault
 * there cannot hide itself in the answer key. Nothing is ever rounded but by `roundDown`, `roundHalfUp` and `divideUp`.
 */
export type Exact = { readonly units: bigint; readonly scale: number };

export const zero: Exact = { units: 0n, scale: 0 };
export const one: Exact = { units: 1n, scale: 0 };

const powers: bigint[] = [1n];

function powerOfTen(exponent: number): bigint {
  for (let next = powers.length; next <= exponent; next += 1) {
    powers.push((powers[next - 1] ?? 1n) * 10n);
  }
  return powers[exponent] ?? 1n;
}

/** Plain decimal text only: optional sign, digits, optional fraction. */
export function exact(text: string): Exact {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) {
    throw new Error(`'${text}' is not a plain decimal`);
  }
  const [, sign = '', whole = '', fraction = ''] = match;
  return { units: BigInt(sign + whole + fraction), scale: fraction.length };
}

export function add(left: Exact, right: Exact): Exact {
  const scale = Math.max(left.scale, right.scale);
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale };
}

export function subtract(left: Exact, right: Exact): Exact {
  return add(left, negate(right));
}

export function negate(value: Exact): Exact {
  return { units: -value.units, scale: value.scale };
}

export function multiply(left: Exact, right: Exact): Exact {
  return { units: left.units * right.units, scale: left.scale + right.scale };
}

export function sum(values: Iterable<Exact>): Exact {
  let total = zero;
  for (const value of values) {
    total = add(total, value);
  }
  return total;
}

export function absolute(value: Exact): Exact {
  return value.units < 0n ? negate(value) : value;
}

export function isZero(value: Exact): boolean {
  return value.units === 0n;
}

/** Negative, zero or positive, as a comparator answers. */
export function compare(left: Exact, right: Exact): number {
  const scale = Math.max(left.scale, right.scale);
  const difference = unitsAt(left, scale) - unitsAt(right, scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Microsoft's ROUNDDOWN: towards zero. BigInt division truncates, which is just that. */
export function roundDown(value: Exact, places: number): Exact {
  return value.scale <= places ? value : { units: value.units / powerOfTen(value.scale - places), scale: places };
}

/** Half away from zero. */
export function roundHalfUp(value: Exact, places: number): Exact {
  if (value.scale <= places) {
    return value;
  }
  const divisor = powerOfTen(value.scale - places);
  const half = value.units < 0n ? -divisor / 2n : divisor / 2n;
  return { units: (value.units + half) / divisor, scale: places };
}

/** The quotient with `places` decimals, rounded away from zero, so that quotient × divisor reaches the dividend. */
export function divideUp(dividend: Exact, divisor: Exact, places: number): Exact {
  const numerator = absolute(dividend).units * powerOfTen(places + divisor.scale);
  const denominator = absolute(divisor).units * powerOfTen(dividend.scale);
  const units = (numerator + denominator - 1n) / denominator;
  const isNegative = dividend.units < 0n !== divisor.units < 0n;
  return { units: isNegative ? -units : units, scale: places };
}

/** Plain decimal text, no exponent, no trailing zeros after the point, never `-0`. */
export function formatExact(value: Exact): string {
  const digits = absolute(value)
    .units.toString()
    .padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  let end = digits.length;
  while (end > whole.length && digits[end - 1] === '0') {
    end -= 1;
  }
  const fraction = digits.slice(whole.length, end);
  const sign = value.units < 0n ? '-' : '';
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

function unitsAt(value: Exact, scale: number): bigint {
  return value.scale === scale ? value.units : value.units * powerOfTen(scale - value.scale);
}
