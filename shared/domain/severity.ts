import { absolute, compareDecimals, type Decimal, decimal, isZero, multiply } from './decimal.ts';
import { isMaterial, type TolerancePolicy } from './tolerance.ts';

export const severities = ['minor', 'watch', 'contactSupport'] as const;

/** How much a break is worth one's while. Source: "Reconcile your invoice", Microsoft Partner Center: below 3 %, to 5 %, above. */
export type Severity = (typeof severities)[number];

const watchFrom = decimal('0.03');
const contactAbove = decimal('0.05');

/**
 * The severity of a variance that is outside tolerance. Where the invoice side is nothing, or the line is on one side
 * only, no percentage tells: then it is a matter for Microsoft's support above the materiality, and minor below.
 */
export function severityOf(
  policy: Pick<TolerancePolicy, 'materiality'>,
  { variance, invoiceCost, isOneSided }: { variance: Decimal; invoiceCost: Decimal; isOneSided: boolean },
): Severity {
  if (isOneSided || isZero(invoiceCost)) return isMaterial(policy, variance) ? 'contactSupport' : 'minor';
  const size = absolute(variance);
  const base = absolute(invoiceCost);
  if (compareDecimals(size, multiply(base, contactAbove)) > 0) return 'contactSupport';
  return compareDecimals(size, multiply(base, watchFrom)) >= 0 ? 'watch' : 'minor';
}
