import { addDays, cycleEnd, daysBetween, daysInMonthOf } from './billing-calendar.ts';
import { type Catalogue, type Customer, resellerMpnOn } from './catalogue.ts';
import {
  add,
  divideUp,
  type Exact,
  exact,
  formatExact,
  multiply,
  roundHalfUp,
  subtract,
  sum,
} from './exact-decimal.ts';
import { amountToken, type Column, jsonLine, textToken } from './json-line.ts';
import { createRandom, type Random } from './random.ts';

/** The D invoice as Partner Center v1 tells it: JSON text of each item, in camel case, and what they add up to. */
export type LegacyInvoice = {
  readonly licenseItems: readonly string[];
  readonly usageItems: readonly string[];
  /** Daily rows behind the billed usage: quantities without money. */
  readonly dailyUsageItems: readonly string[];
  readonly total: Exact;
  readonly periodStart: string;
  readonly periodEnd: string;
};

type Desk = {
  readonly catalogue: Catalogue;
  readonly random: Random;
  readonly start: string;
  readonly end: string;
};

/** Customers that still have legacy subscriptions, by their place in the catalogue. */
const legacyCustomers = [0, 3, 6, 9];

export function createLegacyInvoice(catalogue: Catalogue, seed: number): LegacyInvoice {
  const start = addDays(catalogue.month.firstDay, 4);
  const desk = { catalogue, random: createRandom(seed, 'legacy invoice'), start, end: cycleEnd(start, 1) };
  const customers = catalogue.customers.filter((_, index) => legacyCustomers.includes(index));
  const licenses = customers.flatMap((customer, index) => licenseItems(desk, customer, index));
  const usage = customers.flatMap((customer) => meteredServices.map((service) => usageItems(desk, customer, service)));
  return {
    licenseItems: licenses.map((item) => item.text),
    usageItems: usage.map((item) => item.billed),
    dailyUsageItems: usage.flatMap((item) => item.daily),
    total: add(sum(licenses.map((item) => item.total)), sum(usage.map((item) => item.total))),
    periodStart: start,
    periodEnd: desk.end,
  };
}

type LicenseItem = { readonly text: string; readonly total: Exact };

function licenseItems(desk: Desk, customer: Customer, index: number): readonly LicenseItem[] {
  const { start, end } = desk;
  const changeDay = addDays(start, 9);
  const prorated = multiply(exact('6.82'), exact(String(daysBetween(changeDay, end))));
  const oldSubscription = newLicense(desk, customer, 'Office 365 Enterprise E3');
  return [
    licenseItem(newLicense(desk, customer, 'Office 365 Enterprise E1'), {
      chargeType: index % 2 === 0 ? 'Cycle fee' : 'CYCLE FEE',
      unitPrice: exact('6.82'),
      quantity: 12 + index,
      discount: exact(index === 1 ? '2.32' : '0'),
      from: start,
    }),
    licenseItem(newLicense(desk, customer, 'Exchange Online (Plan 1)'), {
      chargeType: 'Prorate fees when purchase',
      unitPrice: roundHalfUp(divideUp(prorated, exact(String(daysInMonthOf(start))), 8), 2),
      quantity: 3,
      discount: exact('0'),
      from: changeDay,
    }),
    licenseItem(oldSubscription, {
      chargeType: 'Cancel instance prorate',
      unitPrice: exact('-4.17'),
      quantity: 2,
      discount: exact('0'),
      from: changeDay,
    }),
  ];
}

type License = {
  readonly desk: Desk;
  readonly customer: Customer;
  readonly offerName: string;
  readonly orderId: string;
  readonly platformId: string;
  readonly subscriptionId: string;
  readonly offerId: string;
  readonly durableOfferId: string;
};

function newLicense(desk: Desk, customer: Customer, offerName: string): License {
  const { random } = desk;
  return {
    desk,
    customer,
    offerName,
    // 18 digits: more than a double holds.
    orderId: `56689${random.integer(1_000_000, 9_999_999)}${random.integer(100_000, 999_999)}`,
    platformId: `usCBMg${random.code(10)}`,
    subscriptionId: random.guid(),
    offerId: random.guid(),
    durableOfferId: random.guid(),
  };
}

type LicenseFee = {
  readonly chargeType: string;
  readonly unitPrice: Exact;
  readonly quantity: number;
  readonly discount: Exact;
  readonly from: string;
};

function licenseItem(license: License, fee: LicenseFee): LicenseItem {
  const { desk, customer } = license;
  const amount = multiply(fee.unitPrice, exact(String(fee.quantity)));
  const subtotal = subtract(amount, fee.discount);
  const tax = roundHalfUp(multiply(subtotal, customer.taxRate), 2);
  const total = add(subtotal, tax);
  const columns: readonly Column[] = [
    ['partnerId', textToken(desk.catalogue.partner.tenantId)],
    ['customerId', textToken(customer.id)],
    ['customerName', textToken(customer.name)],
    ['mpnId', desk.catalogue.partner.mpnId],
    ['tier2MpnId', resellerMpnOn(customer, fee.from) || '0'],
    ['orderId', textToken(license.orderId)],
    ['subscriptionId', textToken(license.platformId)],
    ['syndicationPartnerSubscriptionNumber', textToken(license.subscriptionId)],
    ['offerId', textToken(license.offerId)],
    ['durableOfferId', textToken(license.durableOfferId)],
    ['offerName', textToken(license.offerName)],
    ['subscriptionStartDate', textToken(`${addDays(desk.start, -61)}T00:00:00`)],
    ['subscriptionEndDate', textToken(`${addDays(desk.start, 303)}T23:59:00`)],
    ['chargeStartDate', textToken(`${fee.from}T00:00:00`)],
    ['chargeEndDate', textToken(`${desk.end}T23:59:00`)],
    ['chargeType', textToken(fee.chargeType)],
    ['unitPrice', amountToken(fee.unitPrice)],
    ['quantity', String(fee.quantity)],
    ['amount', amountToken(amount)],
    ['totalOtherDiscount', amountToken(fee.discount)],
    ['subtotal', amountToken(subtotal)],
    ['tax', amountToken(tax)],
    ['totalForCustomer', amountToken(total)],
    ['currency', textToken(desk.catalogue.billingCurrency)],
    ['domainName', textToken(customer.domain)],
    ['subscriptionName', textToken(license.offerName)],
    ['subscriptionDescription', textToken(license.offerName)],
    ['billingCycleType', textToken('Monthly')],
    ['invoiceLineItemType', textToken('billing_line_items')],
    ['billingProvider', textToken('office')],
    ['attributes', '{"objectType":"LicenseBasedLineItem"}'],
  ];
  return { text: jsonLine(columns).trimEnd(), total };
}

type MeteredService = {
  readonly serviceName: string;
  readonly serviceType: string;
  readonly resourceName: string;
  readonly unit: string;
  readonly region: string;
  readonly included: Exact;
  readonly listPrice: Exact;
};

const meteredServices: readonly MeteredService[] = [
  {
    serviceName: 'Storage',
    serviceType: 'Locally Redundant',
    resourceName: 'Standard IO - Page Blob (GB)',
    unit: 'GB',
    region: '',
    included: exact('0'),
    listPrice: exact('0.0211'),
  },
  {
    serviceName: 'Virtual Machines',
    serviceType: 'Standard_A2_v2 VM',
    resourceName: 'Compute Hours',
    unit: 'Hours',
    region: 'EU West',
    included: exact('0'),
    listPrice: exact('0.085'),
  },
  {
    serviceName: 'Networking',
    serviceType: 'Data Transfer Out',
    resourceName: 'Data Transfer Out (GB)',
    unit: 'GB',
    region: 'Zone 1',
    included: exact('5'),
    listPrice: exact('0.0734'),
  },
];

type UsageItems = { readonly billed: string; readonly daily: readonly string[]; readonly total: Exact };

/** One billed row and the daily rows it sums up. Pre-tax charges are rounded half up, as Microsoft's sample shows. */
function usageItems(desk: Desk, customer: Customer, service: MeteredService): UsageItems {
  const { random, start, end } = desk;
  const ids = { subscription: random.guid(), meter: random.guid(), order: random.guid() };
  const days = Array.from({ length: daysBetween(start, end) }, (_, index) => addDays(start, index));
  const consumedByDay = days.map(() => exact(`${random.integer(1, 24)}.${random.integer(100_001, 999_999)}`));
  const consumed = sum(consumedByDay);
  const overage = subtract(consumed, service.included);
  const pretax = roundHalfUp(multiply(service.listPrice, overage), 2);
  const tax = roundHalfUp(multiply(pretax, customer.taxRate), 2);
  const total = add(pretax, tax);
  const identity = usageIdentity(desk, customer, service, ids);
  const billed = jsonLine([
    ...identity,
    ['detailLineItemId', String(random.integer(1, 9))],
    ['consumedQuantity', amountToken(consumed)],
    ['includedQuantity', amountToken(service.included)],
    ['overageQuantity', amountToken(overage)],
    ['listPrice', amountToken(service.listPrice)],
    ['currency', textToken(desk.catalogue.billingCurrency)],
    ['pretaxCharges', amountToken(pretax)],
    ['taxAmount', amountToken(tax)],
    ['postTaxTotal', amountToken(total)],
    ['pretaxEffectiveRate', amountToken(roundHalfUp(divideUp(pretax, overage, 9), 8))],
    ['postTaxEffectiveRate', amountToken(roundHalfUp(divideUp(total, overage, 9), 8))],
    ['chargeType', textToken('Assess usage fee for current cycle')],
    ['invoiceLineItemType', textToken('billing_line_items')],
    ['billingProvider', textToken('azure')],
    ['attributes', '{"objectType":"UsageBasedLineItem"}'],
  ]).trimEnd();
  const daily = days.map((day, index) =>
    dailyItem(usageIdentity(desk, customer, inCapitals(service), inCapitals(ids)), {
      day,
      service,
      consumed: formatExact(consumedByDay[index] ?? exact('0')),
    }),
  );
  return { billed, daily, total };
}

type UsageIds = { readonly subscription: string; readonly meter: string; readonly order: string };

function usageIdentity(
  { catalogue, start, end }: Desk,
  customer: Customer,
  service: MeteredService,
  ids: UsageIds,
): readonly Column[] {
  return [
    ['partnerId', textToken(catalogue.partner.tenantId)],
    ['partnerName', textToken(catalogue.partner.name)],
    ['partnerBillableAccountId', textToken('1280018095')],
    ['customerId', textToken(customer.id)],
    ['domainName', textToken(customer.domain)],
    ['customerCompanyName', textToken(customer.name)],
    ['mpnId', catalogue.partner.mpnId],
    ['tier2MpnId', resellerMpnOn(customer, start) || '0'],
    ['invoiceNumber', textToken(catalogue.legacyInvoiceId)],
    ['subscriptionId', textToken(ids.subscription)],
    ['subscriptionName', textToken('Microsoft Azure')],
    ['subscriptionDescription', textToken('Microsoft Azure (0145P)')],
    ['billingCycleType', textToken('Monthly')],
    ['chargeStartDate', textToken(`${start}T00:00:00`)],
    ['chargeEndDate', textToken(`${end}T00:00:00`)],
    ['unit', textToken(service.unit)],
    ['orderId', textToken(ids.order)],
    ['serviceName', textToken(service.serviceName)],
    ['serviceType', textToken(service.serviceType)],
    ['resourceGuid', textToken(ids.meter)],
    ['resourceName', textToken(service.resourceName)],
    ['region', textToken(service.region)],
    ['sku', textToken('SYN-00001')],
  ];
}

type DailyUse = { readonly day: string; readonly service: MeteredService; readonly consumed: string };

function dailyItem(identity: readonly Column[], use: DailyUse): string {
  return jsonLine([
    ...identity,
    ['customerBillableAccount', textToken('1280018096')],
    ['usageDate', textToken(`${use.day}T00:00:00`)],
    ['consumedQuantity', use.consumed],
    ['meteredService', textToken(`MICROSOFT.${use.service.serviceName.toUpperCase()}`)],
    ['meteredServiceType', textToken(use.service.serviceType.toUpperCase())],
    ['meteredRegion', textToken(use.service.region)],
    ['project', textToken('sample')],
    ['serviceInfo', textToken('')],
    ['invoiceLineItemType', textToken('usage_line_items')],
    ['billingProvider', textToken('azure')],
    ['attributes', '{"objectType":"DailyUsageLineItem"}'],
  ]).trimEnd();
}

/** Legacy daily rows shout where the billed rows do not: same ids and names, other letter case. */
function inCapitals<T extends object>(texts: T): T {
  const entries = Object.entries(texts).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.toUpperCase() : value,
  ]);
  return Object.fromEntries(entries) as T;
}
