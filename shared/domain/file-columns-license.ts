import { uuidOf } from './content-hash.ts';
import type { CustomerColumn, LineRecords, PartnerColumn, SoldRow } from './file-columns.ts';
import type { LicenseItem } from './line-item.ts';
import type { LicensePrices, PricedLine } from './line-prices.ts';
import { customerMarginColumns, recordColumns, resellerMarginColumns } from './sold-columns.ts';

/** What a line tells of the CSP's own costs; Microsoft calls its total to the CSP `TotalForCustomer`. */
type Cost = 'unitPrice' | 'amount' | 'totalOtherDiscount' | 'subtotal' | 'tax' | 'totalForCustomer';

/**
 * The `license` file for the CSP and, as far as it may see it, for a reseller. Microsoft's `TotalForCustomer`, which is
 * what the CSP pays, is called `Total` here as in new commerce: in our files that name is what the customer pays.
 */
export const licenseColumns = {
  PartnerId: { audience: 'reseller', type: 'id', from: { line: 'tenantId' } },
  CustomerId: { audience: 'reseller', type: 'id', from: { line: 'customerId' } },
  CustomerName: { audience: 'reseller', type: 'text', from: { line: 'customerName' } },
  MpnId: { audience: 'reseller', type: 'id', from: { line: 'mpnId' } },
  ResellerMpnId: { audience: 'reseller', type: 'id', from: { line: 'resellerMpnId' } },
  OrderId: { audience: 'reseller', type: 'id', from: { line: 'orderId' } },
  SubscriptionId: { audience: 'reseller', type: 'id', from: { line: 'subscriptionId' } },
  SyndicationPartnerSubscriptionNumber: {
    audience: 'reseller',
    type: 'id',
    from: { line: 'partnerCenterSubscriptionId' },
  },
  OfferId: { audience: 'reseller', type: 'id', from: { line: 'offerId' } },
  DurableOfferId: { audience: 'reseller', type: 'id', from: { line: 'durableOfferId' } },
  OfferName: { audience: 'reseller', type: 'text', from: { line: 'offerName' } },
  SubscriptionStartDate: { audience: 'reseller', type: 'day', from: { line: 'subscriptionStartDate' } },
  SubscriptionEndDate: { audience: 'reseller', type: 'day', from: { line: 'subscriptionEndDate' } },
  ChargeStartDate: { audience: 'reseller', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'reseller', type: 'day', from: { line: 'chargeEndDate' } },
  ChargeType: { audience: 'reseller', type: 'text', from: { line: 'chargeType' } },
  UnitPrice: { audience: 'csp', type: 'decimal', from: { line: 'unitPrice' } },
  Quantity: { audience: 'reseller', type: 'decimal', from: { line: 'quantity' } },
  Amount: { audience: 'csp', type: 'decimal', from: { line: 'amount' } },
  TotalOtherDiscount: { audience: 'csp', type: 'decimal', from: { line: 'totalOtherDiscount' } },
  Subtotal: { audience: 'csp', type: 'decimal', from: { line: 'subtotal' } },
  Tax: { audience: 'csp', type: 'decimal', from: { line: 'tax' } },
  Total: { audience: 'csp', type: 'decimal', from: { line: 'totalForCustomer' } },
  Currency: { audience: 'reseller', type: 'text', from: { line: 'currency' } },
  DomainName: { audience: 'reseller', type: 'text', from: { line: 'domainName' } },
  SubscriptionName: { audience: 'reseller', type: 'text', from: { line: 'subscriptionName' } },
  SubscriptionDescription: { audience: 'reseller', type: 'text', from: { line: 'subscriptionDescription' } },
  BillingCycleType: { audience: 'reseller', type: 'text', from: { line: 'billingCycleType' } },
  ...recordColumns,
  ...resellerMarginColumns,
  UnitPriceForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'unitPrice' } },
  SubtotalForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'subtotal' } },
  TaxForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'taxTotal' } },
  TotalForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'total' } },
  ...customerMarginColumns,
  UnitPriceForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'unitPrice' } },
  SubtotalForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'subtotal' } },
  TaxForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'taxTotal' } },
  TotalForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'total' } },
} as const satisfies Record<string, PartnerColumn<LicenseItem, Cost>>;

/** The `license` file for a customer: exactly the columns of its description, in that order. */
export const customerLicenseColumns = {
  CustomerId: { audience: 'customer', type: 'id', from: { line: 'customerId' } },
  CustomerName: { audience: 'customer', type: 'text', from: { line: 'customerName' } },
  OrderId: { audience: 'customer', type: 'id', from: { line: 'orderId' } },
  SubscriptionProviderId: { audience: 'customer', type: 'id', from: { line: 'partnerCenterSubscriptionId' } },
  OfferProviderId: { audience: 'customer', type: 'id', from: { made: 'offerProviderId' } },
  OfferName: { audience: 'customer', type: 'text', from: { line: 'offerName' } },
  SubscriptionStartDate: { audience: 'customer', type: 'day', from: { line: 'subscriptionStartDate' } },
  SubscriptionEndDate: { audience: 'customer', type: 'day', from: { line: 'subscriptionEndDate' } },
  ChargeStartDate: { audience: 'customer', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'customer', type: 'day', from: { line: 'chargeEndDate' } },
  ChargeType: { audience: 'customer', type: 'text', from: { line: 'chargeType' } },
  Quantity: { audience: 'customer', type: 'decimal', from: { line: 'quantity' } },
  Currency: { audience: 'customer', type: 'text', from: { line: 'currency' } },
  DomainName: { audience: 'customer', type: 'text', from: { line: 'domainName' } },
  SubscriptionName: { audience: 'customer', type: 'text', from: { line: 'subscriptionName' } },
  SubscriptionDescription: { audience: 'customer', type: 'text', from: { line: 'subscriptionDescription' } },
  BillingCycleType: { audience: 'customer', type: 'text', from: { line: 'billingCycleType' } },
  UnitPriceForCustomer: { audience: 'customer', type: 'decimal', from: { price: 'customer', value: 'unitPrice' } },
  AmountForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'amount' } },
  SubtotalForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'subtotal' } },
  TaxForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'taxTotal' } },
  TotalForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'total' } },
  TotalOtherDiscountForCustomer: {
    audience: 'customer',
    type: 'money',
    from: { price: 'customer', value: 'totalOtherDiscount' },
  },
  Id: { audience: 'customer', type: 'id', from: { made: 'id' } },
  SubscriptionPONumber: {
    audience: 'customer',
    type: 'id',
    from: { record: 'subscription', value: 'purchaseOrderNumber' },
  },
} as const satisfies Record<
  string,
  CustomerColumn<LicenseItem, Cost | 'resellerMpnId' | 'mpnId' | 'tenantId', LicensePrices>
>;

/** One line as a row of any `license` file. Microsoft's file does not name its invoice; the download does. */
export function licenseRow(
  line: LicenseItem,
  row: {
    readonly invoiceId: string;
    readonly prices: PricedLine<LicensePrices> | undefined;
    readonly records: LineRecords;
  },
): SoldRow<LicenseItem, LicensePrices> {
  const id = uuidOf([row.invoiceId, 'license', String(line.part), String(line.line)]);
  const made = { id, productType: 'license', offerProviderId: line.durableOfferId };
  return { line, prices: row.prices, records: row.records, made };
}
