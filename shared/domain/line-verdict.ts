import { subtract, toText } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import {
  type CheckName,
  checkEffectivePrice,
  checkTotal,
  type LineCheck,
  type LineKind,
  lineKindOf,
  type UnverifiableReason,
  type Verdict,
} from './line-check.ts';
import { checkProration } from './seat-check.ts';

/**
 * What an invoice's own arithmetic makes of one line. Amounts are exact decimal text in `currency`: before tax, but for
 * the check `total`. `difference` is charged minus expected: what is above zero was charged too much, or refunded too
 * little. `expected`, `difference` and `tolerance` are absent where nothing could be recomputed.
 */
export type LineVerdict = {
  readonly part: number;
  readonly line: number;
  readonly invoiceId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly subscriptionId: string;
  readonly productName: string;
  readonly chargeType: string;
  readonly referenceId: string;
  readonly currency: string;
  readonly kind: LineKind;
  readonly verdict: Verdict;
  readonly reason?: UnverifiableReason;
  /** The check that decided. */
  readonly check: CheckName;
  readonly charged: string;
  readonly expected?: string;
  readonly difference?: string;
  readonly tolerance?: string;
  /** How the expected amount comes about, in words and figures. */
  readonly formula: string;
};

/**
 * Recomputes one line: a seat by its list price and days, then every amount by its own price and quantity, then the
 * total. The first check that finds a wrong amount decides; else the first that could not be made; else the first.
 */
export function verifyInvoiceLine(line: InvoiceLine): LineVerdict {
  const kind = lineKindOf(line);
  const amounts = kind === 'seat' ? [checkProration(line)] : [];
  const checks = [...amounts, checkEffectivePrice(line, kind), checkTotal(line)];
  const decisive =
    checks.find(({ verdict }) => verdict === 'overcharged' || verdict === 'undercharged') ??
    checks.find(({ verdict }) => verdict === 'notVerifiable') ??
    checks[0];
  if (decisive === undefined) throw new Error('A line has no check');
  return {
    part: line.part,
    line: line.line,
    invoiceId: line.invoiceId,
    customerId: line.customerId,
    customerName: line.customerName,
    subscriptionId: line.subscriptionId,
    productName: line.productName,
    chargeType: line.chargeType,
    referenceId: line.referenceId,
    currency: line.currency,
    kind,
    ...told(decisive),
  };
}

function told({ check, verdict, charged, formula, reason, expected, tolerance }: LineCheck) {
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    check,
    charged: toText(charged),
    ...(expected === undefined ? {} : { expected: toText(expected), difference: toText(subtract(charged, expected)) }),
    ...(tolerance === undefined ? {} : { tolerance: toText(tolerance) }),
    formula,
  };
}
