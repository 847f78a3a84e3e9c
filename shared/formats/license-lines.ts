import { type Decimal, toText } from '../domain/decimal.ts';
import type { LicenseLine } from '../domain/license-line.ts';
import type { SourcePlace } from '../domain/source-place.ts';
import type { ColumnTable, Fields } from './columns.ts';

/**
 * Licence-based line items of a legacy invoice: our field ← Microsoft's names in both CSV layouts and in version 1 of
 * the API. Bound by name: Microsoft's pages name spreadsheet columns that do not fit the order they document.
 */
export const licenseLineColumns = {
  tenantId: { names: ['PartnerId'], type: 'id', required: true },
  customerId: { names: ['CustomerId'], type: 'id', required: true },
  customerName: { names: ['CustomerName'], type: 'text', required: false },
  mpnId: { names: ['MpnId'], type: 'text', required: false },
  resellerMpnId: { names: ['ResellerMpnId', 'Tier2MpnId'], type: 'text', required: false },
  invoiceId: { names: ['InvoiceNumber'], type: 'text', required: false },
  orderId: { names: ['OrderId'], type: 'text', required: false },
  subscriptionId: { names: ['SubscriptionId'], type: 'text', required: false },
  partnerCenterSubscriptionId: {
    names: ['SyndicationPartnerSubscriptionNumber'],
    type: 'idOrNone',
    required: true,
  },
  offerId: { names: ['OfferId'], type: 'text', required: false },
  durableOfferId: { names: ['DurableOfferId'], type: 'text', required: true },
  offerName: { names: ['OfferName'], type: 'text', required: false },
  subscriptionStartDate: { names: ['SubscriptionStartDate'], type: 'day', required: false },
  subscriptionEndDate: { names: ['SubscriptionEndDate'], type: 'day', required: false },
  chargeStartDate: { names: ['ChargeStartDate'], type: 'day', required: false },
  chargeEndDate: { names: ['ChargeEndDate'], type: 'day', required: false },
  chargeType: { names: ['ChargeType'], type: 'text', required: true },
  unitPrice: { names: ['UnitPrice'], type: 'decimal', required: true, unit: 'billingCurrency' },
  quantity: { names: ['Quantity'], type: 'decimal', required: true },
  amount: { names: ['Amount'], type: 'decimal', required: true, unit: 'billingCurrency' },
  totalOtherDiscount: { names: ['TotalOtherDiscount'], type: 'decimal', required: true, unit: 'billingCurrency' },
  subtotal: { names: ['Subtotal'], type: 'decimal', required: true, unit: 'billingCurrency' },
  tax: { names: ['Tax'], type: 'decimal', required: true, unit: 'billingCurrency' },
  totalForCustomer: { names: ['TotalForCustomer'], type: 'decimal', required: true, unit: 'billingCurrency' },
  currency: { names: ['Currency'], type: 'currency', required: true },
  domainName: { names: ['DomainName'], type: 'text', required: false },
  subscriptionName: { names: ['SubscriptionName'], type: 'text', required: false },
  subscriptionDescription: { names: ['SubscriptionDescription'], type: 'text', required: false },
  billingCycleType: { names: ['BillingCycleType'], type: 'text', required: false },
} as const satisfies ColumnTable;

/** A line of licences, amounts as exact decimal text. */
export function fromLicenseLine(row: Fields<typeof licenseLineColumns>, place: SourcePlace): LicenseLine {
  const { invoiceId: _invoiceId, ...fields } = row;
  return {
    ...place,
    ...fields,
    unitPrice: toText(row.unitPrice),
    quantity: toText(row.quantity),
    amount: toText(row.amount),
    totalOtherDiscount: toText(row.totalOtherDiscount),
    subtotal: toText(row.subtotal),
    tax: toText(row.tax),
    totalForCustomer: toText(row.totalForCustomer),
    currency: row.currency.trim().toUpperCase(),
  };
}

/** Exact text of an amount that a row may do without; empty where it does. */
export function textOrNone(value: Decimal | undefined): string {
  return value === undefined ? '' : toText(value);
}
