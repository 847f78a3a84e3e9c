import { z } from 'zod';
import { comparisons, invoiceAmounts, type TolerancePolicy } from '../domain/tolerance.ts';

/** An amount or a share: digits with an optional fraction, never negative. */
const size = z.string().regex(/^\d{1,15}(\.\d{1,15})?$/, 'not an exact decimal that is zero or more, written as text');

/** Names stand in files, cards and logs: no control characters, nor marks that turn the direction of the text around. */
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, 'not plain text on one line');

const ruleFilter = z.strictObject({
  comparedWith: z.enum(comparisons),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'not a currency such as EUR')
    .exactOptional(),
  chargeType: name.exactOptional(),
  meterCategory: name.exactOptional(),
  amount: z.enum(invoiceAmounts).exactOptional(),
});

const toleranceRule = z
  .strictObject({
    name,
    filter: ruleFilter,
    absolute: size,
    absoluteFor: z.enum(['line', 'invoiceLine']).default('line'),
    relative: size,
    combine: z.enum(['either', 'both']),
  })
  .refine(({ filter, absoluteFor }) => filter.comparedWith !== 'costexport' || absoluteFor === 'line', {
    path: ['absoluteFor'],
    error: 'the rows of a cost export are no invoice lines',
  })
  .refine(({ filter }) => filter.amount === undefined || filter.comparedWith === 'invoicetotal', {
    path: ['filter', 'amount'],
    error: 'only invoicetotal compares single amounts',
  });

const rulesMax = 1_000;

/** A tolerance policy as people write it and as it is stored. */
export const tolerancePolicy = z
  .strictObject({
    version: name,
    rules: z.array(toleranceRule).min(1).max(rulesMax).readonly(),
    materiality: size,
    refusedRowsMax: z.int().nonnegative().default(0),
  })
  .check(({ value: { rules }, issues }) => {
    for (const [at, rule] of rules.entries()) {
      if (rules.findIndex((other) => other.name === rule.name) !== at)
        issues.push({ code: 'custom', input: rule.name, path: ['rules', at, 'name'], message: 'a name that is taken' });
    }
    for (const comparedWith of comparisons) {
      const fitsAll = rules.some(
        ({ filter }) => filter.comparedWith === comparedWith && Object.keys(filter).length === 1,
      );
      if (!fitsAll)
        issues.push({
          code: 'custom',
          input: rules,
          path: ['rules'],
          message: `no rule fits every line of ${comparedWith}`,
        });
    }
  }) satisfies z.ZodType<TolerancePolicy>;

/** One thing that is wrong with a policy, and where: `rules[0].filter.meter`. */
export type PolicyProblem = { readonly path: string; readonly message: string };

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: TolerancePolicy }
  | { readonly kind: 'refused'; readonly problems: readonly PolicyProblem[] };

/** Reads a policy. Unknown keys are errors: a misspelt filter would otherwise let everything through. */
export function parsePolicy(value: unknown): ParsedPolicy {
  const parsed = tolerancePolicy.safeParse(value);
  if (parsed.success) return { kind: 'policy', policy: parsed.data };
  return { kind: 'refused', problems: parsed.error.issues.flatMap(problemsOf) };
}

function problemsOf(issue: z.core.$ZodIssue): readonly PolicyProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'an unknown key' }));
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}
