import { type BillingMonth, compactDay } from './billing-calendar.ts';
import { type Exact, exact } from './exact-decimal.ts';
import { createRandom, type Random } from './random.ts';

/** Who buys from whom in the sample month. All names and ids are invented. */
type Partner = {
  readonly tenantId: string;
  readonly name: string;
  readonly mpnId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly billingAccountId: string;
  readonly billingProfileId: string;
};

type Reseller = { readonly mpnId: string; readonly name: string; readonly isRemoved: boolean };

export type Customer = {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly country: string;
  /** Zero where tax stands on the invoice only (or is not due). */
  readonly taxRate: Exact;
  /** Partner Center's id of the Azure plan: `SubscriptionId` of line items, `productOrderId` of the export. */
  readonly planId: string;
  readonly reservationOrderId: string;
  readonly savingsPlanOrderId: string;
  /** Oldest first; the MPN as Microsoft writes it on the lines of that time: an id, `0`, blank or `-1`. */
  readonly resellerHistory: readonly { readonly from: string; readonly mpnId: string }[];
};

/** What is special about a whole subscription: all its export rows at retail price, or one side without any row. */
type SubscriptionRole = 'ordinary' | 'retailScope' | 'invoiceOnly' | 'otherOnly';

export type Subscription = {
  readonly id: string;
  readonly name: string;
  readonly customer: Customer;
  readonly role: SubscriptionRole;
};

export type Catalogue = {
  readonly month: BillingMonth;
  readonly partner: Partner;
  readonly resellers: readonly Reseller[];
  readonly customers: readonly Customer[];
  readonly subscriptions: readonly Subscription[];
  readonly invoiceId: string;
  readonly legacyInvoiceId: string;
  readonly billingCurrency: string;
  readonly pricingCurrency: string;
  /** One rate for the month, pricing to billing currency, dated its first day. */
  readonly exchangeRate: Exact;
  /** The rate of the month before, which some planted rows carry by mistake. */
  readonly staleExchangeRate: Exact;
};

type CustomerSeat = { readonly name: string; readonly country: string; readonly reseller: ResellerSeat };
type ResellerSeat = 'north' | 'south' | 'northThenSouth' | 'removedInMonth' | 'removed' | 'directZero' | 'directBlank';

const customerSeats: readonly CustomerSeat[] = [
  { name: 'Alder Shipping', country: 'DE', reseller: 'north' },
  { name: 'Birch & Söhne', country: 'DE', reseller: 'north' },
  { name: 'Cedar Foods, Ltd.', country: 'IE', reseller: 'north' },
  { name: 'Dogwood Energy', country: 'AT', reseller: 'northThenSouth' },
  { name: 'Elm Publishing "Elm"', country: 'NL', reseller: 'south' },
  { name: 'Fir Robotics', country: 'FR', reseller: 'south' },
  { name: 'Ginkgo Health', country: 'ES', reseller: 'removedInMonth' },
  { name: 'Hazel Insurance', country: 'PT', reseller: 'removed' },
  { name: 'Ivy Logistics', country: 'BE', reseller: 'directZero' },
  { name: 'Juniper Retail', country: 'IT', reseller: 'directZero' },
  { name: 'Kauri Mining', country: 'FI', reseller: 'directBlank' },
  { name: 'Larch Telecom', country: 'CH', reseller: 'directBlank' },
];

const taxRates: Readonly<Record<string, string>> = {
  DE: '0.19',
  IE: '0.23',
  AT: '0.2',
  NL: '0.21',
  FR: '0.2',
  ES: '0.21',
  PT: '0.23',
  BE: '0.21',
  IT: '0.22',
  FI: '0.255',
};

const subscriptionsPerCustomer = [5, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3];

const subscriptionNames = ['Production', 'Development and test', 'Data platform', 'Shared services', 'Sandbox'];

/** Subscriptions by their place in the list; every other one is ordinary. */
const roles: Readonly<Record<number, SubscriptionRole>> = { 7: 'retailScope', 18: 'invoiceOnly', 27: 'otherOnly' };

export function createCatalogue(seed: number, month: BillingMonth): Catalogue {
  const random = createRandom(seed, 'catalogue');
  const partner = createPartner(random);
  const resellers = [
    { mpnId: '4649221', name: 'Northwind Resale', isRemoved: false },
    { mpnId: '6048879', name: 'Southridge Cloud', isRemoved: false },
    { mpnId: '5210374', name: 'Proseware Partners', isRemoved: true },
  ];
  const customers = customerSeats.map((seat, index) => createCustomer(random, month, seat, index));
  const serial = String(random.integer(10_000_000, 49_999_999));
  return {
    month,
    partner,
    resellers,
    customers,
    subscriptions: createSubscriptions(random, customers),
    invoiceId: `G0${serial}`,
    legacyInvoiceId: `D0${compactDay(month.firstDay).slice(2, 6)}${random.code(4)}`,
    billingCurrency: 'EUR',
    pricingCurrency: 'USD',
    exchangeRate: exact('0.846202666'),
    staleExchangeRate: exact('0.851937444'),
  };
}

/** The reseller MPN that a line of this customer carries for this day. */
export function resellerMpnOn(customer: Customer, day: string): string {
  const current = customer.resellerHistory.filter((entry) => entry.from <= day).at(-1);
  return (current ?? customer.resellerHistory[0])?.mpnId ?? '';
}

/** The MPN as the answer key names it: direct sale is `0`, whether the file says 0 or nothing. */
export function namedMpn(mpnId: string): string {
  return mpnId === '' ? '0' : mpnId;
}

function createPartner(random: Random): Partner {
  return {
    tenantId: random.guid(),
    name: 'Fabrikam Cloud Distribution',
    mpnId: '6034453',
    clientId: random.guid(),
    clientSecret: `synthetic-${random.code(24)}`,
    billingAccountId: `${random.guid()}:${random.guid()}_2019-05-31`,
    billingProfileId: `${random.code(4)}-${random.code(4)}-BG7-PGB`,
  };
}

function createCustomer(random: Random, month: BillingMonth, seat: CustomerSeat, index: number): Customer {
  const label = seat.name.toLowerCase().replaceAll(/[^a-z]/g, '');
  return {
    id: random.guid(),
    name: seat.name,
    domain: `${label}${index + 1}.onmicrosoft.com`,
    country: seat.country,
    taxRate: exact(taxRates[seat.country] ?? '0'),
    planId: random.guid(),
    reservationOrderId: random.guid(),
    savingsPlanOrderId: random.guid(),
    resellerHistory: historyOf(seat.reseller, month),
  };
}

function historyOf(seat: ResellerSeat, month: BillingMonth): Customer['resellerHistory'] {
  const start = month.previous.firstDay;
  switch (seat) {
    case 'north':
      return [{ from: start, mpnId: '4649221' }];
    case 'south':
      return [{ from: start, mpnId: '6048879' }];
    case 'northThenSouth':
      return [
        { from: start, mpnId: '4649221' },
        { from: `${month.cycle}-16`, mpnId: '6048879' },
      ];
    case 'removedInMonth':
      return [
        { from: start, mpnId: '5210374' },
        { from: `${month.cycle}-11`, mpnId: '-1' },
      ];
    case 'removed':
      return [{ from: start, mpnId: '-1' }];
    case 'directZero':
      return [{ from: start, mpnId: '0' }];
    case 'directBlank':
      return [{ from: start, mpnId: '' }];
  }
}

function createSubscriptions(random: Random, customers: readonly Customer[]): readonly Subscription[] {
  const owners = customers.flatMap((customer, index) =>
    Array.from({ length: subscriptionsPerCustomer[index] ?? 0 }, (_, position) => ({ customer, position })),
  );
  return owners.map(({ customer, position }, index) => ({
    id: random.guid(),
    name: subscriptionNames[position] ?? 'Azure subscription',
    customer,
    role: roles[index] ?? 'ordinary',
  }));
}
