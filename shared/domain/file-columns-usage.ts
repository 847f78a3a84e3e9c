import { uuidOf } from './content-hash.ts';
import type { LineRecords, PartnerColumn, SoldRow } from './file-columns.ts';
import type { LegacyUsageItem } from './line-item.ts';
import type { PricedLine } from './line-prices.ts';
import { customerMarginColumns, recordColumns, resellerMarginColumns } from './sold-columns.ts';

/** What a line tells of the CSP's own costs. */
type Cost =
  | 'listPrice'
  | 'pretaxCharges'
  | 'taxAmount'
  | 'postTaxTotal'
  | 'pretaxEffectiveRate'
  | 'postTaxEffectiveRate';

/** The `usage` file (legacy) for the CSP and, as far as it may see it, for a reseller. Customers have none. */
export const legacyUsageColumns = {
  PartnerId: { audience: 'reseller', type: 'id', from: { line: 'tenantId' } },
  PartnerName: { audience: 'reseller', type: 'text', from: { line: 'partnerName' } },
  PartnerBillableAccountId: { audience: 'reseller', type: 'id', from: { line: 'partnerBillableAccountId' } },
  CustomerCompanyName: { audience: 'reseller', type: 'text', from: { line: 'customerName' } },
  MpnId: { audience: 'reseller', type: 'id', from: { line: 'mpnId' } },
  ResellerMpnId: { audience: 'reseller', type: 'id', from: { line: 'resellerMpnId' } },
  InvoiceNumber: { audience: 'reseller', type: 'id', from: { line: 'invoiceId' } },
  ChargeStartDate: { audience: 'reseller', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'reseller', type: 'day', from: { line: 'chargeEndDate' } },
  SubscriptionId: { audience: 'reseller', type: 'id', from: { line: 'subscriptionId' } },
  SubscriptionName: { audience: 'reseller', type: 'text', from: { line: 'subscriptionName' } },
  SubscriptionDescription: { audience: 'reseller', type: 'text', from: { line: 'subscriptionDescription' } },
  OrderID: { audience: 'reseller', type: 'id', from: { line: 'orderId' } },
  ServiceName: { audience: 'reseller', type: 'text', from: { line: 'serviceName' } },
  ServiceType: { audience: 'reseller', type: 'text', from: { line: 'serviceType' } },
  ResourceGuid: { audience: 'reseller', type: 'id', from: { line: 'resourceGuid' } },
  ResourceName: { audience: 'reseller', type: 'text', from: { line: 'resourceName' } },
  Region: { audience: 'reseller', type: 'text', from: { line: 'region' } },
  Sku: { audience: 'reseller', type: 'id', from: { line: 'sku' } },
  DetailLineItemId: { audience: 'reseller', type: 'id', from: { line: 'detailLineItemId' } },
  ConsumedQuantity: { audience: 'reseller', type: 'decimal', from: { line: 'consumedQuantity' } },
  IncludedQuantity: { audience: 'reseller', type: 'decimal', from: { line: 'includedQuantity' } },
  OverageQuantity: { audience: 'reseller', type: 'decimal', from: { line: 'overageQuantity' } },
  ListPrice: { audience: 'csp', type: 'decimal', from: { line: 'listPrice' } },
  PretaxCharges: { audience: 'csp', type: 'decimal', from: { line: 'pretaxCharges' } },
  TaxAmount: { audience: 'csp', type: 'decimal', from: { line: 'taxAmount' } },
  PostTaxTotal: { audience: 'csp', type: 'decimal', from: { line: 'postTaxTotal' } },
  Currency: { audience: 'reseller', type: 'text', from: { line: 'currency' } },
  PretaxEffectiveRate: { audience: 'csp', type: 'decimal', from: { line: 'pretaxEffectiveRate' } },
  PostTaxEffectiveRate: { audience: 'csp', type: 'decimal', from: { line: 'postTaxEffectiveRate' } },
  ChargeType: { audience: 'reseller', type: 'text', from: { line: 'chargeType' } },
  CustomerId: { audience: 'reseller', type: 'id', from: { line: 'customerId' } },
  DomainName: { audience: 'reseller', type: 'text', from: { line: 'domainName' } },
  BillingCycleType: { audience: 'reseller', type: 'text', from: { line: 'billingCycleType' } },
  Unit: { audience: 'reseller', type: 'text', from: { line: 'unit' } },
  CustomerBillableAccount: { audience: 'reseller', type: 'id', from: { line: 'customerBillableAccount' } },
  UsageDate: { audience: 'reseller', type: 'day', from: { line: 'usageDate' } },
  MeteredRegion: { audience: 'reseller', type: 'text', from: { line: 'meteredRegion' } },
  MeteredService: { audience: 'reseller', type: 'text', from: { line: 'meteredService' } },
  MeteredServiceType: { audience: 'reseller', type: 'text', from: { line: 'meteredServiceType' } },
  Project: { audience: 'reseller', type: 'text', from: { line: 'project' } },
  ServiceInfo: { audience: 'reseller', type: 'text', from: { line: 'serviceInfo' } },
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
} as const satisfies Record<string, PartnerColumn<LegacyUsageItem, Cost>>;

/** One line as a row of a `usage` file. */
export function legacyUsageRow(
  line: LegacyUsageItem,
  row: { readonly invoiceId: string; readonly prices: PricedLine | undefined; readonly records: LineRecords },
): SoldRow<LegacyUsageItem> {
  const id = uuidOf([row.invoiceId, 'usage', String(line.part), String(line.line)]);
  const made = { id, productType: 'azurelegacy', offerProviderId: '' };
  return { line, prices: row.prices, records: row.records, made };
}
