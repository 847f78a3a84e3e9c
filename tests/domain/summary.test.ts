import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMeters, type MeterLine, type MeterStatus } from '../../shared/domain/comparison.ts';
import { type MeterTotal, meterLineKey, moneyOf, sumTexts } from '../../shared/domain/meter-totals.ts';
import { addSummaries, coverageGap, emptySummary, isMatched, summarise } from '../../shared/domain/summary.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { totalOf, totals, totalsOfExport } from './meters.ts';

const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle: '2026-10' } as const;
const side = fc.uniqueArray(totals, { maxLength: 12, selector: meterLineKey });
const exportSide = fc.uniqueArray(totalsOfExport, { maxLength: 12, selector: meterLineKey });
const comparisons = fc.record({ invoice: side, other: exportSide });

const rowsOf = (lines: readonly { readonly rows: number }[]) => lines.reduce((sum, line) => sum + line.rows, 0);

const readOf = (invoice: readonly MeterTotal[], other: readonly MeterTotal[]) => ({
  invoiceRows: rowsOf(invoice),
  otherRows: rowsOf(other),
  invoiceMoney: moneyOf(invoice),
  otherMoney: moneyOf(other),
});

/** One line of each status, and rounding rows in a currency of their own. */
function oneOfEach(): readonly MeterLine[] {
  const meter = (meterId: string, cost: string) => totalOf({ meterId, cost });
  return compareMeters(
    [meter('1', '10'), meter('2', '20'), meter('3', '-40'), meter('4', '80')],
    [
      meter('1', '10'),
      meter('2', '20.01'),
      meter('3', '-41'),
      meter('5', '160'),
      totalOf({ meterId: '6', cost: '320', excludedBy: 'license' }),
      totalOf({ meterId: '6', cost: '0.002', excludedBy: 'roundingAdjustment', currency: 'USD' }),
    ],
    how,
  );
}

describe('summarise', () => {
  it('counts lines and rows by status', () => {
    const counts = {
      matched: 1,
      withinTolerance: 1,
      mismatched: 1,
      invoiceOnly: 1,
      otherOnly: 1,
      excluded: 2,
      notComparable: 0,
    };
    expect(summarise(oneOfEach())).toMatchObject({
      lines: counts,
      invoiceRows: { ...counts, otherOnly: 0, excluded: 0 },
      otherRows: { ...counts, invoiceOnly: 0 },
    });
  });

  it('adds up each currency by itself; what is set aside counts as a line and not as money', () => {
    expect(summarise(oneOfEach()).totals).toMatchObject([
      {
        currency: 'EUR',
        invoice: '70',
        other: '149.01',
        variance: '-79.01',
        lines: 6,
        matchedLines: 2,
        comparableLines: 5,
        matchedAmount: '30',
        comparableAmount: '310',
        causes: [
          { cause: 'missingDays', amount: '-80' },
          { cause: 'rounding', amount: '-0.01' },
          { cause: 'unexplained', amount: '1' },
        ],
        money: {
          matched: { invoice: '10', other: '10' },
          withinTolerance: { invoice: '20', other: '20.01' },
          mismatched: { invoice: '-40', other: '-41' },
          invoiceOnly: { invoice: '80', other: '0' },
          otherOnly: { invoice: '0', other: '160' },
          excluded: { invoice: '0', other: '320' },
          notComparable: { invoice: '0', other: '0' },
        },
      },
      {
        currency: 'USD',
        invoice: '0',
        other: '0',
        variance: '0',
        lines: 1,
        matchedLines: 0,
        comparableLines: 0,
        matchedAmount: '0',
        comparableAmount: '0',
        causes: [],
        money: { excluded: { invoice: '0', other: '0.002' } },
      },
    ]);
  });

  it('leaves what is not comparable out of totals and match rate, and counts its rows and money', () => {
    const closed = compareMeters([totalOf()], [totalOf({ cost: '9' })], { ...how, notComparable: 'all' });
    expect(summarise(closed)).toMatchObject({
      totals: [
        {
          invoice: '0',
          other: '0',
          variance: '0',
          comparableLines: 0,
          money: { notComparable: { invoice: '2.4', other: '9' } },
        },
      ],
      invoiceRows: { notComparable: 1 },
    });
  });

  it('gives causes that add up to the variance of each currency', () => {
    fc.assert(
      fc.property(comparisons, ({ invoice, other }) => {
        for (const { causes, variance } of summarise(compareMeters(invoice, other, how)).totals)
          expect(sumTexts(causes.map(({ amount }) => amount))).toBe(variance);
      }),
    );
  });

  it('of two subscriptions is the sum of their summaries, however they are added', () => {
    fc.assert(
      fc.property(comparisons, comparisons, comparisons, (a, b, c) => {
        const lines = [a, b, c].map(({ invoice, other }) => compareMeters(invoice, other, how));
        const [x = emptySummary, y = emptySummary, z = emptySummary] = lines.map(summarise);
        expect(addSummaries(addSummaries(x, y), z)).toEqual(summarise(lines.flat()));
        expect(addSummaries(x, addSummaries(z, y))).toEqual(summarise(lines.flat()));
        expect(addSummaries(emptySummary, x)).toEqual(x);
      }),
    );
  });
});

describe('coverage', () => {
  it('adds up: every row of both sides has a status', () => {
    fc.assert(
      fc.property(comparisons, ({ invoice, other }) => {
        const summary = summarise(compareMeters(invoice, other, how));
        expect(coverageGap(summary, readOf(invoice, other))).toBeUndefined();
      }),
    );
  });

  it('finds a line that was lost, on whichever side', () => {
    fc.assert(
      fc.property(comparisons, fc.nat(), ({ invoice, other }, at) => {
        const lines = compareMeters(invoice, other, how);
        fc.pre(lines.length > 0);
        const summary = summarise(lines.toSpliced(at % lines.length, 1));
        expect(coverageGap(summary, readOf(invoice, other))).toBeDefined();
      }),
    );
  });

  it('says on which side rows are missing, and how many there should be', () => {
    const summary = summarise(compareMeters([totalOf()], [totalOf()], how));
    expect(coverageGap(summary, { invoiceRows: 1, otherRows: 1 })).toBeUndefined();
    expect(coverageGap(summary, { invoiceRows: 2, otherRows: 1 })).toBe('invoice side: 2 rows read, 1 accounted for');
    expect(coverageGap(summary, { invoiceRows: 1, otherRows: 0 })).toBe('other side: 0 rows read, 1 accounted for');
  });

  it('counts refused rows, which have no line', () => {
    const summary = summarise(compareMeters([totalOf()], [totalOf()], how));
    const read = { invoiceRows: 3, otherRows: 1 };
    expect(coverageGap(summary, { ...read, refused: { invoice: 2, other: 0 } })).toBeUndefined();
    expect(coverageGap(summary, { ...read, refused: { invoice: 1, other: 0 } })).toBe(
      'invoice side: 3 rows read, 2 accounted for',
    );
  });

  it('finds money that was lost where no row was, and money in a currency that no line has', () => {
    const summary = summarise(compareMeters([totalOf()], [totalOf()], how));
    const read = { invoiceRows: 1, otherRows: 1 };
    const eur = (amount: string) => ({ currency: 'EUR', amount });
    expect(coverageGap(summary, { ...read, invoiceMoney: [eur('2.4')], otherMoney: [eur('2.40')] })).toBeUndefined();
    expect(coverageGap(summary, { ...read, invoiceMoney: [eur('2.41')] })).toBe(
      'invoice side, EUR: 2.41 read, 2.4 accounted for',
    );
    expect(coverageGap(summary, { ...read, otherMoney: [eur('2.4'), { currency: 'USD', amount: '1' }] })).toBe(
      'other side, USD: 1 read, 0 accounted for',
    );
  });
});

describe('isMatched', () => {
  it.each<readonly [MeterStatus, boolean]>([
    ['matched', true],
    ['withinTolerance', true],
    ['excluded', true],
    ['mismatched', false],
    ['invoiceOnly', false],
    ['otherOnly', false],
    ['notComparable', false],
  ])('with a line that is %s: %s', (status, expected) => {
    const closed = compareMeters([totalOf()], [totalOf()], { ...how, notComparable: 'all' });
    const lines = [...oneOfEach(), ...closed].filter((line) => line.status === status || line.status === 'matched');
    expect(isMatched(summarise(lines))).toBe(expected);
  });

  it('holds for nothing at all', () => {
    expect(isMatched(emptySummary)).toBe(true);
  });
});
