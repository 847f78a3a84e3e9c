import type { ExclusionReason } from './usage.ts';

/** What a cost export says of a row's nature; every field as the file has it. */
export type CostRowNature = {
  readonly chargeType: string;
  readonly provider: string;
  readonly publisherType: string;
  readonly pricingModel: string;
  readonly reservationId: string;
};

/**
 * The rule that sets a row of a cost export aside, or undefined when it is usage that daily rated usage has too.
 * Daily rated usage carries no purchases of reservations, savings plans or flat-fee marketplace offers, no licences,
 * and no rounding rows; usage-based marketplace meters it does carry. The first rule that fits decides.
 * Source: "Use the daily rated usage reconciliation file", Microsoft Partner Center.
 */
export function exclusionOf(row: CostRowNature): ExclusionReason | undefined {
  const chargeType = fold(row.chargeType);
  const provider = fold(row.provider);
  if (chargeType === 'roundingadjustment') return 'roundingAdjustment';
  if (provider !== '' && provider !== 'azure' && provider !== 'microsoft.azure') return 'license';
  if (chargeType === 'purchase' || chargeType === 'refund') return purchaseRule(row);
  if (chargeType === 'unusedreservation' || chargeType === 'unusedsavingsplan') return 'unusedBenefit';
  return undefined;
}

function purchaseRule(row: CostRowNature): ExclusionReason | undefined {
  const pricingModel = fold(row.pricingModel);
  if (pricingModel === 'reservation' || row.reservationId !== '') return 'reservationPurchase';
  if (pricingModel === 'savingsplan') return 'savingsPlanPurchase';
  if (fold(row.publisherType) === 'marketplace') return 'marketplace';
  return undefined;
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
