import { assertNever } from './assert-never.ts';
import type { CauseAmount } from './cause.ts';
import { identityOf } from './content-hash.ts';
import { absolute, type Decimal, decimal, divide, isZero, multiply, subtract, toText, zero } from './decimal.ts';
import { explainVariance } from './explain-variance.ts';
import { type MatchedSide, type MeterPair, matchMeters, type Sweep } from './matching.ts';
import { type MeterTotal, meterLineKey, unitPriceOf } from './meter-totals.ts';
import type { RowsOfSides } from './row-causes.ts';
import { type Severity, severityOf } from './severity.ts';
import { type ComparedWith, isWithin, ruleFor, type TolerancePolicy, type ToleranceRule } from './tolerance.ts';
import type { ExclusionReason } from './usage.ts';

export const meterStatuses = [
  'matched',
  'withinTolerance',
  'mismatched',
  'invoiceOnly',
  'otherOnly',
  'excluded',
  'notComparable',
] as const;

/**
 * `matched`: cost and quantity agree to the last digit. `withinTolerance`: the costs agree as far as the rule asks.
 * `mismatched`: they do not. `invoiceOnly`, `otherOnly`: one side has no such meter. `excluded`: set aside by a rule.
 * `notComparable`: a gate says that these data say nothing about each other.
 */
export type MeterStatus = (typeof meterStatuses)[number];

/** One side of a meter line. Cost in billing currency, unit price in pricing currency, all exact decimal text. */
export type MeterSide = {
  readonly quantity: string;
  /** Absent where nothing was used, so that no price can be told. */
  readonly unitPrice?: string;
  readonly cost: string;
  readonly rows: number;
};

/**
 * The result for one meter line. Variance is invoice side minus other side; a missing side counts as zero. Lines of the
 * other comparisons have the same shape: of `invoicelines` the plan stands for the subscription and product and SKU for
 * the meter, of `invoicetotal` the amount (before tax, tax, total) for the meter; region and unit are empty.
 */
export type MeterLine = {
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  readonly status: MeterStatus;
  readonly excludedBy?: ExclusionReason;
  /** The tolerance rule that decided; absent where no tolerance was asked for. */
  readonly decidedBy?: string;
  readonly sweep?: Sweep;
  /** What the other side calls the unit and region, where the lines met without them. */
  readonly otherUnit?: string;
  readonly otherRegion?: string;
  readonly invoice?: MeterSide;
  readonly other?: MeterSide;
  readonly variance: {
    readonly quantity: string;
    readonly unitPrice?: string;
    readonly cost: string;
    readonly percent?: string;
  };
  /** What the variance is made of: they add up to `variance.cost`. None of lines that are set aside or not comparable. */
  readonly causes: readonly CauseAmount[];
  /** The rows of both sides would tell the causes more exactly. */
  readonly needsRows?: true;
  /** Of lines that are out of tolerance. */
  readonly severity?: Severity;
};

/** How to compare. */
export type Comparing = {
  readonly comparedWith: ComparedWith;
  readonly policy: TolerancePolicy;
  /** The month that is billed, `YYYY-MM`. */
  readonly cycle: string;
  /** The rows of a line, by the key of its invoice side, or of the other where that is missing; where they have been read. */
  readonly rowsOf?: (line: MeterTotal) => RowsOfSides | undefined;
  /** What a gate has closed: everything, or lines in these currencies. */
  readonly notComparable?: 'all' | ReadonlySet<string>;
};

/** Places of a variance in percent of the invoice side's cost, rounded half away from zero. */
const percentPlaces = 4;

/**
 * Compares the meter totals of one subscription. Pure; the order of the totals does not matter. The lines come ordered
 * by meter id, region, unit.
 */
export function compareMeters(
  invoice: readonly MeterTotal[],
  other: readonly MeterTotal[],
  how: Comparing,
): readonly MeterLine[] {
  const lines = matchMeters(invoice, other).map((pair) => toMeterLine(pair, how));
  return lines.sort((left, right) => (meterLineKey(left) < meterLineKey(right) ? -1 : 1));
}

function toMeterLine(pair: MeterPair, how: Comparing): MeterLine {
  const line = bareLine(pair, how);
  if (line.status === 'excluded') return line;
  if (isClosed(line, how)) return { ...line, status: 'notComparable', causes: [] };
  switch (line.status) {
    case 'matched':
    case 'withinTolerance':
      return explained(line, pair, how);
    default: {
      const invoiceCost = amountOf(line.invoice?.cost);
      const isOneSided = line.status !== 'mismatched';
      const severity = severityOf(how.policy, { variance: decimal(line.variance.cost), invoiceCost, isOneSided });
      return { ...explained(line, pair, how), severity };
    }
  }
}

function isClosed(line: MeterLine, { notComparable }: Comparing): boolean {
  return notComparable === 'all' || notComparable?.has(line.currency) === true;
}

/** The line as its two sides have it, before anything is explained. */
function bareLine(pair: MeterPair, how: Comparing): MeterLine {
  switch (pair.kind) {
    case 'both':
      return bothSides(pair, how);
    case 'invoiceOnly': {
      const { total } = pair.invoice;
      const variance = varianceOf(total, undefined);
      return { ...namesOf(total), status: 'invoiceOnly', invoice: sideOf(total), variance, causes: [] };
    }
    case 'otherOnly': {
      const { total } = pair.other;
      const variance = varianceOf(undefined, total);
      return { ...namesOf(total), status: 'otherOnly', other: sideOf(total), variance, causes: [] };
    }
    case 'excluded': {
      const { total } = pair.other;
      const reason = total.excludedBy === undefined ? {} : { excludedBy: total.excludedBy };
      const variance = varianceOf(undefined, total);
      return { ...namesOf(total), status: 'excluded', ...reason, other: sideOf(total), variance, causes: [] };
    }
    default:
      return assertNever(pair);
  }
}

function bothSides(pair: Extract<MeterPair, { kind: 'both' }>, how: Comparing): MeterLine {
  const { sweep } = pair;
  const [invoice, other] = [pair.invoice.total, pair.other.total];
  const variance = subtract(decimal(invoice.cost), decimal(other.cost));
  const sameQuantity = isZero(subtract(decimal(invoice.quantity), decimal(other.quantity)));
  // Quantities of line items are of other units than those of usage now and then; there the cost alone decides.
  const matched = isZero(variance) && (sameQuantity || how.comparedWith !== 'costexport');
  const rule = ruleOf(pair, how);
  const toCheck = { variance, invoiceCost: decimal(invoice.cost), invoiceLines: other.rows };
  return {
    ...namesOf(invoice),
    ...namesOfBoth(invoice, other),
    status: matched ? 'matched' : isWithin(rule, toCheck) ? 'withinTolerance' : 'mismatched',
    ...(matched ? {} : { decidedBy: rule.name }),
    sweep,
    ...(other.unit === invoice.unit ? {} : { otherUnit: other.unit }),
    ...(other.region === invoice.region ? {} : { otherRegion: other.region }),
    invoice: sideOf(invoice),
    other: sideOf(other),
    variance: varianceOf(invoice, other),
    causes: [],
  };
}

function ruleOf(pair: Extract<MeterPair, { kind: 'both' }>, { policy, comparedWith }: Comparing): ToleranceRule {
  const { currency, chargeType } = pair.invoice.total;
  const { meterCategory } = namesOfBoth(pair.invoice.total, pair.other.total);
  const type = pair.other.total.chargeType ?? chargeType;
  return ruleFor(policy, {
    comparedWith,
    currency,
    meterCategory,
    ...(type === undefined ? {} : { chargeType: type }),
  });
}

function explained(line: MeterLine, pair: MeterPair, how: Comparing): MeterLine {
  if (line.variance.cost === '0') return line;
  const invoice = 'invoice' in pair ? pair.invoice : undefined;
  const other = 'other' in pair ? pair.other : undefined;
  const rows = rowsOfPair(invoice, other, how);
  const { causes, needsRows } = explainVariance({
    invoice: invoice?.parts ?? [],
    other: other?.parts ?? [],
    cycle: how.cycle,
    comparedWith: how.comparedWith,
    ...(rows === undefined ? {} : { rows }),
  });
  return { ...line, causes, ...(needsRows ? { needsRows } : {}) };
}

function rowsOfPair(invoice: MatchedSide | undefined, other: MatchedSide | undefined, how: Comparing) {
  const total = invoice?.total ?? other?.total;
  return total === undefined ? undefined : how.rowsOf?.(total);
}

/** The invoice's names, and the other side's where it has none: usage by plan has no names of products. */
function namesOfBoth(invoice: MeterTotal, other: MeterTotal) {
  return {
    meterName: invoice.meterName || other.meterName,
    meterCategory: invoice.meterCategory || other.meterCategory,
    meterSubCategory: invoice.meterSubCategory || other.meterSubCategory,
  };
}

function namesOf(total: MeterTotal) {
  const { subscriptionId, meterId, region, unit, currency, meterName, meterCategory, meterSubCategory } = total;
  return { subscriptionId, meterId, region, unit, currency, meterName, meterCategory, meterSubCategory };
}

function sideOf(total: MeterTotal): MeterSide {
  const unitPrice = unitPriceOf(total);
  return {
    quantity: total.quantity,
    ...(unitPrice === undefined ? {} : { unitPrice: toText(unitPrice) }),
    cost: total.cost,
    rows: total.rows,
  };
}

function varianceOf(invoice: MeterTotal | undefined, other: MeterTotal | undefined): MeterLine['variance'] {
  const cost = subtract(amountOf(invoice?.cost), amountOf(other?.cost));
  const invoicePrice = invoice === undefined ? undefined : unitPriceOf(invoice);
  const otherPrice = other === undefined ? undefined : unitPriceOf(other);
  const percent = percentOf(cost, amountOf(invoice?.cost));
  return {
    quantity: toText(subtract(amountOf(invoice?.quantity), amountOf(other?.quantity))),
    ...(invoicePrice === undefined || otherPrice === undefined
      ? {}
      : { unitPrice: toText(subtract(invoicePrice, otherPrice)) }),
    cost: toText(cost),
    ...(percent === undefined ? {} : { percent }),
  };
}

function amountOf(text: string | undefined): Decimal {
  return text === undefined ? zero : decimal(text);
}

/** A variance in percent of the invoice side's cost; undefined where that is nothing. */
export function percentOf(variance: Decimal, invoiceCost: Decimal): string | undefined {
  if (isZero(invoiceCost)) return undefined;
  return toText(divide(multiply(variance, decimal('100')), absolute(invoiceCost), percentPlaces));
}

/** The name of a meter total within its subscription, as `meterKeyOf` is the name of a line. */
export function meterTotalKeyOf(total: MeterTotal): string {
  const { isCredit = false, usageMonth } = total;
  return identityOf([meterKeyOf(total), String(isCredit), usageMonth]);
}

/** The name of a meter line within its subscription, made of its key: 32 hex digits, safe in addresses. */
export function meterKeyOf(
  line: Pick<MeterTotal, 'meterId' | 'region' | 'unit' | 'currency' | 'excludedBy' | 'invoiceId'>,
): string {
  const { meterId, region, unit, currency, excludedBy = '', invoiceId = '' } = line;
  return identityOf([meterId, region, unit, currency, excludedBy, invoiceId]);
}
