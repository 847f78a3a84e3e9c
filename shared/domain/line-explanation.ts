import type { Audience } from './file-columns.ts';
import type { FileLine } from './file-lines.ts';
import {
  type BuyerPrices,
  type LineOutcome,
  type Pricing,
  priceInvoiceLine,
  priceLegacyUsage,
  priceLicenseLine,
  priceRatedUsage,
} from './line-prices.ts';
import type { PriceRefusal, PriceStep } from './unit-prices.ts';

/** One sale of a line: by which rule its unit came to its price, and what the line came to by that. */
export type ExplainedStep = PriceStep & { readonly amounts: Omit<BuyerPrices, 'unitPrice'> };

/** What a reseller is told of a line without a price: the rule and the cost that say why may be the CSP's own. */
export type NotPriced = { readonly kind: 'refused'; readonly code: 'notPriced'; readonly message: string };

/** As line items tell it, too. */
export const notPriced: NotPriced = { kind: 'refused', code: 'notPriced', message: 'This line has no price yet' };

/** How a line came to its prices, for the CSP or for a reseller. */
export type LineExplanation = {
  /** Where the line stands, for people. */
  readonly place: string;
  readonly customerId: string;
  /** The Azure subscription where a line names one, else the plan. */
  readonly subscriptionId: string;
  /** As the line writes it: see `lineReseller`. */
  readonly resellerMpnId: string;
  /** Of unit prices and list prices; empty where the line does not say. */
  readonly pricingCurrency: string;
  /** Of the amounts. */
  readonly currency: string;
} & (
  | { readonly outcome: 'priced'; readonly steps: readonly ExplainedStep[] }
  | { readonly outcome: 'withoutMoney' }
  | { readonly outcome: 'refused'; readonly refusal: PriceRefusal | NotPriced }
);

/**
 * The prices of a line, step by step: cost, rule, guards, price, and the amounts that follow. The CSP sees every step; a
 * reseller its own sale alone, whose cost is what it pays itself, without list prices, which are the CSP's own.
 */
export function explainedLine(
  pricing: Pricing,
  of: FileLine,
  audience: Extract<Audience, 'csp' | 'reseller'>,
): LineExplanation {
  const { customerId, resellerMpnId, currency } = of.line;
  const subscriptionId =
    'partnerCenterSubscriptionId' in of.line ? of.line.partnerCenterSubscriptionId : of.line.subscriptionId;
  const pricingCurrency = 'pricingCurrency' in of.line ? of.line.pricingCurrency : currency;
  const told = { place: of.place, customerId, subscriptionId, resellerMpnId, pricingCurrency, currency };
  const outcome = outcomeOf(pricing, of);
  switch (outcome.kind) {
    case 'withoutMoney':
      return { ...told, outcome: 'withoutMoney' };
    case 'refused':
      return { ...told, outcome: 'refused', refusal: audience === 'csp' ? outcome : notPriced };
    case 'priced': {
      const steps = outcome.explain.map((step): ExplainedStep => {
        const prices = (step.buyer === 'reseller' ? outcome.reseller : undefined) ?? outcome.customer;
        const { subtotal, taxTotal, total } = prices;
        return { ...step, amounts: { subtotal, taxTotal, total } };
      });
      return { ...told, outcome: 'priced', steps: audience === 'csp' ? steps : resellersOwn(steps) };
    }
  }
}

function resellersOwn(steps: readonly ExplainedStep[]): readonly ExplainedStep[] {
  return steps.filter(({ seller }) => seller === 'reseller').map(({ listPrice: _, ...step }) => step);
}

function outcomeOf(pricing: Pricing, of: FileLine): LineOutcome {
  switch (of.kind) {
    case 'onetime':
      return priceInvoiceLine(pricing, of.line);
    case 'license':
      return priceLicenseLine(pricing, of.line);
    case 'usage':
      return priceLegacyUsage(pricing, of.line);
    case 'dailyratedusage':
      return priceRatedUsage(pricing, of.line);
  }
}
