import type { Subscription } from './catalogue.ts';
import { add, type Exact, isZero, multiply, negate, subtract } from './exact-decimal.ts';
import type { MeterTemplate, Region } from './meter-catalogue.ts';

/** The causes of a variance, in the order in which they are told. */
export const causeNames = [
  'retailScope',
  'partnerEarnedCredit',
  'quantity',
  'unitPrice',
  'exchangeRate',
  'lateUsage',
  'missingDays',
  'duplicateRows',
  'credit',
  'rounding',
  'unexplained',
] as const;

export type CauseName = (typeof causeNames)[number];

/** A template as one region sells it. */
export type Meter = {
  readonly template: MeterTemplate;
  readonly meterId: string;
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly region: Region | undefined;
  readonly listPrice: Exact;
  /** What a customer without a partner pays; always above the list price, so that a retail row can be told by it. */
  readonly retailPrice: Exact;
  readonly earnedCreditPercent: 0 | 15;
};

export type Resource = {
  readonly name: string;
  readonly group: string;
  readonly uri: string;
  readonly tags: string;
  readonly additionalInfo: string;
};

type Benefit = { readonly kind: 'Reservation' | 'SavingsPlan'; readonly orderId: string; readonly id: string };

/** What one resource used of one meter on one day, as one of the two sides tells it. */
export type UsageRow = {
  readonly subscription: Subscription;
  readonly meter: Meter;
  readonly resource: Resource;
  readonly day: string;
  readonly region: string;
  readonly unit: string;
  readonly quantity: Exact;
  readonly effectivePrice: Exact;
  readonly rate: Exact;
  /** Added to the cost in billing currency: an amount that follows from nothing else in the row. */
  readonly offset: Exact;
  readonly earnedCreditPercent: 0 | 15;
  readonly isCredited: boolean;
  readonly benefit: Benefit | undefined;
};

/**
 * One fact as both sides tell it. A side is undefined where it is silent; copies above one are the same row delivered
 * again. `priceCause` names a difference of price, `offsetCause` one of the offset, `wholeCause` a row without a partner.
 */
export type Emission = {
  readonly invoice: UsageRow | undefined;
  readonly other: UsageRow | undefined;
  readonly invoiceCopies: number;
  readonly otherCopies: number;
  readonly priceCause: CauseName;
  readonly offsetCause: CauseName;
  readonly wholeCause: CauseName;
};

export type Effect = { readonly cause: CauseName; readonly amount: Exact };

/** In pricing currency. */
export function pricingCost(row: UsageRow): Exact {
  return multiply(row.effectivePrice, row.quantity);
}

/** In billing currency. */
export function billingCost(row: UsageRow): Exact {
  const cost = multiply(pricingCost(row), row.rate);
  return isZero(row.offset) ? cost : add(cost, row.offset);
}

/** Both sides the same, once each: no difference. */
export function emitEqually(row: UsageRow): Emission {
  return {
    invoice: row,
    other: row,
    invoiceCopies: 1,
    otherCopies: 1,
    priceCause: 'unitPrice',
    offsetCause: 'unexplained',
    wholeCause: 'missingDays',
  };
}

/** The parts of the variance that this emission plants; they add up to invoice cost minus other cost. */
export function effectsOf(emission: Emission): readonly Effect[] {
  const { invoice, other } = emission;
  if (invoice === other && emission.invoiceCopies === emission.otherCopies) {
    return [];
  }
  const effects: Effect[] = [];
  if (invoice !== undefined && other !== undefined) {
    effects.push(...pairEffects(emission, invoice, other));
  } else if (invoice !== undefined) {
    effects.push({ cause: emission.wholeCause, amount: billingCost(invoice) });
  } else if (other !== undefined) {
    effects.push({ cause: emission.wholeCause, amount: negate(billingCost(other)) });
  }
  for (let copy = 1; copy < emission.invoiceCopies && invoice !== undefined; copy += 1) {
    effects.push({ cause: 'duplicateRows', amount: billingCost(invoice) });
  }
  for (let copy = 1; copy < emission.otherCopies && other !== undefined; copy += 1) {
    effects.push({ cause: 'duplicateRows', amount: negate(billingCost(other)) });
  }
  return effects.filter((effect) => !isZero(effect.amount));
}

/** One factor changed at a time, beginning at the other side's values: quantity, then price, then rate. */
function pairEffects(emission: Emission, invoice: UsageRow, other: UsageRow): readonly Effect[] {
  const quantityStep = multiply(subtract(invoice.quantity, other.quantity), other.effectivePrice);
  const priceStep = multiply(invoice.quantity, subtract(invoice.effectivePrice, other.effectivePrice));
  const rateStep = multiply(multiply(invoice.quantity, invoice.effectivePrice), subtract(invoice.rate, other.rate));
  return [
    { cause: 'quantity', amount: multiply(quantityStep, other.rate) },
    { cause: emission.priceCause, amount: multiply(priceStep, other.rate) },
    { cause: 'exchangeRate', amount: rateStep },
    { cause: emission.offsetCause, amount: subtract(invoice.offset, other.offset) },
  ];
}
