import { Temporal } from 'temporal-polyfill';

/** A calendar month, `YYYY-MM`: the billing cycle of new commerce. */
export type BillingCycle = string & { readonly __brand: 'BillingCycle' };

const cycleText = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** @returns undefined unless `text` is a month written `YYYY-MM` */
export function parseBillingCycle(text: string): BillingCycle | undefined {
  return cycleText.test(text) ? (text as BillingCycle) : undefined;
}

/** The month in which `day` (`YYYY-MM-DD`) lies. */
export function billingCycleOf(day: string): BillingCycle {
  const cycle = parseBillingCycle(day.slice(0, 7));
  if (cycle === undefined) throw new Error(`Not a day: '${day}'`);
  return cycle;
}

/** The month before the one in which `moment` (ISO, UTC) lies. */
export function previousCycle(moment: string): BillingCycle {
  return billingCycleOf(Temporal.PlainDate.from(moment.slice(0, 10)).with({ day: 1 }).subtract({ days: 1 }).toString());
}

/** Whether the days from `first` to `last`, both included, are the whole month or more. */
export function coversCycle(cycle: BillingCycle, first: string, last: string): boolean {
  const month = Temporal.PlainYearMonth.from(cycle);
  return first <= `${cycle}-01` && last >= month.toPlainDate({ day: month.daysInMonth }).toString();
}

/** The day, `YYYY-MM-DD`, by which Microsoft usually has a new-commerce invoice ready: the 8th of the next month. */
export function expectedInvoiceDay(cycle: BillingCycle): string {
  return Temporal.PlainDate.from(`${cycle}-01`).add({ months: 1 }).with({ day: 8 }).toString();
}

/** How long after its expected day a side may still come before its month is blocked. */
const arrivalDays = 10;

/** The last day on which both sides of a month are waited for: `YYYY-MM-DD`. */
export function arrivalDeadline(cycle: BillingCycle): string {
  return addMilliseconds(`${expectedInvoiceDay(cycle)}T00:00:00.000Z`, arrivalDays * 24 * 60 * 60 * 1000).slice(0, 10);
}

/** The day after `day`, both `YYYY-MM-DD`. */
export function nextDay(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

/** `moment` moved by `milliseconds`, as an ISO string in UTC with milliseconds. */
export function addMilliseconds(moment: string, milliseconds: number): string {
  return Temporal.Instant.from(moment).add({ milliseconds }).toString({ smallestUnit: 'millisecond' });
}

/** Whole seconds since 1970 of `moment` (ISO, UTC). */
export function epochSeconds(moment: string): number {
  return Math.trunc(Temporal.Instant.from(moment).epochMilliseconds / 1000);
}

const isoDay = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const usDay = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?)?$/;

/**
 * The calendar day that Microsoft's files write, as `YYYY-MM-DD`: ISO with or without a time of day, or `M/D/YYYY`.
 * The time of day is dropped, not converted: these columns hold days.
 * @returns undefined for impossible days and for any other form
 */
export function parseMicrosoftDay(text: string): string | undefined {
  const iso = isoDay.exec(text);
  if (iso !== null) return toDay(iso[1], iso[2], iso[3]);
  const us = usDay.exec(text);
  return us === null ? undefined : toDay(us[3], us[1], us[2]);
}

function toDay(year = '', month = '', day = ''): string | undefined {
  const fields = { year: Number(year), month: Number(month), day: Number(day) };
  try {
    return Temporal.PlainDate.from(fields, { overflow: 'reject' }).toString();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
