import type { Catalogue } from './catalogue.ts';
import { foldId } from './ids.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { LegacyUsageLine } from './legacy-usage-line.ts';
import type { LicenseLine } from './license-line.ts';
import { listUnitPriceOf } from './line-list-price.ts';
import { lineReseller } from './line-reseller.ts';
import type { Sale } from './margin-rules.ts';
import { productTypeOf } from './product-type.ts';
import {
  compareScaled,
  isNothing,
  minus,
  plus,
  roundQuotient,
  roundScaled,
  type Scaled,
  scaled,
  scaledText,
  scaledZero,
  share,
  size,
  times,
} from './scaled.ts';
import {
  type LineUnit,
  type PriceRefusal,
  type PriceStep,
  type RuledSale,
  type UnitPrice,
  UnitPricer,
  type UnitPrices,
} from './unit-prices.ts';

/** What a buyer pays: exact decimal text, the unit price in the line's pricing currency, the others in billing currency. */
export type BuyerPrices = {
  readonly unitPrice: string;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
};

/** A licence line's prices: `amount` before the discount, subtotal = amount − totalOtherDiscount. */
export type LicensePrices = BuyerPrices & { readonly amount: string; readonly totalOtherDiscount: string };

export type PricedLine<Prices extends BuyerPrices = BuyerPrices> = {
  readonly kind: 'priced';
  /** Absent where the CSP sells to the customer itself. */
  readonly reseller?: Prices;
  readonly customer: Prices;
  readonly explain: readonly PriceStep[];
};

/** `withoutMoney`: a daily row of legacy usage, which counts and costs nothing. */
export type LineOutcome<Prices extends BuyerPrices = BuyerPrices> =
  | PricedLine<Prices>
  | PriceRefusal
  | { readonly kind: 'withoutMoney' };

/** By what lines are priced: the rules of a catalogue, and what has been found out of them. */
export type Pricing = {
  readonly units: UnitPricer;
  /** The day of a line that has none, such as the first of its billing period. */
  readonly undatedDay: string | undefined;
  /** Sales that were met, by what their lines say: rows of usage repeat them. */
  readonly sales: Map<string, RuledSale | PriceRefusal>;
};

/** What prices lines by the rules of `catalogue`; it remembers what it finds out, so one serves a whole file. */
export function pricingBy(catalogue: Catalogue, undatedDay?: string): Pricing {
  return { units: new UnitPricer(catalogue), undatedDay, sales: new Map() };
}

/** Most sales that are remembered: sets of subscription, customer, reseller, product and day, some 400 bytes each. */
const salesMax = 50_000;

/** Places of an amount of money on a reconciliation file, and of a day's usage, which Microsoft writes to ten or more. */
const moneyPlaces = 2;
export const ratedUsagePlaces = 10;

/**
 * The prices of a new-commerce line. The rule works on the effective unit price, and its factor on the line's own
 * subtotal, so refunds, proration and credits keep their proportion: SubtotalFor… = ROUND(Subtotal × price/cost, 2),
 * tax = ROUND(SubtotalFor… × TaxTotal/Subtotal, 2), zero where Subtotal is zero; ROUND is half away from zero.
 */
export function priceInvoiceLine(
  pricing: Pricing,
  line: InvoiceLine & { readonly creditReasonCode?: string },
): LineOutcome {
  const sale = saleOf(pricing, {
    subscriptionIds: [line.subscriptionId],
    customerId: line.customerId,
    resellerMpnId: line.resellerMpnId,
    productType: productTypeOf(line),
    day: line.chargeStartDate || line.orderDate,
  });
  if (sale.kind === 'refused') return sale;
  const isCredit =
    line.chargeType.toLowerCase() === 'customercredit' && !/azure credit/i.test(line.creditReasonCode ?? '');
  const unit: LineUnit = { cost: line.effectiveUnitPrice, list: listUnitPriceOf(line), isCredit };
  const amounts = { subtotal: scaled(line.subtotal), taxTotal: scaled(line.taxTotal), places: moneyPlaces };
  return proportionalPrices(pricing.units.price(sale, unit), amounts);
}

/** A row of daily rated usage as prices need it, every amount as exact decimal text. */
export type RatedUsage = {
  /** The Azure subscription. */
  readonly subscriptionId: string;
  readonly planId: string;
  readonly customerId: string;
  readonly resellerMpnId: string;
  readonly usageDate: string;
  /** Per unit paid, in pricing currency: `EffectiveUnitPrice`. */
  readonly unitPrice: string;
  /** `UnitPrice`; empty where the row has none. */
  readonly listPrice: string;
  /** Before tax, in billing currency: `BillingPreTaxTotal`. */
  readonly cost: string;
};

/**
 * The prices of a day's usage. Its subtotal keeps the places of the row's own cost, and at least ten: rounded to cents a
 * day's storage would be nothing. Daily rated usage carries no tax, so tax is 0 and the total is before tax.
 */
export function priceRatedUsage(pricing: Pricing, row: RatedUsage): LineOutcome {
  const sale = ratedUsageSale(pricing, row);
  if (sale.kind === 'refused') return sale;
  const list = row.listPrice === '' ? undefined : row.listPrice;
  const subtotal = scaled(row.cost);
  const places = Math.max(ratedUsagePlaces, subtotal.places);
  const prices = pricing.units.price(sale, { cost: row.unitPrice, list });
  return proportionalPrices(prices, { subtotal, taxTotal: scaledZero, places });
}

/** By which rules a row of daily rated usage is priced: what many rows have in common. */
export function ratedUsageSale(
  pricing: Pricing,
  row: Pick<RatedUsage, 'subscriptionId' | 'planId' | 'customerId' | 'resellerMpnId' | 'usageDate'>,
): RuledSale | PriceRefusal {
  return saleOf(pricing, {
    subscriptionIds: [row.subscriptionId, row.planId],
    customerId: row.customerId,
    resellerMpnId: row.resellerMpnId,
    productType: 'azureplan',
    day: row.usageDate,
  });
}

/** The prices of a row of legacy usage: as those of new commerce, from its pre-tax charges and tax. */
export function priceLegacyUsage(pricing: Pricing, line: LegacyUsageLine): LineOutcome {
  if (line.kind === 'daily') return { kind: 'withoutMoney' };
  const sale = saleOf(pricing, {
    subscriptionIds: [line.subscriptionId],
    customerId: line.customerId,
    resellerMpnId: line.resellerMpnId,
    productType: 'azurelegacy',
    day: line.chargeStartDate || line.usageDate,
  });
  if (sale.kind === 'refused') return sale;
  const taxTotal = line.taxAmount === '' ? scaledZero : scaled(line.taxAmount);
  const prices = pricing.units.price(sale, legacyUnitOf(line));
  return proportionalPrices(prices, { subtotal: scaled(line.pretaxCharges), taxTotal, places: moneyPlaces });
}

/**
 * The unit of a row of legacy usage: the list price where the charges are that price times the overage, as Microsoft
 * computes them, else the rate that Microsoft says it came to. The rate alone would not do: it is rounded to eight places
 * and may stand above the list price it was made from.
 */
function legacyUnitOf(line: LegacyUsageLine): LineUnit {
  const list = line.listPrice === '' ? undefined : line.listPrice;
  if (list !== undefined && line.overageQuantity !== '') {
    const atList = roundScaled(times(scaled(list), scaled(line.overageQuantity)), moneyPlaces);
    if (compareScaled(atList, scaled(line.pretaxCharges)) === 0) return { cost: list, list };
  }
  return { cost: line.pretaxEffectiveRate === '' ? '0' : line.pretaxEffectiveRate, list };
}

/**
 * The prices of a licence line: SubtotalFor… = ROUND(UnitPriceFor… × Quantity, 2), tax as in new commerce. Microsoft's
 * other discount is the CSP's: the formula has no room for it, so the discount shown is 0 and the amount is the subtotal.
 * Where Microsoft's own amount is not unit price × quantity (a prorated line, a refund), the formula would bill for more
 * than Microsoft did; then the factor of the unit price works on the line's own amounts, as in new commerce.
 */
export function priceLicenseLine(pricing: Pricing, line: LicenseLine): LineOutcome<LicensePrices> {
  const sale = saleOf(pricing, {
    subscriptionIds: [line.partnerCenterSubscriptionId],
    customerId: line.customerId,
    resellerMpnId: line.resellerMpnId,
    productType: 'license',
    day: line.chargeStartDate || line.subscriptionStartDate,
  });
  if (sale.kind === 'refused') return sale;
  const unit = pricing.units.price(sale, { cost: line.unitPrice });
  if (unit.kind === 'refused') return unit;
  return hasUnitAmount(line) ? both(unit, (price) => unitLicensePrices(price, line)) : ownLicensePrices(unit, line);
}

/** Whether the line's amount is its unit price times its quantity, within a cent for each unit and one more. */
function hasUnitAmount({ unitPrice, quantity, amount }: LicenseLine): boolean {
  const off = size(minus(scaled(amount), times(scaled(unitPrice), scaled(quantity))));
  const cents: Scaled = { units: 1n, places: 2 };
  return compareScaled(off, plus(cents, times(cents, size(scaled(quantity))))) <= 0;
}

function unitLicensePrices({ unitPrice, exact }: UnitPrice, line: LicenseLine): LicensePrices {
  const subtotal = roundScaled(times(exact, scaled(line.quantity)), moneyPlaces);
  const amount = scaledText(subtotal);
  const amounts = { subtotal: scaled(line.subtotal), taxTotal: scaled(line.tax), places: moneyPlaces };
  return { ...buyerPrices(unitPrice, subtotal, amounts), amount, totalOtherDiscount: '0' };
}

function ownLicensePrices(unit: UnitPrices, line: LicenseLine): LineOutcome<LicensePrices> {
  const amounts = { subtotal: scaled(line.subtotal), taxTotal: scaled(line.tax), places: moneyPlaces };
  const outcome = proportionalPrices(unit, amounts);
  if (outcome.kind !== 'priced') return outcome;
  return both(unit, ({ ratio }, buyer) => {
    const prices = (buyer === 'reseller' ? outcome.reseller : undefined) ?? outcome.customer;
    const amount = ratio === undefined ? scaledZero : share(scaled(line.amount), ratio, moneyPlaces);
    const totalOtherDiscount = scaledText(minus(amount, scaled(prices.subtotal)));
    return { ...prices, amount: scaledText(amount), totalOtherDiscount };
  });
}

type LineAmounts = { readonly subtotal: Scaled; readonly taxTotal: Scaled; readonly places: number };

/** The prices of a line by what its unit's price is of its unit's cost. A line without a subtotal is sold for nothing. */
function proportionalPrices(unit: UnitPrices | PriceRefusal, amounts: LineAmounts): PricedLine | PriceRefusal {
  if (unit.kind === 'refused') return unit;
  const isFree = isNothing(amounts.subtotal);
  if (!isFree && unit.customer.ratio === undefined) return noUnitPrice(unit);
  return both(unit, ({ unitPrice, ratio }) => {
    const isSold = !isFree && ratio !== undefined;
    const subtotal = isSold ? share(amounts.subtotal, ratio, amounts.places) : scaledZero;
    return buyerPrices(unitPrice, subtotal, amounts);
  });
}

function buyerPrices(unitPrice: string, sold: Scaled, { subtotal, taxTotal, places }: LineAmounts): BuyerPrices {
  const hasTax = !isNothing(subtotal) && !isNothing(taxTotal);
  const tax = hasTax ? roundQuotient(times(sold, taxTotal), subtotal, moneyPlaces) : scaledZero;
  const total = roundScaled(plus(sold, tax), places);
  return { unitPrice, subtotal: scaledText(sold), taxTotal: scaledText(tax), total: scaledText(total) };
}

function both<Prices extends BuyerPrices>(
  { reseller, customer, explain }: UnitPrices,
  prices: (unit: UnitPrice, buyer: 'reseller' | 'customer') => Prices,
): PricedLine<Prices> {
  const forCustomer = prices(customer, 'customer');
  if (reseller === undefined) return { kind: 'priced', customer: forCustomer, explain };
  return { kind: 'priced', reseller: prices(reseller, 'reseller'), customer: forCustomer, explain };
}

type SoldLine = Omit<Sale, 'resellerMpnId'> & { readonly resellerMpnId: string };

function saleOf(pricing: Pricing, line: SoldLine): RuledSale | PriceRefusal {
  const { subscriptionIds, customerId, resellerMpnId, productType, day } = line;
  const key = `${productType}\n${day}\n${resellerMpnId}\n${customerId}\n${subscriptionIds.join('\n')}`;
  const known = pricing.sales.get(key);
  if (known !== undefined) return known;
  const sale = ruledSale(pricing, line);
  if (pricing.sales.size >= salesMax) pricing.sales.clear();
  pricing.sales.set(key, sale);
  return sale;
}

function ruledSale({ units, undatedDay }: Pricing, line: SoldLine): RuledSale | PriceRefusal {
  const customerId = foldId(line.customerId);
  if (customerId === '') {
    const message = 'The line names no customer; expected the tenant that it is billed for';
    return { kind: 'refused', code: 'noCustomer', message };
  }
  const day = line.day || undatedDay;
  if (day === undefined) {
    const message = 'The line names no day; expected one, or a day for lines that have none, to choose margin rules by';
    return { kind: 'refused', code: 'noDay', message };
  }
  const reseller = lineReseller(line.resellerMpnId);
  return units.rulesOf({
    subscriptionIds: line.subscriptionIds.map(foldId),
    customerId,
    resellerMpnId: reseller.kind === 'reseller' ? reseller.mpnId : undefined,
    productType: line.productType,
    day,
  });
}

function noUnitPrice({ explain }: UnitPrices): PriceRefusal {
  const ruleId = explain.find(({ rule }) => rule.kind !== 'markup')?.rule.id;
  const message = `The line has an amount and its unit costs nothing, so margin rule '${ruleId}' gives no factor; expected a markup rule for lines like it`;
  return { kind: 'refused', code: 'noUnitPrice', message, ...(ruleId === undefined ? {} : { ruleId }) };
}
