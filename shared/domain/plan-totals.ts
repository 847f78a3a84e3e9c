import { add, type Decimal, decimal, isZero, subtract, toText, zero } from './decimal.ts';
import type { MeterCharge } from './usage.ts';

/**
 * What daily rated usage adds up to for one thing that was ordered: what the line items of the invoice are compared
 * with. Amounts are exact decimal text; totals add up in any order to the same bytes.
 */
export type PlanTotal = {
  /** Absent where the rows name none. */
  readonly invoiceId?: string;
  /** Partner Center's subscription, which is not the Azure subscription. */
  readonly planId: string;
  readonly productId: string;
  readonly skuId: string;
  readonly currency: string;
  readonly quantity: string;
  readonly cost: string;
  /** Sum of unit price × quantity, in pricing currency. */
  readonly pricedQuantity: string;
  readonly rows: number;
};

/** The text that two totals share when they are of the same order. Sorting by it sorts by plan first. */
export function planTotalKey(
  total: Pick<PlanTotal, 'invoiceId' | 'planId' | 'productId' | 'skuId' | 'currency'>,
): string {
  const { planId, productId, skuId, currency, invoiceId = '' } = total;
  return [planId, productId, skuId, currency, invoiceId].join('\u0001');
}

/** The sum of two totals of one key. */
export function addPlanTotals(left: PlanTotal, right: PlanTotal): PlanTotal {
  return {
    ...left,
    quantity: toText(add(decimal(left.quantity), decimal(right.quantity))),
    cost: toText(add(decimal(left.cost), decimal(right.cost))),
    pricedQuantity: toText(add(decimal(left.pricedQuantity), decimal(right.pricedQuantity))),
    rows: left.rows + right.rows,
  };
}

/** What rows cost in one currency. */
export type CostOfRows = Pick<PlanTotal, 'currency' | 'cost' | 'rows'>;

/**
 * Usage that names no plan, under the empty one: what `all` usage has beyond that of the plans. So no row and no amount
 * is left out of the comparison with the lines of the invoice.
 */
export function unplannedTotals(all: Iterable<CostOfRows>, ofPlans: Iterable<CostOfRows>): readonly PlanTotal[] {
  const left = new Map<string, { cost: Decimal; rows: number }>();
  const put = ({ currency, cost, rows }: CostOfRows, sign: 1 | -1): void => {
    const known = left.get(currency) ?? { cost: zero, rows: 0 };
    known.cost = sign === 1 ? add(known.cost, decimal(cost)) : subtract(known.cost, decimal(cost));
    known.rows += sign * rows;
    left.set(currency, known);
  };
  for (const cost of all) put(cost, 1);
  for (const cost of ofPlans) put(cost, -1);
  return [...left]
    .filter(([, { cost, rows }]) => rows !== 0 || !isZero(cost))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, { cost, rows }]) => ({
      planId: '',
      productId: '',
      skuId: '',
      currency,
      quantity: '0',
      cost: toText(cost),
      pricedQuantity: '0',
      rows,
    }));
}

/** A plan total that is being added up. */
export type PlanSum = {
  readonly key: Pick<PlanTotal, 'invoiceId' | 'planId' | 'productId' | 'skuId' | 'currency'>;
  quantity: Decimal;
  cost: Decimal;
  priced: Decimal;
  rows: number;
};

/** Adds up usage by what was ordered. A row that a rule sets aside, or that names no plan, is not in it. */
export class PlanTotals {
  readonly #sums = new Map<string, PlanSum>();

  /** @returns where the charge belongs, with nothing added yet; undefined when it belongs nowhere */
  of(charge: MeterCharge): PlanSum | undefined {
    const { planId, productId = '', skuId = '', currency, invoiceId } = charge;
    if (planId === undefined || planId === '' || charge.excludedBy !== undefined) return undefined;
    const key = { planId, productId, skuId, currency, ...(invoiceId === undefined ? {} : { invoiceId }) };
    const text = planTotalKey(key);
    const known = this.#sums.get(text);
    if (known !== undefined) return known;
    const sum = { key, quantity: zero, cost: zero, priced: zero, rows: 0 };
    this.#sums.set(text, sum);
    return sum;
  }

  addMore(sum: PlanSum, more: Omit<PlanSum, 'key'>): void {
    sum.quantity = add(sum.quantity, more.quantity);
    sum.cost = add(sum.cost, more.cost);
    sum.priced = add(sum.priced, more.priced);
    sum.rows += more.rows;
  }

  /** Ordered by key (code units), so that equal sums give equal bytes. */
  sorted(): readonly PlanTotal[] {
    return [...this.#sums]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { key, quantity, cost, priced, rows }]) => ({
        ...key,
        quantity: toText(quantity),
        cost: toText(cost),
        pricedQuantity: toText(priced),
        rows,
      }));
  }
}
