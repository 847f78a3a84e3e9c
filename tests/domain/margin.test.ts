import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Guard, Margin } from '../../shared/domain/catalogue.ts';
import { sellUnit } from '../../shared/domain/margin.ts';
import { compareScaled, scaled, scaledText } from '../../shared/domain/scaled.ts';

const margin = (kind: Margin['kind'], value: string, ...guards: Guard[]): Margin => ({ kind, value, guards });
const unit = (cost: string, list?: string) => ({
  cost: scaled(cost),
  ...(list === undefined ? {} : { list: scaled(list) }),
});

describe('sellUnit', () => {
  it.each([
    ['a mark-up', margin('markup', '0.1'), '80', '100', '88', []],
    ['a negative mark-up', margin('markup', '-0.15', 'belowCostAllowed'), '80', '100', '68', ['belowCostAllowed']],
    ['a discount from list', margin('erpMinusDiscount', '0.1'), '80', '100', '90', []],
    ['a share of what lies between', margin('split', '0.4'), '80', '100', '88', []],
    ['a mark-up above list', margin('markup', '0.5', 'markupLimit'), '80', '100', '100', ['markupLimit']],
    ['a discount below cost', margin('erpMinusDiscount', '0.3', 'discountLimit'), '80', '100', '80', ['discountLimit']],
    [
      'a discount below cost that is meant',
      margin('erpMinusDiscount', '0.3', 'belowCostAllowed'),
      '80',
      '100',
      '70',
      ['belowCostAllowed'],
    ],
    ['a discount that need not be allowed', margin('markup', '0.1', 'belowCostAllowed'), '80', '100', '88', []],
    ['a guard that need not bite', margin('markup', '0.25', 'markupLimit', 'discountLimit'), '80', '100', '100', []],
    [
      'a cost above list',
      margin('markup', '0.1', 'discountLimit', 'markupLimit'),
      '120',
      '100',
      '120',
      ['markupLimit', 'discountLimit'],
    ],
    ['a split of a cost above list', margin('split', '0.5', 'discountLimit'), '120', '100', '120', ['discountLimit']],
  ] as const)('prices %s', (_, rule, cost, list, price, bit) => {
    const sale = sellUnit(rule, unit(cost, list));
    expect(sale.kind === 'sold' && [scaledText(sale.price), sale.bit]).toEqual([price, bit]);
  });

  it.each(['erpMinusDiscount', 'split'] as const)('refuses %s where there is no list price', (kind) => {
    expect(sellUnit(margin(kind, '0.1'), unit('80'))).toEqual({ kind: 'refused', code: 'noListPrice' });
  });

  it.each([
    ['a negative mark-up', margin('markup', '-0.15'), unit('80', '100')],
    ['a discount', margin('erpMinusDiscount', '0.3', 'markupLimit'), unit('80', '100')],
    ['a split of a cost above list', margin('split', '0.5'), unit('120', '100')],
    ['a mark-up held to a list price below cost', margin('markup', '0.1', 'markupLimit'), unit('120', '100')],
    ['a negative mark-up on what is free', margin('markup', '-0.5'), { ...unit('0'), isFree: true }],
  ] as const)('refuses %s that sells below cost without a word', (_, rule, one) => {
    expect(sellUnit(rule, one)).toEqual({ kind: 'refused', code: 'belowCost' });
  });

  it('gives back less than it gets without a word', () => {
    const sale = sellUnit(margin('erpMinusDiscount', '0.3'), { ...unit('80', '100'), isRefund: true });
    expect(sale.kind === 'sold' && [scaledText(sale.price), sale.bit]).toEqual(['70', []]);
  });

  it('says that a limit had no list price to be held against', () => {
    const sale = sellUnit(margin('markup', '0.5', 'markupLimit', 'discountLimit'), unit('80'));
    expect(sale).toMatchObject({ kind: 'sold', unchecked: ['markupLimit'], bit: [] });
  });

  it('sells what is free for nothing, whatever its list price', () => {
    for (const kind of ['markup', 'erpMinusDiscount', 'split'] as const) {
      const sale = sellUnit(margin(kind, '0.1'), { ...unit('0', '100'), isFree: true });
      expect(sale.kind === 'sold' && [scaledText(sale.price), sale.note]).toEqual(['0', 'nothingToSell']);
    }
  });

  it('passes on a credit that no list price stands against, except by mark-up', () => {
    const credit = { ...unit('5', '100'), isCredit: true };
    expect(sellUnit(margin('erpMinusDiscount', '0.1'), credit)).toMatchObject({ note: 'creditPassedOn' });
    const sale = sellUnit(margin('markup', '0.1'), credit);
    expect(sale.kind === 'sold' && scaledText(sale.price)).toBe('5.5');
  });

  const cents = fc.integer({ min: 1, max: 10_000_000 }).map((units) => scaledText({ units: BigInt(units), places: 2 }));
  const rule = fc.record({
    kind: fc.constantFrom('markup', 'erpMinusDiscount', 'split'),
    value: fc.integer({ min: 0, max: 1000 }).map((units) => scaledText({ units: BigInt(units), places: 3 })),
  });

  it('is never above list and never below cost under both guards, where cost is not above list', () => {
    fc.assert(
      fc.property(rule, cents, cents, ({ kind, value }, one, other) => {
        const [cost, list] = compareScaled(scaled(one), scaled(other)) <= 0 ? [one, other] : [other, one];
        const sale = sellUnit(margin(kind, value, 'markupLimit', 'discountLimit'), unit(cost, list));
        if (sale.kind !== 'sold') throw new Error('There is a list price');
        expect(compareScaled(sale.price, scaled(list))).toBeLessThanOrEqual(0);
        expect(compareScaled(sale.price, scaled(cost))).toBeGreaterThanOrEqual(0);
        const free = sellUnit(margin(kind, value, 'belowCostAllowed'), unit(cost, list));
        const isSame = free.kind === 'sold' && compareScaled(free.price, sale.price) === 0;
        expect(isSame).toBe(sale.bit.length === 0);
      }),
    );
  });
});
