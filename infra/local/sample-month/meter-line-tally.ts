import type { ExcludedBy } from './answer-key.ts';
import { absolute, add, compare, type Exact, exact, isZero, multiply, subtract, zero } from './exact-decimal.ts';
import { regionNamed } from './meter-catalogue.ts';
import type { MeterStatus, Sweep } from './planted-differences.ts';
import { billingCost, type CauseName, causeNames, type Emission, effectsOf, type UsageRow } from './usage-row.ts';

export type Side = { readonly quantity: Exact; readonly cost: Exact; readonly rows: number };

/** A meter line as planted, before it is written down as text. */
export type MeterLine = {
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly status: MeterStatus;
  readonly excludedBy: ExcludedBy | undefined;
  readonly sweep: Sweep | undefined;
  readonly invoice: Side | undefined;
  readonly other: Side | undefined;
  readonly causes: readonly { readonly cause: CauseName; readonly amount: Exact }[];
};

/** Adds up what is written for one meter, row by row. */
export type MeterLineTally = {
  readonly add: (emission: Emission) => void;
  readonly finish: (sweep: Sweep | undefined) => MeterLine;
};

const absoluteTolerance = exact('0.01');
const relativeTolerance = exact('0.00001');

export function createMeterLineTally(): MeterLineTally {
  const sides = { invoice: createSideTally(), other: createSideTally() };
  const causes = new Map<CauseName, Exact>();
  return {
    add(emission) {
      sides.invoice.add(emission.invoice, emission.invoiceCopies);
      sides.other.add(emission.other, emission.otherCopies);
      for (const { cause, amount } of effectsOf(emission)) {
        causes.set(cause, add(causes.get(cause) ?? zero, amount));
      }
    },
    finish(sweep) {
      const named = sides.invoice.sample() === undefined ? sides.other : sides.invoice;
      const sample = named.sample();
      if (sample === undefined) {
        throw new Error('A meter was planned without a single row');
      }
      return {
        subscriptionId: sample.subscription.id,
        customerId: sample.subscription.customer.id,
        meterId: sample.meter.meterId.toLowerCase(),
        region: named.firstRegion(),
        unit: sample.unit.trim(),
        status: statusOf(sides.invoice.side(), sides.other.side()),
        excludedBy: undefined,
        sweep,
        invoice: sides.invoice.side(),
        other: sides.other.side(),
        causes: causeNames.flatMap((cause) => {
          const amount = causes.get(cause) ?? zero;
          return isZero(amount) ? [] : [{ cause, amount }];
        }),
      };
    },
  };
}

/** Matched only where nothing differs; within tolerance by 0.01 or by 0.001 % of the invoice, whichever is kinder. */
function statusOf(invoice: Side | undefined, other: Side | undefined): MeterStatus {
  if (invoice === undefined) {
    return 'otherOnly';
  }
  if (other === undefined) {
    return 'invoiceOnly';
  }
  const variance = absolute(subtract(invoice.cost, other.cost));
  if (isZero(variance) && compare(invoice.quantity, other.quantity) === 0) {
    return 'matched';
  }
  const allowed = multiply(absolute(invoice.cost), relativeTolerance);
  const isWithin = compare(variance, absoluteTolerance) <= 0 || compare(variance, allowed) <= 0;
  return isWithin ? 'withinTolerance' : 'mismatched';
}

function createSideTally() {
  let total: Side = { quantity: zero, cost: zero, rows: 0 };
  let sample: UsageRow | undefined;
  const regions = new Set<string>();
  return {
    add(row: UsageRow | undefined, copies: number): void {
      if (row === undefined) {
        return;
      }
      sample ??= row;
      regions.add(regionNamed(row.region));
      const cost = billingCost(row);
      for (let copy = 0; copy < copies; copy += 1) {
        total = { quantity: add(total.quantity, row.quantity), cost: add(total.cost, cost), rows: total.rows + 1 };
      }
    },
    sample: () => sample,
    firstRegion: () => [...regions].sort()[0] ?? '',
    side: () => (total.rows === 0 ? undefined : total),
  };
}
