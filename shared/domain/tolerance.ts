import { absolute, compareDecimals, type Decimal, decimal, isZero, multiply } from './decimal.ts';

/** Which two datasets stand against each other. */
export type ComparedWith = 'costexport';

/**
 * When a variance is small enough. A policy is data with a version, and every result names the version and the rule
 * that decided. `either`: one of the two limits is enough; `both`: both must hold.
 */
export type TolerancePolicy = {
  readonly version: string;
  readonly rules: readonly ToleranceRule[];
};

export type ToleranceRule = {
  readonly name: string;
  readonly comparedWith: ComparedWith;
  /** In billing currency. */
  readonly absolute: string;
  /** Share of the invoice side's cost: `0.00001` is 0.001 %. */
  readonly relative: string;
  readonly combine: 'either' | 'both';
};

/** Both sides of `costexport` are unrounded, so only representation noise and rounding rows are let through. */
export const defaultPolicy = {
  version: 'default-1',
  rules: [
    {
      name: 'costexport-default',
      comparedWith: 'costexport',
      absolute: '0.01',
      relative: '0.00001',
      combine: 'either',
    },
  ],
} as const satisfies TolerancePolicy;

/** The first rule for this comparison. @throws Error when the policy has none: a policy must cover what it is used for */
export function ruleFor(policy: TolerancePolicy, comparedWith: ComparedWith): ToleranceRule {
  const rule = policy.rules.find((candidate) => candidate.comparedWith === comparedWith);
  if (rule === undefined) throw new Error(`Policy ${policy.version} has no rule for ${comparedWith}`);
  return rule;
}

/** Whether a cost variance, in the currency of `invoiceCost`, is small enough under `rule`. Limits are inclusive. */
export function isWithin(rule: ToleranceRule, variance: Decimal, invoiceCost: Decimal): boolean {
  const size = absolute(variance);
  const withinAbsolute = compareDecimals(size, decimal(rule.absolute)) <= 0;
  const limit = multiply(absolute(invoiceCost), decimal(rule.relative));
  const withinRelative = compareDecimals(size, limit) <= 0 && (!isZero(invoiceCost) || isZero(size));
  return rule.combine === 'either' ? withinAbsolute || withinRelative : withinAbsolute && withinRelative;
}
