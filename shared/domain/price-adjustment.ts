import { type Decimal, decimal, divide, parseDecimal, subtract } from './decimal.ts';

/** What the text of a line's price adjustments says of its price. */
export type PriceAdjustment =
  | { readonly kind: 'none' }
  /** One discount: the price is multiplied by `factor`. */
  | { readonly kind: 'discount'; readonly factor: Decimal; readonly text: string }
  /** No rate, or several of which the text does not say how they combine. */
  | { readonly kind: 'unclear' };

const percentage = /(\d{1,3}(?:\.\d{1,20})?)\s?%/g;

/** Places of a factor: a percentage has at most 20 after its point. */
const factorPlaces = 22;

/**
 * Reads `PriceAdjustmentDescription`: a list in JSON, or free text, such as `["15.0% Partner earned credit for services
 * managed"]`. Microsoft does not document its form, so only one percentage from 0 to 100 is taken at its word.
 */
export function priceAdjustmentOf(description: string): PriceAdjustment {
  const text = description.trim();
  if (text === '' || text === '[]') return { kind: 'none' };
  const [rate, second] = [...text.matchAll(percentage)].map((match) => match[1] ?? '');
  const percent = rate === undefined || second !== undefined ? undefined : parseDecimal(rate);
  if (rate === undefined || percent === undefined || percent.greaterThan(100)) return { kind: 'unclear' };
  const factor = subtract(decimal('1'), divide(percent, decimal('100'), factorPlaces));
  return { kind: 'discount', factor, text: `${rate} %` };
}
