import type { CostCharge, CostRow, QuantitySource } from '../domain/cost-row.ts';
import {
  absolute,
  compareDecimals,
  type Decimal,
  decimal,
  divide,
  isZero,
  multiply,
  subtract,
  zero,
} from '../domain/decimal.ts';
import { foldId } from '../domain/ids.ts';
import { foldRegion } from '../domain/regions.ts';
import type { SourcePlace } from '../domain/source-place.ts';
import { bracedJson } from './braced-json.ts';
import { type ColumnTable, type Fields, pickColumns } from './columns.ts';

/**
 * FOCUS exports of all versions: our field ← the names of 1.2, 1.0 and 1.0-preview. One file holds the actual view
 * (BilledCost) and the amortized one (EffectiveCost). Unit prices are in billing currency. Columns are the same at
 * every scope; whether prices are the invoice's shows only in the rows.
 */
export const focusColumns = {
  tenantId: { names: ['x_InvoiceIssuerId'], type: 'idOrNone', required: false },
  customerId: { names: ['x_CustomerId'], type: 'idOrNone', required: false },
  customerName: { names: ['x_CustomerName'], type: 'text', required: false },
  resellerMpnId: { names: ['x_ResellerId'], type: 'text', required: false },
  billingAccountId: { names: ['BillingAccountId'], type: 'folded', required: true },
  billingProfileId: { names: ['x_BillingProfileId'], type: 'folded', required: false },
  invoiceId: { names: ['InvoiceId', 'x_InvoiceId'], type: 'text', required: false },
  subAccountId: { names: ['SubAccountId'], type: 'folded', required: true },
  subscriptionName: { names: ['SubAccountName'], type: 'text', required: false },
  planId: { names: ['x_SkuOrderId'], type: 'idOrNone', required: false },
  productId: { names: ['SkuId'], type: 'text', required: false },
  productName: { names: ['ChargeDescription'], type: 'text', required: false },
  usageDate: { names: ['ChargePeriodStart'], type: 'day', required: true },
  meterId: { names: ['x_SkuMeterId'], type: 'idOrNone', required: true },
  meterName: { names: ['SkuMeter', 'x_SkuMeterName'], type: 'text', required: false },
  meterCategory: { names: ['x_SkuMeterCategory'], type: 'text', required: false },
  meterSubCategory: { names: ['x_SkuMeterSubcategory'], type: 'text', required: false },
  meterRegion: { names: ['x_SkuRegion'], type: 'text', required: true },
  resourceRegion: { names: ['RegionId', 'Region', 'RegionName'], type: 'text', required: false },
  resourceId: { names: ['ResourceId'], type: 'folded', required: false },
  resourceGroup: { names: ['x_ResourceGroupName'], type: 'folded', required: false },
  unit: { names: ['x_PricingUnitDescription'], type: 'text', required: true },
  pricingQuantity: { names: ['PricingQuantity'], type: 'decimal', required: false, unit: 'pricingUnits' },
  consumedQuantity: {
    names: ['ConsumedQuantity', 'UsageQuantity'],
    type: 'decimal',
    required: false,
    unit: 'consumedUnits',
  },
  blockSize: { names: ['x_PricingBlockSize'], type: 'decimal', required: false },
  billedUnitPrice: { names: ['x_BilledUnitPrice'], type: 'decimal', required: false, unit: 'billingCurrency' },
  effectiveUnitPrice: { names: ['x_EffectiveUnitPrice'], type: 'decimal', required: false, unit: 'billingCurrency' },
  listPrice: { names: ['ListUnitPrice'], type: 'decimal', required: false, unit: 'billingCurrency' },
  billedCost: { names: ['BilledCost'], type: 'decimal', required: true, unit: 'billingCurrency' },
  effectiveCost: { names: ['EffectiveCost'], type: 'decimal', required: true, unit: 'billingCurrency' },
  currency: { names: ['BillingCurrency'], type: 'currency', required: true },
  pricingCurrency: { names: ['PricingCurrency', 'x_PricingCurrency'], type: 'text', required: false },
  exchangeRate: { names: ['x_BillingExchangeRate'], type: 'decimal', required: false },
  partnerEarnedCredit: { names: ['x_PartnerCreditRate'], type: 'rate', required: false, unit: 'fraction' },
  chargeCategory: { names: ['ChargeCategory'], type: 'text', required: true },
  chargeClass: { names: ['ChargeClass'], type: 'text', required: false },
  chargeSubcategory: { names: ['ChargeSubcategory'], type: 'text', required: false },
  pricingCategory: { names: ['PricingCategory'], type: 'text', required: false },
  commitmentId: { names: ['CommitmentDiscountId'], type: 'folded', required: false },
  commitmentType: { names: ['CommitmentDiscountType'], type: 'text', required: false },
  commitmentStatus: { names: ['CommitmentDiscountStatus'], type: 'text', required: false },
  publisherCategory: { names: ['x_PublisherCategory'], type: 'text', required: false },
  provider: { names: ['ProviderName'], type: 'text', required: false },
  consumedService: { names: ['ServiceName'], type: 'text', required: false },
  tags: { names: ['Tags'], type: 'text', required: false },
  additionalInfo: { names: ['x_SkuDetails'], type: 'text', required: false },
} as const satisfies ColumnTable;

export type FocusFields = Fields<typeof focusColumns>;

/** Which of the two costs of a FOCUS row is wanted. */
export type CostView = 'actual' | 'amortized';

/**
 * What a charge needs of a row. Its quantity follows from several amounts of the row, so FOCUS is read row by row and
 * not added up by its bytes.
 */
export const focusChargeColumns = pickColumns(focusColumns, [
  'tenantId',
  'customerId',
  'invoiceId',
  'subAccountId',
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
  'pricingQuantity',
  'consumedQuantity',
  'blockSize',
  'billedUnitPrice',
  'effectiveUnitPrice',
  'listPrice',
  'billedCost',
  'effectiveCost',
  'currency',
  'pricingCurrency',
  'exchangeRate',
  'partnerEarnedCredit',
  'chargeCategory',
  'chargeClass',
  'chargeSubcategory',
  'pricingCategory',
  'commitmentId',
  'commitmentType',
  'commitmentStatus',
  'publisherCategory',
  'provider',
]);

type FocusChargeFields = Fields<typeof focusChargeColumns>;

/** A row of a FOCUS file; `view` says which of its two costs is the cost of the row. */
export function fromFocus(row: FocusFields, place: SourcePlace, view: CostView): CostRow {
  return {
    ...place,
    tenantId: row.tenantId,
    customerId: row.customerId,
    customerName: row.customerName,
    resellerMpnId: row.resellerMpnId,
    billingAccountId: row.billingAccountId,
    billingProfileId: row.billingProfileId,
    subscriptionName: row.subscriptionName,
    productName: row.productName,
    meterRegion: row.meterRegion,
    resourceRegion: foldRegion(row.resourceRegion),
    resourceId: row.resourceId,
    resourceGroup: row.resourceGroup,
    consumedService: row.consumedService,
    costInPricingCurrency: undefined,
    quantityFrom: quantityOf(row).quantityFrom,
    benefitId: row.commitmentId,
    tags: bracedJson(row.tags),
    additionalInfo: bracedJson(row.additionalInfo),
    ...focusChargeOf(row, view),
  };
}

/** As much of a row as a charge needs. */
export function focusChargeOf(row: FocusChargeFields, view: CostView): CostCharge {
  const isActual = view === 'actual';
  return {
    invoiceId: row.invoiceId,
    subscriptionId: focusSubscriptionId(row),
    planId: row.planId,
    productId: row.productId,
    usageDate: row.usageDate,
    meterId: row.meterId,
    meterName: row.meterName,
    meterCategory: row.meterCategory,
    meterSubCategory: row.meterSubCategory,
    region: foldRegion(row.meterRegion),
    unit: row.unit.trim(),
    quantity: quantityOf(row).quantity,
    unitPrice: isActual ? row.billedUnitPrice : row.effectiveUnitPrice,
    priceCurrency: row.currency.trim().toUpperCase(),
    // Zero stands for a list price that Microsoft does not know.
    listPrice: row.listPrice === undefined || isZero(row.listPrice) ? undefined : row.listPrice,
    cost: isActual ? row.billedCost : row.effectiveCost,
    currency: row.currency.trim().toUpperCase(),
    pricingCurrency: row.pricingCurrency.trim().toUpperCase(),
    exchangeRate: row.exchangeRate,
    partnerEarnedCredit: row.partnerEarnedCredit,
    ...natureOf(row),
  };
}

/** The subscription of `/subscriptions/{id}`. */
export function focusSubscriptionId({ subAccountId }: Pick<FocusFields, 'subAccountId'>): string {
  return foldId(subAccountId.replace(/^\/subscriptions\//, ''));
}

/** Places of a quantity that is divided by its block size; block sizes are powers of ten or small. */
const quantityPlaces = 28;
/** How far quantity × price may lie from the cost: Microsoft's own columns differ by about 1e-16 of their size. */
const relativeSlack = decimal('1e-9');
const absoluteSlack = decimal('1e-9');

/**
 * The quantity in pricing units. Files made before November 2024 have it wrong by the block size, so it is checked:
 * quantity × billed unit price must be the billed cost; where nothing was billed, the consumed quantity ÷ block size
 * decides. A row that states no quantity at all (a rounding row) has the quantity zero, as no use is claimed.
 */
export function quantityOf(row: FocusChargeFields): {
  readonly quantity: Decimal;
  readonly quantityFrom: QuantitySource;
} {
  const fromConsumed =
    row.consumedQuantity === undefined || row.blockSize === undefined || isZero(row.blockSize)
      ? undefined
      : divide(row.consumedQuantity, row.blockSize, quantityPlaces);
  const stated = row.pricingQuantity;
  if (stated === undefined) {
    return fromConsumed === undefined
      ? { quantity: zero, quantityFrom: 'unverified' }
      : { quantity: fromConsumed, quantityFrom: 'recomputed' };
  }
  const price = row.billedUnitPrice;
  if (price === undefined || isZero(price) || isZero(row.billedCost)) {
    if (fromConsumed === undefined) return { quantity: stated, quantityFrom: 'unverified' };
    return isNear(fromConsumed, stated)
      ? { quantity: stated, quantityFrom: 'stated' }
      : { quantity: fromConsumed, quantityFrom: 'recomputed' };
  }
  if (isNear(multiply(stated, price), row.billedCost)) return { quantity: stated, quantityFrom: 'stated' };
  const candidates = [fromConsumed, ...byBlock(stated, row.blockSize)];
  const fitting = candidates.find(
    (quantity) => quantity !== undefined && isNear(multiply(quantity, price), row.billedCost),
  );
  return fitting === undefined
    ? { quantity: stated, quantityFrom: 'unverified' }
    : { quantity: fitting, quantityFrom: 'recomputed' };
}

function byBlock(quantity: Decimal, blockSize: Decimal | undefined): readonly Decimal[] {
  if (blockSize === undefined || isZero(blockSize)) return [];
  return [divide(quantity, blockSize, quantityPlaces), multiply(quantity, blockSize)];
}

function isNear(left: Decimal, right: Decimal): boolean {
  const distance = absolute(subtract(left, right));
  if (compareDecimals(distance, absoluteSlack) <= 0) {
    // Below the absolute floor only quantities of the same size are near: 4e-12 is not 4e-16.
    return compareDecimals(distance, multiply(absolute(right), decimal('0.05'))) <= 0 || isZero(distance);
  }
  return compareDecimals(distance, multiply(absolute(right), relativeSlack)) <= 0;
}

/** FOCUS's words for the nature of a charge, in those of the cost details. */
function natureOf(
  row: FocusChargeFields,
): Pick<CostRow, 'chargeType' | 'provider' | 'publisherType' | 'pricingModel' | 'reservationId'> {
  const isSavingsPlan = fold(row.commitmentType).replace(/[ _]/g, '') === 'savingsplan';
  const isReservation = fold(row.commitmentType) === 'reservation';
  return {
    chargeType: chargeTypeOf(row, isSavingsPlan),
    provider: fold(row.provider) === 'microsoft' ? 'Microsoft.Azure' : row.provider,
    publisherType: fold(row.publisherCategory) === 'vendor' ? 'Marketplace' : 'Microsoft',
    pricingModel: pricingModelOf(row, { isSavingsPlan, isReservation }),
    reservationId: isReservation ? row.commitmentId : '',
  };
}

function chargeTypeOf(row: FocusChargeFields, isSavingsPlan: boolean): string {
  const category = fold(row.chargeCategory);
  const detail = fold(row.chargeSubcategory);
  if (fold(row.meterCategory) === 'roundingadjustment') return 'RoundingAdjustment';
  if (fold(row.commitmentStatus) === 'unused' || detail === 'unused commitment') {
    return isSavingsPlan ? 'UnusedSavingsPlan' : 'UnusedReservation';
  }
  if (fold(row.chargeClass) === 'correction' || detail === 'refund') return 'Refund';
  if (category === 'adjustment') return 'RoundingAdjustment';
  return category === 'purchase' ? 'Purchase' : category === 'usage' ? 'Usage' : row.chargeCategory;
}

function pricingModelOf(
  row: FocusChargeFields,
  commitment: { readonly isSavingsPlan: boolean; readonly isReservation: boolean },
): string {
  if (commitment.isSavingsPlan) return 'SavingsPlan';
  if (commitment.isReservation) return 'Reservation';
  return fold(row.pricingCategory) === 'dynamic' ? 'Spot' : 'OnDemand';
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
