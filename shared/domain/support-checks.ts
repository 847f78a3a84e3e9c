import { percentOf } from './comparison.ts';
import { absolute, decimal, isZero } from './decimal.ts';
import type { EvidenceLine, SupportCheck } from './evidence.ts';
import type { LineVerdict } from './line-verdict.ts';
import { sumTexts } from './meter-totals.ts';

/** What rows say of whom and of what they are: each id once, in its one spelling. */
export type IdsOfRows = {
  readonly [id in 'customerId' | 'productId' | 'skuId' | 'subscriptionId']: readonly string[];
};

export type CheckedSides = {
  readonly lines: readonly EvidenceLine[];
  readonly ids: { readonly invoice: IdsOfRows | undefined; readonly other: IdsOfRows | undefined };
};

const idWords = {
  customerId: 'Customer ids',
  productId: 'Product ids',
  skuId: 'SKU ids',
  subscriptionId: 'Subscription ids',
} as const satisfies Record<keyof IdsOfRows, string>;

/**
 * What Microsoft asks to be compared before its support is contacted: billable quantity, customer id, product, SKU and
 * subscription ids, and whether the amounts differ by more than 3 to 5 %. Source: "When should you contact the support
 * team?", daily rated usage reconciliation, Microsoft Partner Center.
 */
export function supportChecks({ lines, ids }: CheckedSides): readonly SupportCheck[] {
  const idChecks = (Object.keys(idWords) as (keyof IdsOfRows)[]).map((id) => idCheck(id, ids));
  return [quantityCheck(lines), ...idChecks, percentCheck(lines)];
}

function quantityCheck(lines: readonly EvidenceLine[]): SupportCheck {
  const check = 'billableQuantity';
  const both = lines.filter(({ invoice, other }) => invoice !== undefined && other !== undefined);
  const off = both.filter(({ variance }) => !isZero(decimal(variance.quantity)));
  const alone = lines.length - both.length;
  const [only] = lines;
  if (only === undefined) return { check, finding: 'notTold', sentence: 'There are no lines to compare.' };
  const rest = alone === 0 ? '' : ` ${alone} stand on one side only.`;
  const words =
    lines.length === 1
      ? `Quantity: ${only.invoice?.quantity ?? 'none'} against ${only.other?.quantity ?? 'none'}, in ${only.unit || 'units'}.`
      : `The quantities of ${off.length} of ${both.length} lines with both sides differ.${rest}`;
  if (both.length === 0) return { check, finding: 'notOnBothSides', sentence: words };
  return { check, finding: off.length > 0 ? 'differs' : alone > 0 ? 'notOnBothSides' : 'agrees', sentence: words };
}

/** Ids that are named in a sentence. */
const namedMax = 5;

function idCheck(check: keyof IdsOfRows, { invoice, other }: CheckedSides['ids']): SupportCheck {
  const [left, right] = [invoice?.[check] ?? [], other?.[check] ?? []];
  const words = (ids: readonly string[]) =>
    ids.length === 0
      ? 'none'
      : `${ids.slice(0, namedMax).join(', ')}${ids.length > namedMax ? ` and ${ids.length - namedMax} more` : ''}`;
  const sentence = `${idWords[check]} of the rows: ${words(left)} against ${words(right)}.`;
  if (left.length === 0 && right.length === 0) return { check, finding: 'notTold', sentence };
  if (left.length === 0 || right.length === 0) return { check, finding: 'notOnBothSides', sentence };
  return { check, finding: left.join() === right.join() ? 'agrees' : 'differs', sentence };
}

const advice = 'Microsoft asks partners to contact its support from a difference of 3 % to 5 % on.';

function percentCheck(lines: readonly EvidenceLine[]): SupportCheck {
  const check = 'threeToFivePercent';
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort();
  const told = currencies.flatMap((currency) => {
    const own = lines.filter((line) => line.currency === currency);
    const [difference, charged] = (['difference', 'charged'] as const).map((field) =>
      sumTexts(own.map((line) => line[field])),
    );
    return percentWords({ difference: difference ?? '0', charged: charged ?? '0', currency });
  });
  const isOff = lines.some(({ severity }) => severity === 'watch' || severity === 'contactSupport');
  const grave = lines.filter(({ severity }) => severity === 'contactSupport').length;
  const counted = grave === 0 ? '' : ` ${grave} of ${lines.length} lines are a matter for support by this rule.`;
  if (told.length === 0) return { check, finding: 'notTold', sentence: advice };
  return { check, finding: isOff ? 'differs' : 'agrees', sentence: `${told.join(' ')}${counted} ${advice}` };
}

function percentWords({
  difference,
  charged,
  currency,
}: {
  readonly difference: string;
  readonly charged: string;
  readonly currency: string;
}): readonly string[] {
  const percent = percentOf(decimal(difference), absolute(decimal(charged)));
  const share = percent === undefined ? '' : `, ${percent} % of it`;
  return [`Charged ${charged} ${currency}; the difference is ${difference}${share}.`];
}

/** The same for one line item, which has no other side: what it says of itself, and what its arithmetic comes to. */
export function lineItemChecks(
  ids: IdsOfRows | undefined,
  item: { readonly quantity: string; readonly verdict: LineVerdict | undefined },
): readonly SupportCheck[] {
  const idChecks = (Object.keys(idWords) as (keyof IdsOfRows)[]).map((check): SupportCheck => {
    const found = ids?.[check] ?? [];
    return { check, finding: 'notTold', sentence: `${idWords[check]} of the line: ${found.join(', ') || 'none'}.` };
  });
  const quantity: SupportCheck = {
    check: 'billableQuantity',
    finding: 'notTold',
    sentence: `Billable quantity of the line: ${item.quantity || 'none'}.`,
  };
  return [quantity, ...idChecks, verdictCheck(item.verdict)];
}

function verdictCheck(verdict: LineVerdict | undefined): SupportCheck {
  const check = 'threeToFivePercent';
  if (verdict?.expected === undefined || verdict.difference === undefined)
    return { check, finding: 'notTold', sentence: `Nothing could be recomputed. ${advice}` };
  const percent = percentOf(decimal(verdict.difference), absolute(decimal(verdict.charged)));
  const share = percent === undefined ? '' : `, ${percent} % of what was charged`;
  const sentence = `Charged ${verdict.charged}, expected ${verdict.expected} ${verdict.currency}: ${verdict.difference}${share}. ${advice}`;
  return { check, finding: verdict.verdict === 'asExpected' ? 'agrees' : 'differs', sentence };
}
