import { exclusionOf } from './charges.ts';
import { type Decimal, divide, isZero, zero } from './decimal.ts';
import type { SourcePlace } from './source-place.ts';
import type { MeterCharge } from './usage.ts';

/**
 * One row of a cost export, of whatever agreement and version, actual or amortized, details or FOCUS. Ids are folded,
 * absent text is empty. The words of `chargeType`, `pricingModel` and `publisherType` are those of the cost details.
 */
export type CostRow = SourcePlace & {
  readonly tenantId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly resellerMpnId: string;
  readonly billingAccountId: string;
  readonly billingProfileId: string;
  /** Empty in a month that is not invoiced yet. */
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  /** Partner Center's subscription: the order of the Azure plan. */
  readonly planId: string;
  /** Product and SKU in one, as Cost Management writes them. */
  readonly productId: string;
  readonly productName: string;
  readonly usageDate: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  /** The meter's region as the file writes it; `region` is the region it stands for. */
  readonly meterRegion: string;
  readonly region: string;
  readonly resourceRegion: string;
  readonly resourceId: string;
  readonly resourceGroup: string;
  readonly consumedService: string;
  readonly unit: string;
  /** In pricing units: 0.0004 of `10K`, not 4. */
  readonly quantity: Decimal;
  /** Where FOCUS's PricingQuantity contradicts its own costs, how the quantity was found. */
  readonly quantityFrom: QuantitySource;
  /** Price per pricing unit after credits and tiers, in `priceCurrency`. */
  readonly unitPrice: Decimal | undefined;
  readonly priceCurrency: string;
  readonly listPrice: Decimal | undefined;
  /** Before tax, in `currency`: billed cost of an actual view, effective cost of an amortized one. */
  readonly cost: Decimal;
  readonly currency: string;
  readonly costInPricingCurrency: Decimal | undefined;
  readonly pricingCurrency: string;
  readonly exchangeRate: Decimal | undefined;
  /** A fraction of one. */
  readonly partnerEarnedCredit: Decimal | undefined;
  readonly chargeType: string;
  readonly provider: string;
  readonly publisherType: string;
  readonly pricingModel: string;
  readonly reservationId: string;
  readonly benefitId: string;
  /** A JSON object, or empty. */
  readonly tags: string;
  readonly additionalInfo: string;
};

/** `stated`: the file's own; `recomputed`: the file's was off by the block size; `unverified`: nothing to check it by. */
export type QuantitySource = 'stated' | 'recomputed' | 'unverified';

/** What of a row its charge is made of. */
export type CostCharge = Pick<
  CostRow,
  | 'invoiceId'
  | 'subscriptionId'
  | 'planId'
  | 'productId'
  | 'usageDate'
  | 'meterId'
  | 'meterName'
  | 'meterCategory'
  | 'meterSubCategory'
  | 'region'
  | 'unit'
  | 'quantity'
  | 'unitPrice'
  | 'priceCurrency'
  | 'listPrice'
  | 'cost'
  | 'currency'
  | 'pricingCurrency'
  | 'exchangeRate'
  | 'partnerEarnedCredit'
  | 'chargeType'
  | 'provider'
  | 'publisherType'
  | 'pricingModel'
  | 'reservationId'
>;

/** Places of a price that is converted between currencies. */
const pricePlaces = 18;

/**
 * The charge that meets daily rated usage in a comparison. Unit prices of FOCUS are in billing currency and are turned
 * into pricing currency by the row's own rate; a row without a price (some purchases) has price zero.
 */
export function meterChargeOf(row: CostCharge): MeterCharge {
  const { exchangeRate, partnerEarnedCredit } = row;
  const excludedBy = exclusionOf(row);
  const listPrice = inPricingCurrency(row.listPrice, row);
  return {
    subscriptionId: row.subscriptionId,
    meterId: row.meterId,
    region: row.region,
    unit: row.unit,
    currency: row.currency,
    meterName: row.meterName,
    meterCategory: row.meterCategory,
    meterSubCategory: row.meterSubCategory,
    usageDate: row.usageDate,
    quantity: row.quantity,
    unitPrice: inPricingCurrency(row.unitPrice, row) ?? zero,
    cost: row.cost,
    ...(exchangeRate === undefined ? {} : { exchangeRate }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit }),
    ...(listPrice === undefined ? {} : { listPrice }),
    pricingCurrency: row.pricingCurrency,
    planId: row.planId,
    productId: row.productId,
    chargeType: row.chargeType,
    ...(row.invoiceId === '' ? {} : { invoiceId: row.invoiceId.toUpperCase() }),
    ...(excludedBy === undefined ? {} : { excludedBy }),
  };
}

function inPricingCurrency(
  price: Decimal | undefined,
  { priceCurrency, pricingCurrency, exchangeRate }: CostCharge,
): Decimal | undefined {
  if (price === undefined || pricingCurrency === '' || priceCurrency === pricingCurrency) return price;
  return exchangeRate === undefined || isZero(exchangeRate) ? price : divide(price, exchangeRate, pricePlaces);
}
