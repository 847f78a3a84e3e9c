import { add, compareDecimals, type Decimal, decimal, divide, isZero, multiply, subtract, zero } from './decimal.ts';
import { chargedPriceOf, costOf, type SideSums } from './side-sums.ts';

/**
 * The effects of cost = quantity × unit price × rate, one factor changed at a time, in billing currency: from the other
 * side's values to the invoice's, quantity first, then price, then rate. `left` is what the product does not explain.
 */
export type FactorEffects = {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly exchangeRate: Decimal;
  readonly credit: Decimal;
  readonly left: Decimal;
};

/**
 * Splits the variance of two sides; the effects add up to it exactly, whatever the numbers are:
 *
 * - quantity = (quantity of the invoice − quantity of the other) × other's price × other's rate,
 * - price = what price × quantity differs by beyond that, × other's rate,
 * - exchangeRate = invoice's price × quantity × (invoice's rate − other's rate),
 * - credit = what rows that a credit pays for cost less than at the ordinary price.
 *
 * A price that differs from row to row is Σ(price × quantity) ÷ Σ quantity. That division may not end; it is rounded to
 * 18 places, and since price is "what is beyond", its remainder goes to the price and no digit is lost. Where both sides
 * have the same price, the fractions are compared crosswise and nothing is divided.
 */
export function factorEffects(invoice: SideSums, other: SideSums): FactorEffects {
  const rates = ratesOf(invoice, other);
  const price = ordinaryPrice(invoice, other);
  const invoiceCredit = creditedBelow(invoice, price);
  const otherCredit = creditedBelow(other, price);
  // As if no credit had been given: what quantity and price are to be told by.
  const left = { quantity: quantityOf(invoice), priced: subtract(pricedOf(invoice), invoiceCredit) };
  const right = { quantity: quantityOf(other), priced: subtract(pricedOf(other), otherCredit) };
  const quantity = quantityEffect(left, right, price);
  const beyond = subtract(subtract(left.priced, right.priced), quantity);
  const effects = {
    quantity: multiply(quantity, rates.other),
    price: multiply(beyond, rates.other),
    exchangeRate: multiply(pricedOf(invoice), subtract(rates.invoice, rates.other)),
    credit: multiply(subtract(invoiceCredit, otherCredit), rates.other),
  };
  const named = add(add(effects.quantity, effects.price), add(effects.exchangeRate, effects.credit));
  const rest = subtract(subtract(costOf(invoice), costOf(other)), named);
  return rates.isDerived ? withoutRemainder({ ...effects, left: rest }) : { ...effects, left: rest };
}

type Priced = { readonly quantity: Decimal; readonly priced: Decimal };

/** In pricing currency. */
function quantityEffect(invoice: Priced, other: Priced, price: Decimal): Decimal {
  const more = subtract(invoice.quantity, other.quantity);
  if (isZero(more)) return zero;
  const crosswise = subtract(multiply(invoice.priced, other.quantity), multiply(other.priced, invoice.quantity));
  return isZero(crosswise) ? subtract(invoice.priced, other.priced) : multiply(more, price);
}

/** The price that a unit costs without a credit: the other side's, or the invoice's where the other has none. */
function ordinaryPrice(invoice: SideSums, other: SideSums): Decimal {
  return chargedPriceOf(other) ?? chargedPriceOf(invoice) ?? zero;
}

/** How much less the rows that a credit pays for cost than at the ordinary price; negative or zero, in pricing currency. */
function creditedBelow({ credited }: SideSums, price: Decimal): Decimal {
  return subtract(credited.priced, multiply(credited.quantity, price));
}

function quantityOf({ charged, credited }: SideSums): Decimal {
  return add(charged.quantity, credited.quantity);
}

function pricedOf({ charged, credited }: SideSums): Decimal {
  return add(charged.priced, credited.priced);
}

type Rates = { readonly invoice: Decimal; readonly other: Decimal; readonly isDerived: boolean };

const ratePlaces = 30;

/**
 * The rates of both sides. Where one side alone tells its rate, both have it. Where neither does, it is what the other
 * side's costs (or the invoice's) come to, for both: a difference is then never put down to a rate that nobody stated.
 */
function ratesOf(invoice: SideSums, other: SideSums): Rates {
  const known = other.exchangeRate ?? invoice.exchangeRate;
  if (known !== undefined) return { invoice: invoice.exchangeRate ?? known, other: known, isDerived: false };
  const from = [other, invoice].find((side) => !isZero(pricedOf(side)) && !isZero(costOf(side)));
  const rate = from === undefined ? decimal('1') : divide(costOf(from), pricedOf(from), ratePlaces);
  return { invoice: rate, other: rate, isDerived: true };
}

/** Below this a rest is the remainder of the division that a derived rate comes from. */
const remainderMax = decimal('1e-12');

/** Gives the remainder of a derived rate to the last factor that has an effect. */
function withoutRemainder(effects: FactorEffects): FactorEffects {
  const { left, price, quantity } = effects;
  if (compareDecimals(left.abs(), remainderMax) > 0) return effects;
  if (!isZero(price)) return { ...effects, price: add(price, left), left: zero };
  return isZero(quantity) ? effects : { ...effects, quantity: add(quantity, left), left: zero };
}
