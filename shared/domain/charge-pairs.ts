import { absolute, add, compareDecimals, type Decimal, decimal, subtract, toText, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { Verdict } from './line-check.ts';
import type { LineVerdict } from './line-verdict.ts';

/** What is odd about the two halves of a change of seats. */
export type PairFinding = 'refundMissing' | 'chargeMissing' | 'differentPeriod' | 'differentPrice';

/**
 * The lines of one event, which share a `ReferenceId`: Microsoft refunds what was left of the old charge and charges
 * anew. Amounts are exact decimal text before tax; `difference` is charged minus expected, over all lines.
 */
export type ChargePair = {
  readonly referenceId: string;
  readonly currency: string;
  /** Positions in the file of the lines that give back, and of those that charge. */
  readonly refunds: readonly LinePlace[];
  readonly charges: readonly LinePlace[];
  readonly seatsBefore: string;
  readonly seatsAfter: string;
  readonly refunded: string;
  readonly recharged: string;
  readonly net: string;
  readonly verdict: Verdict;
  readonly expected?: string;
  readonly difference?: string;
  readonly findings: readonly PairFinding[];
};

export type LinePlace = { readonly part: number; readonly line: number };

/** A line with what was made of it. */
export type VerifiedLine = { readonly line: InvoiceLine; readonly result: LineVerdict };

const quantityChanges: ReadonlySet<string> = new Set(['addquantity', 'removequantity']);

/**
 * Puts the seat lines of one event together, by reference and currency, ordered by reference. An event is a change of
 * seats, even where only one half of it is there, or a refund and a charge that name the same reference.
 */
export function chargePairs(lines: readonly VerifiedLine[]): readonly ChargePair[] {
  const events = Map.groupBy(
    lines.filter(({ line, result }) => result.kind === 'seat' && line.referenceId !== ''),
    ({ line }) => `${line.referenceId}|${line.currency}`,
  );
  return [...events.keys()].sort().flatMap((key) => {
    const pair = pairOf(events.get(key) ?? []);
    return pair === undefined ? [] : [pair];
  });
}

function pairOf(event: readonly VerifiedLine[]): ChargePair | undefined {
  const [first] = event;
  if (first === undefined) return undefined;
  const refunds = event.filter(({ line }) => isRefund(line));
  const charges = event.filter(({ line }) => !isRefund(line));
  const isChange = event.some(({ line }) => quantityChanges.has(line.chargeType.toLowerCase()));
  if (!isChange && (refunds.length === 0 || charges.length === 0)) return undefined;
  const findings = isChange ? findingsOf(refunds, charges) : [];
  const refunded = sum(refunds, ({ line }) => line.subtotal);
  const recharged = sum(charges, ({ line }) => line.subtotal);
  return {
    referenceId: first.line.referenceId,
    currency: first.line.currency,
    refunds: refunds.map(placeOf),
    charges: charges.map(placeOf),
    seatsBefore: toText(sum(refunds, ({ line }) => line.billableQuantity)),
    seatsAfter: toText(sum(charges, ({ line }) => line.billableQuantity)),
    refunded: toText(refunded),
    recharged: toText(recharged),
    net: toText(add(refunded, recharged)),
    ...judge(event, add(refunded, recharged), findings),
    findings,
  };
}

/** The lines' own differences and tolerances, added up: what one half has too much, the other may have too little. */
function judge(
  event: readonly VerifiedLine[],
  net: Decimal,
  findings: readonly PairFinding[],
): Pick<ChargePair, 'verdict' | 'expected' | 'difference'> {
  const isHalf = findings.includes('refundMissing') || findings.includes('chargeMissing');
  if (isHalf || event.some(({ result }) => result.verdict === 'notVerifiable')) return { verdict: 'notVerifiable' };
  const expected = sum(event, ({ line, result }) =>
    result.check === 'total' ? line.subtotal : (result.expected ?? '0'),
  );
  const tolerance = sum(event, ({ result }) => result.tolerance ?? '0');
  const difference = subtract(net, expected);
  const isNear = compareDecimals(absolute(difference), tolerance) <= 0;
  const isOver = compareDecimals(difference, zero) > 0;
  return {
    verdict: isNear ? 'asExpected' : isOver ? 'overcharged' : 'undercharged',
    expected: toText(expected),
    difference: toText(difference),
  };
}

function findingsOf(refunds: readonly VerifiedLine[], charges: readonly VerifiedLine[]): readonly PairFinding[] {
  if (refunds.length === 0) return ['refundMissing'];
  if (charges.length === 0) return ['chargeMissing'];
  const findings: PairFinding[] = [];
  if (!hasSame(refunds, charges, periodOf)) findings.push('differentPeriod');
  if (!hasSame(refunds, charges, ({ line }) => line.unitPrice)) findings.push('differentPrice');
  return findings;
}

/** Whether every value of one half is one of the other: products such as E5 stand on two lines with two prices. */
function hasSame(
  refunds: readonly VerifiedLine[],
  charges: readonly VerifiedLine[],
  textOf: (line: VerifiedLine) => string,
): boolean {
  const before = new Set(refunds.map(textOf));
  const after = new Set(charges.map(textOf));
  return before.size === after.size && [...before].every((text) => after.has(text));
}

function periodOf({ line }: VerifiedLine): string {
  return `${line.chargeStartDate}|${line.chargeEndDate}`;
}

function isRefund(line: InvoiceLine): boolean {
  return line.subtotal.startsWith('-') || line.effectiveUnitPrice.startsWith('-');
}

function placeOf({ line }: VerifiedLine): LinePlace {
  return { part: line.part, line: line.line };
}

function sum(lines: readonly VerifiedLine[], textOf: (line: VerifiedLine) => string): Decimal {
  return lines.reduce((total, line) => add(total, decimal(textOf(line))), zero);
}
