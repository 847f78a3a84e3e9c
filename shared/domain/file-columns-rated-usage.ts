import { type Decimal, decimal, multiply, toText } from './decimal.ts';
import type { LineRecords, MadeCells, PartnerColumn, SoldRow } from './file-columns.ts';
import type { PricedLine } from './line-prices.ts';
import { customerMarginColumns, recordColumns, resellerMarginColumns } from './sold-columns.ts';
import type { UsageRow } from './usage-row.ts';

/** The fields of a row of the domain that Microsoft's file has columns for. */
type RatedUsageField =
  | 'tenantId'
  | 'customerId'
  | 'customerName'
  | 'customerDomainName'
  | 'customerCountry'
  | 'mpnId'
  | 'resellerMpnId'
  | 'invoiceId'
  | 'productId'
  | 'skuId'
  | 'availabilityId'
  | 'skuName'
  | 'productName'
  | 'publisherName'
  | 'publisherId'
  | 'planName'
  | 'planId'
  | 'chargeStartDate'
  | 'chargeEndDate'
  | 'usageDate'
  | 'meterType'
  | 'meterCategory'
  | 'meterId'
  | 'meterSubCategory'
  | 'meterName'
  | 'meterRegion'
  | 'unit'
  | 'resourceRegion'
  | 'consumedService'
  | 'resourceGroup'
  | 'resourceId'
  | 'chargeType'
  | 'listPrice'
  | 'quantity'
  | 'unitType'
  | 'cost'
  | 'currency'
  | 'costInPricingCurrency'
  | 'pricingCurrency'
  | 'tags'
  | 'additionalInfo'
  | 'unitPrice'
  | 'exchangeRate'
  | 'exchangeRateDate'
  | 'subscriptionId'
  | 'subscriptionName'
  | 'creditType'
  | 'benefitOrderId'
  | 'benefitId'
  | 'benefitType';

/** A row of daily rated usage with every column of Microsoft's, numbers as exact text, shares in percent as in its file. */
export type RatedUsageLine = { readonly [Field in RatedUsageField & keyof UsageRow]: string } & {
  readonly partnerEarnedCreditPercentage: string;
  readonly creditPercentage: string;
  readonly partnerName: string;
  readonly serviceInfo1: string;
  readonly serviceInfo2: string;
};

/** What a row tells of the CSP's own costs, its earned credit among them. */
type Cost =
  | 'listPrice'
  | 'unitPrice'
  | 'cost'
  | 'costInPricingCurrency'
  | 'partnerEarnedCreditPercentage'
  | 'creditPercentage';

/** The `dailyratedusage` file for the CSP and, as far as it may see it, for a reseller. Customers have none. */
export const ratedUsageColumns = {
  PartnerId: { audience: 'reseller', type: 'id', from: { line: 'tenantId' } },
  PartnerName: { audience: 'reseller', type: 'text', from: { line: 'partnerName' } },
  CustomerId: { audience: 'reseller', type: 'id', from: { line: 'customerId' } },
  CustomerName: { audience: 'reseller', type: 'text', from: { line: 'customerName' } },
  CustomerDomainName: { audience: 'reseller', type: 'text', from: { line: 'customerDomainName' } },
  CustomerCountry: { audience: 'reseller', type: 'text', from: { line: 'customerCountry' } },
  MpnId: { audience: 'reseller', type: 'id', from: { line: 'mpnId' } },
  Tier2MpnId: { audience: 'reseller', type: 'id', from: { line: 'resellerMpnId' } },
  InvoiceNumber: { audience: 'reseller', type: 'id', from: { line: 'invoiceId' } },
  ProductId: { audience: 'reseller', type: 'id', from: { line: 'productId' } },
  SkuId: { audience: 'reseller', type: 'id', from: { line: 'skuId' } },
  AvailabilityId: { audience: 'reseller', type: 'id', from: { line: 'availabilityId' } },
  SkuName: { audience: 'reseller', type: 'text', from: { line: 'skuName' } },
  ProductName: { audience: 'reseller', type: 'text', from: { line: 'productName' } },
  PublisherName: { audience: 'reseller', type: 'text', from: { line: 'publisherName' } },
  PublisherId: { audience: 'reseller', type: 'id', from: { line: 'publisherId' } },
  SubscriptionDescription: { audience: 'reseller', type: 'text', from: { line: 'planName' } },
  SubscriptionId: { audience: 'reseller', type: 'id', from: { line: 'planId' } },
  ChargeStartDate: { audience: 'reseller', type: 'day', from: { line: 'chargeStartDate' } },
  ChargeEndDate: { audience: 'reseller', type: 'day', from: { line: 'chargeEndDate' } },
  UsageDate: { audience: 'reseller', type: 'day', from: { line: 'usageDate' } },
  MeterType: { audience: 'reseller', type: 'text', from: { line: 'meterType' } },
  MeterCategory: { audience: 'reseller', type: 'text', from: { line: 'meterCategory' } },
  MeterId: { audience: 'reseller', type: 'id', from: { line: 'meterId' } },
  MeterSubCategory: { audience: 'reseller', type: 'text', from: { line: 'meterSubCategory' } },
  MeterName: { audience: 'reseller', type: 'text', from: { line: 'meterName' } },
  MeterRegion: { audience: 'reseller', type: 'text', from: { line: 'meterRegion' } },
  Unit: { audience: 'reseller', type: 'text', from: { line: 'unit' } },
  ResourceLocation: { audience: 'reseller', type: 'text', from: { line: 'resourceRegion' } },
  ConsumedService: { audience: 'reseller', type: 'text', from: { line: 'consumedService' } },
  ResourceGroup: { audience: 'reseller', type: 'text', from: { line: 'resourceGroup' } },
  ResourceURI: { audience: 'reseller', type: 'id', from: { line: 'resourceId' } },
  ChargeType: { audience: 'reseller', type: 'text', from: { line: 'chargeType' } },
  UnitPrice: { audience: 'csp', type: 'decimal', from: { line: 'listPrice' } },
  Quantity: { audience: 'reseller', type: 'decimal', from: { line: 'quantity' } },
  UnitType: { audience: 'reseller', type: 'text', from: { line: 'unitType' } },
  BillingPreTaxTotal: { audience: 'csp', type: 'decimal', from: { line: 'cost' } },
  BillingCurrency: { audience: 'reseller', type: 'text', from: { line: 'currency' } },
  PricingPreTaxTotal: { audience: 'csp', type: 'decimal', from: { line: 'costInPricingCurrency' } },
  PricingCurrency: { audience: 'reseller', type: 'text', from: { line: 'pricingCurrency' } },
  ServiceInfo1: { audience: 'reseller', type: 'text', from: { line: 'serviceInfo1' } },
  ServiceInfo2: { audience: 'reseller', type: 'text', from: { line: 'serviceInfo2' } },
  Tags: { audience: 'reseller', type: 'text', from: { line: 'tags' } },
  AdditionalInfo: { audience: 'reseller', type: 'text', from: { line: 'additionalInfo' } },
  EffectiveUnitPrice: { audience: 'csp', type: 'decimal', from: { line: 'unitPrice' } },
  PCToBCExchangeRate: { audience: 'reseller', type: 'decimal', from: { line: 'exchangeRate' } },
  PCToBCExchangeRateDate: { audience: 'reseller', type: 'day', from: { line: 'exchangeRateDate' } },
  EntitlementId: { audience: 'reseller', type: 'id', from: { line: 'subscriptionId' } },
  EntitlementDescription: { audience: 'reseller', type: 'text', from: { line: 'subscriptionName' } },
  PartnerEarnedCreditPercentage: { audience: 'csp', type: 'decimal', from: { line: 'partnerEarnedCreditPercentage' } },
  CreditPercentage: { audience: 'csp', type: 'decimal', from: { line: 'creditPercentage' } },
  CreditType: { audience: 'reseller', type: 'text', from: { line: 'creditType' } },
  BenefitOrderId: { audience: 'reseller', type: 'id', from: { line: 'benefitOrderId' } },
  BenefitId: { audience: 'reseller', type: 'id', from: { line: 'benefitId' } },
  BenefitType: { audience: 'reseller', type: 'text', from: { line: 'benefitType' } },
  ...recordColumns,
  ...resellerMarginColumns,
  UnitPriceForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'unitPrice' } },
  SubtotalForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'subtotal' } },
  TaxTotalForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'taxTotal' } },
  TotalForReseller: { audience: 'reseller', type: 'decimal', from: { price: 'reseller', value: 'total' } },
  ...customerMarginColumns,
  UnitPriceForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'unitPrice' } },
  SubtotalForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'subtotal' } },
  TaxTotalForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'taxTotal' } },
  TotalForCustomer: { audience: 'reseller', type: 'decimal', from: { price: 'customer', value: 'total' } },
} as const satisfies Record<string, PartnerColumn<RatedUsageLine, Cost>>;

/** One row of daily rated usage as a row of a file. */
export function ratedUsageRow(
  line: RatedUsageLine,
  row: { readonly prices: PricedLine | undefined; readonly records: LineRecords },
): SoldRow<RatedUsageLine> {
  return { line, prices: row.prices, records: row.records, made: ratedUsageMade };
}

/** Every row is one of an Azure plan. */
export const ratedUsageMade: MadeCells = { id: '', productType: 'azureplan', offerProviderId: '' };

const hundred = decimal('100');

const textOrNone = (value: Decimal | undefined): string => (value === undefined ? '' : toText(value));
const percentOrNone = (value: Decimal | undefined): string =>
  value === undefined ? '' : toText(multiply(value, hundred));

/** A row of the domain as files and prices take it. */
export function ratedUsageLine(
  row: UsageRow & { readonly partnerName?: string; readonly serviceInfo1?: string; readonly serviceInfo2?: string },
): RatedUsageLine {
  const { line: _line, file: _file, region: _region, partnerEarnedCredit, credit, ...fields } = row;
  return {
    ...fields,
    quantity: toText(row.quantity),
    unitPrice: toText(row.unitPrice),
    cost: toText(row.cost),
    listPrice: textOrNone(row.listPrice),
    costInPricingCurrency: textOrNone(row.costInPricingCurrency),
    exchangeRate: textOrNone(row.exchangeRate),
    partnerEarnedCreditPercentage: percentOrNone(partnerEarnedCredit),
    creditPercentage: percentOrNone(credit),
    partnerName: row.partnerName ?? '',
    serviceInfo1: row.serviceInfo1 ?? '',
    serviceInfo2: row.serviceInfo2 ?? '',
  };
}
