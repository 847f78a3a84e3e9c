import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toText } from '../../shared/domain/decimal.ts';
import {
  addTotals,
  type MeterTotal,
  MeterTotals,
  meterTotalKey,
  sumTexts,
  totalOfCharge,
  unitPriceOf,
} from '../../shared/domain/meter-totals.ts';
import type { MeterCharge } from '../../shared/domain/usage.ts';
import { chargeOf, charges, totalOf, totalsOfOneLine } from './meters.ts';

function totalsOf(rows: readonly MeterCharge[]): readonly MeterTotal[] {
  const totals = new MeterTotals();
  for (const row of rows) totals.add(row);
  return totals.sorted();
}

/** Bytes, so that a key more, a key less or another order of lines counts as a difference. */
function bytesOf(totals: readonly MeterTotal[]): string {
  return totals.map((total) => JSON.stringify(Object.entries(total).sort())).join('\n');
}

describe('MeterTotals', () => {
  it('adds up the rows of one meter line', () => {
    const rows = [chargeOf({ quantity: '24', cost: '2.4' }), chargeOf({ quantity: '12.5', cost: '1.25000001' })];
    expect(totalsOf(rows)).toEqual([
      { ...totalOf(), quantity: '36.5', cost: '3.65000001', pricedQuantity: '3.65', rows: 2 },
    ]);
  });

  it.each([
    ['subscriptionId', 'subscription-b'],
    ['meterId', 'meter-2'],
    ['region', ''],
    ['unit', '1 Hours'],
    ['currency', 'USD'],
    ['excludedBy', 'license'],
    ['isCredit', true],
  ] as const)('keeps lines apart whose %s differs', (field, value) => {
    const totals = totalsOf([chargeOf(), chargeOf({ [field]: value })]);
    expect(totals.map((total) => total.rows)).toEqual([1, 1]);
    expect(totals.map((total) => total[field]).sort()).toEqual([chargeOf()[field], value].sort());
  });

  it('keeps the months of use apart, and says which of their days have rows', () => {
    const rows = ['2026-10-01', '2026-10-31', '2026-10-31', '2026-09-30'].map((usageDate) => chargeOf({ usageDate }));
    const days = totalsOf(rows).map((total) => [total.usageMonth, total.days, total.rows]);
    expect(days).toEqual([
      ['2026-09', 1 << 29, 1],
      ['2026-10', 1 | (1 << 30), 3],
    ]);
  });

  it('says the list price, the rate and the earned credit that all rows share, and no other', () => {
    const facts = { listPrice: '0.12', exchangeRate: '0.9', partnerEarnedCredit: '0.15' };
    const [same] = totalsOf([chargeOf(facts), chargeOf({ ...facts, exchangeRate: '0.90' })]);
    expect(same).toMatchObject(facts);
    for (const other of [chargeOf({ listPrice: '1', exchangeRate: '1', partnerEarnedCredit: '0' }), chargeOf()]) {
      const [total] = totalsOf([chargeOf(facts), other, chargeOf(facts)]);
      expect(total).not.toHaveProperty('listPrice');
      expect(total).not.toHaveProperty('exchangeRate');
      expect(total).not.toHaveProperty('partnerEarnedCredit');
    }
  });

  it('takes names and days for no part of the line', () => {
    const rows = [
      chargeOf(),
      chargeOf({ meterName: 'x', meterCategory: 'x', meterSubCategory: 'x', usageDate: '2026-10-02' }),
    ];
    expect(totalsOf(rows)).toHaveLength(1);
  });

  it('comes to the same bytes in any order of the rows', () => {
    const shuffled = fc
      .array(charges, { maxLength: 30 })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
    fc.assert(
      fc.property(shuffled, ([rows, others]) => {
        expect(bytesOf(totalsOf(others))).toBe(bytesOf(totalsOf(rows)));
      }),
    );
  });

  it('comes to the same bytes however the rows are split over parts', () => {
    fc.assert(
      fc.property(fc.array(charges, { minLength: 1, maxLength: 30 }), fc.nat(), (rows, at) => {
        const cut = at % rows.length;
        const parts = [...totalsOf(rows.slice(0, cut)), ...totalsOf(rows.slice(cut))];
        const merged = [...Map.groupBy(parts, meterTotalKey)].sort(([left], [right]) => (left < right ? -1 : 1));
        expect(bytesOf(merged.map(([, group]) => group.reduce(addTotals)))).toBe(bytesOf(totalsOf(rows)));
      }),
    );
  });

  it('loses no row and no amount', () => {
    fc.assert(
      fc.property(fc.array(charges, { maxLength: 30 }), (rows) => {
        const totals = totalsOf(rows);
        expect(totals.reduce((sum, total) => sum + total.rows, 0)).toBe(rows.length);
        expect(sumTexts(totals.map((total) => total.cost))).toBe(sumTexts(rows.map((row) => toText(row.cost))));
        expect(sumTexts(totals.map((total) => total.quantity))).toBe(sumTexts(rows.map((row) => toText(row.quantity))));
      }),
    );
  });

  it('hands lines out ordered by key, subscription first', () => {
    fc.assert(
      fc.property(fc.array(charges, { maxLength: 30 }), (rows) => {
        const keys = totalsOf(rows).map(meterTotalKey);
        expect(keys).toEqual([...new Set(keys)].sort());
      }),
    );
    const rows = ['b', 'a', 'ab'].map((subscriptionId) => chargeOf({ subscriptionId }));
    expect(totalsOf(rows).map((total) => total.subscriptionId)).toEqual(['a', 'ab', 'b']);
  });

  it('of one row is that row’s own total', () => {
    fc.assert(
      fc.property(charges, (row) => {
        expect(bytesOf(totalsOf([row]))).toBe(bytesOf([totalOfCharge(row)]));
      }),
    );
  });

  it('is empty when nothing was added', () => {
    expect(totalsOf([])).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    [['b', 'a', 'c'], 'a'],
    [['', 'b', ''], 'b'],
    [['', ''], ''],
  ])('of %j the first in the alphabet that is not empty is kept', (names, expected) => {
    const rows = names.map((name) => chargeOf({ meterName: name, meterCategory: name, meterSubCategory: name }));
    for (const total of [totalsOf(rows)[0], rows.map(totalOfCharge).reduce(addTotals)])
      expect([total?.meterName, total?.meterCategory, total?.meterSubCategory]).toEqual([expected, expected, expected]);
  });
});

describe('addTotals', () => {
  it('is commutative and associative, byte for byte', () => {
    fc.assert(
      fc.property(totalsOfOneLine, totalsOfOneLine, totalsOfOneLine, (a, b, c) => {
        expect(bytesOf([addTotals(b, a)])).toBe(bytesOf([addTotals(a, b)]));
        expect(bytesOf([addTotals(addTotals(a, b), c)])).toBe(bytesOf([addTotals(a, addTotals(b, c))]));
      }),
    );
  });

  it('takes the key of the left one', () => {
    const sum = addTotals(totalOf({ unit: '1 Hour' }), totalOf({ unit: '1 Hours', region: '' }));
    expect([sum.unit, sum.region]).toEqual(['1 Hour', 'eu west']);
  });

  it('leaves no trace of a charge and its reversal but the rows', () => {
    const reversal = totalOf({ quantity: '-24', cost: '-2.4' });
    expect(addTotals(totalOf(), reversal)).toMatchObject({ quantity: '0', cost: '0', pricedQuantity: '0', rows: 2 });
  });
});

describe('unitPriceOf', () => {
  const priceOf = (total: MeterTotal | undefined) => {
    const price = total === undefined ? undefined : unitPriceOf(total);
    return price === undefined ? undefined : toText(price);
  };

  it('is the rows’ own price where they agree, even where nothing was used', () => {
    const rows = [chargeOf({ unitPrice: '0.10' }), chargeOf({ unitPrice: '0.1' })];
    expect(priceOf(totalsOf(rows)[0])).toBe('0.1');
    expect(priceOf(totalOf({ quantity: '0' }))).toBe('0.1');
  });

  it('is blended by quantity where they do not', () => {
    const rows = [chargeOf({ quantity: '1', unitPrice: '0.1' }), chargeOf({ quantity: '2', unitPrice: '0.2' })];
    expect(totalsOf(rows)[0]).not.toHaveProperty('unitPrice');
    expect(priceOf(totalsOf(rows)[0])).toBe('0.166666666666666667');
  });

  it('does not come back once rows have disagreed', () => {
    const rows = ['0.1', '0.2', '0.1'].map((unitPrice) => chargeOf({ unitPrice, quantity: '1' }));
    expect(totalsOf(rows)[0]).not.toHaveProperty('unitPrice');
    expect(rows.map(totalOfCharge).reduce(addTotals)).not.toHaveProperty('unitPrice');
  });

  it('is untold where prices differ and quantities cancel out', () => {
    const rows = [chargeOf({ quantity: '1', unitPrice: '0.1' }), chargeOf({ quantity: '-1', unitPrice: '0.2' })];
    expect(priceOf(totalsOf(rows)[0])).toBeUndefined();
  });
});

describe('sumTexts', () => {
  it('is zero for nothing, and exact', () => {
    expect(sumTexts([])).toBe('0');
    expect(sumTexts(['0.1', '0.2', '-0.3'])).toBe('0');
    expect(sumTexts(['1e30', '1e-30'])).toBe(`1${'0'.repeat(30)}.${'0'.repeat(29)}1`);
  });

  it('refuses what is not an exact decimal', () => {
    expect(() => sumTexts(['1', ''])).toThrow(/Not a decimal/);
  });
});
