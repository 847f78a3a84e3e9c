import type { SourcePlace } from './source-place.ts';

/**
 * One licence-based line item of a legacy invoice (`D…`). Days are empty where absent; amounts are exact decimal text in
 * `currency`. Subtotal = amount − totalOtherDiscount; totalForCustomer = subtotal + tax.
 */
export type LicenseLine = SourcePlace & {
  readonly tenantId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly mpnId: string;
  readonly resellerMpnId: string;
  /** Up to 18 digits: text, always. */
  readonly orderId: string;
  /** The billing platform's id; case matters. */
  readonly subscriptionId: string;
  /** The subscription as Partner Center knows it, a GUID: what joins to everything else. */
  readonly partnerCenterSubscriptionId: string;
  readonly offerId: string;
  /** The offer as the price list names it. */
  readonly durableOfferId: string;
  readonly offerName: string;
  readonly subscriptionStartDate: string;
  readonly subscriptionEndDate: string;
  readonly chargeStartDate: string;
  readonly chargeEndDate: string;
  readonly chargeType: string;
  readonly unitPrice: string;
  readonly quantity: string;
  readonly amount: string;
  readonly totalOtherDiscount: string;
  readonly subtotal: string;
  readonly tax: string;
  readonly totalForCustomer: string;
  readonly currency: string;
  readonly domainName: string;
  readonly subscriptionName: string;
  readonly subscriptionDescription: string;
  readonly billingCycleType: string;
};
