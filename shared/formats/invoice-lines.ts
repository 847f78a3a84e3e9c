import { toText } from '../domain/decimal.ts';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import type { ColumnTable, Fields } from './columns.ts';
import { textOrNone } from './license-lines.ts';

/** Line items of a new-commerce invoice (`onetime`): our field ← Microsoft's names in the portal's CSV, in Graph and in API v1. */
export const invoiceLineColumns = {
  tenantId: { names: ['PartnerId'], type: 'folded', required: true },
  customerId: { names: ['CustomerId'], type: 'folded', required: true },
  customerName: { names: ['CustomerName'], type: 'text', required: false },
  customerDomainName: { names: ['CustomerDomainName'], type: 'text', required: false },
  customerCountry: { names: ['CustomerCountry'], type: 'text', required: false },
  invoiceId: { names: ['InvoiceNumber'], type: 'text', required: false },
  mpnId: { names: ['MpnId'], type: 'text', required: false },
  resellerMpnId: { names: ['ResellerMpnId', 'Tier2MpnId'], type: 'text', required: false },
  orderId: { names: ['OrderId'], type: 'text', required: false },
  orderDate: { names: ['OrderDate'], type: 'day', required: false },
  productId: { names: ['ProductId'], type: 'text', required: true },
  skuId: { names: ['SkuId'], type: 'text', required: true },
  availabilityId: { names: ['AvailabilityId'], type: 'text', required: false },
  skuName: { names: ['SkuName'], type: 'text', required: false },
  productName: { names: ['ProductName'], type: 'text', required: false },
  chargeType: { names: ['ChargeType'], type: 'text', required: true },
  unitPrice: { names: ['UnitPrice'], type: 'decimal', required: true },
  quantity: { names: ['Quantity'], type: 'decimal', required: true },
  subtotal: { names: ['Subtotal'], type: 'decimal', required: true },
  taxTotal: { names: ['TaxTotal'], type: 'decimal', required: true },
  total: { names: ['Total', 'TotalForCustomer'], type: 'decimal', required: true },
  currency: { names: ['Currency'], type: 'currency', required: true },
  priceAdjustmentDescription: { names: ['PriceAdjustmentDescription'], type: 'text', required: false },
  publisherName: { names: ['PublisherName'], type: 'text', required: false },
  publisherId: { names: ['PublisherId'], type: 'text', required: false },
  subscriptionDescription: { names: ['SubscriptionDescription'], type: 'text', required: false },
  subscriptionId: { names: ['SubscriptionId'], type: 'folded', required: false },
  chargeStartDate: { names: ['ChargeStartDate'], type: 'day', required: false },
  chargeEndDate: { names: ['ChargeEndDate'], type: 'day', required: false },
  termAndBillingCycle: { names: ['TermAndBillingCycle'], type: 'text', required: false },
  effectiveUnitPrice: { names: ['EffectiveUnitPrice'], type: 'decimal', required: true },
  unitType: { names: ['UnitType'], type: 'text', required: false },
  alternateId: { names: ['AlternateId'], type: 'text', required: false },
  billableQuantity: { names: ['BillableQuantity'], type: 'decimal', required: true },
  billingFrequency: { names: ['BillingFrequency'], type: 'text', required: false },
  pricingCurrency: { names: ['PricingCurrency'], type: 'text', required: false },
  exchangeRate: { names: ['PCToBCExchangeRate'], type: 'decimal', required: false },
  exchangeRateDate: { names: ['PCToBCExchangeRateDate'], type: 'day', required: false },
  meterDescription: { names: ['MeterDescription'], type: 'text', required: false },
  reservationOrderId: { names: ['ReservationOrderId'], type: 'text', required: false },
  creditReasonCode: { names: ['CreditReasonCode'], type: 'text', required: false },
  subscriptionStartDate: { names: ['SubscriptionStartDate'], type: 'day', required: false },
  subscriptionEndDate: { names: ['SubscriptionEndDate'], type: 'day', required: false },
  referenceId: { names: ['ReferenceId'], type: 'folded', required: false },
  productQualifiers: { names: ['ProductQualifiers'], type: 'text', required: false },
  promotionId: { names: ['PromotionId'], type: 'text', required: false },
  productCategory: { names: ['ProductCategory'], type: 'text', required: false },
} as const satisfies ColumnTable;

export type InvoiceLineRow = Fields<typeof invoiceLineColumns>;

/** `place` is where the line stands: part of the download and line of the file. */
export function fromInvoiceLineRow(
  row: InvoiceLineRow,
  place: { readonly part: number; readonly line: number },
): InvoiceLine {
  return {
    ...place,
    ...row,
    currency: currencyCode(row.currency),
    pricingCurrency: currencyCode(row.pricingCurrency),
    exchangeRate: textOrNone(row.exchangeRate),
    unitPrice: toText(row.unitPrice),
    quantity: toText(row.quantity),
    subtotal: toText(row.subtotal),
    taxTotal: toText(row.taxTotal),
    total: toText(row.total),
    effectiveUnitPrice: toText(row.effectiveUnitPrice),
    billableQuantity: toText(row.billableQuantity),
  };
}

function currencyCode(text: string): string {
  return text.trim().toUpperCase();
}
