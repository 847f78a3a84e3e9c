import { describe, expect, it } from 'vitest';
import type { MarginRule } from '../../shared/domain/catalogue.ts';
import type { FileLine } from '../../shared/domain/file-lines.ts';
import { explainedLine } from '../../shared/domain/line-explanation.ts';
import { pricingBy } from '../../shared/domain/line-prices.ts';
import { catalogueOf, licenseLine, rule, usageLine } from './sold-lines.ts';

const of: FileLine = { place: 'Part 0, line 2', kind: 'onetime', line: usageLine };
const toReseller = rule('secret', { buyer: 'reseller', kind: 'split', value: '0.4' });
const toCustomer = rule('own', { buyer: 'customer', value: '0.05', guards: ['discountLimit'] });
const explained = (audience: 'csp' | 'reseller', ...rules: readonly MarginRule[]) =>
  explainedLine(pricingBy(catalogueOf(...rules)), of, audience);

describe('explainedLine', () => {
  it('tells the CSP of both sales, with their amounts', () => {
    expect(explained('csp', toReseller, toCustomer)).toMatchObject({
      outcome: 'priced',
      steps: [
        { buyer: 'reseller', cost: '0.085', listPrice: '0.1', price: '0.091', amounts: { subtotal: '91' } },
        { buyer: 'customer', cost: '0.091', price: '0.09555', amounts: { subtotal: '95.55', taxTotal: '21.98' } },
      ],
    });
  });

  it('tells a reseller of its own sale, and of nothing that is the CSP’s', () => {
    const told = explained('reseller', toReseller, toCustomer);
    expect(told).toMatchObject({ outcome: 'priced', steps: [{ seller: 'reseller', cost: '0.091', price: '0.09555' }] });
    for (const hidden of ['secret', 'split', '0.085', '"0.1"', 'listPrice']) {
      expect(JSON.stringify(told)).not.toContain(hidden);
    }
    // The control: the CSP is told all of it.
    for (const shown of ['secret', 'split', '0.085', '"0.1"', 'listPrice']) {
      expect(JSON.stringify(explained('csp', toReseller, toCustomer))).toContain(shown);
    }
  });

  it('names to a reseller no rule that gives no price', () => {
    const below = { ...toReseller, kind: 'erpMinusDiscount' as const, value: '0.9' };
    expect(explained('csp', below)).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'belowCost', ruleId: 'secret' },
    });
    expect(explained('reseller', below)).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'notPriced', message: 'This line has no price yet' },
    });
    expect(JSON.stringify(explained('reseller', below))).not.toContain('secret');
  });

  it('takes a licence’s only currency for both, and its join key for the subscription', () => {
    const line: FileLine = { place: '', kind: 'license', line: licenseLine };
    expect(explainedLine(pricingBy(catalogueOf()), line, 'csp')).toMatchObject({
      subscriptionId: licenseLine.partnerCenterSubscriptionId,
      pricingCurrency: licenseLine.currency,
      currency: licenseLine.currency,
    });
  });
});
