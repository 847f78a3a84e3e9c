import { cycleEnd } from './billing-calendar.ts';
import { type Catalogue, type Customer, resellerMpnOn } from './catalogue.ts';
import { type Exact, one, zero } from './exact-decimal.ts';
import { type OnetimeLine, usageSubtotal } from './onetime-line.ts';
import type { Random } from './random.ts';

/** What every purchase of the month needs to be written down. */
export type Desk = {
  readonly catalogue: Catalogue;
  readonly random: Random;
  /** The day of the cycle, `YYYY-MM-DD`. */
  readonly day: (dayOfMonth: number) => string;
};

export type PricedOrder = {
  readonly dayOfMonth: number;
  readonly price: Exact;
  readonly name: string;
  readonly productId: string;
  readonly term: string;
  readonly reservationOrderId: string;
  readonly months: number;
};

/** One piece, priced in pricing currency and converted at the month's rate. */
export function pricedLine(desk: Desk, customer: Customer, order: PricedOrder): OnetimeLine {
  const { catalogue, random } = desk;
  const start = desk.day(order.dayOfMonth);
  const end = cycleEnd(start, order.months);
  return {
    ...boughtLine(catalogue, customer, start),
    orderId: random.code(16),
    productId: order.productId,
    skuId: `00${random.code(2)}`,
    availabilityId: `${order.productId.slice(0, 8)}${random.code(4)}`,
    skuName: order.name,
    productName: order.name,
    unitPrice: order.price,
    effectiveUnitPrice: order.price,
    subtotal: usageSubtotal(order.price, one, catalogue.exchangeRate),
    subscriptionDescription: order.reservationOrderId === '' ? order.name : 'Azure plan',
    subscriptionId: order.reservationOrderId === '' ? random.guid() : customer.planId,
    chargeEnd: end,
    termAndBillingCycle: order.term,
    billingFrequency: order.months === 1 ? 'Monthly' : 'OneTime',
    pricingCurrency: catalogue.pricingCurrency,
    rate: catalogue.exchangeRate,
    reservationOrderId: order.reservationOrderId,
    subscriptionEnd: end,
    referenceId: random.guid(),
  };
}

/** A line with everything that most purchases have in common. */
export function boughtLine(catalogue: Catalogue, customer: Customer, day: string): OnetimeLine {
  return {
    customer,
    mpnId: resellerMpnOn(customer, day),
    orderId: '',
    orderDate: day,
    productId: '',
    skuId: '',
    availabilityId: '',
    skuName: '',
    productName: '',
    chargeType: 'new',
    unitPrice: zero,
    quantity: one,
    subtotal: zero,
    priceAdjustment: '',
    publisherName: 'Microsoft Corporation',
    publisherId: 'NA',
    subscriptionDescription: '',
    subscriptionId: '',
    chargeStart: day,
    chargeEnd: day,
    termAndBillingCycle: '',
    effectiveUnitPrice: zero,
    unitType: '',
    billableQuantity: one,
    billingFrequency: '',
    pricingCurrency: catalogue.pricingCurrency,
    rate: catalogue.exchangeRate,
    meterDescription: '',
    reservationOrderId: '',
    creditReasonCode: '',
    subscriptionStart: day,
    subscriptionEnd: '',
    referenceId: '',
    productQualifiers: [],
    promotionId: '',
  };
}
