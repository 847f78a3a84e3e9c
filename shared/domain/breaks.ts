import type { MeterLine } from './comparison.ts';
import { identityOf } from './content-hash.ts';
import { absolute, compareDecimals, decimal } from './decimal.ts';
import type { Severity } from './severity.ts';
import type { ComparedWith } from './tolerance.ts';

/** A month in which a meter line was out of tolerance. */
export type BreakMonth = {
  readonly cycle: string;
  readonly runId: string;
  readonly status: 'mismatched' | 'invoiceOnly' | 'otherOnly';
  readonly variance: string;
  readonly severity?: Severity;
};

/**
 * A meter line that is or was out of tolerance. It is the same break from month to month, so its identity has no month
 * and no invoice in it, and an invoice that replaces another goes on with its breaks.
 */
export type Break = {
  readonly breakId: string;
  readonly comparedWith: ComparedWith;
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  /** Ordered by cycle, each once. Empty where every month has come right in a later run. */
  readonly months: readonly BreakMonth[];
  /** The last month in which the line was looked at. */
  readonly lastCycle: string;
};

export type BreakState = 'open' | 'closed';

/** How a break stands against the month before: `new` where it was not there then. */
export const breakTrends = ['new', 'worsened', 'improved', 'unchanged', 'closed'] as const;
export type BreakTrend = (typeof breakTrends)[number];

/** The lines of the run that readers see for one month, with all subscriptions that it compared. */
export type MonthOfLines = {
  readonly cycle: string;
  readonly runId: string;
  readonly comparedWith: ComparedWith;
  readonly lines: readonly MeterLine[];
  /** The last month that has been compared, where that is a later one. */
  readonly latestCycle?: string;
};

type BreakKey = Pick<Break, 'subscriptionId' | 'meterId' | 'region' | 'unit' | 'currency' | 'comparedWith'>;

/** The same for a meter line of every month and every version of its invoice. */
export function breakIdOf({ comparedWith, subscriptionId, meterId, region, unit, currency }: BreakKey): string {
  return identityOf(['break', comparedWith, subscriptionId, meterId, region, unit, currency]);
}

/**
 * The breaks after a month has been compared, ordered by id: those of its lines, and the known ones. `known` are the
 * breaks of the subscriptions that the run covers; one whose line is right now, or gone, has no such month any more and
 * closes by itself. Doing it twice, or with a newer run of the same month, comes to the same as doing it once with the
 * newest; months may be done in any order, when an earlier one says which is the latest.
 */
export function updateBreaks(known: readonly Break[], month: MonthOfLines): readonly Break[] {
  const broken = new Map(month.lines.filter(isBroken).map((line) => [breakIdOf({ ...line, ...month }), line]));
  const before = new Map(known.map((one) => [one.breakId, one]));
  return [...new Set([...before.keys(), ...broken.keys()])].sort().flatMap((breakId) => {
    const one = before.get(breakId);
    const line = broken.get(breakId);
    if (one !== undefined && one.comparedWith !== month.comparedWith) return [one];
    if (line !== undefined) return [withMonth(one ?? newBreak(breakId, line, month), line, month)];
    return one === undefined ? [] : [withoutMonth(one, month)];
  });
}

/** Open while the last month that was looked at has it. */
export function stateOf({ months, lastCycle }: Break): BreakState {
  return months.at(-1)?.cycle === lastCycle ? 'open' : 'closed';
}

/** For how many months in a row, up to the last one that has it, a break has been there. */
export function ageMonths({ months }: Break): number {
  let age = months.length === 0 ? 0 : 1;
  for (let at = months.length - 1; at > 0; at -= 1) {
    if (monthNumber(months[at]?.cycle ?? '') - monthNumber(months[at - 1]?.cycle ?? '') !== 1) break;
    age += 1;
  }
  return age;
}

/** How the variance of the latest month that has the break stands against the month before, whichever their signs. */
export function trendOf(one: Break): BreakTrend {
  if (stateOf(one) === 'closed') return 'closed';
  const [before, now] = one.months.slice(-2);
  if (before === undefined || now === undefined || ageMonths(one) === 1) return 'new';
  const size = (month: BreakMonth) => absolute(decimal(month.variance));
  const order = compareDecimals(size(now), size(before));
  return order > 0 ? 'worsened' : order < 0 ? 'improved' : 'unchanged';
}

/** Whether a line is out of tolerance or on one side only. */
export function isBroken<L extends Pick<MeterLine, 'status'>>(
  line: L,
): line is L & { readonly status: BreakMonth['status'] } {
  return line.status === 'mismatched' || line.status === 'invoiceOnly' || line.status === 'otherOnly';
}

function newBreak(breakId: string, line: MeterLine, month: MonthOfLines): Break {
  const { comparedWith, cycle, latestCycle = cycle } = month;
  const { subscriptionId, meterId, region, unit, currency } = line;
  return {
    breakId,
    comparedWith,
    subscriptionId,
    meterId,
    region,
    unit,
    currency,
    ...namesOf(line),
    months: [],
    lastCycle: later(cycle, latestCycle),
  };
}

function namesOf({ meterName, meterCategory, meterSubCategory }: MeterLine) {
  return { meterName, meterCategory, meterSubCategory };
}

function withMonth(one: Break, line: MeterLine, { cycle, runId }: MonthOfLines): Break {
  if (!isBroken(line)) return one;
  const { status, severity } = line;
  const month = { cycle, runId, status, variance: line.variance.cost, ...(severity === undefined ? {} : { severity }) };
  const others = one.months.filter((known) => known.cycle !== cycle);
  const months = [...others, month].sort((left, right) => (left.cycle < right.cycle ? -1 : 1));
  // Names are those of the latest month: Microsoft renames meters.
  const names = months.at(-1) === month ? namesOf(line) : {};
  return { ...one, ...names, months, lastCycle: later(one.lastCycle, cycle) };
}

function withoutMonth(one: Break, { cycle }: MonthOfLines): Break {
  return {
    ...one,
    months: one.months.filter((known) => known.cycle !== cycle),
    lastCycle: later(one.lastCycle, cycle),
  };
}

function later(left: string, right: string): string {
  return left > right ? left : right;
}

/** Months since the year 0, of `YYYY-MM`. */
function monthNumber(cycle: string): number {
  return Number(cycle.slice(0, 4)) * 12 + Number(cycle.slice(5, 7));
}
