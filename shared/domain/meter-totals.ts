import { add, type Decimal, decimal, divide, isZero, multiply, toText, zero } from './decimal.ts';
import { type PlanSum, type PlanTotal, PlanTotals } from './plan-totals.ts';
import type { ExclusionReason, MeterCharge } from './usage.ts';

/**
 * The total of one meter line in one dataset in one month of use: one (subscription, meter, region, unit, currency), with
 * rows that a rule sets aside, rows that name different invoices, rows that are credits, and rows of different months
 * kept apart, so that what a variance is made of is known without reading rows again. Amounts are exact decimal text.
 * Totals add up in any order to the same bytes.
 */
export type MeterTotal = {
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly excludedBy?: ExclusionReason;
  readonly invoiceId?: string;
  /** `true` where all rows are credits, or are paid by one; absent where none is. */
  readonly isCredit?: true;
  /** The month of use, `YYYY-MM`. */
  readonly usageMonth: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  readonly quantity: string;
  readonly cost: string;
  /** Sum of unit price × quantity, in pricing currency: what a blended unit price is made of. */
  readonly pricedQuantity: string;
  /** The one unit price of all rows; absent where rows carry several. */
  readonly unitPrice?: string;
  /** The one value of all rows; absent where rows carry several, or one has none. */
  readonly listPrice?: string;
  readonly exchangeRate?: string;
  readonly partnerEarnedCredit?: string;
  /** The one charge type of all rows, in lower case. */
  readonly chargeType?: string;
  readonly rows: number;
  /** The days of the month with rows, as bits: bit 0 is the first. */
  readonly days: number;
};

/** Which meter line, month and kind of row (credit or not) a total is of. */
export type MeterTotalKey = Pick<
  MeterTotal,
  'subscriptionId' | 'meterId' | 'region' | 'unit' | 'currency' | 'excludedBy' | 'invoiceId' | 'isCredit' | 'usageMonth'
>;

/** Places of a unit price that is blended from several: more than any price that Microsoft publishes has. */
export const blendedPricePlaces = 18;

/** The text that two totals share when they are the same meter line in the same month, and both credits or both none. */
export function meterTotalKey(total: MeterTotalKey): string {
  return `${meterLineKey(total)}\u0001${total.isCredit === true ? 'credit' : ''}\u0001${total.usageMonth}`;
}

/** The text that two totals share when they are the same meter line. Sorting by it sorts by subscription first. */
export function meterLineKey(
  line: Pick<MeterTotal, 'subscriptionId' | 'meterId' | 'region' | 'unit' | 'currency' | 'excludedBy' | 'invoiceId'>,
): string {
  const { subscriptionId, meterId, region, unit, currency, excludedBy = '', invoiceId = '' } = line;
  return [subscriptionId, meterId, region, unit, currency, excludedBy, invoiceId].join('\u0001');
}

/**
 * The part of a cost export that stands against some invoices: rows that name one of them, and rows that name none, as in an open
 * month. What is left names no invoice any more, and what then is one meter line is one total.
 */
export function totalsForInvoices(totals: readonly MeterTotal[], invoiceIds: readonly string[]): readonly MeterTotal[] {
  const own = totals.filter(({ invoiceId }) => invoiceId === undefined || invoiceIds.includes(invoiceId));
  const unnamed = own.map(({ invoiceId: _, ...total }): MeterTotal => total);
  return [...Map.groupBy(unnamed, meterTotalKey).values()].map((group) => group.reduce(addTotals));
}

/** How many rows each invoice has; those that name none stand under the empty text. */
export function rowsByInvoice(totals: readonly MeterTotal[]): Readonly<Record<string, number>> {
  const rows = new Map<string, number>();
  for (const { invoiceId = '', rows: count } of totals) rows.set(invoiceId, (rows.get(invoiceId) ?? 0) + count);
  return Object.fromEntries([...rows].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The total of one row. */
export function totalOfCharge(charge: MeterCharge): MeterTotal {
  const { unitPrice, quantity, cost } = charge;
  const priced = multiply(unitPrice, quantity);
  return toTotal({ ...noSumOf(charge), quantity, cost, priced, rows: 1, days: dayBit(charge.usageDate) });
}

/**
 * The sum of two totals. The key is the left one's, of months the earlier; names are the first in the alphabet. What
 * holds for all rows of a total (credit, prices, rates) stays where both agree. Days are OR-ed: of two months they say
 * no more which days were used.
 */
export function addTotals(left: MeterTotal, right: MeterTotal): MeterTotal {
  const { unitPrice, listPrice, exchangeRate, partnerEarnedCredit, chargeType, isCredit, ...rest } = left;
  return {
    ...rest,
    ...(isCredit === true && right.isCredit === true ? { isCredit } : {}),
    usageMonth: firstName(left.usageMonth, right.usageMonth),
    meterName: firstName(left.meterName, right.meterName),
    meterCategory: firstName(left.meterCategory, right.meterCategory),
    meterSubCategory: firstName(left.meterSubCategory, right.meterSubCategory),
    quantity: addText(left.quantity, right.quantity),
    cost: addText(left.cost, right.cost),
    pricedQuantity: addText(left.pricedQuantity, right.pricedQuantity),
    ...(unitPrice !== undefined && unitPrice === right.unitPrice ? { unitPrice } : {}),
    ...(listPrice !== undefined && listPrice === right.listPrice ? { listPrice } : {}),
    ...(exchangeRate !== undefined && exchangeRate === right.exchangeRate ? { exchangeRate } : {}),
    ...(partnerEarnedCredit !== undefined && partnerEarnedCredit === right.partnerEarnedCredit
      ? { partnerEarnedCredit }
      : {}),
    ...(chargeType !== undefined && chargeType === right.chargeType ? { chargeType } : {}),
    rows: left.rows + right.rows,
    days: left.days | right.days,
  };
}

/**
 * The price per unit that `total` was charged at, in pricing currency: the rows' own where they agree, else
 * Σ(price × quantity) ÷ Σ quantity, rounded half away from zero to 18 decimals; undefined where the quantity is zero.
 */
export function unitPriceOf(total: MeterTotal): Decimal | undefined {
  if (total.unitPrice !== undefined) return decimal(total.unitPrice);
  const quantity = decimal(total.quantity);
  return isZero(quantity) ? undefined : divide(decimal(total.pricedQuantity), quantity, blendedPricePlaces);
}

/** What a total says of its meter line beside what its rows add up to. */
type MeterLineNames = Omit<
  MeterTotal,
  | 'quantity'
  | 'cost'
  | 'pricedQuantity'
  | 'unitPrice'
  | 'listPrice'
  | 'exchangeRate'
  | 'partnerEarnedCredit'
  | 'chargeType'
  | 'rows'
  | 'days'
>;

/** A meter line that is being added up. What is undefined of prices and rates differs from row to row, or is not told. */
type MeterSum = {
  names: MeterLineNames;
  quantity: Decimal;
  cost: Decimal;
  priced: Decimal;
  unitPrice: Decimal | undefined;
  listPrice: Decimal | undefined;
  exchangeRate: Decimal | undefined;
  partnerEarnedCredit: Decimal | undefined;
  chargeType: string | undefined;
  rows: number;
  days: number;
  /** One for each plan that its rows belong to: as good as always one. */
  readonly handles: ChargeHandle[];
};

/** Where the rows of a charge are added up: to be handed back to the `MeterTotals` that it came from, and nothing else. */
export type ChargeHandle = { readonly line: MeterSum; readonly plan: PlanSum | undefined };

/**
 * Rows of one meter line and one month with one unit price, one list price, one exchange rate and one partner earned
 * credit, added up; `days` are those of the month, as bits.
 */
export type PricedSum = Pick<MeterCharge, 'unitPrice' | 'quantity' | 'cost'> & {
  readonly rows: number;
  readonly days?: number;
};

/** Adds charges up to meter totals while a file is read. Memory grows with the number of meter lines, not of rows. */
export class MeterTotals {
  readonly #sums = new Map<string, MeterSum>();
  readonly #plans = new PlanTotals();
  readonly #shared = new SharedTexts();

  /** @returns a handle for more rows of the same meter line, month and plan */
  add(charge: MeterCharge): ChargeHandle {
    const handle = this.lineOf(charge);
    this.addMore(handle, { ...charge, rows: 1, days: dayBit(charge.usageDate) });
    return handle;
  }

  /** Where the amounts of the charge, and of more of its kind, are to be added: it is in no total before. */
  lineOf(charge: MeterCharge): ChargeHandle {
    const key = meterTotalKey(meterTotalKeyOfCharge(charge));
    const known = this.#sums.get(key);
    const plan = this.#plans.of(charge);
    if (known === undefined) return this.#start(key, charge, plan);
    const handle = known.handles.find((candidate) => candidate.plan === plan) ?? { line: known, plan };
    if (!known.handles.includes(handle)) known.handles.push(handle);
    known.names = withNames(known.names, charge);
    known.listPrice = common(known.listPrice, charge.listPrice);
    known.exchangeRate = common(known.exchangeRate, charge.exchangeRate);
    known.partnerEarnedCredit = common(known.partnerEarnedCredit, charge.partnerEarnedCredit);
    if (known.chargeType !== charge.chargeType?.toLowerCase()) known.chargeType = undefined;
    return handle;
  }

  /** Adds rows where `lineOf` put a charge before; they must agree with it in everything but day, quantity and cost. */
  addMore({ line, plan }: ChargeHandle, more: PricedSum): void {
    const priced = multiply(more.unitPrice, more.quantity);
    const isFirst = line.rows === 0;
    line.quantity = isFirst ? more.quantity : add(line.quantity, more.quantity);
    line.cost = isFirst ? more.cost : add(line.cost, more.cost);
    line.priced = isFirst ? priced : add(line.priced, priced);
    line.unitPrice = common(line.unitPrice, more.unitPrice);
    line.rows += more.rows;
    line.days |= more.days ?? 0;
    if (plan !== undefined) this.#plans.addMore(plan, { ...more, priced });
  }

  /** All totals, ordered by key (code units), so that equal sums give equal bytes. */
  sorted(): readonly MeterTotal[] {
    const keys = [...this.#sums.keys()].sort();
    return keys.flatMap((key) => {
      const sum = this.#sums.get(key);
      return sum === undefined ? [] : [toTotal(sum)];
    });
  }

  /**
   * The same, one subscription at a time: the totals of a subscription are made into text when they are asked for. What
   * is gone through so is never in memory twice.
   */
  bySubscription(): ReadonlyMap<string, () => readonly MeterTotal[]> {
    const sums = Map.groupBy([...this.#sums.keys()].sort(), (key) => this.#sums.get(key)?.names.subscriptionId ?? '');
    return new Map(
      [...sums].map(([subscriptionId, keys]) => [
        subscriptionId,
        () =>
          keys.flatMap((key) => {
            const sum = this.#sums.get(key);
            return sum === undefined ? [] : [toTotal(sum)];
          }),
      ]),
    );
  }

  /** What the usage adds up to by what was ordered; ordered by key. Empty where charges name no plan. */
  planTotals(): readonly PlanTotal[] {
    return this.#plans.sorted();
  }

  #start(key: string, charge: MeterCharge, plan: PlanSum | undefined): ChargeHandle {
    const sum = noSumOf(charge, this.#shared);
    this.#sums.set(key, sum);
    const handle = { line: sum, plan };
    sum.handles.push(handle);
    return handle;
  }
}

/** Each text once: thousands of lines share a few hundred subscriptions, meters and names. */
class SharedTexts {
  readonly #texts = new Map<string, string>();

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** The value that two lots of rows share; undefined where they do not. */
function common(left: Decimal | undefined, right: Decimal | undefined): Decimal | undefined {
  if (left === right) return left;
  return left !== undefined && right !== undefined && left.equals(right) ? left : undefined;
}

/** The day of its month as a bit: 1 for the first. */
export function dayBit(usageDate: string): number {
  return 1 << (Number(usageDate.slice(8, 10)) - 1);
}

/** What a charge adds to. */
export function meterTotalKeyOfCharge(
  charge: Omit<MeterTotalKey, 'isCredit' | 'usageMonth'> & Pick<MeterCharge, 'isCredit' | 'usageDate'>,
): MeterTotalKey {
  return {
    subscriptionId: charge.subscriptionId,
    meterId: charge.meterId,
    region: charge.region,
    unit: charge.unit,
    currency: charge.currency,
    ...(charge.excludedBy === undefined ? {} : { excludedBy: charge.excludedBy }),
    ...(charge.invoiceId === undefined ? {} : { invoiceId: charge.invoiceId }),
    ...(charge.isCredit === true ? { isCredit: true as const } : {}),
    usageMonth: charge.usageDate.slice(0, 7),
  };
}

function withNames(total: MeterLineNames, charge: MeterCharge): MeterLineNames {
  const { meterName, meterCategory, meterSubCategory } = charge;
  const isSame =
    meterName === total.meterName &&
    meterCategory === total.meterCategory &&
    meterSubCategory === total.meterSubCategory;
  if (isSame) return total;
  return {
    ...total,
    meterName: firstName(total.meterName, meterName),
    meterCategory: firstName(total.meterCategory, meterCategory),
    meterSubCategory: firstName(total.meterSubCategory, meterSubCategory),
  };
}

/** What a charge begins, without its amounts. */
function noSumOf(charge: MeterCharge, shared = new SharedTexts()): MeterSum {
  const once = (text: string) => shared.of(text);
  const names = {
    subscriptionId: once(charge.subscriptionId),
    meterId: once(charge.meterId),
    region: once(charge.region),
    unit: once(charge.unit),
    currency: once(charge.currency),
    ...(charge.excludedBy === undefined ? {} : { excludedBy: charge.excludedBy }),
    ...(charge.invoiceId === undefined ? {} : { invoiceId: once(charge.invoiceId) }),
    ...(charge.isCredit === true ? { isCredit: true as const } : {}),
    usageMonth: once(charge.usageDate.slice(0, 7)),
    meterName: once(charge.meterName),
    meterCategory: once(charge.meterCategory),
    meterSubCategory: once(charge.meterSubCategory),
  };
  return {
    names,
    quantity: zero,
    cost: zero,
    priced: zero,
    unitPrice: charge.unitPrice,
    listPrice: charge.listPrice,
    exchangeRate: charge.exchangeRate,
    partnerEarnedCredit: charge.partnerEarnedCredit,
    chargeType: charge.chargeType === undefined ? undefined : once(charge.chargeType.toLowerCase()),
    rows: 0,
    days: 0,
    handles: [],
  };
}

function toTotal(sum: MeterSum): MeterTotal {
  const { unitPrice, listPrice, exchangeRate, partnerEarnedCredit, chargeType } = sum;
  return {
    ...sum.names,
    quantity: toText(sum.quantity),
    cost: toText(sum.cost),
    pricedQuantity: toText(sum.priced),
    ...(unitPrice === undefined ? {} : { unitPrice: toText(unitPrice) }),
    ...(listPrice === undefined ? {} : { listPrice: toText(listPrice) }),
    ...(exchangeRate === undefined ? {} : { exchangeRate: toText(exchangeRate) }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit: toText(partnerEarnedCredit) }),
    ...(chargeType === undefined ? {} : { chargeType }),
    rows: sum.rows,
    days: sum.days,
  };
}

function firstName(left: string, right: string): string {
  if (left === '' || right === '') return left === '' ? right : left;
  return left <= right ? left : right;
}

function addText(left: string, right: string): string {
  if (left === '0') return right;
  if (right === '0') return left;
  return toText(add(decimal(left), decimal(right)));
}

/** An amount of money in billing currency, exact decimal text. */
export type Money = { readonly currency: string; readonly amount: string };

/** What totals cost, by currency. */
export function moneyOf(totals: readonly Pick<MeterTotal, 'currency' | 'cost'>[]): readonly Money[] {
  return [...Map.groupBy(totals, (total) => total.currency)]
    .map(([currency, group]) => ({ currency, amount: sumTexts(group.map((total) => total.cost)) }))
    .sort((left, right) => (left.currency < right.currency ? -1 : 1));
}

/** The month that most rows are of: what is billed, where nobody says. Of several the latest; undefined of nothing. */
export function mainMonth(totals: readonly Pick<MeterTotal, 'usageMonth' | 'rows'>[]): string | undefined {
  const rows = new Map<string, number>();
  for (const total of totals) rows.set(total.usageMonth, (rows.get(total.usageMonth) ?? 0) + total.rows);
  return [...rows].sort(([a, m], [b, n]) => (m === n ? (a < b ? 1 : -1) : n - m))[0]?.[0];
}

/** The sum of exact decimal texts, as exact decimal text. */
export function sumTexts(texts: Iterable<string>): string {
  let sum = zero;
  for (const text of texts) sum = add(sum, decimal(text));
  return toText(sum);
}
