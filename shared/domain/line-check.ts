import {
  absolute,
  add,
  compareDecimals,
  type Decimal,
  decimal,
  isZero,
  multiply,
  roundDown,
  subtract,
  toText,
  zero,
} from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import { productTypeOf } from './product-type.ts';

export type Verdict = 'asExpected' | 'overcharged' | 'undercharged' | 'notVerifiable';

export const unverifiableReasons = {
  noListPrice: 'the line has no list price',
  noEffectivePrice: 'the line has an amount and no price, as credits may',
  noExchangeRate: 'the line has no exchange rate between its two currencies',
  noChargePeriod: 'the line does not say which days it charges',
  noCycle: 'no charge cycle of the subscription ends on the last day charged',
  severalCycles: 'the line does not say how often it is billed, and several cycles would fit',
  monthEndCycle: 'the cycle was cut by the end of a month, and Microsoft does not say what a day of it costs',
  priceAdjustment: 'the text of its price adjustments does not say what they come to',
  promotion: 'a promotion lowers the price, and the line does not say by how much',
} as const;
export type UnverifiableReason = keyof typeof unverifiableReasons;

/** What was recomputed: a seat's price by days, the amount from price and quantity, or the total from amount and tax. */
export type CheckName = 'proration' | 'effectivePrice' | 'total';

/** One thing recomputed, in billing currency. `difference` is charged minus expected. */
export type LineCheck = {
  readonly check: CheckName;
  readonly verdict: Verdict;
  readonly charged: Decimal;
  readonly formula: string;
  readonly expected?: Decimal;
  readonly tolerance?: Decimal;
  readonly reason?: UnverifiableReason;
};

/** `seat`: licences; `usage`: Azure plan meters; `purchase`: everything else that is bought by the piece. */
export type LineKind = 'seat' | 'usage' | 'purchase';

/** By which rule of Microsoft's the amount of a line comes about. */
export function lineKindOf(line: InvoiceLine): LineKind {
  const type = productTypeOf(line);
  if (type === 'license') return 'seat';
  return type === 'azureplan' ? 'usage' : 'purchase';
}

/** An amount that a line may rightly have, and how it comes about. */
export type Candidate = { readonly expected: Decimal; readonly formula: string };

const cent = decimal('0.01');
const moneyPlaces = 2;

/**
 * Microsoft's own worked examples contradict its formula by up to a cent per unit: some cut off the price of one unit,
 * some the whole amount.
 */
export function unitsTolerance(quantity: Decimal): Decimal {
  return add(multiply(cent, absolute(quantity)), cent);
}

/** Digits after the point from which a price is a quotient that was cut, rather than a price that someone set. */
const quotientPlacesMin = 6;

/**
 * Whether the amount of a line follows from its own price, quantity and exchange rate. Usage is cut off twice, in either
 * currency; what is bought by the piece may be cut per piece or as a whole.
 */
export function checkEffectivePrice(line: InvoiceLine, kind: LineKind): LineCheck {
  const price = decimal(line.effectiveUnitPrice);
  const quantity = decimal(line.billableQuantity);
  const charged = decimal(line.subtotal);
  const of = { check: 'effectivePrice', charged } as const;
  if (isZero(price) && !isZero(charged)) return unverifiable(of, 'noEffectivePrice');
  const exchangeRate = exchangeRateOf(line);
  if (exchangeRate === undefined) return unverifiable(of, 'noExchangeRate');
  const product = multiply(price, quantity);
  const words = `${toText(quantity)} × ${line.effectiveUnitPrice}`;
  const usage: Candidate = {
    expected: roundDown(multiply(roundDown(product, moneyPlaces), exchangeRate), moneyPlaces),
    formula: `${words}, cut to cents${rateText(line, exchangeRate)}${isOne(exchangeRate) ? '' : ', cut to cents'}`,
  };
  if (kind === 'usage') {
    const tolerance = add(
      add(multiply(cent, exchangeRate), cent),
      cutOff(line.effectiveUnitPrice, quantity, exchangeRate),
    );
    return decide({ ...of, tolerance }, [usage]);
  }
  const whole: Candidate = {
    expected: roundDown(multiply(product, exchangeRate), moneyPlaces),
    formula: `${words}${rateText(line, exchangeRate)}, cut to cents`,
  };
  return decide({ ...of, tolerance: unitsTolerance(quantity) }, kind === 'seat' ? [whole] : [whole, usage]);
}

/** What the digits come to that a price lost when it was written down: a unit of its last place, for every unit billed. */
function cutOff(price: string, quantity: Decimal, exchangeRate: Decimal): Decimal {
  const places = price.split('.')[1]?.length ?? 0;
  if (places < quotientPlacesMin) return zero;
  return multiply(multiply(decimal(`0.${'0'.repeat(places - 1)}1`), absolute(quantity)), exchangeRate);
}

/** Whether amount and tax are the total: exactly, since nothing is rounded in between. */
export function checkTotal(line: InvoiceLine): LineCheck {
  return decide({ check: 'total', charged: decimal(line.total), tolerance: zero }, [
    {
      expected: add(decimal(line.subtotal), decimal(line.taxTotal)),
      formula: `before tax ${line.subtotal} + tax ${line.taxTotal}`,
    },
  ]);
}

type Checked = { readonly check: CheckName; readonly charged: Decimal; readonly tolerance: Decimal };

/** As expected when one of the candidates is near enough; else told against the first. */
export function decide(of: Checked, candidates: readonly Candidate[]): LineCheck {
  const isNear = ({ expected }: Candidate) =>
    compareDecimals(absolute(subtract(of.charged, expected)), of.tolerance) <= 0;
  const candidate = candidates.find(isNear) ?? candidates[0];
  if (candidate === undefined) throw new Error(`Nothing to check ${of.check} against`);
  const { expected, formula } = candidate;
  const isOver = compareDecimals(of.charged, expected) > 0;
  const verdict = isNear(candidate) ? 'asExpected' : isOver ? 'overcharged' : 'undercharged';
  return { ...of, verdict, expected, formula: `${formula} = ${toText(expected)}` };
}

/** Nothing can be said about the amount, for a reason that is told. */
export function unverifiable(
  { check, charged, formula }: { readonly check: CheckName; readonly charged: Decimal; readonly formula?: string },
  reason: UnverifiableReason,
): LineCheck {
  return { check, verdict: 'notVerifiable', charged, reason, formula: formula ?? '' };
}

/** One where a line is priced in the currency it is billed in, even where it does not say so. */
export function exchangeRateOf(line: InvoiceLine): Decimal | undefined {
  if (line.exchangeRate !== '' && !isZero(decimal(line.exchangeRate))) return decimal(line.exchangeRate);
  return line.pricingCurrency === '' || line.pricingCurrency === line.currency ? decimal('1') : undefined;
}

function isOne(value: Decimal): boolean {
  return compareDecimals(value, decimal('1')) === 0;
}

/** The part of a formula that turns pricing into billing currency; empty where they are one. */
export function rateText(line: InvoiceLine, exchangeRate: Decimal): string {
  if (isOne(exchangeRate)) return '';
  return ` × ${toText(exchangeRate)} ${line.pricingCurrency}→${line.currency}`;
}
