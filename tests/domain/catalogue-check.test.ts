import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Catalogue, emptyCatalogue, type MarginRule } from '../../shared/domain/catalogue.ts';
import { checkCatalogue } from '../../shared/domain/catalogue-check.ts';
import { RuleBook } from '../../shared/domain/margin-rules.ts';
import { faultlessCatalogue } from './catalogues.ts';
import { rule } from './sold-lines.ts';

const entered = { origin: 'entered' } as const;
const catalogue: Catalogue = {
  ...emptyCatalogue,
  resellers: [{ id: 'r1', mpnId: '1000', ...entered }],
  customers: [{ id: 'contoso', resellerId: 'r1', ...entered }],
  subscriptions: [{ id: 'plan', customerId: 'contoso', ...entered }],
};
const faultsOf = (...margins: readonly MarginRule[]) =>
  checkCatalogue({ ...catalogue, margins }).map(({ code, id, column, message }) => ({ code, id, column, message }));

describe('checkCatalogue', () => {
  it('finds nothing wrong where nothing is', () => {
    fc.assert(
      fc.property(faultlessCatalogue, (any) => {
        expect(checkCatalogue(any)).toEqual([]);
      }),
    );
  });

  it('names both of two rules that hold on the same day', () => {
    const old = rule('old', { from: '2026-01-01', to: '2026-07-01' });
    const next = rule('next', { from: '2026-06-30' });
    const message = `Margins 'old' and 'next' both hold on 2026-06-30 for the same default and type of product; expected one to end before the other begins`;
    expect(faultsOf(next, old)).toEqual([
      { code: 'overlap', id: 'old', column: 'from', message },
      { code: 'overlap', id: 'next', column: 'from', message },
    ]);
    expect(faultsOf(old, { ...next, from: '2026-07-01' })).toEqual([]);
  });

  it.each([
    ['another type of product', { productType: 'license' as const }],
    ['another buyer', { buyer: 'reseller' as const }],
    ['another level', { level: 'customer' as const, targetId: 'contoso' }],
  ])('lets rules for %s hold on the same day', (_, fields) => {
    expect(faultsOf(rule('one', {}), rule('other', fields))).toEqual([]);
    const same = faultsOf(rule('one', fields), rule('other', fields)).map(({ code }) => code);
    expect(same).toEqual(['overlap', 'overlap']);
  });

  it('finds an overlap with a rule that ends long after the next one', () => {
    const faults = faultsOf(
      rule('long', { from: '2026-01-01', to: '2026-12-31' }),
      rule('short', { from: '2026-02-01', to: '2026-03-01' }),
      rule('late', { from: '2026-06-01', to: '2026-07-01' }),
    );
    expect(faults.map(({ id }) => id)).toEqual(['long', 'short', 'long', 'late']);
  });

  it('holds the override of a subscription against its rules', () => {
    const margin = { kind: 'markup', value: '0.1', guards: [] } as const;
    const own = rule('own', { level: 'subscription', targetId: 'plan' });
    const faults = checkCatalogue({
      ...catalogue,
      subscriptions: [{ id: 'plan', customerId: 'contoso', customerMargin: margin, ...entered }],
      margins: [own, { ...own, id: 'for licences', productType: 'license' }],
    });
    expect(faults.map(({ kind, id, column }) => [kind, id, column])).toEqual([
      ['subscriptions', 'plan', 'customerMarginKind'],
      ['margins', 'own', 'from'],
    ]);
  });

  it.each([
    ['badMargin', { value: '15' }],
    ['badMargin', { value: '-1.01' }],
    ['badMargin', { kind: 'erpMinusDiscount' as const, value: '-0.1' }],
    ['badMargin', { value: '-0.1' }],
    ['badMargin', { value: '-0.1', guards: ['markupLimit' as const] }],
    ['badMargin', { guards: ['discountLimit' as const, 'belowCostAllowed' as const] }],
    ['badMargin', { kind: 'split' as const, value: '1.01' }],
    ['badTarget', { targetId: 'contoso' }],
    ['badTarget', { level: 'customer' as const }],
    ['emptyPeriod', { from: '2026-01-01', to: '2026-01-01' }],
    ['unknownTarget', { level: 'customer' as const, targetId: 'stranger' }],
    ['unknownTarget', { level: 'subscription' as const, targetId: 'stranger' }],
    ['unknownTarget', { level: 'reseller' as const, targetId: 'stranger' }],
  ])('refuses %s', (code, fields) => {
    expect(faultsOf(rule('bad', fields)).map((fault) => [fault.code, fault.id])).toEqual([[code, 'bad']]);
  });

  it.each(['discountLimit', 'belowCostAllowed'] as const)('takes a markup below 0 that says %s', (guard) => {
    expect(faultsOf(rule('meant', { value: '-0.1', guards: [guard] }))).toEqual([]);
  });

  it('says what a markup below 0 lacks, also as the override of a subscription', () => {
    const expected =
      'expected discountLimit (never below cost) or belowCostAllowed beside a markup below 0, which sells below cost';
    expect(faultsOf(rule('low', { value: '-0.1' }))).toEqual([
      {
        code: 'badMargin',
        id: 'low',
        column: 'guards',
        message: `The markup of 'low' is -0.1 with no guards; ${expected}`,
      },
    ]);
    const customerMargin = { kind: 'markup', value: '-0.1', guards: [] } as const;
    const subscriptions = [{ id: 'plan', customerId: 'contoso', customerMargin, ...entered }];
    expect(checkCatalogue({ ...catalogue, subscriptions })).toMatchObject([
      { code: 'badMargin', kind: 'subscriptions', id: 'plan', column: 'customerMarginGuards' },
    ]);
  });

  it('names doubles and strangers', () => {
    const faults = checkCatalogue({
      ...catalogue,
      resellers: [...catalogue.resellers, { id: 'r2', mpnId: '1000', ...entered }],
      customers: [...catalogue.customers, { id: 'contoso', resellerId: 'nobody', ...entered }],
      subscriptions: [{ id: 'lost', customerId: 'nobody', ...entered }],
    });
    expect(faults.map(({ code, id }) => [code, id])).toEqual([
      ['doubleId', 'contoso'],
      ['doubleMpnId', 'r2'],
      ['unknownReseller', 'contoso'],
      ['unknownCustomer', 'lost'],
    ]);
  });

  it('leaves every line of a faultless catalogue one rule, whatever the order of rules', () => {
    fc.assert(
      fc.property(faultlessCatalogue, fc.integer({ min: 1, max: 28 }), (any, date) => {
        const backwards = { ...any, margins: any.margins.toReversed() };
        const sale = {
          subscriptionIds: ['s0', 's1'],
          customerId: 'c0',
          resellerMpnId: '1000',
          productType: 'azureplan' as const,
          day: `2026-01-${String(date).padStart(2, '0')}`,
        };
        for (const buyer of ['reseller', 'customer'] as const) {
          expect(new RuleBook(backwards).ruleFor(buyer, sale)).toEqual(new RuleBook(any).ruleFor(buyer, sale));
        }
      }),
    );
  });
});
