import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageMonths, type Break, breakIdOf, stateOf, trendOf, updateBreaks } from '../../shared/domain/breaks.ts';
import { compareMeters, type MeterLine } from '../../shared/domain/comparison.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { totalOf } from './meters.ts';

/** The lines of a month in which these meters are off by these amounts. */
function linesOf(off: Readonly<Record<string, number>>): readonly MeterLine[] {
  return Object.entries(off).flatMap(([meterId, amount]) =>
    compareMeters([totalOf({ meterId, cost: '10' })], [totalOf({ meterId, cost: String(10 - amount) })], {
      comparedWith: 'costexport',
      policy: defaultPolicy,
      cycle: '2026-10',
    }),
  );
}

const monthOf = (cycle: string, off: Readonly<Record<string, number>>, runId = `run of ${cycle}`) =>
  ({ cycle, runId, comparedWith: 'costexport', lines: linesOf(off) }) as const;

function breaksAfter(...months: readonly ReturnType<typeof monthOf>[]): readonly Break[] {
  return months.reduce<readonly Break[]>((known, month) => updateBreaks(known, month), []);
}

const told = (breaks: readonly Break[]) =>
  breaks
    .map((one) => [one.meterId, stateOf(one), ageMonths(one), trendOf(one)])
    .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1));

describe('a break', () => {
  it('keeps its identity from month to month, so its age is known', () => {
    const breaks = breaksAfter(
      monthOf('2026-11', { a: 1 }),
      monthOf('2026-12', { a: 3, b: 1 }),
      monthOf('2027-01', { a: 2, b: 1 }),
    );
    expect(told(breaks)).toEqual([
      ['a', 'open', 3, 'improved'],
      ['b', 'open', 2, 'unchanged'],
    ]);
    expect(told(breaksAfter(monthOf('2026-11', { a: 1 }), monthOf('2026-12', { a: -3 })))).toEqual([
      ['a', 'open', 2, 'worsened'],
    ]);
  });

  it('closes by itself when its line is right, and when there is no such line any more', () => {
    expect(told(breaksAfter(monthOf('2026-10', { a: 1, b: 1 }), monthOf('2026-11', { a: 0 })))).toEqual([
      ['a', 'closed', 1, 'closed'],
      ['b', 'closed', 1, 'closed'],
    ]);
  });

  it('closes when a newer run of its own month finds it right', () => {
    const [closed, ...rest] = breaksAfter(monthOf('2026-10', { a: 1 }), monthOf('2026-10', { a: 0 }, 'a newer run'));
    expect(rest).toEqual([]);
    expect(closed).toMatchObject({ months: [], lastCycle: '2026-10' });
    expect(told(closed === undefined ? [] : [closed])).toEqual([['a', 'closed', 0, 'closed']]);
  });

  it('that comes back is the same break, and young', () => {
    const months = [monthOf('2026-09', { a: 1 }), monthOf('2026-10', { a: 0 }), monthOf('2026-11', { a: 1 })];
    const [first] = breaksAfter(...months.slice(0, 1));
    const [again] = breaksAfter(...months);
    expect(again?.breakId).toBe(first?.breakId);
    expect(told(again === undefined ? [] : [again])).toEqual([['a', 'open', 1, 'new']]);
  });

  it('found late, in a month before the latest, is closed unless the latest has it too', () => {
    const latest = breaksAfter(monthOf('2026-11', {}));
    const old = { ...monthOf('2026-10', { a: 1 }), latestCycle: '2026-11' };
    expect(told(updateBreaks(latest, old))).toEqual([['a', 'closed', 1, 'closed']]);
  });

  it('is told apart by comparison, currency, subscription, meter, region and unit, and by no month', () => {
    const key = {
      comparedWith: 'costexport',
      subscriptionId: 's',
      meterId: 'm',
      region: 'r',
      unit: 'u',
      currency: 'EUR',
    } as const;
    const others = [
      { ...key, comparedWith: 'invoicelines' as const },
      ...(['subscriptionId', 'meterId', 'region', 'unit', 'currency'] as const).map((field) => ({
        ...key,
        [field]: 'x',
      })),
    ];
    expect(new Set([key, ...others].map(breakIdOf)).size).toBe(7);
  });

  it('of another comparison is left alone', () => {
    const [known] = breaksAfter(monthOf('2026-10', { a: 1 }));
    const lines = { ...monthOf('2026-11', {}), comparedWith: 'invoicelines' as const };
    expect(updateBreaks(known === undefined ? [] : [known], lines)).toEqual([known]);
  });
});

describe('updating breaks', () => {
  const months = fc.uniqueArray(
    fc.record({
      cycle: fc.constantFrom('2026-10', '2026-11', '2026-12', '2027-01'),
      off: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 1, 2, -2)),
    }),
    { selector: ({ cycle }) => cycle, minLength: 1 },
  );

  it('twice is updating once', () => {
    fc.assert(
      fc.property(months, (list) => {
        const all = list.map(({ cycle, off }) => monthOf(cycle, off));
        expect(breaksAfter(...all.flatMap((month) => [month, month]))).toEqual(breaksAfter(...all));
      }),
    );
  });

  it('comes to the same states in any order of the months', () => {
    const states = (breaks: readonly Break[]) => told(breaks.filter(({ months: own }) => own.length > 0));
    fc.assert(
      fc.property(months, (list) => {
        const latestCycle =
          list
            .map(({ cycle }) => cycle)
            .sort()
            .at(-1) ?? '';
        const all = list.map(({ cycle, off }) => ({ ...monthOf(cycle, off), latestCycle }));
        expect(states(breaksAfter(...all.toReversed()))).toEqual(states(breaksAfter(...all)));
      }),
    );
  });
});
