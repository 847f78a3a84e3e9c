import { absolute, compareDecimals, type Decimal, decimal, multiply } from './decimal.ts';

/**
 * Which two datasets stand against each other: daily rated usage against the cost export; the same against the line items
 * of the invoice; all line items against the invoice's header.
 */
export const comparisons = ['costexport', 'invoicelines', 'invoicetotal'] as const;
export type ComparedWith = (typeof comparisons)[number];

/** What a rule can be asked about: a line of a comparison. Absent is what the line does not have. */
export type LineNature = {
  readonly comparedWith: ComparedWith;
  readonly currency: string;
  readonly chargeType?: string;
  readonly meterCategory?: string;
  /** Of an invoice total: which of its amounts. */
  readonly amount?: InvoiceAmount;
};

export const invoiceAmounts = ['preTax', 'tax', 'total'] as const;
export type InvoiceAmount = (typeof invoiceAmounts)[number];

/** Which lines a rule is for: those that have all that it names. Letter case does not matter. */
export type RuleFilter = Pick<LineNature, 'comparedWith'> & Partial<Omit<LineNature, 'comparedWith'>>;

export type ToleranceRule = {
  readonly name: string;
  readonly filter: RuleFilter;
  /** In billing currency. */
  readonly absolute: string;
  /** What the absolute amount is for: the whole line, or each invoice line in it (Microsoft cuts each off at the cent). */
  readonly absoluteFor: 'line' | 'invoiceLine';
  /** Share of the invoice side's cost: `0.00001` is 0.001 %. */
  readonly relative: string;
  /** `either`: one of the two limits is enough; `both`: both must hold. */
  readonly combine: 'either' | 'both';
};

/**
 * When a variance is small enough. A policy is data with a version, and every result names the version and the rule that
 * decided. The first rule whose filter fits decides; each comparison has one that fits every line.
 */
export type TolerancePolicy = {
  readonly version: string;
  readonly rules: readonly ToleranceRule[];
  /** From what size on somebody is told, in billing currency. Tolerance decides what matches, this does not. */
  readonly materiality: string;
  /** How many rows of a file may be refused and the others still be used. */
  readonly refusedRowsMax: number;
};

/**
 * Both sides of `costexport` are unrounded, so only representation noise and rounding rows are let through. Each line
 * item is cut off at the cent, and so is its tax.
 */
export const defaultPolicy: TolerancePolicy = {
  version: 'default-2',
  rules: [
    {
      name: 'costexport-default',
      filter: { comparedWith: 'costexport' },
      absolute: '0.01',
      absoluteFor: 'line',
      relative: '0.00001',
      combine: 'either',
    },
    {
      name: 'invoicelines-default',
      filter: { comparedWith: 'invoicelines' },
      absolute: '0.01',
      absoluteFor: 'invoiceLine',
      relative: '0',
      combine: 'either',
    },
    {
      name: 'invoicetotal-before-tax',
      filter: { comparedWith: 'invoicetotal', amount: 'preTax' },
      absolute: '0',
      absoluteFor: 'line',
      relative: '0',
      combine: 'either',
    },
    {
      name: 'invoicetotal-with-tax',
      filter: { comparedWith: 'invoicetotal' },
      absolute: '0.01',
      absoluteFor: 'invoiceLine',
      relative: '0',
      combine: 'either',
    },
  ],
  materiality: '1',
  refusedRowsMax: 0,
};

/** The first rule that fits. @throws Error when the policy has none: a policy must cover what it is used for */
export function ruleFor(policy: TolerancePolicy, line: LineNature): ToleranceRule {
  const rule = policy.rules.find(({ filter }) => fits(filter, line));
  if (rule === undefined) throw new Error(`Policy ${policy.version} has no rule for ${line.comparedWith}`);
  return rule;
}

function fits(filter: RuleFilter, line: LineNature): boolean {
  const names = ['comparedWith', 'currency', 'chargeType', 'meterCategory', 'amount'] as const;
  return names.every(
    (name) => filter[name] === undefined || filter[name].toLowerCase() === (line[name] ?? '').toLowerCase(),
  );
}

/** What is compared: the variance and the cost of the invoice side, and of how many invoice lines it is. */
export type ToCheck = { readonly variance: Decimal; readonly invoiceCost: Decimal; readonly invoiceLines: number };

/** Whether a variance is small enough under `rule`. Limits are inclusive. */
export function isWithin(rule: ToleranceRule, { variance, invoiceCost, invoiceLines }: ToCheck): boolean {
  return compareDecimals(absolute(variance), limitOf(rule, { invoiceCost, invoiceLines })) <= 0;
}

/** How large a variance may be under `rule`: the larger of its two limits where either is enough, else the smaller. */
export function limitOf(rule: ToleranceRule, { invoiceCost, invoiceLines }: Omit<ToCheck, 'variance'>): Decimal {
  const fixed = absoluteLimit(rule, invoiceLines);
  const share = multiply(absolute(invoiceCost), decimal(rule.relative));
  const isFixed = compareDecimals(fixed, share) > 0 === (rule.combine === 'either');
  return isFixed ? fixed : share;
}

/** The absolute limit of a line that stands for so many lines of the invoice. */
function absoluteLimit(rule: ToleranceRule, invoiceLines: number): Decimal {
  const limit = decimal(rule.absolute);
  return rule.absoluteFor === 'line' ? limit : multiply(limit, decimal(String(invoiceLines)));
}

/** Whether an amount is of a size that somebody is told of. */
export function isMaterial(policy: Pick<TolerancePolicy, 'materiality'>, amount: Decimal): boolean {
  return compareDecimals(absolute(amount), decimal(policy.materiality)) > 0;
}
