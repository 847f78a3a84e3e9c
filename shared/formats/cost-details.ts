import type { CostCharge, CostRow } from '../domain/cost-row.ts';
import { foldRegion } from '../domain/regions.ts';
import type { SourcePlace } from '../domain/source-place.ts';
import { bracedJson } from './braced-json.ts';
import { type ColumnTable, type Fields, pickColumns } from './columns.ts';
import type { Agreement } from './cost-export-schemas.ts';

/**
 * Cost details, actual and amortized: our field ← the names of all agreements and versions. Amortized files have the
 * same columns with other values. What an agreement must have beyond this stands in the tables below.
 */
const detailColumns = {
  tenantId: { names: ['partnerTenantId'], type: 'idOrNone', required: false },
  customerId: { names: ['customerTenantId'], type: 'idOrNone', required: false },
  customerName: { names: ['customerName'], type: 'text', required: false },
  resellerMpnId: { names: ['resellerMpnId'], type: 'text', required: false },
  billingAccountId: { names: ['billingAccountId'], type: 'folded', required: false },
  billingProfileId: { names: ['billingProfileId'], type: 'folded', required: false },
  invoiceId: { names: ['invoiceId'], type: 'text', required: false },
  subscriptionId: { names: ['SubscriptionId', 'SubscriptionGuid'], type: 'idOrNone', required: true },
  subscriptionName: { names: ['subscriptionName'], type: 'text', required: false },
  planId: { names: ['productOrderId'], type: 'idOrNone', required: false },
  productId: { names: ['ProductId'], type: 'text', required: false },
  productName: { names: ['ProductName', 'Product'], type: 'text', required: false },
  usageDate: { names: ['date', 'UsageDateTime'], type: 'day', required: true },
  meterId: { names: ['meterId'], type: 'idOrNone', required: true },
  meterName: { names: ['meterName'], type: 'text', required: false },
  meterCategory: { names: ['meterCategory'], type: 'text', required: false },
  meterSubCategory: { names: ['meterSubCategory'], type: 'text', required: false },
  meterRegion: { names: ['meterRegion'], type: 'text', required: true },
  resourceRegion: {
    names: ['location', 'ResourceLocationNormalized', 'resourceLocation'],
    type: 'text',
    required: false,
  },
  resourceId: { names: ['ResourceId', 'InstanceId', 'InstanceName'], type: 'folded', required: false },
  resourceGroup: { names: ['resourceGroupName', 'ResourceGroup'], type: 'folded', required: false },
  consumedService: { names: ['consumedService'], type: 'text', required: false },
  unit: { names: ['unitOfMeasure'], type: 'text', required: true },
  quantity: { names: ['quantity', 'UsageQuantity'], type: 'decimal', required: true, unit: 'pricingUnits' },
  unitPrice: { names: ['effectivePrice', 'ResourceRate'], type: 'decimal', required: false, unit: 'pricingCurrency' },
  listPrice: { names: ['PayGPrice', 'MarketPrice'], type: 'decimal', required: false, unit: 'pricingCurrency' },
  cost: {
    names: ['costInBillingCurrency', 'PreTaxCost', 'Cost'],
    type: 'decimal',
    required: true,
    unit: 'billingCurrency',
  },
  currency: { names: ['billingCurrency', 'BillingCurrencyCode', 'Currency'], type: 'currency', required: true },
  costInPricingCurrency: {
    names: ['costInPricingCurrency'],
    type: 'decimal',
    required: false,
    unit: 'pricingCurrency',
  },
  pricingCurrency: { names: ['pricingCurrency', 'PricingCurrencyCode'], type: 'text', required: false },
  exchangeRate: { names: ['exchangeRatePricingToBilling', 'ExchangeRate'], type: 'decimal', required: false },
  partnerEarnedCredit: { names: ['partnerEarnedCreditRate'], type: 'rate', required: false, unit: 'fraction' },
  chargeType: { names: ['chargeType'], type: 'text', required: false },
  provider: { names: ['provider'], type: 'text', required: false },
  publisherType: { names: ['publisherType'], type: 'text', required: false },
  pricingModel: { names: ['pricingModel'], type: 'text', required: false },
  reservationId: { names: ['reservationId'], type: 'idOrNone', required: false },
  benefitId: { names: ['benefitId'], type: 'idOrNone', required: false },
  tags: { names: ['tags'], type: 'text', required: false },
  additionalInfo: { names: ['additionalInfo'], type: 'text', required: false },
} as const satisfies ColumnTable;

/** A partner's billing account, billing profile or customer: the one export that has the invoice's prices. */
const mpaColumns = {
  ...detailColumns,
  tenantId: { names: ['partnerTenantId'], type: 'idOrNone', required: true },
  customerId: { names: ['customerTenantId'], type: 'idOrNone', required: true },
  invoiceId: { names: ['invoiceId'], type: 'text', required: true },
  chargeType: { names: ['chargeType'], type: 'text', required: true },
  publisherType: { names: ['publisherType'], type: 'text', required: true },
} as const satisfies ColumnTable;

/** A subscription or resource group of a partner's customer, at retail prices. */
const cspSubscriptionColumns = {
  ...detailColumns,
  customerId: { names: ['customerTenantId'], type: 'idOrNone', required: true },
  chargeType: { names: ['chargeType'], type: 'text', required: true },
} as const satisfies ColumnTable;

const mcaColumns = {
  ...detailColumns,
  billingProfileId: { names: ['billingProfileId'], type: 'folded', required: true },
  chargeType: { names: ['chargeType'], type: 'text', required: true },
} as const satisfies ColumnTable;

/**
 * The columns of each agreement. Enterprise agreements of 2019 and pay-as-you-go hold usage only and name no charge type,
 * so they require no more than all do.
 */
export const costDetailsColumns = {
  mpa: mpaColumns,
  cspSubscription: cspSubscriptionColumns,
  mca: mcaColumns,
  ea: detailColumns,
  payAsYouGo: detailColumns,
} as const satisfies Record<Agreement, ColumnTable>;

/** What a charge needs of a row: the same for all days and resources of one meter, but for the day and the amounts. */
const chargeFields = [
  'tenantId',
  'customerId',
  'invoiceId',
  'subscriptionId',
  'subscriptionName',
  'planId',
  'productId',
  'usageDate',
  'meterId',
  'meterName',
  'meterCategory',
  'meterSubCategory',
  'meterRegion',
  'unit',
  'quantity',
  'unitPrice',
  'listPrice',
  'cost',
  'currency',
  'pricingCurrency',
  'exchangeRate',
  'partnerEarnedCredit',
  'chargeType',
  'provider',
  'publisherType',
  'pricingModel',
  'reservationId',
] as const;

type AnyDetails = (typeof costDetailsColumns)[Agreement];

/** What the agreements share: they differ in which columns must be there. */
export type CostChargeColumns = { readonly [field in (typeof chargeFields)[number]]: AnyDetails[field] };

/** The columns of each agreement that a charge needs. */
export const costChargeColumns: Readonly<Record<Agreement, CostChargeColumns>> = {
  mpa: pickColumns(mpaColumns, chargeFields),
  cspSubscription: pickColumns(cspSubscriptionColumns, chargeFields),
  mca: pickColumns(mcaColumns, chargeFields),
  ea: pickColumns(detailColumns, chargeFields),
  payAsYouGo: pickColumns(detailColumns, chargeFields),
};

type DetailFields = Fields<typeof detailColumns>;

/** As much of a row as a charge needs. */
export function costDetailsChargeOf(row: Pick<DetailFields, (typeof chargeFields)[number]>): CostCharge {
  return { ...row, ...readDetails(row) };
}

/** A row of the cost details format, which states the quantity that its cost is of. */
export function fromCostDetails(row: DetailFields, place: SourcePlace): CostRow {
  return {
    ...place,
    ...row,
    ...readDetails(row),
    resourceRegion: foldRegion(row.resourceRegion),
    quantityFrom: 'stated',
    tags: bracedJson(row.tags),
    additionalInfo: bracedJson(row.additionalInfo),
  };
}

/** Unit prices of cost details are in pricing currency; agreements without one price in the currency they bill in. */
function readDetails(row: Pick<DetailFields, 'meterRegion' | 'unit' | 'currency' | 'pricingCurrency' | 'chargeType'>) {
  const currency = row.currency.trim().toUpperCase();
  const pricingCurrency = row.pricingCurrency.trim().toUpperCase();
  return {
    region: foldRegion(row.meterRegion),
    unit: row.unit.trim(),
    priceCurrency: pricingCurrency === '' ? currency : pricingCurrency,
    currency,
    pricingCurrency,
    chargeType: row.chargeType === '' ? 'Usage' : row.chargeType,
  };
}
