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
export type SaleNote = 'nothingToSell' | 'creditPassedOn';

export type UnitRefusal = { readonly kind: 'refused'; readonly code: 'noListPrice' };

/**
 * The price of one unit under `margin`, exact. `markupLimit` is looked at before `discountLimit`, so a cost above list
 * price is sold at cost. A free unit is sold for nothing, whatever its list price.
 * @returns a refusal where the rule starts from a list price and there is none
 */
export function sellUnit(margin: Margin, unit: UnitCost): UnitSale | UnitRefusal {
  if (unit.isFree === true) return freeUnit(margin);
  if (margin.kind !== 'markup' && unit.isCredit === true) {
    return { kind: 'sold', price: unit.cost, bit: [], unchecked: [], note: 'creditPassedOn' };
  }
  const wished = wishedPrice(margin, unit);
  if (wished === undefined) return { kind: 'refused', code: 'noListPrice' };
  const unchecked = unit.list === undefined ? margin.guards.filter((guard) => guard === 'markupLimit') : [];
  return { kind: 'sold', ...guarded(margin, wished, unit), unchecked };
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
function freeUnit(margin: Margin): UnitSale {
  const sale = { kind: 'sold', price: scaledZero, unchecked: [], note: 'nothingToSell' } as const;
  if (margin.kind !== 'markup') return { ...sale, bit: [] };
  const factor = plus(scaledOne, scaled(margin.value));
  const isBelowCost = compareScaled(factor, scaledOne) < 0 && margin.guards.includes('discountLimit');
  return isBelowCost ? { ...sale, factor: scaledOne, bit: ['discountLimit'] } : { ...sale, factor, bit: [] };
}
