import type { Buyer, Catalogue, Guard } from './catalogue.ts';
import { type SaleNote, sellUnit } from './margin.ts';
import { type AppliedRule, RuleBook, type Sale } from './margin-rules.ts';
import { isNothing, negated, type Ratio, type Scaled, scaled, scaledOne, scaledText, size, times } from './scaled.ts';

/** One sale of a unit, and how its price came about. Prices and costs are exact decimal text. */
export type PriceStep = {
  readonly seller: 'csp' | 'reseller';
  readonly buyer: Buyer;
  readonly cost: string;
  readonly listPrice?: string;
  readonly rule: AppliedRule;
  /** The guards that changed the price; `belowCostAllowed` where it is below cost. */
  readonly guards: readonly Guard[];
  /** Guards of the rule that had nothing to be held against. */
  readonly unchecked: readonly Guard[];
  readonly note?: SaleNote;
  readonly price: string;
};

export const priceRefusals = ['noListPrice', 'belowCost', 'noUnitPrice', 'noCustomer', 'noDay'] as const;

/** Why a line has no price. `code` is stable; `message` is a sentence. */
export type PriceRefusal = {
  readonly kind: 'refused';
  readonly code: (typeof priceRefusals)[number];
  /** Names no amount and no margin: whoever asked for the file reads it. */
  readonly message: string;
  readonly ruleId?: string;
};

/** A unit of a line, in decimal text: its cost, negative on refunds and credits, and the list price that stands against it. */
export type LineUnit = {
  readonly cost: string;
  readonly list?: string | undefined;
  /** A credit that offsets no charge at list price. */
  readonly isCredit?: boolean;
};

/** What a buyer pays for a unit, and what that is of the line's cost: undefined where a unit that costs nothing has no factor. */
export type UnitPrice = { readonly unitPrice: string; readonly exact: Scaled; readonly ratio: Ratio | undefined };

export type UnitPrices = {
  readonly kind: 'priced';
  readonly reseller?: UnitPrice;
  readonly customer: UnitPrice;
  /** CSP → reseller, reseller → customer; CSP → customer alone where there is no reseller. */
  readonly explain: readonly PriceStep[];
};

/**
 * Most unit prices that are remembered, some 1.5 KB each; a month of usage has as many as it has meters, tiers and sets of
 * rules.
 */
const pricesMax = 25_000;

/** A sale and the rules that hold for it, in the order of its steps. The same rules have the same number. */
export type RuledSale = { readonly kind: 'ruled'; readonly rules: readonly AppliedRule[]; readonly number: number };

/**
 * Prices units by the rules of a catalogue, and remembers what it has worked out: rows of usage repeat their prices,
 * and finding one again costs a tenth of working it out.
 */
export class UnitPricer {
  readonly #rules: RuleBook;
  readonly #known = new Map<string, UnitPrices | PriceRefusal>();
  readonly #ruleNumbers = new Map<AppliedRule, number>();
  readonly #setNumbers = new Map<string, number>();

  constructor(catalogue: Catalogue) {
    this.#rules = new RuleBook(catalogue);
  }

  /** The rules for a sale: for its reseller if it has one, and for its customer. */
  rulesOf(sale: Sale): RuledSale {
    const buyers = sale.resellerMpnId === undefined ? direct : throughReseller;
    const rules = buyers.map((buyer) => this.#rules.ruleFor(buyer, sale));
    const set = rules.map((rule) => numberOf(this.#ruleNumbers, rule)).join(' ');
    return { kind: 'ruled', rules, number: numberOf(this.#setNumbers, set) };
  }

  /** What a unit sells for, in one step or two. The second step's cost is the first step's price, unrounded. */
  price({ rules, number }: RuledSale, unit: LineUnit): UnitPrices | PriceRefusal {
    const key = `${number} ${unit.cost} ${unit.list ?? ''} ${unit.isCredit === true}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const prices = unitPricesBy(rules, unit);
    if (this.#known.size >= pricesMax) this.#known.clear();
    this.#known.set(key, prices);
    return prices;
  }
}

/** The number of `one` among all that have been asked for. */
function numberOf<Thing>(numbers: Map<Thing, number>, one: Thing): number {
  const known = numbers.get(one);
  if (known !== undefined) return known;
  numbers.set(one, numbers.size);
  return numbers.size - 1;
}

const throughReseller: readonly Buyer[] = ['reseller', 'customer'];
const direct: readonly Buyer[] = ['customer'];

function unitPricesBy(rules: readonly AppliedRule[], unit: LineUnit): UnitPrices | PriceRefusal {
  const lineCost = scaled(unit.cost);
  const buyers = rules.length === direct.length ? direct : throughReseller;
  const isRefund = lineCost.units < 0n;
  const signed = (value: Scaled) => (isRefund ? negated(value) : value);
  const explain: PriceStep[] = [];
  const sold = new Map<Buyer, UnitPrice>();
  const isFree = isNothing(lineCost);
  const list = listOf(unit, isFree);
  let cost = size(lineCost);
  let factor: Scaled | undefined = scaledOne;
  for (const [index, rule] of rules.entries()) {
    const buyer = buyers[index] ?? 'customer';
    const sale = sellUnit(rule, { cost, list, isFree, isRefund, isCredit: unit.isCredit });
    if (sale.kind === 'refused') return sale.code === 'noListPrice' ? noListPrice(rule) : belowCost(rule, buyer);
    factor = factor === undefined || sale.factor === undefined ? undefined : times(factor, sale.factor);
    const price = signed(sale.price);
    sold.set(buyer, { unitPrice: scaledText(price), exact: price, ratio: ratioOf(price, lineCost, factor) });
    explain.push({
      seller: index === 0 ? 'csp' : 'reseller',
      buyer,
      cost: scaledText(signed(cost)),
      ...(list === undefined ? {} : { listPrice: scaledText(list) }),
      rule: { id: rule.id, level: rule.level, kind: rule.kind, value: rule.value, guards: rule.guards },
      guards: sale.bit,
      unchecked: sale.unchecked,
      ...(sale.note === undefined ? {} : { note: sale.note }),
      price: scaledText(price),
    });
    cost = sale.price;
  }
  const customer = sold.get('customer');
  if (customer === undefined) throw new Error('A line is always sold to a customer');
  const reseller = sold.get('reseller');
  return { kind: 'priced', ...(reseller === undefined ? {} : { reseller }), customer, explain };
}

/** A list price of nothing beside a cost is none: to sell at it, or never above it, would be to give the line away. */
function listOf({ list }: LineUnit, isFree: boolean): Scaled | undefined {
  if (list === undefined) return undefined;
  const price = size(scaled(list));
  return isNothing(price) && !isFree ? undefined : price;
}

/** Of a unit that costs something, the quotient of price and cost; else the factors that mark-ups alone have. */
function ratioOf(price: Scaled, cost: Scaled, factor: Scaled | undefined): Ratio | undefined {
  if (!isNothing(cost)) return { numerator: price, denominator: cost };
  return factor === undefined ? undefined : { numerator: factor, denominator: scaledOne };
}

function noListPrice({ id, kind }: AppliedRule): PriceRefusal {
  const message = `Margin rule '${id}' (${kind}) starts from a list price, and the line has none that stands against its cost; expected a markup rule for lines like it`;
  return { kind: 'refused', code: 'noListPrice', message, ruleId: id };
}

function belowCost({ id }: AppliedRule, buyer: Buyer): PriceRefusal {
  const message = `Margin rule '${id}' sells the line to the ${buyer} below cost; expected another margin, the guard discountLimit, or belowCostAllowed where that is meant`;
  return { kind: 'refused', code: 'belowCost', message, ruleId: id };
}
