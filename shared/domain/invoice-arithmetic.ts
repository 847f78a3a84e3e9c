import { type ChargePair, chargePairs, type VerifiedLine } from './charge-pairs.ts';
import { add, type Decimal, decimal, isZero, toText, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { Verdict } from './line-check.ts';
import { type LineVerdict, verifyInvoiceLine } from './line-verdict.ts';

export type VerdictSums = {
  readonly lines: number;
  /** What these lines charge before tax. */
  readonly subtotal: string;
  /** Charged minus expected, of what could be recomputed. */
  readonly difference: string;
};

/** Sums of one currency. The lines and subtotals of the four verdicts add up to `lines` and `subtotal`. */
export type ArithmeticTotals = {
  readonly currency: string;
  readonly lines: number;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  /** Lines with an amount and no tax. Where all are, tax may stand on the invoice only. */
  readonly untaxedLines: number;
  readonly verdicts: { readonly [verdict in Verdict]: VerdictSums };
};

export type InvoiceArithmetic = {
  /** By part and line. */
  readonly lines: readonly LineVerdict[];
  /** By reference. */
  readonly pairs: readonly ChargePair[];
  /** By currency. */
  readonly totals: readonly ArithmeticTotals[];
};

/**
 * Recomputes every line of an invoice from what stands on it, and the refunds and charges of one event together. The
 * order of `lines` does not matter.
 */
export function verifyInvoiceLines(lines: readonly InvoiceLine[]): InvoiceArithmetic {
  const verified = lines
    .map((line): VerifiedLine => ({ line, result: verifyInvoiceLine(line) }))
    .sort((left, right) => left.line.part - right.line.part || left.line.line - right.line.line);
  const byCurrency = Map.groupBy(verified, ({ line }) => line.currency);
  return {
    lines: verified.map(({ result }) => result),
    pairs: chargePairs(verified),
    totals: [...byCurrency.keys()].sort().map((currency) => totalsOf(currency, byCurrency.get(currency) ?? [])),
  };
}

function totalsOf(currency: string, lines: readonly VerifiedLine[]): ArithmeticTotals {
  const ofLines = (field: 'subtotal' | 'taxTotal' | 'total') => toText(sum(lines.map(({ line }) => line[field])));
  return {
    currency,
    lines: lines.length,
    subtotal: ofLines('subtotal'),
    taxTotal: ofLines('taxTotal'),
    total: ofLines('total'),
    untaxedLines: lines.filter(({ line }) => isZero(decimal(line.taxTotal)) && !isZero(decimal(line.subtotal))).length,
    verdicts: {
      asExpected: sumsOf(lines, 'asExpected'),
      overcharged: sumsOf(lines, 'overcharged'),
      undercharged: sumsOf(lines, 'undercharged'),
      notVerifiable: sumsOf(lines, 'notVerifiable'),
    },
  };
}

function sumsOf(lines: readonly VerifiedLine[], verdict: Verdict): VerdictSums {
  const own = lines.filter(({ result }) => result.verdict === verdict);
  return {
    lines: own.length,
    subtotal: toText(sum(own.map(({ line }) => line.subtotal))),
    difference: toText(sum(own.map(({ result }) => result.difference ?? '0'))),
  };
}

function sum(amounts: readonly string[]): Decimal {
  return amounts.reduce((total, amount) => add(total, decimal(amount)), zero);
}

/** How many lines of all currencies were charged too much or too little. */
export function wrongLines(totals: readonly ArithmeticTotals[]): number {
  return totals.reduce(
    (count, { verdicts: { overcharged, undercharged } }) => count + overcharged.lines + undercharged.lines,
    0,
  );
}
