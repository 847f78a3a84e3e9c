import type { Decimal } from './decimal.ts';

/**
 * One charge for a meter on a day, from either side of the comparison `costexport`: a row of daily rated usage or a
 * row of a cost export. Ids and the region are folded to lower case; the unit keeps its case.
 */
export type MeterCharge = {
  /** The Azure subscription: `EntitlementId` in daily rated usage. Empty where a row belongs to none. */
  readonly subscriptionId: string;
  readonly meterId: string;
  /** The meter's region, such as `eu west`; empty for global meters. */
  readonly region: string;
  readonly unit: string;
  /** Billing currency, ISO 4217. */
  readonly currency: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  /** The day of use, `YYYY-MM-DD`. */
  readonly usageDate: string;
  readonly quantity: Decimal;
  /** Price per unit paid, in pricing currency, after credits and tiers. */
  readonly unitPrice: Decimal;
  /** Cost in billing currency before tax. */
  readonly cost: Decimal;
  /** The invoice that a row of a cost export says it is billed on; absent where it names none. */
  readonly invoiceId?: string;
  /** The rule that sets this row aside, if one does: it has no counterpart on the other side. */
  readonly excludedBy?: ExclusionReason;
  /** A credit pays for this row, in part or whole, or the row is itself a credit. Absent: it is not. */
  readonly isCredit?: boolean;
  readonly chargeType?: string;
  /** From pricing to billing currency. */
  readonly exchangeRate?: Decimal;
  readonly pricingCurrency?: string;
  /** A fraction of one. */
  readonly partnerEarnedCredit?: Decimal;
  /** Price per unit before credits, in pricing currency. */
  readonly listPrice?: Decimal;
  /** What was ordered, which joins usage to the lines of the invoice: Partner Center's plan, product and SKU. */
  readonly planId?: string;
  readonly productId?: string;
  readonly skuId?: string;
};

export const exclusionReasons = [
  'roundingAdjustment',
  'license',
  'reservationPurchase',
  'savingsPlanPurchase',
  'marketplace',
  'unusedBenefit',
] as const;

/** Why a row of a cost export has no counterpart in daily rated usage. */
export type ExclusionReason = (typeof exclusionReasons)[number];
