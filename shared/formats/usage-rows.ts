import { foldRegion } from '../domain/regions.ts';
import type { SourcePlace } from '../domain/source-place.ts';
import type { MeterCharge } from '../domain/usage.ts';
import type { UsageRow } from '../domain/usage-row.ts';
import { bracedJson } from './braced-json.ts';
import { type ColumnTable, type Fields, pickColumns } from './columns.ts';

/**
 * Daily rated usage of new commerce, billed and unbilled, with every column: our field ← Microsoft's names in the
 * portal's CSV (two generations), in version 1 of the API and in Graph. `EntitlementId` is the Azure subscription;
 * Microsoft's `SubscriptionId` is the plan. What Graph's attribute set `basic` leaves out is required all the same where
 * a comparison needs it: without meter and unit there is nothing to compare.
 */
export const usageRowColumns = {
  tenantId: { names: ['PartnerId'], type: 'id', required: true },
  partnerName: { names: ['PartnerName'], type: 'text', required: false },
  customerId: { names: ['CustomerId'], type: 'id', required: true },
  customerName: { names: ['CustomerName'], type: 'text', required: false },
  customerDomainName: { names: ['CustomerDomainName'], type: 'text', required: false },
  customerCountry: { names: ['CustomerCountry'], type: 'text', required: false },
  mpnId: { names: ['MpnId'], type: 'text', required: false },
  resellerMpnId: { names: ['Tier2MpnId', 'ResellerMpnId'], type: 'text', required: false },
  invoiceId: { names: ['InvoiceNumber'], type: 'text', required: false },
  productId: { names: ['ProductId'], type: 'text', required: false },
  skuId: { names: ['SkuId'], type: 'text', required: false },
  availabilityId: { names: ['AvailabilityId'], type: 'text', required: false },
  skuName: { names: ['SkuName'], type: 'text', required: false },
  productName: { names: ['ProductName'], type: 'text', required: false },
  publisherName: { names: ['PublisherName'], type: 'text', required: false },
  publisherId: { names: ['PublisherId'], type: 'text', required: false },
  planName: { names: ['SubscriptionDescription'], type: 'text', required: false },
  planId: { names: ['SubscriptionId'], type: 'idOrNone', required: false },
  chargeStartDate: { names: ['ChargeStartDate'], type: 'day', required: false },
  chargeEndDate: { names: ['ChargeEndDate'], type: 'day', required: false },
  usageDate: { names: ['UsageDate'], type: 'day', required: true },
  meterType: { names: ['MeterType'], type: 'text', required: false },
  meterCategory: { names: ['MeterCategory'], type: 'text', required: false },
  meterId: { names: ['MeterId'], type: 'id', required: true },
  meterSubCategory: { names: ['MeterSubCategory'], type: 'text', required: false },
  meterName: { names: ['MeterName'], type: 'text', required: false },
  meterRegion: { names: ['MeterRegion'], type: 'text', required: false },
  unit: { names: ['Unit', 'UnitOfMeasure'], type: 'text', required: true },
  resourceRegion: { names: ['ResourceLocation'], type: 'text', required: false },
  consumedService: { names: ['ConsumedService'], type: 'text', required: false },
  resourceGroup: { names: ['ResourceGroup'], type: 'text', required: false },
  resourceId: { names: ['ResourceURI'], type: 'text', required: false },
  chargeType: { names: ['ChargeType'], type: 'text', required: false },
  listPrice: { names: ['UnitPrice'], type: 'decimal', required: false, unit: 'pricingCurrency' },
  quantity: { names: ['Quantity'], type: 'decimal', required: true, unit: 'pricingUnits' },
  unitType: { names: ['UnitType'], type: 'text', required: false },
  cost: { names: ['BillingPreTaxTotal'], type: 'decimal', required: true, unit: 'billingCurrency' },
  currency: { names: ['BillingCurrency'], type: 'currency', required: true },
  costInPricingCurrency: { names: ['PricingPreTaxTotal'], type: 'decimal', required: false, unit: 'pricingCurrency' },
  pricingCurrency: { names: ['PricingCurrency'], type: 'text', required: false },
  serviceInfo1: { names: ['ServiceInfo1'], type: 'text', required: false },
  serviceInfo2: { names: ['ServiceInfo2'], type: 'text', required: false },
  tags: { names: ['Tags'], type: 'text', required: false },
  additionalInfo: { names: ['AdditionalInfo'], type: 'text', required: false },
  unitPrice: { names: ['EffectiveUnitPrice'], type: 'decimal', required: true, unit: 'pricingCurrency' },
  exchangeRate: { names: ['PCToBCExchangeRate'], type: 'decimal', required: false },
  exchangeRateDate: { names: ['PCToBCExchangeRateDate'], type: 'day', required: false },
  subscriptionId: { names: ['EntitlementId'], type: 'id', required: true },
  subscriptionName: { names: ['EntitlementDescription'], type: 'text', required: false },
  partnerEarnedCredit: {
    names: ['PartnerEarnedCreditPercentage', 'rateOfPartnerEarnedCredit'],
    type: 'rate',
    required: false,
    unit: 'fraction',
  },
  credit: { names: ['CreditPercentage', 'rateOfCredit'], type: 'rate', required: false, unit: 'fraction' },
  creditType: { names: ['CreditType'], type: 'text', required: false },
  benefitOrderId: { names: ['BenefitOrderId'], type: 'idOrNone', required: false },
  benefitId: { names: ['BenefitId'], type: 'idOrNone', required: false },
  benefitType: { names: ['BenefitType'], type: 'text', required: false },
} as const satisfies ColumnTable;

/**
 * What a charge needs of a row. All of it but the day and the two amounts is the same from day to day and from resource
 * to resource of one meter, so that rows are added up by their bytes.
 */
export const usageChargeColumns = pickColumns(usageRowColumns, [
  'tenantId',
  'customerId',
  'resellerMpnId',
  'invoiceId',
  'productId',
  'skuId',
  'planId',
  'usageDate',
  'meterCategory',
  'meterId',
  'meterSubCategory',
  'meterName',
  'meterRegion',
  'unit',
  'chargeType',
  'listPrice',
  'quantity',
  'cost',
  'currency',
  'pricingCurrency',
  'unitPrice',
  'exchangeRate',
  'subscriptionId',
  'subscriptionName',
  'partnerEarnedCredit',
  'creditType',
]);

/** The charge that meets a row of a cost export in a comparison. Its invoice is that of the whole file. */
export function usageChargeOf(row: Fields<typeof usageChargeColumns>): MeterCharge {
  const { quantity, unitPrice, cost, exchangeRate, partnerEarnedCredit, listPrice } = row;
  return {
    subscriptionId: row.subscriptionId,
    meterId: row.meterId,
    meterName: row.meterName,
    meterCategory: row.meterCategory,
    meterSubCategory: row.meterSubCategory,
    usageDate: row.usageDate,
    planId: row.planId,
    productId: row.productId,
    skuId: row.skuId,
    ...(row.chargeType === '' ? {} : { chargeType: row.chargeType }),
    ...foldedUsage(row),
    quantity,
    unitPrice,
    cost,
    ...(exchangeRate === undefined ? {} : { exchangeRate }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit }),
    ...(listPrice === undefined ? {} : { listPrice }),
    ...(isCreditUsage(row) ? { isCredit: true } : {}),
  };
}

/** A row of daily rated usage, whole; region and currency in the spelling that meters are compared by. */
export function fromUsageRow(row: Fields<typeof usageRowColumns>, place: SourcePlace): UsageRow {
  return {
    ...place,
    ...row,
    ...foldedUsage(row),
    tags: bracedJson(row.tags),
    additionalInfo: bracedJson(row.additionalInfo),
  };
}

type UsageFields = Fields<typeof usageRowColumns>;

function foldedUsage(row: Pick<UsageFields, 'meterRegion' | 'unit' | 'currency' | 'pricingCurrency'>) {
  return {
    region: foldRegion(row.meterRegion),
    unit: row.unit.trim(),
    currency: row.currency.trim().toUpperCase(),
    pricingCurrency: row.pricingCurrency.trim().toUpperCase(),
  };
}

/** Microsoft writes `Credit Not Applied` or `Azure Credit Applied`. */
export function isCreditUsage({ creditType, chargeType }: Pick<UsageFields, 'creditType' | 'chargeType'>): boolean {
  const credit = creditType.trim().toLowerCase();
  return (credit !== '' && credit !== 'credit not applied') || chargeType.trim().toLowerCase() === 'customercredit';
}
