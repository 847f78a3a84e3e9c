import { uuidOf } from './content-hash.ts';
import type { CustomerColumn, LineRecords, PartnerColumn, SoldRow } from './file-columns.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { PricedLine } from './line-prices.ts';
import { productTypeOf } from './product-type.ts';
import { customerMarginColumns, recordColumns, resellerMarginColumns } from './sold-columns.ts';

/** A line with every column of Microsoft's. */
export type OnetimeLine = InvoiceLine & {
  readonly tenantId: string;
  readonly invoiceId: string;
  readonly mpnId: string;
  readonly orderId: string;
  readonly priceAdjustmentDescription: string;
  readonly exchangeRate: string;
  readonly exchangeRateDate: string;
  readonly creditReasonCode: string;
  readonly referenceId: string;
  readonly productQualifiers: string;
  readonly promotionId: string;
  readonly productCategory: string;
};

/** What a line tells of the CSP's own costs. `priceAdjustmentDescription` names its credits in percent. */
type Cost = 'unitPrice' | 'effectiveUnitPrice' | 'subtotal' | 'taxTotal' | 'total' | 'priceAdjustmentDescription';

/** The `onetime` file for the CSP: Microsoft's columns in Microsoft's order, then our own; for a reseller, what it may see. */
export const onetimeColumns = {
  PartnerId: { audience: 'reseller', type: 'id', from: { line: 'tenantId' } },
  CustomerId: { audience: 'reseller', type: 'id', from: { line: 'customerId' } },
  CustomerName: { audience: 'reseller', type: 'text', from: { line: 'customerName' } },
  CustomerDomainName: { audience: 'reseller', type: 'text', from: { line: 'customerDomainName' } },
  CustomerCountry: { audience: 'reseller', type: 'text', from: { line: 'customerCountry' } },
  InvoiceNumber: { audience: 'reseller', type: 'id', from: { line: 'invoiceId' } },
  MpnId: { audience: 'reseller', type: 'id', from: { line: 'mpnId' } },
  ResellerMpnId: { audience: 'reseller', type: 'id', from: { line: 'resellerMpnId' } },
  OrderId: { audience: 'reseller', type: 'id', from: { line: 'orderId' } },
  OrderDate: { audience: 'reseller', type: 'day', from: { line: 'orderDate' } },
  ProductId: { audience: 'reseller', type: 'id', from: { line: 'productId' } },
  SkuId: { audience: 'reseller', type: 'id', from: { line: 'skuId' } },
  AvailabilityId: { audience: 'reseller', type: 'id', from: { line: 'availabilityId' } },
  SkuName: { audience: 'reseller', type: 'text', from: { line: 'skuName' } },
  ProductName: { audience: 'reseller', type: 'text', from: { line: 'productName' } },
  ChargeType: { audience: 'reseller', type: 'text', from: { line: 'chargeType' } },
  UnitPrice: { audience: 'csp', type: 'decimal', from: { line: 'unitPrice' } },
  Quantity: { audience: 'reseller', type: 'decimal', from: { line: 'quantity' } },
  Subtotal: { audience: 'csp', type: 'decimal', from: { line: 'subtotal' } },
  TaxTotal: { audience: 'csp', type: 'decimal', from: { line: 'taxTotal' } },
  Total: { audience: 'csp', type: 'decimal', from: { line: 'total' } },
  Currency: { audience: 'reseller', type: 'text', from: { line: 'currency' } },
  PriceAdjustmentDescription: { audience: 'csp', type: 'text', from: { line: 'priceAdjustmentDescription' } },
  PublisherName: { audience: 'reseller', type: 'text', from: { line: 'publisherName' } },
  PublisherId: { audience: 'reseller', type: 'id', from: { line: 'publisherId' } },
  SubscriptionDescription: { audience: 'reseller', type: 'text', from: { line: 'subscriptionDescription' } },
  SubscriptionId: { audience: 'reseller', type: 'id', from: { line: 'subscriptionId' } },
  ChargeStartDate: { audience: 'reseller', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'reseller', type: 'day', from: { line: 'chargeEndDate' } },
  TermAndBillingCycle: { audience: 'reseller', type: 'text', from: { line: 'termAndBillingCycle' } },
  EffectiveUnitPrice: { audience: 'csp', type: 'decimal', from: { line: 'effectiveUnitPrice' } },
  UnitType: { audience: 'reseller', type: 'text', from: { line: 'unitType' } },
  AlternateId: { audience: 'reseller', type: 'id', from: { line: 'alternateId' } },
  BillableQuantity: { audience: 'reseller', type: 'decimal', from: { line: 'billableQuantity' } },
  BillingFrequency: { audience: 'reseller', type: 'text', from: { line: 'billingFrequency' } },
  PricingCurrency: { audience: 'reseller', type: 'text', from: { line: 'pricingCurrency' } },
  PCToBCExchangeRate: { audience: 'reseller', type: 'decimal', from: { line: 'exchangeRate' } },
  PCToBCExchangeRateDate: { audience: 'reseller', type: 'day', from: { line: 'exchangeRateDate' } },
  MeterDescription: { audience: 'reseller', type: 'text', from: { line: 'meterDescription' } },
  ReservationOrderId: { audience: 'reseller', type: 'id', from: { line: 'reservationOrderId' } },
  CreditReasonCode: { audience: 'reseller', type: 'text', from: { line: 'creditReasonCode' } },
  SubscriptionStartDate: { audience: 'reseller', type: 'day', from: { line: 'subscriptionStartDate' } },
  SubscriptionEndDate: { audience: 'reseller', type: 'day', from: { line: 'subscriptionEndDate' } },
  ReferenceId: { audience: 'reseller', type: 'id', from: { line: 'referenceId' } },
  ProductQualifiers: { audience: 'reseller', type: 'text', from: { line: 'productQualifiers' } },
  PromotionId: { audience: 'reseller', type: 'id', from: { line: 'promotionId' } },
  ProductCategory: { audience: 'reseller', type: 'text', from: { line: 'productCategory' } },
  ...recordColumns,
  ...resellerMarginColumns,
  UnitPriceForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'unitPrice' } },
  SubtotalForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'subtotal' } },
  TaxTotalForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'taxTotal' } },
  TotalForReseller: { audience: 'reseller', type: 'money', from: { price: 'reseller', value: 'total' } },
  ...customerMarginColumns,
  UnitPriceForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'unitPrice' } },
  SubtotalForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'subtotal' } },
  TaxTotalForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'taxTotal' } },
  TotalForCustomer: { audience: 'reseller', type: 'money', from: { price: 'customer', value: 'total' } },
} as const satisfies Record<string, PartnerColumn<OnetimeLine, Cost>>;

/** The `onetime` file for a customer: exactly the columns of its description, in that order. */
export const customerOnetimeColumns = {
  CustomerId: { audience: 'customer', type: 'id', from: { line: 'customerId' } },
  CustomerName: { audience: 'customer', type: 'text', from: { line: 'customerName' } },
  CustomerDomainName: { audience: 'customer', type: 'text', from: { line: 'customerDomainName' } },
  CustomerCountry: { audience: 'customer', type: 'text', from: { line: 'customerCountry' } },
  OrderDate: { audience: 'customer', type: 'day', from: { line: 'orderDate' } },
  ProductId: { audience: 'customer', type: 'id', from: { line: 'productId' } },
  SkuId: { audience: 'customer', type: 'id', from: { line: 'skuId' } },
  AvailabilityId: { audience: 'customer', type: 'id', from: { line: 'availabilityId' } },
  SkuName: { audience: 'customer', type: 'text', from: { line: 'skuName' } },
  ProductName: { audience: 'customer', type: 'text', from: { line: 'productName' } },
  ChargeType: { audience: 'customer', type: 'text', from: { line: 'chargeType' } },
  Quantity: { audience: 'customer', type: 'decimal', from: { line: 'quantity' } },
  Currency: { audience: 'customer', type: 'text', from: { line: 'currency' } },
  PublisherName: { audience: 'customer', type: 'text', from: { line: 'publisherName' } },
  PublisherId: { audience: 'customer', type: 'id', from: { line: 'publisherId' } },
  SubscriptionDescription: { audience: 'customer', type: 'text', from: { line: 'subscriptionDescription' } },
  SubscriptionId: { audience: 'customer', type: 'id', from: { record: 'subscription', value: 'id' } },
  ChargeStartDate: { audience: 'customer', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'customer', type: 'day', from: { line: 'chargeEndDate' } },
  TermAndBillingCycle: { audience: 'customer', type: 'text', from: { line: 'termAndBillingCycle' } },
  UnitType: { audience: 'customer', type: 'text', from: { line: 'unitType' } },
  AlternateId: { audience: 'customer', type: 'id', from: { line: 'alternateId' } },
  UnitPriceForCustomer: { audience: 'customer', type: 'decimal', from: { price: 'customer', value: 'unitPrice' } },
  SubtotalForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'subtotal' } },
  TaxTotalForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'taxTotal' } },
  TotalForCustomer: { audience: 'customer', type: 'money', from: { price: 'customer', value: 'total' } },
  Id: { audience: 'customer', type: 'id', from: { made: 'id' } },
  BillableQuantity: { audience: 'customer', type: 'decimal', from: { line: 'billableQuantity' } },
  BillingFrequency: { audience: 'customer', type: 'text', from: { line: 'billingFrequency' } },
  PricingCurrency: { audience: 'customer', type: 'text', from: { line: 'pricingCurrency' } },
  MeterDescription: { audience: 'customer', type: 'text', from: { line: 'meterDescription' } },
  ProductType: { audience: 'customer', type: 'text', from: { made: 'productType' } },
  ReservationOrderId: { audience: 'customer', type: 'id', from: { line: 'reservationOrderId' } },
  SubscriptionStartDate: { audience: 'customer', type: 'day', from: { line: 'subscriptionStartDate' } },
  SubscriptionEndDate: { audience: 'customer', type: 'day', from: { line: 'subscriptionEndDate' } },
  OfferProviderId: { audience: 'customer', type: 'id', from: { made: 'offerProviderId' } },
  SubscriptionProviderId: { audience: 'customer', type: 'id', from: { line: 'subscriptionId' } },
  SubscriptionPONumber: {
    audience: 'customer',
    type: 'id',
    from: { record: 'subscription', value: 'purchaseOrderNumber' },
  },
  SubscriptionName: {
    audience: 'customer',
    type: 'text',
    from: { record: 'subscription', value: 'name', otherwise: 'subscriptionDescription' },
  },
} as const satisfies Record<string, CustomerColumn<OnetimeLine, Cost | 'resellerMpnId' | 'mpnId' | 'tenantId'>>;

/** One line as a row of any `onetime` file. `invoiceId` is the invoice that was downloaded; the line may name none. */
export function onetimeRow(
  line: OnetimeLine,
  row: { readonly invoiceId: string; readonly prices: PricedLine | undefined; readonly records: LineRecords },
): SoldRow<OnetimeLine> {
  const id = uuidOf([row.invoiceId, 'onetime', String(line.part), String(line.line)]);
  const offerProviderId = `${line.productId}:${line.skuId}`;
  return {
    line,
    prices: row.prices,
    records: row.records,
    made: { id, productType: productTypeOf(line), offerProviderId },
  };
}
