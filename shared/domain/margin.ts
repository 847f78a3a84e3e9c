import type { Guard, Margin } from './catalogue.ts';
import { compareScaled, minus, plus, type Scaled, scaled, scaledOne, scaledZero, times } from './scaled.ts';

/**
 * One unit of a line as its seller sees it. Sizes, without sign: a refund is priced as what it refunds, and the sign is
 * put back afterwards. Microsoft writes list prices positive on refunds too.
 */
export type UnitCost = {
  readonly cost: Scaled;
  readonly list?: Scaled | undefined;
  /** Money given back that no list price stands against: a rule that starts from the list price passes it on as it is. */
  readonly isCredit?: boolean | undefined;
  /** Money given back: to give back less of it than one gets is no loss. */
  readonly isRefund?: boolean | undefined;
  /** The CSP itself pays nothing for it: a free meter, or usage that a reservation has paid for. */
  readonly isFree?: boolean | undefined;
};

export type UnitSale = {
  readonly kind: 'sold';
  readonly price: Scaled;
  /** What the price is of the cost, where the rule says so without dividing: what sells a line whose unit costs nothing. */
  readonly factor?: Scaled;
  /** The guards that changed the price, in the order in which they did. */
  readonly bit: readonly Guard[];
  /** `markupLimit` of a line that has no list price. */
  readonly unchecked: readonly Guard[];
  readonly note?: SaleNote;
};

/** Why a price is not what the rule alone would make it. */
export const saleNotes = ['nothingToSell', 'creditPassedOn'] as const;
export type SaleNote = (typeof saleNotes)[number];

/** `belowCost`: the price is below the cost, and the margin does not say that it may be. */
export type UnitRefusal = { readonly kind: 'refused'; readonly code: 'noListPrice' | 'belowCost' };

/**
 * The price of one unit under `margin`, exact. `markupLimit` is looked at before `discountLimit`, so a cost above list
 * price is sold at cost. A free unit is sold for nothing, whatever its list price.
 * @returns a refusal where the rule starts from a list price and there is none, and where it sells below cost silently
 */
export function sellUnit(margin: Margin, unit: UnitCost): UnitSale | UnitRefusal {
  if (unit.isFree === true) return freeUnit(margin);
  if (margin.kind !== 'markup' && unit.isCredit === true) {
    return { kind: 'sold', price: unit.cost, bit: [], unchecked: [], note: 'creditPassedOn' };
  }
  const wished = wishedPrice(margin, unit);
  if (wished === undefined) return { kind: 'refused', code: 'noListPrice' };
  const unchecked = unit.list === undefined ? margin.guards.filter((guard) => guard === 'markupLimit') : [];
  const { price, bit } = guarded(margin, wished, unit);
  if (unit.isRefund === true || compareScaled(price, unit.cost) >= 0) return { kind: 'sold', price, bit, unchecked };
  if (!margin.guards.includes('belowCostAllowed')) return { kind: 'refused', code: 'belowCost' };
  return { kind: 'sold', price, bit: [...bit, 'belowCostAllowed'], unchecked };
}

/** What the rule alone makes of a cost. */
function wishedPrice(margin: Margin, { cost, list }: UnitCost): Scaled | undefined {
  const value = scaled(margin.value);
  switch (margin.kind) {
    case 'markup':
      return times(cost, plus(scaledOne, value));
    case 'erpMinusDiscount':
      return list === undefined ? undefined : times(list, minus(scaledOne, value));
    case 'split':
      return list === undefined ? undefined : plus(cost, times(value, minus(list, cost)));
  }
}

function guarded(
  margin: Margin,
  wished: Scaled,
  { cost, list }: UnitCost,
): { readonly price: Scaled; readonly bit: readonly Guard[] } {
  const bit: Guard[] = [];
  let price = wished;
  if (margin.guards.includes('markupLimit') && list !== undefined && compareScaled(price, list) > 0) {
    price = list;
    bit.push('markupLimit');
  }
  if (margin.guards.includes('discountLimit') && compareScaled(price, cost) < 0) {
    price = cost;
    bit.push('discountLimit');
  }
  return { price, bit };
}

/** A unit that costs nothing. Its line may have an amount all the same, which a mark-up can sell: by its factor. */
function freeUnit(margin: Margin): UnitSale | UnitRefusal {
  const sale = { kind: 'sold', price: scaledZero, unchecked: [], note: 'nothingToSell' } as const;
  if (margin.kind !== 'markup') return { ...sale, bit: [] };
  const factor = plus(scaledOne, scaled(margin.value));
  if (compareScaled(factor, scaledOne) >= 0) return { ...sale, factor, bit: [] };
  if (margin.guards.includes('discountLimit')) return { ...sale, factor: scaledOne, bit: ['discountLimit'] };
  if (!margin.guards.includes('belowCostAllowed')) return { kind: 'refused', code: 'belowCost' };
  return { ...sale, factor, bit: ['belowCostAllowed'] };
}
