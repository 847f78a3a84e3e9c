import { describe, expect, it } from 'vitest';
import { type Catalogue, emptyCatalogue, type MarginRule } from '../../shared/domain/catalogue.ts';
import { passedOn, RuleBook, type Sale } from '../../shared/domain/margin-rules.ts';

const sale: Sale = {
  subscriptionIds: ['entitlement', 'plan'],
  customerId: 'contoso',
  resellerMpnId: '4649221',
  productType: 'azureplan',
  day: '2026-10-15',
};

const rule = (id: string, fields: Partial<MarginRule>): MarginRule => ({
  id,
  buyer: 'customer',
  level: 'default',
  kind: 'markup',
  value: '0.1',
  guards: [],
  from: '2026-01-01',
  ...fields,
});

/* From the most specific to the least. */
const ladder: readonly MarginRule[] = [
  rule('entitlement, azureplan', { level: 'subscription', targetId: 'entitlement', productType: 'azureplan' }),
  rule('entitlement', { level: 'subscription', targetId: 'entitlement' }),
  rule('plan, azureplan', { level: 'subscription', targetId: 'plan', productType: 'azureplan' }),
  rule('plan', { level: 'subscription', targetId: 'plan' }),
  rule('customer, azureplan', { level: 'customer', targetId: 'contoso', productType: 'azureplan' }),
  rule('customer', { level: 'customer', targetId: 'contoso' }),
  rule('reseller, azureplan', { level: 'reseller', targetId: 'r1', productType: 'azureplan' }),
  rule('reseller', { level: 'reseller', targetId: 'r1' }),
  rule('default, azureplan', { productType: 'azureplan' }),
  rule('default', {}),
];
const beside: readonly MarginRule[] = [
  rule('of another type', { level: 'subscription', targetId: 'entitlement', productType: 'license' }),
  rule('for the reseller', { buyer: 'reseller', level: 'subscription', targetId: 'entitlement' }),
  rule('of another customer', { level: 'customer', targetId: 'fabrikam' }),
  rule('over', { level: 'subscription', targetId: 'entitlement', from: '2025-01-01', to: '2026-10-15' }),
];
const catalogue = (margins: readonly MarginRule[]): Catalogue => ({
  ...emptyCatalogue,
  resellers: [{ id: 'r1', mpnId: '4649221', origin: 'entered' }],
  margins,
});

describe('RuleBook', () => {
  it.each(ladder.map((expected, rung) => [expected.id, rung] as const))('chooses %s over all below it', (id, rung) => {
    const book = new RuleBook(catalogue([...ladder.slice(rung).toReversed(), ...beside.slice(0, 3)]));
    expect(book.ruleFor('customer', sale).id).toBe(id);
  });

  it.each([
    ['of the seller', { resellerId: 'r1' }, true],
    ['of another', { resellerId: 'r2' }, false],
    ['of nobody that its record names', {}, true],
  ])('takes the override of a subscription for the lines of its present seller: customer %s', (_, fields, isTaken) => {
    const customer = { id: 'contoso', name: 'Contoso', origin: 'entered', ...fields } as const;
    const customerMargin = { kind: 'markup', value: '0.5', guards: [] } as const;
    const subscription = { id: 'plan', customerId: 'contoso', origin: 'entered', customerMargin } as const;
    const book = new RuleBook({
      ...catalogue([rule('default', {})]),
      customers: [customer],
      subscriptions: [subscription],
    });
    const expected = isTaken ? 'customerMargin of subscription plan' : 'default';
    expect(book.ruleFor('customer', sale).id).toBe(expected);
    const direct = book.ruleFor('customer', { ...sale, resellerMpnId: undefined });
    expect(direct.id).toBe('resellerId' in fields ? 'default' : 'customerMargin of subscription plan');
  });

  it('passes prices on where no rule holds', () => {
    expect(new RuleBook(catalogue(beside)).ruleFor('customer', sale)).toBe(passedOn);
    expect(new RuleBook(emptyCatalogue).ruleFor('reseller', sale)).toBe(passedOn);
  });

  it('takes no rule of a reseller for a line without one', () => {
    const book = new RuleBook(catalogue(ladder.slice(6)));
    expect(book.ruleFor('customer', { ...sale, resellerMpnId: undefined }).id).toBe('default, azureplan');
    expect(book.ruleFor('customer', sale).id).toBe('reseller, azureplan');
  });

  it('takes the rule of the day: from its first, before its last', () => {
    const book = new RuleBook(
      catalogue([rule('old', { from: '2026-01-01', to: '2026-10-01' }), rule('new', { from: '2026-10-01' })]),
    );
    const on = (day: string) => book.ruleFor('customer', { ...sale, day }).id;
    expect(['2025-12-31', '2026-01-01', '2026-09-30', '2026-10-01', '2030-01-01'].map(on)).toEqual([
      passedOn.id,
      'old',
      'old',
      'new',
      'new',
    ]);
  });

  it('reads the overrides of a subscription as its rules', () => {
    const margin = { kind: 'markup', value: '0.3', guards: [] } as const;
    const book = new RuleBook({
      ...catalogue(ladder.slice(4)),
      subscriptions: [{ id: 'plan', customerId: 'contoso', customerMargin: margin, origin: 'entered' }],
    });
    expect(book.ruleFor('customer', sale)).toMatchObject({ level: 'subscription', value: '0.3' });
    expect(book.ruleFor('reseller', sale)).toBe(passedOn);
  });
});
