/** The days of a billing cycle and the ways Microsoft's files write them. A day is `YYYY-MM-DD` throughout. */
export type BillingMonth = {
  readonly cycle: string;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly days: readonly string[];
  readonly nextFirstDay: string;
  readonly nextCycle: string;
  readonly previous: { readonly firstDay: string; readonly lastDay: string; readonly days: readonly string[] };
};

/** @throws Error when `cycle` is not `YYYY-MM`. */
export function billingMonth(cycle: string): BillingMonth {
  const days = daysOf(cycle);
  const firstDay = firstOf(days);
  const lastDay = lastOf(days);
  const previousDays = daysOf(addDays(firstDay, -1).slice(0, 7));
  const nextFirstDay = addDays(lastDay, 1);
  return {
    cycle,
    firstDay,
    lastDay,
    days,
    nextFirstDay,
    nextCycle: nextFirstDay.slice(0, 7),
    previous: { firstDay: firstOf(previousDays), lastDay: lastOf(previousDays), days: previousDays },
  };
}

export function addDays(day: string, count: number): string {
  const [year, month, date] = partsOf(day);
  return new Date(Date.UTC(year, month - 1, date + count)).toISOString().slice(0, 10);
}

/** The day before the same date of the month `count` months on: the inclusive end of a charge cycle. */
export function cycleEnd(day: string, count: number): string {
  const [year, month, date] = partsOf(day);
  return new Date(Date.UTC(year, month - 1 + count, date - 1)).toISOString().slice(0, 10);
}

/** From `start` to `end`, both included. */
export function daysBetween(start: string, end: string): number {
  const [startYear, startMonth, startDate] = partsOf(start);
  const [endYear, endMonth, endDate] = partsOf(end);
  const elapsedMs = Date.UTC(endYear, endMonth - 1, endDate) - Date.UTC(startYear, startMonth - 1, startDate);
  return elapsedMs / 86_400_000 + 1;
}

export function daysInMonthOf(day: string): number {
  return daysOf(day.slice(0, 7)).length;
}

/** `MM/DD/YYYY`, as a cost export of the Microsoft Partner Agreement writes it. */
export function monthDayYear(day: string): string {
  return `${day.slice(5, 7)}/${day.slice(8, 10)}/${day.slice(0, 4)}`;
}

export function compactDay(day: string): string {
  return day.replaceAll('-', '');
}

function daysOf(cycle: string): readonly string[] {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(cycle);
  if (match === null) {
    throw new Error(`'${cycle}' is not a billing cycle; expected YYYY-MM`);
  }
  const count = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  return Array.from({ length: count }, (_, index) => `${cycle}-${String(index + 1).padStart(2, '0')}`);
}

function partsOf(day: string): readonly [number, number, number] {
  return [Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8, 10))];
}

function firstOf(days: readonly string[]): string {
  return `${days[0]}`;
}

function lastOf(days: readonly string[]): string {
  return `${days[days.length - 1]}`;
}
