import { add, decimal, divide, isZero, multiply, roundHalfAwayFromZero, toText, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';

/** How a price is made from a cost: `markup` 0.1 sells at cost plus 10 %. */
export type MarginRule = { readonly kind: 'markup'; readonly markup: string };

/** Until margins are defined, prices are passed on as they are. */
export const defaultMarginRule: MarginRule = { kind: 'markup', markup: '0' };

/** What the customer pays for a line: exact decimal text, the unit price in pricing currency, the others in billing currency. */
export type CustomerPrice = {
  readonly unitPrice: string;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
};

/** Places of an amount of money on a reconciliation file. */
const moneyPlaces = 2;

/**
 * The customer's price of `line`. The rule works on the unit price; its factor is applied to the line's own subtotal,
 * so that refunds, proration and credits keep their proportion, and tax keeps its share of the subtotal. Every amount
 * is rounded once, half away from zero, to two places; a line without a subtotal has no tax.
 */
export function customerPriceOf(
  line: Pick<InvoiceLine, 'effectiveUnitPrice' | 'subtotal' | 'taxTotal'>,
  rule: MarginRule,
): CustomerPrice {
  const factor = add(decimal('1'), decimal(rule.markup));
  const cost = decimal(line.subtotal);
  const subtotal = roundHalfAwayFromZero(multiply(cost, factor), moneyPlaces);
  const taxTotal = isZero(cost) ? zero : divide(multiply(subtotal, decimal(line.taxTotal)), cost, moneyPlaces);
  return {
    unitPrice: toText(multiply(decimal(line.effectiveUnitPrice), factor)),
    subtotal: toText(subtotal),
    taxTotal: toText(taxTotal),
    total: toText(roundHalfAwayFromZero(add(subtotal, taxTotal), moneyPlaces)),
  };
}
