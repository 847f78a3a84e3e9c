import type { Buyer, Catalogue, Guard } from './catalogue.ts';
import { type SaleNote, sellUnit } from './margin.ts';
import { type AppliedRule, RuleBook, type Sale } from './margin-rules.ts';
import {
  compareScaled,
  isNothing,
  negated,
  type Ratio,
  type Scaled,
  scaledOne,
  scaledText,
  size,
  times,
} from './scaled.ts';

/** One sale of a unit, and how its price came about. Prices and costs are exact decimal text. */
export type PriceStep = {
  readonly seller: 'csp' | 'reseller';
  readonly buyer: Buyer;
  readonly cost: string;
  readonly listPrice?: string;
  readonly rule: AppliedRule;
  /** The guards that changed the price. */
  readonly guards: readonly Guard[];
  /** Guards of the rule that had nothing to be held against. */
  readonly unchecked: readonly Guard[];
  readonly note?: SaleNote;
  /** A rule without `discountLimit` may sell below cost; its price says so. */
  readonly isBelowCost: boolean;
  readonly price: string;
};

/** Why a line has no price. `code` is stable; `message` is a sentence. */
export type PriceRefusal = {
  readonly kind: 'refused';
  readonly code: 'noListPrice' | 'noUnitPrice' | 'noCustomer' | 'noDay';
  readonly message: string;
  readonly ruleId?: string;
};

/** A unit of a line: its cost, negative on refunds and credits, and the list price that stands against it. */
export type LineUnit = {
  readonly cost: Scaled;
  readonly list?: Scaled | undefined;
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

/** Most unit prices that are remembered; a month of usage has as many as it has meters, subscriptions and tiers. */
const pricesMax = 100_000;

/** Prices units by the rules of a catalogue, and remembers what it has worked out: rows of usage repeat their prices. */
export class UnitPricer {
  readonly #rules: RuleBook;
  readonly #known = new Map<string, UnitPrices | PriceRefusal>();
  /** Rules by number: ids alone may be anything. */
  readonly #numbers = new Map<AppliedRule, number>();

  constructor(catalogue: Catalogue) {
    this.#rules = new RuleBook(catalogue);
  }

  /** What the unit of a line sells for, in one step or two. The second step's cost is the first step's price, unrounded. */
  price(sale: Sale, unit: LineUnit): UnitPrices | PriceRefusal {
    const rules = buyersOf(sale).map((buyer) => this.#rules.ruleFor(buyer, sale));
    const list = unit.list === undefined ? '' : scaledText(unit.list);
    const numbers = rules.map((rule) => this.#numberOf(rule));
    const key = [scaledText(unit.cost), list, unit.isCredit === true, ...numbers].join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const prices = unitPricesBy(rules, buyersOf(sale), unit);
    if (this.#known.size >= pricesMax) this.#known.clear();
    this.#known.set(key, prices);
    return prices;
  }

  #numberOf(rule: AppliedRule): number {
    const known = this.#numbers.get(rule);
    if (known !== undefined) return known;
    this.#numbers.set(rule, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

const throughReseller: readonly Buyer[] = ['reseller', 'customer'];
const direct: readonly Buyer[] = ['customer'];

function buyersOf({ resellerMpnId }: Sale): readonly Buyer[] {
  return resellerMpnId === undefined ? direct : throughReseller;
}

function unitPricesBy(
  rules: readonly AppliedRule[],
  buyers: readonly Buyer[],
  unit: LineUnit,
): UnitPrices | PriceRefusal {
  const signed = (value: Scaled) => (unit.cost.units < 0n ? negated(value) : value);
  const explain: PriceStep[] = [];
  const sold = new Map<Buyer, UnitPrice>();
  const isFree = isNothing(unit.cost);
  const list = listOf(unit);
  let cost = size(unit.cost);
  let factor: Scaled | undefined = scaledOne;
  for (const [index, rule] of rules.entries()) {
    const buyer = buyers[index] ?? 'customer';
    const sale = sellUnit(rule, { cost, list, isFree, isCredit: unit.isCredit });
    if (sale.kind === 'refused') return noListPrice(rule);
    factor = factor === undefined || sale.factor === undefined ? undefined : times(factor, sale.factor);
    const price = signed(sale.price);
    sold.set(buyer, { unitPrice: scaledText(price), exact: price, ratio: ratioOf(price, unit.cost, factor) });
    explain.push({
      seller: index === 0 ? 'csp' : 'reseller',
      buyer,
      cost: scaledText(signed(cost)),
      ...(list === undefined ? {} : { listPrice: scaledText(list) }),
      rule: { id: rule.id, level: rule.level, kind: rule.kind, value: rule.value, guards: rule.guards },
      guards: sale.bit,
      unchecked: sale.unchecked,
      ...(sale.note === undefined ? {} : { note: sale.note }),
      isBelowCost: compareScaled(sale.price, cost) < 0,
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
function listOf({ list, cost }: LineUnit): Scaled | undefined {
  return list === undefined || (isNothing(list) && !isNothing(cost)) ? undefined : size(list);
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
