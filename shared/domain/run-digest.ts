import { ageMonths, type Break, breakIdOf, isBroken, trendOf } from './breaks.ts';
import type { CauseAmount } from './cause.ts';
import type { MeterLine } from './comparison.ts';
import { absolute, compareDecimals, type Decimal, decimal, divideDown, isZero, multiply, toText } from './decimal.ts';
import type { GateReason } from './gates.ts';
import type { Severity } from './severity.ts';
import { type ComparisonSummary, type CurrencyTotals, isMatched } from './summary.ts';
import type { ComparedWith } from './tolerance.ts';

/** A break that the run before did not have, or not as large. It names no customer and no resource. */
export type DigestBreak = {
  readonly breakId: string;
  readonly trend: 'new' | 'worsened';
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly region: string;
  readonly currency: string;
  readonly variance: string;
  readonly ageMonths: number;
  readonly severity?: Severity;
};

/** How the breaks of a run's month stand against the month before; `largest` are a few of each currency. */
export type BreakNews = {
  readonly open: number;
  readonly new: number;
  readonly worsened: number;
  readonly largest: readonly DigestBreak[];
};

/**
 * What a run comes to in one currency. The match rates are percentages with two places, cut off, so that 100.00 says
 * that everything matches; they are left out where nothing is comparable.
 */
export type DigestTotals = {
  readonly currency: string;
  readonly invoice: string;
  readonly other: string;
  readonly variance: string;
  readonly matchedLines: number;
  readonly comparableLines: number;
  readonly matchRateByCount?: string;
  readonly matchRateByAmount?: string;
  /** Of the largest amounts, whichever their sign. */
  readonly largestCauses: readonly CauseAmount[];
};

/** What a run comes to, for people who do not look every day. Amounts are exact decimal text. */
export type RunDigest = {
  readonly runId: string;
  readonly billingCycle: string;
  readonly invoiceId: string;
  readonly comparedWith: ComparedWith;
  readonly isMatched: boolean;
  /** Why nothing, or not everything, could be compared. */
  readonly gate?: GateReason;
  readonly totals: readonly DigestTotals[];
  /** Left out for `invoicetotal`, which has no breaks. */
  readonly breaks?: BreakNews;
  /** Where a person can look at the run. */
  readonly link?: string;
};

const causesTold = 3;
const breaksTold = 3;
const ratePlaces = 2;
const hundred = decimal('100');

/** What of a run the digest tells. */
export type ToldRun = Pick<RunDigest, 'runId' | 'billingCycle' | 'invoiceId' | 'comparedWith'> & {
  readonly summary: ComparisonSummary;
  readonly gate?: { readonly reason: GateReason };
};

/** What people are told of a run. `breaks` is undefined for a comparison that has none. */
export function digestOf(run: ToldRun, breaks: BreakNews | undefined, link: string | undefined): RunDigest {
  const { runId, billingCycle, invoiceId, comparedWith, summary, gate } = run;
  return {
    runId,
    billingCycle,
    invoiceId,
    comparedWith,
    isMatched: gate === undefined && isMatched(summary),
    ...(gate === undefined ? {} : { gate: gate.reason }),
    totals: summary.totals.map(toDigestTotals),
    ...(breaks === undefined ? {} : { breaks }),
    ...(link === undefined ? {} : { link }),
  };
}

function toDigestTotals(totals: CurrencyTotals): DigestTotals {
  const { currency, invoice, other, variance, matchedLines, comparableLines, causes } = totals;
  const byCount = rate(decimal(String(matchedLines)), decimal(String(comparableLines)));
  const byAmount = rate(decimal(totals.matchedAmount), decimal(totals.comparableAmount));
  return {
    currency,
    invoice,
    other,
    variance,
    matchedLines,
    comparableLines,
    ...(byCount === undefined ? {} : { matchRateByCount: byCount }),
    ...(byAmount === undefined ? {} : { matchRateByAmount: byAmount }),
    largestCauses: [...causes].sort((left, right) => bySize(left.amount, right.amount)).slice(0, causesTold),
  };
}

function rate(part: Decimal, whole: Decimal): string | undefined {
  if (isZero(whole)) return undefined;
  const [digits = '0', fraction = ''] = toText(divideDown(multiply(part, hundred), whole, ratePlaces)).split('.');
  return `${digits}.${fraction.padEnd(ratePlaces, '0')}`;
}

/** The larger amount first, whichever its sign. */
function bySize(left: string, right: string): number {
  return compareDecimals(absolute(decimal(right)), absolute(decimal(left)));
}

export const noNews: BreakNews = { open: 0, new: 0, worsened: 0, largest: [] };

/**
 * How the lines of one subscription stand against the months before. `known` are its breaks; those of the lines must be
 * among them, with the run's month.
 * @returns undefined while they are not: they are written after a run is published
 */
export function breakNewsOf(
  { runId, comparedWith, billingCycle: cycle }: Pick<RunDigest, 'runId' | 'comparedWith' | 'billingCycle'>,
  lines: readonly MeterLine[],
  known: readonly Break[],
): BreakNews | undefined {
  const byId = new Map(known.map((one) => [one.breakId, one]));
  let news = noNews;
  for (const line of lines.filter((each) => isBroken(each))) {
    const one = byId.get(breakIdOf({ ...line, comparedWith }));
    if (one?.months.some((month) => month.cycle === cycle) !== true) return undefined;
    const { status, severity } = line;
    const before = one.months.filter((month) => month.cycle < cycle);
    const months = [...before, { cycle, runId, status, variance: line.variance.cost }];
    const asOfCycle = { ...one, months, lastCycle: cycle };
    const trend = trendOf(asOfCycle);
    const isNews = trend === 'new' || trend === 'worsened';
    news = addNews(news, {
      open: 1,
      new: trend === 'new' ? 1 : 0,
      worsened: trend === 'worsened' ? 1 : 0,
      largest: isNews
        ? [
            {
              breakId: one.breakId,
              trend,
              subscriptionId: line.subscriptionId,
              meterId: line.meterId,
              meterName: line.meterName,
              region: line.region,
              currency: line.currency,
              variance: line.variance.cost,
              ageMonths: ageMonths(asOfCycle),
              ...(severity === undefined ? {} : { severity }),
            },
          ]
        : [],
    });
  }
  return news;
}

/** Both together; of each currency the largest few are kept. */
export function addNews(left: BreakNews, right: BreakNews): BreakNews {
  const byCurrency = Map.groupBy([...left.largest, ...right.largest], ({ currency }) => currency);
  const largest = [...byCurrency]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, own]) =>
      own
        .sort((one, other) => bySize(one.variance, other.variance) || (one.breakId < other.breakId ? -1 : 1))
        .slice(0, breaksTold),
    );
  return {
    open: left.open + right.open,
    new: left.new + right.new,
    worsened: left.worsened + right.worsened,
    largest,
  };
}
