import { parse } from 'csv-parse/sync';
import { foldRegion } from '../../shared/domain/regions.ts';
import { Exact } from './exact.ts';

/*
 * The comparison of daily rated usage with a cost export once more, slowly, from docs/matching.md and not from the
 * product's code, for an auditor to read from top to bottom. Of the product it takes the table of regions alone.
 */

const zero = new Exact(0);

export type Row = {
  readonly subscription: string;
  readonly meter: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly day: string;
  readonly resource: string;
  readonly quantity: Exact;
  /** What was paid for one, in pricing currency. */
  readonly price: Exact;
  readonly listPrice: Exact | undefined;
  /** Of pricing to billing currency. */
  readonly rate: Exact | undefined;
  /** A fraction of one. */
  readonly partnerCredit: Exact | undefined;
  readonly cost: Exact;
  readonly isCredit: boolean;
  readonly chargeType: string;
  /** Why there can be no counterpart. */
  readonly excludedBy: string | undefined;
  /** The invoice that the row names; empty where it names none, as in an open month. */
  readonly invoiceId: string;
};

export type Side = {
  readonly rows: number;
  readonly quantity: string;
  readonly cost: string;
  readonly unitPrice: string | undefined;
};

export type Line = {
  readonly key: string;
  readonly currency: string;
  readonly sweep: string;
  readonly status: string;
  readonly severity: string | undefined;
  readonly invoice: Side | undefined;
  readonly other: Side | undefined;
  readonly variance: string;
  readonly percent: string | undefined;
  readonly causes: Amounts;
};

/** By name; what is zero is not there. */
export type Amounts = Readonly<Record<string, string>>;

/** Rows of the portal's daily rated usage. */
export function usageRows(text: string): readonly Row[] {
  return recordsOf(text).map((record) => ({
    subscription: folded(record('EntitlementId')),
    meter: folded(record('MeterId')),
    region: foldRegion(record('MeterRegion')),
    unit: record('Unit').trim(),
    currency: record('BillingCurrency').trim().toUpperCase(),
    day: dayOf(record('UsageDate')),
    resource: folded(record('ResourceURI')),
    quantity: new Exact(record('Quantity')),
    price: new Exact(record('EffectiveUnitPrice')),
    listPrice: optional(record('UnitPrice')),
    rate: optional(record('PCToBCExchangeRate')),
    partnerCredit: fraction(record('PartnerEarnedCreditPercentage')),
    cost: new Exact(record('BillingPreTaxTotal')),
    isCredit: record('CreditType') === 'Azure Credit Applied',
    chargeType: record('ChargeType'),
    excludedBy: undefined,
    invoiceId: record('InvoiceNumber').toUpperCase(),
  }));
}

/** Rows of a cost export of actual cost, as a partner's billing scopes have it. */
export function costRows(text: string): readonly Row[] {
  return recordsOf(text).map((record) => ({
    subscription: folded(record('SubscriptionId')),
    meter: folded(record('meterId')),
    region: foldRegion(record('meterRegion')),
    unit: record('unitOfMeasure').trim(),
    currency: record('billingCurrency').trim().toUpperCase(),
    day: dayOf(record('date')),
    resource: folded(record('ResourceId')),
    quantity: new Exact(record('quantity')),
    price: new Exact(record('effectivePrice')),
    listPrice: optional(record('PayGPrice')),
    rate: optional(record('exchangeRatePricingToBilling')),
    partnerCredit: fraction(record('partnerEarnedCreditRate')),
    cost: new Exact(record('costInBillingCurrency')),
    isCredit: false,
    chargeType: record('chargeType'),
    excludedBy: exclusionOf(record),
    invoiceId: record('invoiceId').toUpperCase(),
  }));
}

type Read = (column: string) => string;

function exclusionOf(record: Read): string | undefined {
  const chargeType = folded(record('chargeType'));
  if (chargeType === 'roundingadjustment') return 'roundingAdjustment';
  if (!['', 'azure', 'microsoft.azure'].includes(folded(record('provider')))) return 'license';
  if (chargeType === 'usage') return undefined;
  const pricing = folded(record('PricingModel'));
  if (pricing === 'reservation') return 'reservationPurchase';
  if (pricing === 'savingsplan') return 'savingsPlanPurchase';
  if (folded(record('publisherType')) === 'marketplace') return 'marketplace';
  return undefined;
}

function recordsOf(text: string): readonly Read[] {
  const records: readonly Readonly<Record<string, string>>[] = parse(text, { columns: true, bom: true });
  return records.map((record) => (column) => {
    const value = record[column];
    if (value === undefined) throw new Error(`there is no column ${column}`);
    return value;
  });
}

function folded(text: string): string {
  return text.toLowerCase();
}

function optional(text: string): Exact | undefined {
  return text === '' ? undefined : new Exact(text);
}

/** 15 and 0.15 are the same share. */
function fraction(text: string): Exact | undefined {
  const value = optional(text);
  return value?.gt(1) ? value.div(100) : value;
}

function dayOf(text: string): string {
  const [month = '', day = '', year] = text.split('/');
  return year === undefined ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/* The lines. */

const sweeps = [
  { name: 'whole', keyOf: (row: Row) => [row.subscription, row.meter, row.currency, row.region, row.unit].join(' | ') },
  { name: 'withoutUnit', keyOf: (row: Row) => [row.subscription, row.meter, row.currency, row.region].join(' | ') },
  { name: 'withoutUnitAndRegion', keyOf: (row: Row) => [row.subscription, row.meter, row.currency].join(' | ') },
] as const;

/** Rows of an export that name another invoice than the usage does are not of this comparison. */
export function ofTheseInvoices(costs: readonly Row[], usage: readonly Row[]): readonly Row[] {
  const invoices = new Set(usage.map((row) => row.invoiceId));
  return costs.filter((row) => row.invoiceId === '' || invoices.has(row.invoiceId));
}

/** All lines of a month, in the order of their keys. `cycle` is the month that is billed. */
export function compareSlowly(usage: readonly Row[], costs: readonly Row[], cycle: string): readonly Line[] {
  const wholeKey = sweeps[0].keyOf;
  const excluded = costs.filter((row) => row.excludedBy !== undefined);
  const lines = groups(excluded, (row) => `${wholeKey(row)} | ${row.excludedBy}`).map(([key, rows]) =>
    excludedLine(key, rows),
  );
  let ours = usage;
  let theirs = costs.filter((row) => row.excludedBy === undefined);
  for (const { name, keyOf } of sweeps) {
    const other = new Map(groups(theirs, keyOf));
    const met = groups(ours, keyOf).filter(([key]) => other.has(key));
    for (const [key, rows] of met) lines.push(lineOf({ key, sweep: name, cycle }, rows, other.get(key) ?? []));
    const keys = new Set(met.map(([key]) => key));
    ours = ours.filter((row) => !keys.has(keyOf(row)));
    theirs = theirs.filter((row) => !keys.has(keyOf(row)));
  }
  for (const [key, rows] of groups(ours, wholeKey)) lines.push(lineOf({ key, sweep: 'none', cycle }, rows, []));
  for (const [key, rows] of groups(theirs, wholeKey)) lines.push(lineOf({ key, sweep: 'none', cycle }, [], rows));
  return lines.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function groups(rows: readonly Row[], keyOf: (row: Row) => string): readonly (readonly [string, readonly Row[]])[] {
  return [...Map.groupBy(rows, keyOf)];
}

function excludedLine(key: string, rows: readonly Row[]): Line {
  const variance = costOf(rows).neg();
  const other = sideOf(rows);
  const currency = rows[0]?.currency ?? '';
  const nothing = { severity: undefined, invoice: undefined, percent: undefined, causes: {} };
  return { key, currency, sweep: 'none', status: 'excluded', other, variance: textOf(variance), ...nothing };
}

type Meeting = { readonly key: string; readonly sweep: string; readonly cycle: string };

function lineOf({ key, sweep, cycle }: Meeting, ours: readonly Row[], theirs: readonly Row[]): Line {
  const variance = costOf(ours).minus(costOf(theirs));
  const base = costOf(ours).abs();
  const status = statusOf(ours, theirs);
  return {
    key,
    currency: (ours[0] ?? theirs[0])?.currency ?? '',
    sweep,
    status,
    severity: ['matched', 'withinTolerance'].includes(status) ? undefined : severityOf(status, variance, base),
    invoice: sideOf(ours),
    other: sideOf(theirs),
    variance: textOf(variance),
    percent: base.isZero() ? undefined : textOf(variance.times(100).div(base).toDP(4)),
    causes: withoutZeros(variance.isZero() ? new Map() : causesOf(ours, theirs, cycle)),
  };
}

function sideOf(rows: readonly Row[]): Side | undefined {
  if (rows.length === 0) return undefined;
  const quantity = quantityOf(rows);
  const blended = quantity.isZero() ? undefined : pricedOf(rows).div(quantity).toDP(blendedPlaces);
  const price = theOne(rows.map((row) => row.price)) ?? blended;
  const unitPrice = price === undefined ? undefined : textOf(price);
  return { rows: rows.length, quantity: textOf(quantity), cost: textOf(costOf(rows)), unitPrice };
}

/** Under the default policy: a cent, or a thousandth of a percent of the invoice side. */
function statusOf(ours: readonly Row[], theirs: readonly Row[]): string {
  if (theirs.length === 0) return 'invoiceOnly';
  if (ours.length === 0) return 'otherOnly';
  const variance = costOf(ours).minus(costOf(theirs)).abs();
  if (variance.isZero() && quantityOf(ours).eq(quantityOf(theirs))) return 'matched';
  return variance.lte('0.01') || variance.lte(costOf(ours).abs().times('0.00001')) ? 'withinTolerance' : 'mismatched';
}

function severityOf(status: string, variance: Exact, base: Exact): string {
  if (status !== 'mismatched' || base.isZero()) return variance.abs().gt(1) ? 'contactSupport' : 'minor';
  const share = variance.abs().div(base);
  return share.lt('0.03') ? 'minor' : share.lte('0.05') ? 'watch' : 'contactSupport';
}

/* The causes. */

type Causes = Map<string, Exact>;

/** What a variance is made of: rows leave the sides first, then factors are changed one at a time. */
function causesOf(allOurs: readonly Row[], allTheirs: readonly Row[], cycle: string): Causes {
  const causes: Causes = new Map();
  const add = (cause: string, amount: Exact) => causes.set(cause, (causes.get(cause) ?? zero).plus(amount));
  const isLate = (row: Row) => !row.day.startsWith(cycle);
  add('lateUsage', costOf(allOurs.filter(isLate)).minus(costOf(allTheirs.filter(isLate))));
  const month = [allOurs, allTheirs].map((rows) => rows.filter((row) => !isLate(row)));
  let [ours = [], theirs = []] = month;
  const leave = (cause: string, outOf: (rows: readonly Row[], others: readonly Row[]) => ReadonlySet<Row>) => {
    const [ourOut, theirOut] = [outOf(ours, theirs), outOf(theirs, ours)];
    add(cause, costOf([...ourOut]).minus(costOf([...theirOut])));
    ours = ours.filter((row) => !ourOut.has(row));
    theirs = theirs.filter((row) => !theirOut.has(row));
  };
  // Where the sides share no day, all that the month has is of missing days, credits too.
  if (!ours.some((row) => theirs.some(({ day }) => day === row.day))) {
    leave('missingDays', (rows) => new Set(rows));
    return causes;
  }
  leave('credit', ownCredits);
  leave('missingDays', onDaysNotIn);
  leave('duplicateRows', copiesBeyond);
  const told = { ours: factsOf(month[0] ?? []), theirs: factsOf(month[1] ?? []) };
  for (const [cause, amount] of factorEffects(ours, theirs, told)) add(cause, amount);
  const explained = [...causes.values()].reduce((sum, amount) => sum.plus(amount), zero);
  const rest = costOf(allOurs).minus(costOf(allTheirs)).minus(explained);
  const limit = roundingOf({ rows: allOurs, left: ours }, { rows: allTheirs, left: theirs });
  add(rest.abs().lte(limit) ? 'rounding' : 'unexplained', rest);
  return causes;
}

/** Credits with a negative amount of their own. */
function ownCredits(rows: readonly Row[]): ReadonlySet<Row> {
  return new Set(rows.filter((row) => row.isCredit && row.cost.lt(0)));
}

function onDaysNotIn(rows: readonly Row[], others: readonly Row[]): ReadonlySet<Row> {
  const days = new Set(others.map((row) => row.day));
  return new Set(rows.filter((row) => !days.has(row.day)));
}

/** Copies of a row, equal in everything, beyond those that the other side has, but one; unless both have used the same. */
function copiesBeyond(rows: readonly Row[], others: readonly Row[]): ReadonlySet<Row> {
  const place = (row: Row) => `${row.day} ${row.resource}`;
  const out = new Set<Row>();
  for (const [key, here] of groups(rows, place)) {
    const there = others.filter((row) => place(row) === key);
    const difference = quantityOf(here).minus(quantityOf(there));
    if (here.length <= there.length) continue;
    if (difference.isZero() && (!quantityOf(here).isZero() || costOf(here).eq(costOf(there)))) continue;
    for (const [, copies] of groups(here, sameRow)) {
      const theirs = there.filter((row) => row.quantity.eq(copies[0]?.quantity ?? 0)).length;
      for (const copy of copies.slice(Math.max(theirs, 1))) out.add(copy);
    }
  }
  return out;
}

function sameRow({ quantity, price, rate, cost, partnerCredit, isCredit, chargeType }: Row): string {
  const numbers = [quantity, price, rate, cost, partnerCredit].map((value) => value?.toFixed() ?? '');
  return [...numbers, isCredit, chargeType].join(' ');
}

/** What all rows of a side in the month agree on; undefined where they do not, or do not tell. */
type Facts = {
  readonly price: Exact | undefined;
  readonly listPrice: Exact | undefined;
  readonly rate: Exact | undefined;
  readonly partnerCredit: Exact | undefined;
};

function factsOf(month: readonly Row[]): Facts {
  const rows = month.filter((row) => !(row.isCredit && row.cost.lt(0)));
  const charged = rows.filter((row) => !row.isCredit);
  return {
    price: theOne(charged.map((row) => row.price)),
    listPrice: theOne(rows.map((row) => row.listPrice)),
    rate: theOne(rows.map((row) => row.rate)),
    partnerCredit: theOne(charged.map((row) => row.partnerCredit)),
  };
}

function theOne(values: readonly (Exact | undefined)[]): Exact | undefined {
  const [first] = values;
  if (first === undefined) return undefined;
  return values.every((value) => value?.eq(first)) ? first : undefined;
}

const blendedPlaces = 18;
const ratePlaces = 30;

type Told = { readonly ours: Facts; readonly theirs: Facts };

/** cost = quantity × unit price × rate, from the other side's values to the invoice's. */
function factorEffects(ours: readonly Row[], theirs: readonly Row[], told: Told): Causes {
  const price = ordinaryPrice(theirs, told.theirs) ?? ordinaryPrice(ours, told.ours) ?? zero;
  const belowOrdinary = (rows: readonly Row[]) =>
    rows.filter((row) => row.isCredit).reduce((sum, row) => sum.plus(row.price.minus(price).times(row.quantity)), zero);
  const [ourCredit, theirCredit] = [belowOrdinary(ours), belowOrdinary(theirs)];
  // As if no credit had been given.
  const [ourValue, theirValue] = [pricedOf(ours).minus(ourCredit), pricedOf(theirs).minus(theirCredit)];
  const [ourQuantity, theirQuantity] = [quantityOf(ours), quantityOf(theirs)];
  const more = ourQuantity.minus(theirQuantity);
  const isSamePrice = ourValue.times(theirQuantity).eq(theirValue.times(ourQuantity));
  const quantity = more.isZero() ? zero : isSamePrice ? ourValue.minus(theirValue) : more.times(price);
  const beyond = ourValue.minus(theirValue).minus(quantity);
  const known = told.theirs.rate ?? told.ours.rate;
  const rate = known ?? derivedRate(theirs) ?? derivedRate(ours) ?? new Exact(1);
  const effects: Causes = new Map([
    ['quantity', quantity.times(rate)],
    [priceCause(ours, theirs, told), beyond.times(rate)],
    ['exchangeRate', known === undefined ? zero : pricedOf(ours).times((told.ours.rate ?? rate).minus(rate))],
    ['credit', ourCredit.minus(theirCredit).times(rate)],
  ]);
  if (known === undefined) giveRemainder(effects, costOf(ours).minus(costOf(theirs)));
  return effects;
}

function ordinaryPrice(rows: readonly Row[], { price }: Facts): Exact | undefined {
  if (price !== undefined) return price;
  const charged = rows.filter((row) => !row.isCredit);
  return quantityOf(charged).isZero() ? undefined : pricedOf(charged).div(quantityOf(charged)).toDP(blendedPlaces);
}

function derivedRate(rows: readonly Row[]): Exact | undefined {
  if (pricedOf(rows).isZero() || costOf(rows).isZero()) return undefined;
  return costOf(rows).div(pricedOf(rows)).toDP(ratePlaces);
}

/** The remainder of the division that a derived rate comes from goes to the price effect, else to that of quantity. */
function giveRemainder(effects: Causes, variance: Exact): void {
  const rest = variance.minus([...effects.values()].reduce((sum, amount) => sum.plus(amount), zero));
  if (rest.abs().gt('1e-12')) return;
  const last = [...effects].filter(
    ([cause, amount]) => !['exchangeRate', 'credit'].includes(cause) && !amount.isZero(),
  );
  const [cause, amount] = last.at(-1) ?? [];
  if (cause !== undefined && amount !== undefined) effects.set(cause, amount.plus(rest));
}

function priceCause(ours: readonly Row[], theirs: readonly Row[], told: Told): string {
  const isRetail = (side: Facts, against: Facts) =>
    side.price !== undefined &&
    side.listPrice?.eq(side.price) === true &&
    against.listPrice !== undefined &&
    side.listPrice.gt(against.listPrice);
  if (isRetail(told.theirs, told.ours) || isRetail(told.ours, told.theirs)) return 'retailScope';
  const isLess = isLessCredit({ rows: ours, facts: told.ours }, { rows: theirs, facts: told.theirs });
  const isLessToo = isLessCredit({ rows: theirs, facts: told.theirs }, { rows: ours, facts: told.ours });
  return isLess || isLessToo ? 'partnerEarnedCredit' : 'unitPrice';
}

type PricedSide = { readonly rows: readonly Row[]; readonly facts: Facts };

/** Whether one side's price is the other's less the credit: its own, or 15 % where its rows tell none. */
function isLessCredit(side: PricedSide, against: PricedSide): boolean {
  const credit = side.facts.partnerCredit ?? new Exact('0.15');
  if (credit.isZero()) return false;
  const share = new Exact(1).minus(credit);
  const [price, full] = [side.facts.price, against.facts.price];
  if (price !== undefined && full !== undefined) return isRoundedTo(price, full.times(share));
  const charged = (rows: readonly Row[]) => rows.filter((row) => !row.isCredit);
  const left = pricedOf(charged(side.rows)).times(quantityOf(charged(against.rows)));
  const right = pricedOf(charged(against.rows))
    .times(quantityOf(charged(side.rows)))
    .times(share);
  return !left.isZero() && left.eq(right);
}

/** Whether a price is this one, or, with six digits and more, this one rounded to the places that it has. */
function isRoundedTo(price: Exact, exact: Exact): boolean {
  if (price.isZero()) return false;
  return price.eq(exact) || (price.precision(true) >= 6 && price.eq(exact.toDP(price.decimalPlaces())));
}

type Rounded = { readonly rows: readonly Row[]; readonly left: readonly Row[] };

/**
 * Half a unit of the last place that the rounded side shows, for each of its rows, and a cent at the least. The rounded
 * side shows fewer places, two at the least; of two that show the same, it is the one with more rows.
 */
function roundingOf(...sides: readonly Rounded[]): Exact {
  const placesOf = ({ rows }: Rounded) => Math.max(2, ...rows.map((row) => row.cost.decimalPlaces()));
  const places = Math.min(...sides.map(placesOf));
  const rows = Math.max(...sides.filter((side) => placesOf(side) === places).map(({ left }) => left.length));
  return Exact.max('0.01', new Exact(10).pow(-places).div(2).times(rows));
}

/* What the lines come to. */

export type Totals = {
  readonly currency: string;
  readonly invoice: string;
  readonly other: string;
  readonly variance: string;
  readonly matchedLines: number;
  readonly comparableLines: number;
  readonly matchedAmount: string;
  readonly comparableAmount: string;
  readonly causes: Amounts;
  /** `status side`: what it costs. */
  readonly money: Amounts;
};

/** By currency. What is excluded is in money and rows, and in nothing else. */
export function totalsOf(lines: readonly Line[]): readonly Totals[] {
  return [...Map.groupBy(lines, (line) => line.currency)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, all]) => {
      const comparable = all.filter((line) => line.status !== 'excluded');
      const matched = comparable.filter((line) => ['matched', 'withinTolerance'].includes(line.status));
      const amount = (some: readonly Line[]) =>
        sumOf(some.map((line) => new Exact(line.invoice?.cost ?? line.other?.cost ?? 0).abs().toFixed()));
      return {
        currency,
        invoice: sumOf(comparable.map((line) => line.invoice?.cost ?? '0')),
        other: sumOf(comparable.map((line) => line.other?.cost ?? '0')),
        variance: sumOf(comparable.map((line) => line.variance)),
        matchedLines: matched.length,
        comparableLines: comparable.length,
        matchedAmount: amount(matched),
        comparableAmount: amount(comparable),
        causes: addedUp(comparable.flatMap((line) => Object.entries(line.causes))),
        money: addedUp(all.flatMap((line) => sidesOf(line).map(([name, side]) => [name, side.cost] as const))),
      };
    });
}

/** `status side`: how many rows it has. */
export function rowsOf(lines: readonly Line[]): Amounts {
  return addedUp(lines.flatMap((line) => sidesOf(line).map(([name, side]) => [name, `${side.rows}`] as const)));
}

function sidesOf({ status, invoice, other }: Line): readonly (readonly [string, Side])[] {
  return [
    ...(invoice === undefined ? [] : [[`${status} invoice`, invoice] as const]),
    ...(other === undefined ? [] : [[`${status} other`, other] as const]),
  ];
}

function addedUp(amounts: readonly (readonly [string, string])[]): Amounts {
  const sums: Causes = new Map();
  for (const [name, amount] of amounts) sums.set(name, (sums.get(name) ?? zero).plus(amount));
  return withoutZeros(sums);
}

function withoutZeros(amounts: Causes): Amounts {
  return Object.fromEntries(
    [...amounts].filter(([, amount]) => !amount.isZero()).map(([name, amount]) => [name, textOf(amount)]),
  );
}

function sumOf(amounts: readonly string[]): string {
  return textOf(amounts.reduce((sum, amount) => sum.plus(amount), zero));
}

function costOf(rows: readonly Row[]): Exact {
  return rows.reduce((sum, row) => sum.plus(row.cost), zero);
}

function quantityOf(rows: readonly Row[]): Exact {
  return rows.reduce((sum, row) => sum.plus(row.quantity), zero);
}

/** In pricing currency. */
function pricedOf(rows: readonly Row[]): Exact {
  return rows.reduce((sum, row) => sum.plus(row.price.times(row.quantity)), zero);
}

/** Plain digits, and no negative zero. */
function textOf(value: Exact): string {
  return value.isZero() ? '0' : value.toFixed();
}
