/**
 * One line item of a new-commerce invoice, with where it stands in the download. Dates are days or empty; amounts are
 * exact decimal text: `subtotal`, `taxTotal` and `total` in `currency`, the unit prices in `pricingCurrency`.
 * `subscriptionId` is Partner Center's plan or subscription, not the Azure subscription.
 */
export type InvoiceLine = {
  readonly part: number;
  readonly line: number;
  readonly customerId: string;
  readonly customerName: string;
  readonly customerDomainName: string;
  readonly customerCountry: string;
  readonly resellerMpnId: string;
  readonly orderDate: string;
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly skuName: string;
  readonly productName: string;
  readonly chargeType: string;
  readonly unitPrice: string;
  readonly quantity: string;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  readonly currency: string;
  readonly publisherName: string;
  readonly publisherId: string;
  readonly subscriptionDescription: string;
  readonly subscriptionId: string;
  readonly chargeStartDate: string;
  readonly chargeEndDate: string;
  readonly termAndBillingCycle: string;
  readonly effectiveUnitPrice: string;
  readonly unitType: string;
  readonly alternateId: string;
  readonly billableQuantity: string;
  readonly billingFrequency: string;
  readonly pricingCurrency: string;
  readonly meterDescription: string;
  readonly reservationOrderId: string;
  readonly subscriptionStartDate: string;
  readonly subscriptionEndDate: string;
};
