import { describe, expect, it } from 'vitest';
import { decimal } from '../../shared/domain/decimal.ts';
import { defaultPolicy, isWithin, ruleFor, type ToleranceRule } from '../../shared/domain/tolerance.ts';

const rule = (combine: ToleranceRule['combine']): ToleranceRule => ({
  name: 'a rule',
  comparedWith: 'costexport',
  absolute: '0.01',
  relative: '0.00001',
  combine,
});

/* On a cost of 500 the relative limit is 0.005, below the absolute one; on 5000 it is 0.05, above it. */
describe('isWithin', () => {
  it.each([
    ['0.01', '500', true, false],
    ['0.0100000000000000000000000001', '500', false, false],
    ['0.005', '500', true, true],
    ['0.0050000000000000000000000001', '500', true, false],
    ['0.05', '5000', true, false],
    ['0.0500000000000000000000000001', '5000', false, false],
    ['0.01', '5000', true, true],
    ['0.0100000000000000000000000001', '5000', true, false],
    ['0.01', '0', true, false],
    ['0.0000000000000000000000000001', '0', true, false],
    ['0.0100000000000000000000000001', '0', false, false],
    ['0', '0', true, true],
    ['0', '500', true, true],
  ])('%s on an invoice cost of %s: either limit %s, both %s', (variance, cost, either, both) => {
    for (const sign of ['', '-']) {
      expect(isWithin(rule('either'), decimal(`${sign}${variance}`), decimal(cost))).toBe(either);
      expect(isWithin(rule('both'), decimal(variance), decimal(`${sign}${cost}`))).toBe(both);
    }
  });
});

describe('ruleFor', () => {
  it('takes the first rule of the comparison', () => {
    const rules = [rule('both'), rule('either')];
    expect(ruleFor({ version: 'v', rules }, 'costexport')).toBe(rules[0]);
  });

  it('throws for a policy that has no rule for the comparison it is used for', () => {
    expect(() => ruleFor({ version: 'v', rules: [] }, 'costexport')).toThrow('Policy v has no rule for costexport');
  });

  it('by default lets a cent or a thousandth of a percent through, either', () => {
    expect(ruleFor(defaultPolicy, 'costexport')).toMatchObject({
      absolute: '0.01',
      relative: '0.00001',
      combine: 'either',
    });
  });
});
