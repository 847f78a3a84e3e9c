import { describe, expect, it } from 'vitest';
import { type Break, updateBreaks } from '../../shared/domain/breaks.ts';
import type { CauseAmount } from '../../shared/domain/cause.ts';
import { compareMeters, type MeterLine } from '../../shared/domain/comparison.ts';
import { addNews, type BreakNews, breakNewsOf, digestOf, noNews } from '../../shared/domain/run-digest.ts';
import { type CurrencyTotals, emptySummary, summarise } from '../../shared/domain/summary.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { totalOf } from './meters.ts';

const run = { runId: 'r1', billingCycle: '2026-10', invoiceId: 'G1', comparedWith: 'costexport' } as const;

/** Lines of a month whose meters are off by so much each; currencies may differ. */
function linesOf(cycle: string, offs: readonly { readonly off: number; readonly currency?: string }[]) {
  const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle } as const;
  const side = (costOf: (off: number) => number) =>
    offs.map(({ off, currency = 'EUR' }, at) =>
      totalOf({ meterId: `m${at}`, meterName: `Meter ${at}`, currency, cost: String(costOf(off)) }),
    );
  return compareMeters(
    side(() => 100),
    side((off) => 100 - off),
    how,
  );
}

function totalsWith(changes: Partial<CurrencyTotals>): CurrencyTotals {
  const [totals] = summarise(linesOf('2026-10', [{ off: 0 }])).totals;
  if (totals === undefined) throw new Error('there is a line');
  return { ...totals, ...changes };
}

function toldOf(changes: Partial<CurrencyTotals>) {
  const summary = { ...emptySummary, totals: [totalsWith(changes)] };
  return digestOf({ ...run, summary }, undefined, undefined).totals[0];
}

describe('a digest', () => {
  it('tells the match rate by count and by amount, for each currency apart', () => {
    const summary = summarise(linesOf('2026-10', [{ off: 0 }, { off: 0 }, { off: 40 }, { off: 0, currency: 'USD' }]));
    expect(digestOf({ ...run, summary }, undefined, 'https://portal.example/r')).toEqual({
      ...run,
      isMatched: false,
      totals: [
        {
          currency: 'EUR',
          invoice: '300',
          other: '260',
          variance: '40',
          matchedLines: 2,
          comparableLines: 3,
          matchRateByCount: '66.66',
          matchRateByAmount: '66.66',
          largestCauses: summary.totals[0]?.causes,
        },
        {
          currency: 'USD',
          invoice: '100',
          other: '100',
          variance: '0',
          matchedLines: 1,
          comparableLines: 1,
          matchRateByCount: '100.00',
          matchRateByAmount: '100.00',
          largestCauses: [],
        },
      ],
      link: 'https://portal.example/r',
    });
  });

  it.each([
    [799_999, 800_000, '99.99'],
    [800_000, 800_000, '100.00'],
    [1, 3, '33.33'],
    [0, 3, '0.00'],
    [1, 2, '50.00'],
  ])('says of %i of %i %s per cent: all only where all match', (matchedLines, comparableLines, expected) => {
    expect(toldOf({ matchedLines, comparableLines })?.matchRateByCount).toBe(expected);
    const amounts = { matchedAmount: `${matchedLines}.000`, comparableAmount: String(comparableLines) };
    expect(toldOf(amounts)?.matchRateByAmount).toBe(expected);
  });

  it('gives no rate where nothing is comparable', () => {
    const told = toldOf({ matchedLines: 0, comparableLines: 0, matchedAmount: '0', comparableAmount: '0' });
    expect(told).not.toHaveProperty('matchRateByCount');
    expect(told).not.toHaveProperty('matchRateByAmount');
  });

  it('tells the three causes of the largest amounts, whichever their sign', () => {
    const causes: readonly CauseAmount[] = [
      { cause: 'quantity', amount: '5' },
      { cause: 'unitPrice', amount: '-70' },
      { cause: 'missingDays', amount: '0.01' },
      { cause: 'credit', amount: '10' },
      { cause: 'unexplained', amount: '9' },
    ];
    expect(toldOf({ causes })?.largestCauses.map(({ cause }) => cause)).toEqual(['unitPrice', 'credit', 'unexplained']);
  });

  it('says why nothing could be compared', () => {
    const gate = { kind: 'closed', reason: 'retailScope', message: 'of a customer' } as const;
    expect(digestOf({ ...run, gate, summary: emptySummary }, noNews, undefined)).toEqual({
      ...run,
      isMatched: false,
      gate: 'retailScope',
      totals: [],
      breaks: noNews,
    });
  });
});

/** The breaks after months in which one meter was off by so much. */
function breaksAfter(months: readonly (readonly [cycle: string, off: number])[]): readonly Break[] {
  return months.reduce<readonly Break[]>((known, [cycle, off]) => {
    const lines = linesOf(cycle, [{ off }]);
    return updateBreaks(known, { cycle, runId: `run-${cycle}`, comparedWith: 'costexport', lines });
  }, []);
}

function newsOf(lines: readonly MeterLine[], known: readonly Break[]) {
  return breakNewsOf(run, lines, known);
}

describe('what breaks are news', () => {
  it.each([
    ['is there for the first time', [['2026-10', 20]], 'new', 1],
    [
      'was there two months ago, and not last month',
      [
        ['2026-08', 9],
        ['2026-09', 0],
        ['2026-10', 20],
      ],
      'new',
      1,
    ],
    [
      'is larger than last month',
      [
        ['2026-08', 20],
        ['2026-09', 9],
        ['2026-10', 20],
      ],
      'worsened',
      3,
    ],
    [
      'is larger with the other sign',
      [
        ['2026-09', -9],
        ['2026-10', 20],
      ],
      'worsened',
      2,
    ],
  ] as const)('one that %s', (_what, months, trend, ageMonths) => {
    const news = newsOf(linesOf('2026-10', [{ off: 20 }]), breaksAfter(months));
    expect(news).toMatchObject({
      open: 1,
      new: trend === 'new' ? 1 : 0,
      worsened: trend === 'worsened' ? 1 : 0,
      largest: [
        { trend, ageMonths, variance: '20', currency: 'EUR', meterName: 'Meter 0', severity: 'contactSupport' },
      ],
    });
  });

  it.each([
    [
      'is smaller than last month',
      [
        ['2026-09', 30],
        ['2026-10', 20],
      ],
    ],
    [
      'is what it was',
      [
        ['2026-09', 20],
        ['2026-10', 20],
      ],
    ],
  ] as const)('not one that %s, though it is open', (_what, months) => {
    expect(newsOf(linesOf('2026-10', [{ off: 20 }]), breaksAfter(months))).toEqual({ ...noNews, open: 1 });
  });

  it('is told as of the month of the run, whatever later months say', () => {
    const known = breaksAfter([
      ['2026-09', 9],
      ['2026-10', 20],
      ['2026-11', 0],
    ]);
    expect(newsOf(linesOf('2026-10', [{ off: 20 }]), known)).toMatchObject({ worsened: 1 });
  });

  it('is not told before the breaks of the run are written', () => {
    const lines = linesOf('2026-10', [{ off: 20 }]);
    expect(newsOf(lines, [])).toBeUndefined();
    expect(newsOf(lines, breaksAfter([['2026-09', 9]]))).toBeUndefined();
    expect(newsOf(linesOf('2026-10', [{ off: 0 }]), [])).toEqual(noNews);
  });

  it('is the largest three of each currency, in whatever order subscriptions are added', () => {
    const offs = [5, -50, 20, 30, 6].flatMap((off) => [{ off }, { off: off * 2, currency: 'USD' }]);
    const lines = linesOf('2026-10', offs);
    const known = updateBreaks([], { cycle: '2026-10', runId: 'r1', comparedWith: 'costexport', lines });
    const parts = lines.map((line): BreakNews => newsOf([line], known) ?? noNews);
    const forward = parts.reduce(addNews, noNews);
    expect(forward.largest.map(({ currency, variance }) => `${variance} ${currency}`)).toEqual([
      '-50 EUR',
      '30 EUR',
      '20 EUR',
      '-100 USD',
      '60 USD',
      '40 USD',
    ]);
    expect(forward).toMatchObject({ open: 10, new: 10, worsened: 0 });
    expect(parts.reduceRight(addNews, noNews)).toEqual(forward);
    expect(newsOf(lines, known)).toEqual(forward);
  });
});
