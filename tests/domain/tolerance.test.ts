import { describe, expect, it } from 'vitest';
import { decimal } from '../../shared/domain/decimal.ts';
import { severityOf } from '../../shared/domain/severity.ts';
import {
  comparisons,
  defaultPolicy,
  isMaterial,
  isWithin,
  type RuleFilter,
  ruleFor,
  type TolerancePolicy,
  type ToleranceRule,
} from '../../shared/domain/tolerance.ts';

const rule = (combine: ToleranceRule['combine'], change: Partial<ToleranceRule> = {}): ToleranceRule => ({
  name: 'a rule',
  filter: { comparedWith: 'costexport' },
  absolute: '0.01',
  absoluteFor: 'line',
  relative: '0.00001',
  combine,
  ...change,
});

const check = (variance: string, invoiceCost: string, invoiceLines = 1) => ({
  variance: decimal(variance),
  invoiceCost: decimal(invoiceCost),
  invoiceLines,
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
      expect(isWithin(rule('either'), check(`${sign}${variance}`, cost))).toBe(either);
      expect(isWithin(rule('both'), check(variance, `${sign}${cost}`))).toBe(both);
    }
  });

  it('lets each invoice line of a group through with its own cent', () => {
    const perLine = rule('either', { absoluteFor: 'invoiceLine', relative: '0' });
    expect(isWithin(perLine, check('0.03', '500', 3))).toBe(true);
    expect(isWithin(perLine, check('-0.0300000001', '500', 3))).toBe(false);
    expect(isWithin(rule('either', { relative: '0' }), check('0.03', '500', 3))).toBe(false);
    expect(isWithin(perLine, check('0.01', '500', 0))).toBe(false);
  });
});

describe('ruleFor', () => {
  const policy = (...filters: readonly RuleFilter[]): TolerancePolicy => ({
    ...defaultPolicy,
    version: 'v',
    rules: filters.map((filter, at) => rule('either', { name: String(at), filter })),
  });

  it('takes the first rule whose filter fits', () => {
    const rules = policy(
      { comparedWith: 'invoicelines' },
      { comparedWith: 'costexport', currency: 'USD' },
      { comparedWith: 'costexport', meterCategory: 'storage', chargeType: 'Refund' },
      { comparedWith: 'costexport', meterCategory: 'Storage' },
      { comparedWith: 'costexport' },
      { comparedWith: 'costexport' },
    );
    const named = (line: Omit<Parameters<typeof ruleFor>[1], 'comparedWith'>) =>
      ruleFor(rules, { comparedWith: 'costexport', ...line }).name;
    expect(named({ currency: 'USD', meterCategory: 'Storage' })).toBe('1');
    expect(named({ currency: 'EUR', meterCategory: 'Storage', chargeType: 'refund' })).toBe('2');
    expect(named({ currency: 'EUR', meterCategory: 'STORAGE' })).toBe('3');
    expect(named({ currency: 'EUR', meterCategory: 'Bandwidth' })).toBe('4');
    expect(named({ currency: 'EUR' })).toBe('4');
  });

  it('throws for a policy that has no rule for the comparison it is used for', () => {
    expect(() => ruleFor(policy(), { comparedWith: 'costexport', currency: 'EUR' })).toThrow(
      'Policy v has no rule for costexport',
    );
  });

  it.each([
    ['costexport', undefined, { absolute: '0.01', absoluteFor: 'line', relative: '0.00001', combine: 'either' }],
    ['invoicelines', undefined, { absolute: '0.01', absoluteFor: 'invoiceLine', relative: '0' }],
    ['invoicetotal', 'preTax', { absolute: '0', relative: '0' }],
    ['invoicetotal', 'tax', { absolute: '0.01', absoluteFor: 'invoiceLine', relative: '0' }],
    ['invoicetotal', 'total', { absolute: '0.01', absoluteFor: 'invoiceLine', relative: '0' }],
  ] as const)('by default: %s %s', (comparedWith, amount, expected) => {
    const line = { comparedWith, currency: 'EUR', ...(amount === undefined ? {} : { amount }) };
    expect(ruleFor(defaultPolicy, line)).toMatchObject(expected);
  });

  it('covers every comparison by default', () => {
    for (const comparedWith of comparisons)
      expect(() => ruleFor(defaultPolicy, { comparedWith, currency: 'XXX' })).not.toThrow();
  });
});

describe('severity', () => {
  const of = (variance: string, invoiceCost: string, isOneSided = false) =>
    severityOf({ materiality: '1' }, { variance: decimal(variance), invoiceCost: decimal(invoiceCost), isOneSided });

  it.each([
    ['2.9999', 'minor'],
    ['3', 'watch'],
    ['5', 'watch'],
    ['5.0001', 'contactSupport'],
  ])('%s percent is %s, whichever way', (percent, severity) => {
    expect(of(percent, '100')).toBe(severity);
    expect(of(`-${percent}`, '100')).toBe(severity);
    expect(of(percent, '-100')).toBe(severity);
  });

  it('of a line on one side, or of nothing on the invoice, is told by the materiality', () => {
    expect([of('1', '1', true), of('1.01', '1.01', true)]).toEqual(['minor', 'contactSupport']);
    expect([of('-1', '0'), of('-1.01', '0')]).toEqual(['minor', 'contactSupport']);
    expect(isMaterial({ materiality: '1' }, decimal('-1.01'))).toBe(true);
    expect(isMaterial({ materiality: '1' }, decimal('1'))).toBe(false);
  });
});
