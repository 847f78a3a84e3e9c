import { toText } from '../domain/decimal.ts';
import type { LegacyUsageLine } from '../domain/legacy-usage-line.ts';
import type { SourcePlace } from '../domain/source-place.ts';
import type { ColumnTable, Fields } from './columns.ts';
import { textOrNone } from './license-lines.ts';

/**
 * Azure usage line items of a legacy invoice: our field ← Microsoft's names in the CSV and in version 1 of the API,
 * which serves billed and daily rows apart. Daily rows have no money, so amounts are optional one by one; a billed row
 * without charges is not recognised as one.
 */
export const legacyUsageLineColumns = {
  tenantId: { names: ['PartnerId'], type: 'id', required: true },
  partnerName: { names: ['PartnerName'], type: 'text', required: false },
  partnerBillableAccountId: { names: ['PartnerBillableAccountId'], type: 'text', required: false },
  customerId: { names: ['CustomerId'], type: 'idOrNone', required: false },
  customerName: { names: ['CustomerCompanyName', 'CustomerName'], type: 'text', required: false },
  mpnId: { names: ['MpnId'], type: 'text', required: false },
  resellerMpnId: { names: ['ResellerMpnId', 'Tier2MpnId'], type: 'text', required: false },
  invoiceId: { names: ['InvoiceNumber'], type: 'text', required: false },
  chargeStartDate: { names: ['ChargeStartDate'], type: 'day', required: false },
  chargeEndDate: { names: ['ChargeEndDate'], type: 'day', required: false },
  subscriptionId: { names: ['SubscriptionId'], type: 'id', required: true },
  subscriptionName: { names: ['SubscriptionName'], type: 'text', required: false },
  subscriptionDescription: { names: ['SubscriptionDescription'], type: 'text', required: false },
  orderId: { names: ['OrderId'], type: 'text', required: false },
  serviceName: { names: ['ServiceName'], type: 'text', required: false },
  serviceType: { names: ['ServiceType'], type: 'text', required: false },
  resourceGuid: { names: ['ResourceGuid'], type: 'id', required: true },
  resourceName: { names: ['ResourceName'], type: 'text', required: false },
  region: { names: ['Region'], type: 'text', required: false },
  sku: { names: ['Sku'], type: 'text', required: false },
  detailLineItemId: { names: ['DetailLineItemId'], type: 'text', required: false },
  consumedQuantity: { names: ['ConsumedQuantity'], type: 'decimal', required: true, unit: 'consumedUnits' },
  includedQuantity: { names: ['IncludedQuantity'], type: 'decimal', required: false, unit: 'consumedUnits' },
  overageQuantity: { names: ['OverageQuantity'], type: 'decimal', required: false, unit: 'consumedUnits' },
  listPrice: { names: ['ListPrice'], type: 'decimal', required: false, unit: 'billingCurrency' },
  pretaxCharges: { names: ['PretaxCharges'], type: 'decimal', required: false, unit: 'billingCurrency' },
  taxAmount: { names: ['TaxAmount'], type: 'decimal', required: false, unit: 'billingCurrency' },
  postTaxTotal: { names: ['PostTaxTotal'], type: 'decimal', required: false, unit: 'billingCurrency' },
  currency: { names: ['Currency'], type: 'text', required: false },
  pretaxEffectiveRate: { names: ['PretaxEffectiveRate'], type: 'decimal', required: false, unit: 'billingCurrency' },
  postTaxEffectiveRate: { names: ['PostTaxEffectiveRate'], type: 'decimal', required: false, unit: 'billingCurrency' },
  chargeType: { names: ['ChargeType'], type: 'text', required: false },
  domainName: { names: ['DomainName'], type: 'text', required: false },
  billingCycleType: { names: ['BillingCycleType'], type: 'text', required: false },
  unit: { names: ['Unit'], type: 'text', required: false },
  customerBillableAccount: { names: ['CustomerBillableAccount'], type: 'text', required: false },
  usageDate: { names: ['UsageDate'], type: 'day', required: false },
  meteredRegion: { names: ['MeteredRegion'], type: 'text', required: false },
  meteredService: { names: ['MeteredService'], type: 'text', required: false },
  meteredServiceType: { names: ['MeteredServiceType'], type: 'text', required: false },
  project: { names: ['Project'], type: 'text', required: false },
  serviceInfo: { names: ['ServiceInfo'], type: 'text', required: false },
} as const satisfies ColumnTable;

/** A row without pre-tax charges is one of daily usage, which costs nothing. */
export function fromLegacyUsageLine(row: Fields<typeof legacyUsageLineColumns>, place: SourcePlace): LegacyUsageLine {
  return {
    ...place,
    ...row,
    kind: row.pretaxCharges === undefined ? 'daily' : 'billed',
    currency: row.currency.trim().toUpperCase(),
    consumedQuantity: toText(row.consumedQuantity),
    includedQuantity: textOrNone(row.includedQuantity),
    overageQuantity: textOrNone(row.overageQuantity),
    listPrice: textOrNone(row.listPrice),
    pretaxCharges: textOrNone(row.pretaxCharges),
    taxAmount: textOrNone(row.taxAmount),
    postTaxTotal: textOrNone(row.postTaxTotal),
    pretaxEffectiveRate: textOrNone(row.pretaxEffectiveRate),
    postTaxEffectiveRate: textOrNone(row.postTaxEffectiveRate),
  };
}
