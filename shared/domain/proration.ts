import { Temporal } from 'temporal-polyfill';
import { type Decimal, decimal, divideDown, multiply, roundDown } from './decimal.ts';

/** How often a subscription is charged. */
export type BillingPlan = 'monthly' | 'annual' | 'triennial' | 'oneTime';

const cycleMonths = { monthly: 1, annual: 12, triennial: 36 } as const satisfies Record<
  Exclude<BillingPlan, 'oneTime'>,
  number
>;

/** A charge cycle of a subscription: it ends one day before the same date of the next month, year or third year. */
export type ChargeCycle = {
  readonly plan: Exclude<BillingPlan, 'oneTime'>;
  readonly start: string;
  /** The last day, included, as Microsoft's files write it. */
  readonly end: string;
};

/** The part of a cycle that a charge is for: `billed` of `of` days or months, or the cycle whole. */
export type CycleShare = { readonly unit: 'cycle' | 'day' | 'month'; readonly billed: number; readonly of: number };

export const wholeCycle: CycleShare = { unit: 'cycle', billed: 1, of: 1 };

/**
 * The cycle of `plan` that ends with `chargeEnd`, counted from the first of `anchors` that has one. An anchor is a day on
 * which a cycle begins: the start of the subscription, or the day after its end where that was aligned with something
 * else. A cycle that would begin on a day that its month does not have begins on the month's last day, and the next one
 * goes back to the anchor: January 31, February 28, March 31. Without anchors a cycle reaches back by whole months.
 * Source: "New commerce charge cycle", Microsoft Partner Center.
 * @returns undefined when no cycle ends there, or the one that does begins after `chargeStart`
 */
export function chargeCycleOf(
  plan: ChargeCycle['plan'],
  period: { readonly chargeStart: string; readonly chargeEnd: string },
  anchors: readonly string[],
): ChargeCycle | undefined {
  const next = Temporal.PlainDate.from(period.chargeEnd).add({ days: 1 });
  const days = anchors.length === 0 ? [next] : anchors.map((anchor) => Temporal.PlainDate.from(anchor));
  const months = cycleMonths[plan];
  for (const anchor of days) {
    const between = (next.year - anchor.year) * 12 + next.month - anchor.month;
    if (between % months !== 0 || !anchor.add({ months: between }).equals(next)) continue;
    const start = anchor.add({ months: between - months }).toString();
    if (start <= period.chargeStart) return { plan, start, end: period.chargeEnd };
  }
  return undefined;
}

/** Days from `first` to `last`, both included. */
export function daysIncluded(first: string, last: string): number {
  return Temporal.PlainDate.from(first).until(Temporal.PlainDate.from(last), { largestUnit: 'days' }).days + 1;
}

/**
 * Days that the price of a cycle is divided by: for a month those of the month in which the cycle starts, else its own.
 * Source: "Proration principle", Microsoft Partner Center.
 */
export function cycleDays(cycle: ChargeCycle): number {
  return cycle.plan === 'monthly'
    ? Temporal.PlainDate.from(cycle.start).daysInMonth
    : daysIncluded(cycle.start, cycle.end);
}

/** Whether the cycle was cut or stretched by the end of a month, so that its days are not those it is divided by. */
export function isMonthEndCycle(cycle: ChargeCycle): boolean {
  return cycleDays(cycle) !== daysIncluded(cycle.start, cycle.end);
}

/** The days from `chargeStart` to the end of the cycle, both included; the cycle itself when it is charged from its start. */
export function shareOfCycle(cycle: ChargeCycle, chargeStart: string): CycleShare {
  if (chargeStart === cycle.start) return wholeCycle;
  return { unit: 'day', billed: daysIncluded(chargeStart, cycle.end), of: cycleDays(cycle) };
}

/**
 * The months from `chargeStart` to the end of the cycle, when they are whole ones: a change of the billing plan is
 * charged by months (Microsoft's example charges 11 of 12).
 */
export function monthsOfCycle(cycle: ChargeCycle, chargeStart: string): CycleShare | undefined {
  const start = Temporal.PlainDate.from(cycle.start);
  const from = Temporal.PlainDate.from(chargeStart);
  const passed = (from.year - start.year) * 12 + from.month - start.month;
  const of = cycleMonths[cycle.plan];
  if (passed <= 0 || passed >= of || !start.add({ months: passed }).equals(from)) return undefined;
  return { unit: 'month', billed: of - passed, of };
}

/** Places of the price of one day. Microsoft's example divides 10 by 30 to 0.3333333, and comes to 99.99, not 100. */
const dailyPricePlaces = 7;

/**
 * The price of one seat for a part of the cycle: the price of a day, cut off after seven places, times the days. Not
 * rounded otherwise: parts of a cycle add up to what all their days cost.
 */
export function proratedPrice(unitPrice: Decimal, share: CycleShare): Decimal {
  if (share.unit === 'cycle') return unitPrice;
  const ofOne = divideDown(unitPrice, decimal(String(share.of)), dailyPricePlaces);
  return multiply(ofOne, decimal(String(share.billed)));
}

/** Places of an amount of money on an invoice. */
const moneyPlaces = 2;

export type ProratedCharge = {
  /** For a whole cycle, in pricing currency. */
  readonly unitPrice: Decimal;
  readonly share: CycleShare;
  readonly quantity: Decimal;
  /** Pricing to billing currency. */
  readonly exchangeRate: Decimal;
};

/**
 * What a charge comes to in billing currency before tax, rounded once, at the end: cut off at the cent. Source: the
 * worked example of "How prorated charges or credits are calculated", Microsoft Partner Center.
 */
export function proratedAmount({ unitPrice, share, quantity, exchangeRate }: ProratedCharge): Decimal {
  return roundDown(multiply(multiply(proratedPrice(unitPrice, share), quantity), exchangeRate), moneyPlaces);
}

const frequencies: Readonly<Record<string, BillingPlan>> = {
  monthly: 'monthly',
  month: 'monthly',
  annual: 'annual',
  annually: 'annual',
  yearly: 'annual',
  year: 'annual',
  triennial: 'triennial',
  '3years': 'triennial',
  threeyears: 'triennial',
  onetime: 'oneTime',
};

const recurring: readonly BillingPlan[] = ['monthly', 'annual', 'triennial'];

/**
 * The plans that a line may be billed by. The billing frequency says it; where it is blank, the text of the term names
 * one or several (`One-Year commitment for monthly/yearly billing`), and else every plan is possible.
 */
export function billingPlansOf(line: {
  readonly billingFrequency: string;
  readonly termAndBillingCycle: string;
}): readonly BillingPlan[] {
  const told = frequencies[folded(line.billingFrequency)];
  if (told !== undefined) return [told];
  const named = /\bfor (.{1,80}) billing\b/i.exec(line.termAndBillingCycle)?.[1] ?? '';
  const plans = named.split('/').flatMap((word) => frequencies[folded(word)] ?? []);
  return plans.length > 0 ? plans : recurring;
}

function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
