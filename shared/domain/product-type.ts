import type { InvoiceLine } from './invoice-line.ts';

/** What was sold, in the words of the reconciliation files. */
export type ProductType =
  | 'license'
  | 'softwaresubscription'
  | 'perpetualsoftware'
  | 'azureplan'
  | 'azurereservation'
  | 'azuresavingsplan';

/**
 * The type of product of an invoice line. Microsoft gives no column for it, so it is told from the term, the dates and
 * the names; Azure plans may be renamed by partners and are what is left over.
 * Source: "Common billing scenarios, one-time and recurring", Microsoft Partner Center.
 */
export function productTypeOf(
  line: Pick<InvoiceLine, 'termAndBillingCycle' | 'skuName' | 'productName' | 'reservationOrderId' | 'chargeEndDate'>,
): ProductType {
  const term = line.termAndBillingCycle.toLowerCase();
  const names = `${line.productName} ${line.skuName} ${term}`.toLowerCase();
  if (names.includes('savings plan')) return 'azuresavingsplan';
  if (names.includes('reservation') || line.reservationOrderId !== '') return 'azurereservation';
  if (/\b(one|three)[- ](month|year|3 years)|commitment|term duration/.test(term)) return 'license';
  if (term.includes('subscription')) return 'softwaresubscription';
  if (term === '' && line.chargeEndDate === '') return 'perpetualsoftware';
  return 'azureplan';
}
