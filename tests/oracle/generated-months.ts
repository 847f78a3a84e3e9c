import { Exact } from './exact.ts';

/*
 * Small months of daily rated usage and of the cost export beside it, each from a seed, with all that can go wrong
 * between the two. Nothing here knows what the answer is.
 */

export type Month = {
  readonly cycle: string;
  /** The rows of one side, as records of its columns, in files. */
  readonly usage: readonly string[];
  readonly costs: readonly string[];
};

type Record = Readonly<{ [column: string]: string }>;

/** One use of a meter, as both sides would have it if nothing went wrong. */
type Use = {
  readonly day: string;
  readonly resource: string;
  readonly quantity: Exact;
  readonly price: Exact;
  readonly listPrice: Exact;
  readonly rate: Exact;
  readonly partnerCredit: string;
  readonly cost: Exact;
  readonly creditType: string;
};

type Meter = {
  readonly subscription: string;
  readonly meter: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
};

type Sides = { readonly usage: readonly Use[]; readonly costs: readonly Use[] };

export const cycle = '2026-10';
const invoice = 'G000000001';
const partner = '11111111-1111-4111-8111-111111111111';

export function generatedMonth(seed: number): Month {
  const dice = new Dice(seed);
  const usage: Record[] = [];
  const costs: Record[] = [];
  const currencies = dice.some(['EUR', 'USD', 'GBP', 'JPY'], 1 + dice.below(3));
  const rates = new Map(currencies.map((currency) => [currency, dice.rate()]));
  const subscriptions = Array.from({ length: 1 + dice.below(4) }, (_, index) => dice.guid(index + 1));
  for (const [at, subscription] of subscriptions.entries()) {
    const currency = dice.one(currencies);
    const onlySide = at > 0 && dice.chance(0.15) ? dice.one(['usage', 'costs'] as const) : undefined;
    for (let index = 0; index < 1 + dice.below(5); index += 1) {
      const region = dice.one(regions);
      const meter = { subscription, meter: dice.guid(100 + dice.below(9)), region, unit: dice.one(units), currency };
      const sides = differing(dice, usesOf(dice, rates.get(currency) ?? new Exact(1)));
      if (onlySide !== 'costs') usage.push(...sides.usage.map((use) => usageRecord(dice, meter, use)));
      const theirs = dice.chance(0.25) ? otherwiseNamed(dice, meter) : meter;
      if (onlySide !== 'usage') costs.push(...sides.costs.map((use) => costRecord(dice, theirs, use)));
    }
  }
  costs.push(...specialCosts(dice, subscriptions, currencies));
  if (usage.length === 0 || costs.length === 0) return generatedMonth(seed + 1_000_000);
  return { cycle, usage: filesOf(dice, usage), costs: filesOf(dice, costs) };
}

/** Spellings of regions, two of some. */
const regions = ['EU West', 'West Europe', 'westeurope', 'US East', 'CH North', '', 'Nowhere Land'] as const;
const units = ['1 Hour', '100 Hours', '10K', '1 GB/Month', ' 1 Hour'] as const;

function usesOf(dice: Dice, rate: Exact): readonly Use[] {
  const listPrice = dice.price();
  const partnerCredit = dice.one(['0', '15', '0.15', '']);
  const share = ['15', '0.15'].includes(partnerCredit) ? '0.85' : '1';
  const isFree = dice.chance(0.1);
  const price = isFree ? new Exact(0) : listPrice.times(share);
  const secondPrice = dice.chance(0.2) ? listPrice.times('0.9') : price;
  const uses: Use[] = [];
  for (let count = 1 + dice.below(6); count > 0; count -= 1) {
    const [quantity, paid] = [dice.quantity(), dice.chance(0.5) ? price : secondPrice];
    const cost = paid.times(quantity).times(rate);
    const use = { day: dice.day(), resource: dice.resource(), quantity, price: paid, listPrice, rate, cost };
    uses.push({ ...use, partnerCredit, creditType: '' });
    // A twin, as seats that are sold on two equal lines: no double.
    if (dice.chance(0.1)) uses.push(...uses.slice(-1));
  }
  return uses;
}

/** Some of what can go wrong between the two sides of a meter. */
function differing(dice: Dice, uses: readonly Use[]): Sides {
  let sides: Sides = { usage: uses, costs: uses };
  for (let count = dice.chance(0.35) ? 0 : 1 + dice.below(3); count > 0; count -= 1) {
    const name = dice.one(['usage', 'costs'] as const);
    sides = { ...sides, [name]: dice.one(differences)(dice, sides[name]) };
  }
  return sides;
}

type Difference = (dice: Dice, uses: readonly Use[]) => readonly Use[];

/** The cost that follows from the other three. */
function priced(use: Use): Use {
  return { ...use, cost: use.price.times(use.quantity).times(use.rate) };
}

function toSome(change: (dice: Dice, use: Use) => Use): Difference {
  return (dice, uses) => uses.map((use) => (dice.chance(0.5) ? change(dice, use) : use));
}

const differences: readonly Difference[] = [
  // Rows: doubles, one missing, a day missing, all missing, late ones, one split in two.
  (dice, uses) => [...uses, ...uses.filter(() => dice.chance(0.3))],
  (dice, uses) => uses.filter(() => dice.chance(0.7)),
  (dice, uses) => uses.filter((use) => use.day !== uses[dice.below(uses.length)]?.day),
  () => [],
  (dice, uses) => [...uses, ...uses.filter(() => dice.chance(0.4)).map((use) => ({ ...use, day: dice.lateDay() }))],
  (_, uses) =>
    uses.flatMap((use) => {
      const half = { ...use, quantity: use.quantity.div(2), cost: use.cost.div(2) };
      return [half, half];
    }),
  // Factors.
  toSome((dice, use) => priced({ ...use, quantity: use.quantity.plus(dice.quantity()) })),
  (dice, uses) => {
    const price = dice.price();
    return uses.map((use) => priced({ ...use, price, listPrice: price }));
  },
  toSome((dice, use) => priced({ ...use, price: dice.price() })),
  (_, uses) => uses.map((use) => priced({ ...use, price: use.price.times('0.85') })),
  (_, uses) => uses.map((use) => priced({ ...use, price: use.price.times('0.85').toDP(8) })),
  (_, uses) =>
    uses.map((use) => priced({ ...use, price: use.listPrice.times('1.2'), listPrice: use.listPrice.times('1.2') })),
  (dice, uses) => {
    const rate = dice.rate();
    return uses.map((use) => priced({ ...use, rate }));
  },
  toSome((dice, use) => priced({ ...use, rate: dice.rate() })),
  // Credits: one that pays for usage, one with an amount of its own.
  toSome((_, use) => priced({ ...use, price: new Exact(0), creditType: 'Azure Credit Applied' })),
  (dice, uses) => [
    ...uses,
    ...uses.slice(0, 1).map((use) => {
      const nothing = { quantity: new Exact(0), price: new Exact(0), creditType: 'Azure Credit Applied' };
      return { ...use, ...nothing, day: dice.day(), cost: dice.quantity().abs().neg() };
    }),
  ],
  // What is left: costs rounded, costs that follow from nothing, no cost at all.
  (dice, uses) => uses.map((use) => ({ ...use, cost: use.cost.toDP(dice.one([2, 4, 15])) })),
  toSome((dice, use) => ({ ...use, cost: use.cost.plus(dice.quantity()) })),
  toSome((_, use) => ({ ...use, cost: new Exact(0) })),
  // A correction.
  (dice, uses) => [
    ...uses,
    ...uses.slice(0, 1).map((use) => priced({ ...use, quantity: dice.quantity().abs().neg() })),
  ],
];

/** The same meter as the other side may call it, or with another letter case. */
function otherwiseNamed(dice: Dice, meter: Meter): Meter {
  return {
    ...meter,
    subscription: dice.chance(0.1) ? '' : meter.subscription,
    unit: dice.chance(0.5) ? dice.one(units) : meter.unit,
    region: dice.chance(0.5) ? dice.one(regions) : meter.region,
  };
}

function usageRecord(dice: Dice, meter: Meter, use: Use): Record {
  return {
    PartnerId: partner,
    CustomerId: customerOf(meter.subscription),
    InvoiceNumber: invoice,
    EntitlementId: dice.cased(meter.subscription),
    MeterId: dice.cased(meter.meter),
    MeterRegion: dice.cased(meter.region),
    Unit: meter.unit,
    ResourceURI: dice.cased(use.resource),
    UsageDate: dice.chance(0.5) ? use.day : americanDay(use.day),
    Quantity: dice.spelled(use.quantity),
    EffectiveUnitPrice: dice.spelled(use.price),
    UnitPrice: dice.spelled(use.listPrice),
    PCToBCExchangeRate: use.rate.isZero() ? '' : dice.spelled(use.rate),
    BillingPreTaxTotal: dice.spelled(use.cost),
    BillingCurrency: meter.currency,
    PricingCurrency: 'USD',
    PartnerEarnedCreditPercentage: use.partnerCredit,
    CreditType: use.creditType === '' ? dice.one(['', 'Credit Not Applied']) : use.creditType,
    ChargeType: 'new',
  };
}

function costRecord(dice: Dice, meter: Meter, use: Use): Record {
  return {
    partnerTenantId: partner,
    customerTenantId: customerOf(meter.subscription),
    billingProfileId: 'profile',
    invoiceId: dice.chance(0.02) ? 'G000000099' : dice.one([invoice, invoice, 'g000000001', '']),
    SubscriptionId: dice.cased(meter.subscription),
    meterId: dice.cased(meter.meter),
    meterRegion: dice.cased(meter.region),
    unitOfMeasure: meter.unit,
    ResourceId: dice.cased(use.resource),
    date: americanDay(use.day),
    quantity: dice.spelled(use.quantity),
    effectivePrice: dice.spelled(use.price),
    PayGPrice: dice.spelled(use.listPrice),
    exchangeRatePricingToBilling: use.rate.isZero() ? '' : dice.spelled(use.rate),
    costInBillingCurrency: dice.spelled(use.cost),
    billingCurrency: meter.currency,
    pricingCurrency: 'USD',
    partnerEarnedCreditRate: use.partnerCredit,
    chargeType: 'Usage',
    publisherType: dice.one(['Microsoft', 'Azure', 'Marketplace']),
    provider: 'Azure',
    PricingModel: 'OnDemand',
  };
}

/** Rows of an export that daily rated usage never has. */
function specialCosts(dice: Dice, subscriptions: readonly string[], currencies: readonly string[]): readonly Record[] {
  const kinds: readonly Record[] = [
    { chargeType: 'Purchase', PricingModel: 'Reservation', reservationId: dice.guid(900) },
    { chargeType: 'Refund', PricingModel: 'Reservation', reservationId: dice.guid(900) },
    { chargeType: 'Purchase', PricingModel: 'SavingsPlan' },
    { chargeType: 'Purchase', publisherType: 'Marketplace' },
    { chargeType: 'RoundingAdjustment', SubscriptionId: '', meterId: '', meterCategory: 'RoundingAdjustment' },
    { chargeType: 'Purchase', provider: 'Microsoft 365' },
    { chargeType: 'Purchase' },
  ];
  return kinds
    .filter(() => dice.chance(0.3))
    .map((kind) => {
      const subscription = dice.chance(0.5) ? '' : dice.one(subscriptions);
      const meter = { subscription, meter: dice.guid(800), region: '', unit: '1', currency: dice.one(currencies) };
      const [quantity, price] = [dice.quantity(), dice.price()];
      const numbers = { quantity, price, listPrice: price, rate: new Exact(1), cost: price.times(quantity) };
      const use = { ...numbers, day: dice.day(), resource: '', partnerCredit: '0', creditType: '' };
      return { ...costRecord(dice, meter, use), ...kind };
    });
}

/** Rows in any order, in one to four files, each with its header. */
function filesOf(dice: Dice, records: readonly Record[]): readonly string[] {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const shuffled = dice.some(records, records.length);
  const perFile = Math.ceil(shuffled.length / (1 + dice.below(4)));
  const files: string[] = [];
  for (let at = 0; at < shuffled.length; at += perFile) {
    const rows = shuffled.slice(at, at + perFile);
    const lines = rows.map((row) => columns.map((column) => dice.quoted(row[column] ?? '')).join(','));
    files.push([columns.join(','), ...lines, ''].join(dice.one(['\n', '\r\n'])));
  }
  return files;
}

function customerOf(subscription: string): string {
  return subscription === '' ? '' : `c${subscription.slice(1)}`;
}

function americanDay(day: string): string {
  const [year, month, date] = day.split('-');
  return `${month}/${date}/${year}`;
}

/** Chance from a seed (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  one<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }

  /** Some, in any order. */
  some<T>(choices: readonly T[], count: number): readonly T[] {
    const left = [...choices];
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)).flat();
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join('');
  }

  guid(number: number): string {
    return `a${String(number).padStart(7, '0')}-0000-4000-8000-00000000abcd`;
  }

  day(): string {
    return `${cycle}-${String(1 + this.below(6)).padStart(2, '0')}`;
  }

  lateDay(): string {
    return this.one(['2026-09-30', '2026-09-01', '2026-11-01', '2025-10-02']);
  }

  resource(): string {
    return this.chance(0.1) ? '' : `/subscriptions/x/machines/vm-${this.below(3)}`;
  }

  /** Short and long ones, up to 28 places and 12 digits before the point. */
  quantity(): Exact {
    const text = this.one([
      () => '24',
      () => '1',
      () => '0',
      () => `${this.below(100)}.${this.digits(2)}`,
      () => `0.${this.digits(28)}`,
      () => `${this.below(30)}.${this.digits(15)}`,
      () => `${1 + this.below(9)}${this.digits(11)}.${this.digits(3)}`,
      () => `0.0000${this.digits(6)}`,
    ])();
    return new Exact(text).times(this.chance(0.05) ? -1 : 1);
  }

  price(): Exact {
    const text = this.one([() => '0.1', () => `0.${this.digits(4)}1`, () => `${this.below(5)}.${this.digits(15)}`]);
    return new Exact(text());
  }

  /** None of them is told as an empty cell. */
  rate(): Exact {
    return new Exact(this.one(['1', '0.9', '0.8552856654122477', '0', '156.25']));
  }

  /** Another letter case now and then. */
  cased(text: string): string {
    return this.chance(0.2) ? text.toUpperCase() : text;
  }

  /** A number as files write it: plain, with zeros, a plus or an exponent. */
  spelled(value: Exact): string {
    const plain = value.toFixed();
    return this.one([
      () => plain,
      () => plain,
      () => plain,
      () => (plain.includes('.') ? `${plain}00` : `${plain}.0`),
      () => (plain.startsWith('-') ? plain : `+${plain}`),
      () => value.toExponential(),
      () => value.toExponential().replace('e', 'E'),
    ])();
  }

  quoted(text: string): string {
    return this.chance(0.1) ? `"${text}"` : text;
  }
}
