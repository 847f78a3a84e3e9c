import {
  compareDecimals,
  type Decimal,
  decimal,
  isZero,
  multiply,
  roundHalfAwayFromZero,
  subtract,
  toText,
} from './decimal.ts';
import type { SideSums } from './side-sums.ts';

/** What can be the reason for different prices. */
export type PriceCause = 'retailScope' | 'partnerEarnedCredit' | 'unitPrice';

/**
 * The name of a price effect. `retailScope`: one side was charged its list price, and that is above the list price of the
 * other. `partnerEarnedCredit`: one price is exactly the other less the credit. Else `unitPrice`.
 */
export function priceCauseOf(invoice: SideSums, other: SideSums): PriceCause {
  if (isRetail(other, invoice) || isRetail(invoice, other)) return 'retailScope';
  if (isLessCredit(invoice, other) || isLessCredit(other, invoice)) return 'partnerEarnedCredit';
  return 'unitPrice';
}

function isRetail(side: SideSums, against: SideSums): boolean {
  const { unitPrice, listPrice } = side;
  if (unitPrice === undefined || listPrice === undefined || against.listPrice === undefined) return false;
  return unitPrice.equals(listPrice) && compareDecimals(listPrice, against.listPrice) > 0;
}

const one = decimal('1');
/** The partner earned credit for services managed. Source: "Partner earned credit", Microsoft Partner Center. */
const usualCredit = decimal('0.15');

/** Whether `side` pays the price of `against` less the credit: its own, or the usual one where its rows tell none. */
function isLessCredit(side: SideSums, against: SideSums): boolean {
  const credit = side.partnerEarnedCredit ?? usualCredit;
  if (isZero(credit)) return false;
  const share = subtract(one, credit);
  const { unitPrice } = side;
  if (unitPrice !== undefined && against.unitPrice !== undefined)
    return isRoundedTo(unitPrice, multiply(against.unitPrice, share));
  // Blended prices, Σ(price × quantity) ÷ Σ quantity: compared crosswise, so that nothing is divided.
  const left = multiply(side.charged.priced, against.charged.quantity);
  const right = multiply(multiply(against.charged.priced, side.charged.quantity), share);
  return !isZero(left) && left.equals(right);
}

/** Prices with fewer digits than this are not taken for a rounded one: too much would look alike. */
const significantDigitsMin = 6;

/** Whether `price` is `exact`, or `exact` rounded to the places that `price` has: Microsoft writes 15 to 16 digits. */
function isRoundedTo(price: Decimal, exact: Decimal): boolean {
  if (isZero(price)) return false;
  if (price.equals(exact)) return true;
  const text = toText(price);
  const digits = text.replace(/^-?0?\.?0*/, '').replace('.', '').length;
  const places = text.split('.')[1]?.length ?? 0;
  return digits >= significantDigitsMin && price.equals(roundHalfAwayFromZero(exact, places));
}
