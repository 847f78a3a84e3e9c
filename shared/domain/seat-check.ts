import { nextDay } from './calendar.ts';
import { absolute, compareDecimals, decimal, isZero, multiply, subtract, toText, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import {
  type Candidate,
  decide,
  exchangeRateOf,
  type LineCheck,
  rateText,
  type UnverifiableReason,
  unitsTolerance,
  unverifiable,
} from './line-check.ts';
import { type PriceAdjustment, priceAdjustmentOf } from './price-adjustment.ts';
import {
  billingPlansOf,
  type ChargeCycle,
  type CycleShare,
  chargeCycleOf,
  daysIncluded,
  isMonthEndCycle,
  monthsOfCycle,
  proratedAmount,
  shareOfCycle,
  wholeCycle,
} from './proration.ts';

/** Whether a seat line charges its list price for the days that it names. */
export function checkProration(line: InvoiceLine): LineCheck {
  const listPrice = decimal(line.unitPrice);
  const charged = decimal(line.subtotal);
  const quantity = absolute(decimal(line.billableQuantity));
  const of = { check: 'proration', charged, tolerance: unitsTolerance(quantity) } as const;
  if (isTrial(line)) return decide(of, [{ expected: zero, formula: 'a trial costs nothing' }]);
  if (isZero(listPrice) && !isZero(charged)) return unverifiable(of, 'noListPrice');
  const exchangeRate = exchangeRateOf(line);
  if (exchangeRate === undefined) return unverifiable(of, 'noExchangeRate');
  const spans = spansOf(line);
  if (typeof spans === 'string') return unverifiable(of, spans);
  const adjustment = priceAdjustmentOf(line.priceAdjustmentDescription);
  const factor = adjustment.kind === 'discount' ? adjustment.factor : decimal('1');
  const isRefund = isNegative(line);
  const candidates = spans.map(({ share }): Candidate => {
    const amount = proratedAmount({ unitPrice: multiply(listPrice, factor), share, quantity, exchangeRate });
    const discount = adjustment.kind === 'discount' ? ` less ${adjustment.text}` : '';
    const seats = `${toText(quantity)} × ${line.unitPrice}${discount}`;
    return {
      expected: isRefund ? subtract(zero, amount) : amount,
      formula: `${isRefund ? 'refund of ' : ''}${seats}${shareText(share)}${rateText(line, exchangeRate)}, cut to cents`,
    };
  });
  const result = decide(of, candidates);
  const reason = result.verdict === 'asExpected' ? undefined : whyUnsure(line, spans, { adjustment, result });
  return reason === undefined ? result : unverifiable({ ...of, formula: result.formula }, reason);
}

/** Why a line that does not come out as expected may still be right. */
function whyUnsure(
  line: InvoiceLine,
  spans: readonly Span[],
  { adjustment, result }: { readonly adjustment: PriceAdjustment; readonly result: LineCheck },
): UnverifiableReason | undefined {
  if (adjustment.kind === 'unclear') return 'priceAdjustment';
  const isLess = compareDecimals(absolute(result.charged), absolute(result.expected ?? zero)) < 0;
  if (line.promotionId !== '' && adjustment.kind === 'none' && isLess) return 'promotion';
  const cycles = new Set(spans.map(({ cycle }) => cycle?.plan));
  if (cycles.size > 1) return 'severalCycles';
  return spans.some(({ cycle, share }) => share.unit === 'day' && cycle !== undefined && isMonthEndCycle(cycle))
    ? 'monthEndCycle'
    : undefined;
}

type Span = { readonly cycle?: ChargeCycle; readonly share: CycleShare };

/** The parts of a cycle that the days of a line may stand for; the likeliest first. */
function spansOf(line: InvoiceLine): readonly Span[] | UnverifiableReason {
  const plans = billingPlansOf(line);
  if (plans.includes('oneTime')) return [{ share: shareOfTerm(line) }];
  const period = { chargeStart: line.chargeStartDate, chargeEnd: line.chargeEndDate };
  if (period.chargeStart === '' || period.chargeEnd < period.chargeStart) return 'noChargePeriod';
  const ends = line.subscriptionEndDate === '' ? [] : [nextDay(line.subscriptionEndDate)];
  const anchors = line.subscriptionStartDate === '' ? ends : [line.subscriptionStartDate, ...ends];
  const spans = plans.flatMap((plan): readonly Span[] => {
    const cycle = plan === 'oneTime' ? undefined : chargeCycleOf(plan, period, anchors);
    if (cycle === undefined) return [];
    const byDays: Span = { cycle, share: shareOfCycle(cycle, period.chargeStart) };
    const months = isPlanChange(line) ? monthsOfCycle(cycle, period.chargeStart) : undefined;
    return months === undefined ? [byDays] : [{ cycle, share: months }, byDays];
  });
  return spans.length === 0 ? 'noCycle' : spans;
}

/** What was paid at once for the whole term is given back for the days that are left of it. */
function shareOfTerm({
  chargeStartDate,
  chargeEndDate,
  subscriptionStartDate,
  subscriptionEndDate,
}: InvoiceLine): CycleShare {
  const isPart = subscriptionStartDate !== '' && chargeStartDate > subscriptionStartDate;
  if (!isPart || chargeEndDate !== subscriptionEndDate) return wholeCycle;
  const of = daysIncluded(subscriptionStartDate, subscriptionEndDate);
  return { unit: 'day', billed: daysIncluded(chargeStartDate, chargeEndDate), of };
}

function isPlanChange(line: InvoiceLine): boolean {
  return line.chargeType.toLowerCase() === 'changebillingplan';
}

/** The qualifier may stay on a product that was bought after its trial; a trial has no price either. */
function isTrial(line: InvoiceLine): boolean {
  const isPriced = !isZero(decimal(line.effectiveUnitPrice));
  return /\btrial\b/i.test(line.termAndBillingCycle) || (!isPriced && /\btrial\b/i.test(line.productQualifiers));
}

/** A refund has a negative price and a positive quantity. */
function isNegative(line: InvoiceLine): boolean {
  const price = decimal(line.effectiveUnitPrice);
  const quantity = decimal(line.billableQuantity);
  const amount = isZero(price) ? decimal(line.subtotal) : multiply(price, quantity);
  return compareDecimals(amount, zero) < 0;
}

function shareText({ unit, billed, of }: CycleShare): string {
  return unit === 'cycle' ? '' : ` × ${billed} of ${of} ${unit}s`;
}
