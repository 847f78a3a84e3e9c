import { assertNever } from './assert-never.ts';
import { identityOf } from './content-hash.ts';
import { absolute, type Decimal, decimal, divide, isZero, multiply, subtract, toText, zero } from './decimal.ts';
import { type MeterPair, matchMeters, type Sweep } from './matching.ts';
import { type MeterTotal, meterLineKey, unitPriceOf } from './meter-totals.ts';
import { isWithin, type ToleranceRule } from './tolerance.ts';
import type { ExclusionReason } from './usage.ts';

export const meterStatuses = [
  'matched',
  'withinTolerance',
  'mismatched',
  'invoiceOnly',
  'otherOnly',
  'excluded',
] as const;

/**
 * `matched`: cost and quantity agree to the last digit. `withinTolerance`: the costs agree as far as the rule asks.
 * `mismatched`: they do not. `invoiceOnly`, `otherOnly`: one side has no such meter. `excluded`: set aside by a rule.
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

/** The result for one meter line. Variance is invoice side minus other side; a missing side counts as zero. */
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
};

/** Places of a variance in percent of the invoice side's cost, rounded half away from zero. */
const percentPlaces = 4;

/**
 * Compares the meter totals of one subscription, invoice against cost export. Pure; the order of the totals does not
 * matter. The lines come ordered by meter id, region, unit.
 */
export function compareMeters(
  invoice: readonly MeterTotal[],
  other: readonly MeterTotal[],
  rule: ToleranceRule,
): readonly MeterLine[] {
  const lines = matchMeters(invoice, other).map((pair) => toMeterLine(pair, rule));
  return lines.sort((left, right) => (meterLineKey(left) < meterLineKey(right) ? -1 : 1));
}

function toMeterLine(pair: MeterPair, rule: ToleranceRule): MeterLine {
  switch (pair.kind) {
    case 'both':
      return bothSides(pair, rule);
    case 'invoiceOnly':
      return {
        ...namesOf(pair.invoice),
        status: 'invoiceOnly',
        invoice: sideOf(pair.invoice),
        variance: varianceOf(pair.invoice, undefined),
      };
    case 'otherOnly':
      return {
        ...namesOf(pair.other),
        status: 'otherOnly',
        other: sideOf(pair.other),
        variance: varianceOf(undefined, pair.other),
      };
    case 'excluded':
      return {
        ...namesOf(pair.other),
        status: 'excluded',
        ...(pair.other.excludedBy === undefined ? {} : { excludedBy: pair.other.excludedBy }),
        other: sideOf(pair.other),
        variance: varianceOf(undefined, pair.other),
      };
    default:
      return assertNever(pair);
  }
}

function bothSides(pair: Extract<MeterPair, { kind: 'both' }>, rule: ToleranceRule): MeterLine {
  const { invoice, other, sweep } = pair;
  const cost = subtract(decimal(invoice.cost), decimal(other.cost));
  const sameQuantity = isZero(subtract(decimal(invoice.quantity), decimal(other.quantity)));
  const matched = isZero(cost) && sameQuantity;
  return {
    ...namesOf(invoice),
    status: matched ? 'matched' : isWithin(rule, cost, decimal(invoice.cost)) ? 'withinTolerance' : 'mismatched',
    ...(matched ? {} : { decidedBy: rule.name }),
    sweep,
    ...(other.unit === invoice.unit ? {} : { otherUnit: other.unit }),
    ...(other.region === invoice.region ? {} : { otherRegion: other.region }),
    invoice: sideOf(invoice),
    other: sideOf(other),
    variance: varianceOf(invoice, other),
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

function percentOf(variance: Decimal, invoiceCost: Decimal): string | undefined {
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
