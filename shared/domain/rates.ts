import { compareDecimals, type Decimal, decimal, divide, parseDecimal, zero } from './decimal.ts';

const one = decimal('1');
const hundred = decimal('100');
/** Places that a share keeps; Microsoft's have two. */
const ratePlaces = 18;

/**
 * A share as a fraction of one. Microsoft writes the partner earned credit as 15 in one file and as 0.15 in another,
 * and credits as 100 or 1; what is above one is taken as percent, since no credit is below one percent.
 * @returns undefined unless `text` is a decimal from 0 to 100
 */
export function parseRate(text: string): Decimal | undefined {
  const rate = parseDecimal(text);
  if (rate === undefined || compareDecimals(rate, zero) < 0 || compareDecimals(rate, hundred) > 0) return undefined;
  return compareDecimals(rate, one) > 0 ? divide(rate, hundred, ratePlaces) : rate;
}
