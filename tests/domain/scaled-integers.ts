import fc from 'fast-check';

/* Exact decimals as BigInt and a number of places: a judge that shares no code with the library under test. */

export type Scaled = { readonly units: bigint; readonly places: number };

/** Up to 40 digits and 30 places, either sign, zero included. */
export const scaled: fc.Arbitrary<Scaled> = fc.record({
  units: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  places: fc.integer({ min: 0, max: 30 }),
});

/** Plain digits without trailing zeros after the point, and never `-0`. */
export function textOf({ units, places }: Scaled): string {
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - places);
  return places === 0 || fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

export function addScaled(left: Scaled, right: Scaled): Scaled {
  const places = Math.max(left.places, right.places);
  const at = (value: Scaled) => value.units * 10n ** BigInt(places - value.places);
  return { units: at(left) + at(right), places };
}

export function multiplyScaled(left: Scaled, right: Scaled): Scaled {
  return { units: left.units * right.units, places: left.places + right.places };
}

/** `left / right` to `places`, half away from zero. */
export function divideScaled(left: Scaled, right: Scaled, places: number): Scaled {
  const dividend = left.units * 10n ** BigInt(right.places + places);
  const divisor = right.units * 10n ** BigInt(left.places);
  const size = (value: bigint) => (value < 0n ? -value : value);
  const rounded = (2n * size(dividend) + size(divisor)) / (2n * size(divisor));
  return { units: dividend < 0n === divisor < 0n ? rounded : -rounded, places };
}
