/**
 * One line item of a new-commerce invoice, every column of it, with where it stands in the download. Dates are days or
 * empty; amounts are exact decimal text: `subtotal`, `taxTotal` and `total` in `currency`, the unit prices in
 * `pricingCurrency`. `subscriptionId` is Partner Center's plan or subscription, not the Azure subscription.
 */
export type InvoiceLine = {
  readonly part: number;
  readonly line: number;
  /** The partner's own tenant: `PartnerId`. */
  readonly tenantId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly customerDomainName: string;
  readonly customerCountry: string;
  /** Empty in unbilled data. */
  readonly invoiceId: string;
  readonly mpnId: string;
  readonly resellerMpnId: string;
  readonly orderId: string;
  readonly orderDate: string;
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly skuName: string;
  readonly productName: string;
  readonly chargeType: string;
  /** List price; what was paid is `effectiveUnitPrice`, after proration and discounts, negative on refunds. */
  readonly unitPrice: string;
  /** As ordered; `billableQuantity` is what the amounts are made of. */
  readonly quantity: string;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  readonly currency: string;
  /** A list in JSON, or free text, such as `["15.0% Partner earned credit for services managed"]`. It tells of costs. */
  readonly priceAdjustmentDescription: string;
  readonly publisherName: string;
  readonly publisherId: string;
  readonly subscriptionDescription: string;
  readonly subscriptionId: string;
  readonly chargeStartDate: string;
  /** The last day, included; empty for perpetual software. */
  readonly chargeEndDate: string;
  readonly termAndBillingCycle: string;
  readonly effectiveUnitPrice: string;
  readonly unitType: string;
  readonly alternateId: string;
  /** Stays positive on refunds. */
  readonly billableQuantity: string;
  readonly billingFrequency: string;
  readonly pricingCurrency: string;
  /** Pricing to billing currency; empty where the line has none. */
  readonly exchangeRate: string;
  readonly exchangeRateDate: string;
  readonly meterDescription: string;
  readonly reservationOrderId: string;
  readonly creditReasonCode: string;
  readonly subscriptionStartDate: string;
  /** The last day, included. */
  readonly subscriptionEndDate: string;
  /** What the rows of one event share: the refund of the old seats and the charge for the new ones. */
  readonly referenceId: string;
  /** A list in JSON, such as `["Add-on"]`. */
  readonly productQualifiers: string;
  readonly promotionId: string;
  readonly productCategory: string;
};
