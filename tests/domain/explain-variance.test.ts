import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../shared/domain/cause.ts';
import { decimal, multiply, subtract, toText } from '../../shared/domain/decimal.ts';
import { type Explanation, explainVariance, type VarianceFacts } from '../../shared/domain/explain-variance.ts';
import { addTotals, type MeterTotal, meterTotalKey, sumTexts } from '../../shared/domain/meter-totals.ts';
import { factsOf, type Row, rows, totalsOfRows } from './variance-facts.ts';

const sides = fc.record({ invoice: rows, other: rows });

const row = (change: Partial<Row> = {}): Row => ({
  source: { file: 'a', line: 1 },
  usageDate: '2026-10-01',
  resourceKey: 'vm',
  quantity: '24',
  unitPrice: '0.1',
  exchangeRate: '0.9',
  cost: '2.16',
  ...change,
});

const explain = (invoice: readonly Row[], other: readonly Row[], options?: { readonly withRows: boolean }) =>
  explainVariance(factsOf({ invoice, other }, options));

const causesOf = (explanation: Explanation) =>
  Object.fromEntries(explanation.causes.map(({ cause, amount }) => [cause, amount]));

function varianceOf({ invoice, other }: Pick<VarianceFacts, 'invoice' | 'other'>): string {
  const cost = (totals: readonly MeterTotal[]) => decimal(sumTexts(totals.map((total) => total.cost)));
  return toText(subtract(cost(invoice), cost(other)));
}

const amountOf = (explanation: Explanation, ...causes: readonly Cause[]) =>
  sumTexts(explanation.causes.filter(({ cause }) => causes.includes(cause)).map(({ amount }) => amount));

const rowCauses = ['lateUsage', 'missingDays', 'duplicateRows'] as const;

describe('equal rows of one resource and day', () => {
  const changed = row({ quantity: '20', cost: '1.8' });

  it('are no doubles where the other side has as many rows there: the quantity of one is another', () => {
    expect(causesOf(explain([row(), row()], [row(), changed]))).toEqual({ quantity: '0.36' });
    expect(causesOf(explain([row(), changed], [row(), row()]))).toEqual({ quantity: '-0.36' });
  });

  it('are doubles where the other side has fewer', () => {
    expect(causesOf(explain([row(), row(), changed], [row(), changed]))).toEqual({ duplicateRows: '2.16' });
  });
});

describe('credits of both kinds on one meter', () => {
  const paid = row({ isCredit: true, unitPrice: '0', cost: '0' });
  const own = row({ isCredit: true, unitPrice: '0', quantity: '0', cost: '-0.5', resourceKey: 'other' });
  const used = [row(), row({ quantity: '26', cost: '2.34' })];

  it('are told apart by their rows: the one keeps its quantity, the other leaves with its amount', () => {
    const explanation = explain([...used, paid, own], [...used, row()]);
    expect(causesOf(explanation)).toEqual({ credit: '-2.66' });
  });

  it('ask for rows, since a total cannot tell them apart', () => {
    expect(explain([...used, paid, own], [...used, row(), row()], { withRows: false }).needsRows).toBe(true);
    expect(explain([...used, own, own], [...used, row(), row()], { withRows: false }).needsRows).toBe(false);
  });
});

describe('the causes of a variance', () => {
  it('add up to it, with rows, without, and with rows that are not those of the totals', () => {
    fc.assert(
      fc.property(sides, sides, (both, strangers) => {
        const facts = factsOf(both);
        for (const given of [
          facts,
          factsOf(both, { withRows: false }),
          { ...factsOf(strangers), ...totalsOnly(facts) },
        ]) {
          const { causes } = explainVariance(given);
          expect(sumTexts(causes.map(({ amount }) => amount))).toBe(varianceOf(facts));
          expect(causes.map(({ amount }) => amount)).not.toContain('0');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are the same in any order of the rows, and however the totals are split over files', () => {
    const shuffled = sides.chain((both) =>
      fc.tuple(
        fc.constant(both),
        fc.shuffledSubarray([...both.invoice], { minLength: both.invoice.length }),
        fc.nat({ max: both.invoice.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([both, invoice, cut]) => {
        const expected = explainVariance(factsOf(both));
        expect(explainVariance(factsOf({ ...both, invoice }))).toEqual(expected);
        const parts = [...totalsOfRows(both.invoice.slice(0, cut)), ...totalsOfRows(both.invoice.slice(cut))];
        const merged = [...Map.groupBy(parts, meterTotalKey).values()].map((group) => group.reduce(addTotals));
        expect(explainVariance({ ...factsOf(both), invoice: merged })).toEqual(expected);
      }),
    );
  });

  it('are byte for byte the same when they are told twice', () => {
    fc.assert(
      fc.property(sides, (both) => {
        expect(JSON.stringify(explainVariance(factsOf(both)))).toBe(JSON.stringify(explainVariance(factsOf(both))));
      }),
    );
  });

  it('are negated when the sides are swapped: each cause of rows, and the factors together', () => {
    fc.assert(
      fc.property(sides, ({ invoice, other }) => {
        const explanation = explain(invoice, other);
        const swapped = explain(other, invoice);
        const negated = (text: string) => toText(multiply(decimal('-1'), decimal(text)));
        for (const cause of rowCauses) expect(amountOf(swapped, cause)).toBe(negated(amountOf(explanation, cause)));
        expect(sumTexts(swapped.causes.map(({ amount }) => amount))).toBe(
          negated(sumTexts(explanation.causes.map(({ amount }) => amount))),
        );
      }),
    );
  });

  it.each([
    ['quantity', row({ quantity: '20', cost: '1.8' })],
    ['unitPrice', row({ unitPrice: '0.104', cost: '2.2464' })],
    ['partnerEarnedCredit', row({ unitPrice: '0.085', cost: '1.836' })],
    ['exchangeRate', row({ exchangeRate: '0.89', cost: '2.136' })],
    ['unexplained', row({ cost: '15.53' })],
    ['rounding', row({ cost: '2.153' })],
    ['credit', row({ unitPrice: '0', cost: '0', isCredit: true })],
  ] as const)('where one factor alone differs, swapping negates it: %s', (cause, changed) => {
    const one = causesOf(explain([row()], [changed]));
    const two = causesOf(explain([changed], [row()]));
    expect(Object.keys(one)).toEqual([cause]);
    expect(two).toEqual({ [cause]: toText(multiply(decimal('-1'), decimal(one[cause] ?? ''))) });
  });

  it('grow with the amounts: ten times the quantities and costs, ten times each cause', () => {
    const scaled = (list: readonly Row[]) =>
      list.map((one) => ({
        ...one,
        quantity: toText(multiply(decimal(one.quantity), decimal('10'))),
        cost: toText(multiply(decimal(one.cost), decimal('10'))),
      }));
    const uniform = (list: readonly Row[]) => list.map((one) => ({ ...one, unitPrice: '0.1', exchangeRate: '0.9' }));
    fc.assert(
      fc.property(sides, (both) => {
        const invoice = uniform(both.invoice);
        const other = uniform(both.other);
        const small = explain(invoice, other);
        const large = explain(scaled(invoice), scaled(other));
        for (const cause of [...rowCauses, 'quantity', 'unitPrice', 'credit'] as const)
          expect(amountOf(large, cause)).toBe(toText(multiply(decimal('10'), decimal(amountOf(small, cause)))));
      }),
    );
  });

  it('do not change when a row and its reversal are added', () => {
    const factors = fc.record({ quantity: fc.constantFrom('1', '30', '24'), unitPrice: fc.constantFrom('0.1', '0.2') });
    fc.assert(
      fc.property(factors, fc.constantFrom('5', '0.25'), ({ quantity, unitPrice }, extra) => {
        const more = row({ quantity: extra, cost: toText(multiply(decimal(extra), decimal('0.09'))) });
        const less = { ...more, quantity: `-${extra}`, cost: `-${more.cost}` };
        const other = [row({ quantity, unitPrice })];
        const plain = explain([row()], other).causes;
        expect(explain([row(), more, less], other).causes).toEqual(plain);
        expect(explain([row(), more, less], other, { withRows: false }).causes).toEqual(plain);
      }),
    );
  });
});

describe('a line that one side alone has', () => {
  it('misses all days of the month, and is late with the others', () => {
    const late = row({ usageDate: '2026-09-30', cost: '1' });
    expect(causesOf(explain([row(), late], [], { withRows: false }))).toEqual({ lateUsage: '1', missingDays: '2.16' });
    expect(causesOf(explain([], [row(), late]))).toEqual({ lateUsage: '-1', missingDays: '-2.16' });
    expect(causesOf(explain([late], []))).toEqual({ lateUsage: '1' });
  });

  it('needs no rows to tell', () => {
    expect(explain([row()], [], { withRows: false }).needsRows).toBe(false);
    const otherDay = row({ usageDate: '2026-10-02', cost: '1' });
    const apart = explain([row()], [otherDay], { withRows: false });
    expect(causesOf(apart)).toEqual({ missingDays: '1.16' });
    expect(apart.needsRows).toBe(false);
    expect(explain([row()], [otherDay]).causes).toEqual(apart.causes);
  });
});

describe('rows', () => {
  const second = row({ usageDate: '2026-10-02' });

  it('are asked for where days or numbers of rows differ, and what they would tell is in the quantity until then', () => {
    const days = explain([row(), second], [row()], { withRows: false });
    expect(days).toEqual({ causes: [{ cause: 'quantity', amount: '2.16' }], needsRows: true });
    const doubles = explain([row(), row()], [row()], { withRows: false });
    expect(doubles).toEqual({ causes: [{ cause: 'quantity', amount: '2.16' }], needsRows: true });
    expect(causesOf(explain([row(), second], [row()]))).toEqual({ missingDays: '2.16' });
    expect(causesOf(explain([row(), row()], [row()]))).toEqual({ duplicateRows: '2.16' });
  });

  it('are not asked for where nothing differs, or as much on every day', () => {
    expect(explain([row(), second], [row({ quantity: '48', cost: '4.32' })], { withRows: false }).needsRows).toBe(
      false,
    );
    const other = [row({ quantity: '20', cost: '1.8' })];
    expect(explain([row()], other, { withRows: false }).needsRows).toBe(false);
  });

  it('that are equal on both sides are no doubles, nor is one row that the other side has in two', () => {
    expect(causesOf(explain([row(), row()], [row(), row(), row({ quantity: '1', cost: '0.09' })]))).toEqual({
      quantity: '-0.09',
    });
    expect(explain([row(), row()], [row({ quantity: '48', cost: '4.32' })]).causes).toEqual([]);
  });

  it('that the other side lacks altogether are doubles but for one', () => {
    const own = row({ quantity: '3', cost: '0.27' });
    expect(causesOf(explain([own, own, own, row()], [row()]))).toEqual({ duplicateRows: '0.54', quantity: '0.27' });
  });

  it('of a resource that the other side lacks on a day that it has are quantity', () => {
    const resource = row({ resourceKey: 'vm-2', quantity: '1', cost: '0.09' });
    expect(causesOf(explain([row(), resource], [row()]))).toEqual({ quantity: '0.09' });
  });
});

describe('prices and rates', () => {
  it('of tiers are blended, and no digit is lost', () => {
    const tiers = [
      row({ quantity: '1', unitPrice: '0.1', cost: '0.09' }),
      row({ quantity: '2', unitPrice: '0.2', cost: '0.36' }),
    ];
    const more = row({ quantity: '1', unitPrice: '0.2', cost: '0.18', resourceKey: 'vm-2' });
    expect(causesOf(explain([...tiers, more], tiers, { withRows: false }))).toEqual({
      quantity: '0.1500000000000000003',
      unitPrice: '0.0299999999999999997',
    });
    const doubled = [...tiers, ...tiers.map((tier) => ({ ...tier, resourceKey: 'vm-2' }))];
    expect(causesOf(explain(doubled, tiers, { withRows: false }))).toEqual({ quantity: '0.45' });
  });

  it('of tiers less the earned credit on every tier are the credit', () => {
    const tiers = (share: string) =>
      ['0.1', '0.3'].map((price, at) => {
        const unitPrice = toText(multiply(decimal(price), decimal(share)));
        return row({
          quantity: String(at + 1),
          unitPrice,
          cost: toText(multiply(decimal(unitPrice), decimal(`0.${at + 1}8`))),
        });
      });
    expect(Object.keys(causesOf(explain(tiers('0.85'), tiers('1'), { withRows: false })))).toContain(
      'partnerEarnedCredit',
    );
  });

  it('that are told by one side alone hold for both, and where none tells there is no rate effect', () => {
    const { exchangeRate: _, ...silent } = row({ quantity: '20', cost: '1.8' });
    expect(causesOf(explain([row()], [silent]))).toEqual({ quantity: '0.36' });
    const { exchangeRate: _rate, ...alsoSilent } = row();
    expect(causesOf(explain([alsoSilent], [silent]))).toEqual({ quantity: '0.36' });
    expect(causesOf(explain([{ ...alsoSilent, cost: '15' }], [{ ...alsoSilent, cost: '2' }]))).toEqual({
      unexplained: '13',
    });
  });

  it('less the row’s own earned credit are the credit; less nearly as much are not', () => {
    const own = (credit: string) => row({ unitPrice: '0.09', cost: '1.944', partnerEarnedCredit: credit });
    expect(Object.keys(causesOf(explain([own('0.1')], [row()])))).toEqual(['partnerEarnedCredit']);
    expect(Object.keys(causesOf(explain([own('0.15')], [row()])))).toEqual(['unitPrice']);
    const rounded = row({ unitPrice: '0.123456', cost: '2.6666496' });
    const list = row({ unitPrice: '0.1452424', cost: '3.13723584' });
    expect(Object.keys(causesOf(explain([rounded], [list])))).toEqual(['partnerEarnedCredit']);
  });

  it('at the list price are retail only where the invoice’s list price is lower', () => {
    const retail = row({ unitPrice: '0.12', cost: '2.592', listPrice: '0.12' });
    expect(Object.keys(causesOf(explain([row({ listPrice: '0.1' })], [retail])))).toEqual(['retailScope']);
    expect(Object.keys(causesOf(explain([row({ listPrice: '0.12' })], [retail])))).toEqual(['unitPrice']);
    expect(Object.keys(causesOf(explain([row()], [retail])))).toEqual(['unitPrice']);
  });
});

describe('rounding', () => {
  it('is half a unit of the last place that the rounded side shows, for each of its rows', () => {
    const days = Array.from({ length: 10 }, (_, at) => `2026-10-${String(at + 1).padStart(2, '0')}`);
    const exact = days.map((usageDate) => row({ usageDate, quantity: '24.3', cost: '2.187' }));
    const rounded = (cost: string) => days.map((usageDate) => row({ usageDate, quantity: '24.3', cost }));
    expect(causesOf(explain(exact, rounded('2.19')))).toEqual({ rounding: '-0.03' });
    expect(causesOf(explain(exact, rounded('2.182')))).toEqual({ unexplained: '0.05' });
    expect(causesOf(explain(exact, rounded('2.18')))).toEqual({ unexplained: '0.07' });
  });

  it('is a cent at the least', () => {
    expect(causesOf(explain([row({ cost: '2.1700000' })], [row()]))).toEqual({ rounding: '0.01' });
    expect(causesOf(explain([row({ cost: '2.1700001' })], [row({ cost: '2.16000000' })]))).toEqual({
      unexplained: '0.0100001',
    });
  });
});

describe('credits', () => {
  it('that pay for some days leave the quantity alone', () => {
    const paid = row({ unitPrice: '0', cost: '0', isCredit: true });
    const other = [row(), row({ usageDate: '2026-10-02', quantity: '20', cost: '1.8' })];
    expect(causesOf(explain([paid, row({ usageDate: '2026-10-02' })], other))).toEqual({
      quantity: '0.36',
      credit: '-2.16',
    });
  });

  it('on both sides are no cause', () => {
    const paid = row({ unitPrice: '0', cost: '0', isCredit: true });
    expect(explain([paid, row()], [paid, row()]).causes).toEqual([]);
  });
});

function totalsOnly({ invoice, other }: VarianceFacts) {
  return { invoice, other };
}
