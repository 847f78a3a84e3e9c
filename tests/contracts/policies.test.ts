import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../shared/contracts/policies.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';

const [first, ...others] = defaultPolicy.rules;
const rule = {
  ...first,
  filter: { comparedWith: 'costexport', currency: 'EUR', meterCategory: 'Storage' },
  name: 'mine',
};
const withRule = (change: object) => ({ ...defaultPolicy, rules: [{ ...rule, ...change }, ...defaultPolicy.rules] });

const problems = (value: unknown) => {
  const parsed = parsePolicy(value);
  return parsed.kind === 'refused' ? parsed.problems.map(({ path }) => path) : [];
};

describe('a policy', () => {
  it('is read as it is written, the default one too, and again from what is stored', () => {
    for (const policy of [defaultPolicy, withRule({})]) {
      const parsed = parsePolicy(JSON.parse(JSON.stringify(policy)));
      expect(parsed).toEqual({ kind: 'policy', policy });
    }
  });

  it('may leave out what has an evident value', () => {
    const { absoluteFor: _, ...short } = rule;
    const { refusedRowsMax: _max, ...rest } = defaultPolicy;
    expect(parsePolicy({ ...rest, rules: [short, ...defaultPolicy.rules] })).toEqual({
      kind: 'policy',
      policy: { ...withRule({ absoluteFor: 'line' }), refusedRowsMax: 0 },
    });
  });

  it.each([
    ['a key that nobody knows', { ...defaultPolicy, tolerance: '1' }, ['tolerance']],
    ['two of them in a rule', withRule({ percent: '1', kind: 'x' }), ['rules[0].percent', 'rules[0].kind']],
    ['one in a filter', withRule({ filter: { ...rule.filter, meter: 'x' } }), ['rules[0].filter.meter']],
    ['an unknown comparison', withRule({ filter: { comparedWith: 'budget' } }), ['rules[0].filter.comparedWith']],
    ['a number instead of text', withRule({ absolute: 0.01 }), ['rules[0].absolute']],
    ['a negative limit', withRule({ relative: '-1' }), ['rules[0].relative']],
    ['a decimal comma', withRule({ absolute: '0,01' }), ['rules[0].absolute']],
    ['no way to combine', withRule({ combine: 'any' }), ['rules[0].combine']],
    ['a name twice', withRule({ name: first?.name }), ['rules[1].name']],
    ['invoice lines of a cost export', withRule({ absoluteFor: 'invoiceLine' }), ['rules[0].absoluteFor']],
    ['an amount of a cost export', withRule({ filter: { ...rule.filter, amount: 'tax' } }), ['rules[0].filter.amount']],
    ['no rule for a whole comparison', { ...defaultPolicy, rules: [rule, ...others] }, ['rules']],
    ['no rules', { ...defaultPolicy, rules: [] }, ['rules', 'rules', 'rules', 'rules']],
    ['a version of two lines', { ...defaultPolicy, version: 'a\nb' }, ['version']],
    ['a version that a terminal obeys', { ...defaultPolicy, version: '\u009b31m' }, ['version']],
    ['no version', { ...defaultPolicy, version: '' }, ['version']],
    ['nothing', null, ['']],
  ])('with %s is refused, and the place is named', (_, value, paths) => {
    expect(problems(value)).toEqual(paths);
  });
});
