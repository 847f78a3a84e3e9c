import { cycleEnd, daysBetween, daysInMonthOf } from './billing-calendar.ts';
import { boughtLine, type Desk } from './bought-line.ts';
import type { Catalogue, Customer } from './catalogue.ts';
import { divideUp, type Exact, exact, multiply, negate, one, roundDown, zero } from './exact-decimal.ts';
import type { OnetimeLine } from './onetime-line.ts';

/** Licence lines of one customer: cycles, renewals, and the refund and recharge pairs of every change of seats. */
export function seatCharges(desk: Desk, customer: Customer, index: number): readonly OnetimeLine[] {
  const lines = [...cycleSeats(desk, customer)];
  if (index % 2 === 0) {
    lines.push(...seatsAdded(desk, customer, index === 0 ? exact('10') : exact('12.34')));
  }
  if (index % 3 === 0) {
    lines.push(...seatsRemoved(desk, customer));
  }
  if (index % 4 === 1) {
    lines.push(...seatsCancelled(desk, customer));
  }
  if (index === 5) {
    lines.push(...trialConverted(desk, customer));
  }
  return lines;
}

/** The yearly commitment billed monthly that goes on, and one renewed this month. */
function cycleSeats(desk: Desk, customer: Customer): readonly OnetimeLine[] {
  const cycle = newSeats(desk, customer, { product: businessPremium, start: desk.day(1), price: exact('20.6') });
  const renewal = newSeats(desk, customer, { product: visio, start: desk.day(6), price: exact('13.11') });
  return [
    seatLine(cycle, { chargeType: 'cycleCharge', seats: 25, from: cycle.start, isRefund: false }),
    seatLine(renewal, { chargeType: 'renew', seats: 4, from: renewal.start, isRefund: false }),
  ];
}

/** Bought on the 10th, five more on the 20th: the old seats are refunded and all are charged again to the end. */
function seatsAdded(desk: Desk, customer: Customer, price: Exact): readonly OnetimeLine[] {
  const seats = newSeats(desk, customer, { product: businessBasic, start: desk.day(10), price });
  const changed = { ...seats, referenceId: desk.random.guid() };
  return [
    seatLine(seats, { chargeType: 'new', seats: 10, from: desk.day(10), isRefund: false }),
    seatLine(changed, { chargeType: 'addQuantity', seats: 10, from: desk.day(20), isRefund: true }),
    seatLine(changed, { chargeType: 'addQuantity', seats: 15, from: desk.day(20), isRefund: false }),
  ];
}

function seatsRemoved(desk: Desk, customer: Customer): readonly OnetimeLine[] {
  const seats = newSeats(desk, customer, { product: businessPremium, start: desk.day(12), price: exact('10.08') });
  const changed = { ...seats, referenceId: desk.random.guid() };
  return [
    seatLine(seats, { chargeType: 'new', seats: 12, from: desk.day(12), isRefund: false }),
    seatLine(changed, { chargeType: 'removeQuantity', seats: 12, from: desk.day(15), isRefund: true }),
    seatLine(changed, { chargeType: 'removeQuantity', seats: 8, from: desk.day(15), isRefund: false }),
  ];
}

function seatsCancelled(desk: Desk, customer: Customer): readonly OnetimeLine[] {
  const seats = newSeats(desk, customer, { product: visio, start: desk.day(15), price: exact('10.08') });
  return [
    seatLine(seats, { chargeType: 'New', seats: 10, from: desk.day(15), isRefund: false }),
    seatLine(seats, { chargeType: 'cancelImmediate', seats: 10, from: desk.day(17), isRefund: true }),
  ];
}

/** A trial costs nothing until it is converted. */
function trialConverted(desk: Desk, customer: Customer): readonly OnetimeLine[] {
  const trial = newSeats(desk, customer, { product: businessPremium, start: desk.day(2), price: zero });
  const paid = newSeats(desk, customer, { product: businessPremium, start: desk.day(22), price: exact('52.61') });
  return [
    {
      ...seatLine(trial, { chargeType: 'new', seats: 25, from: trial.start, isRefund: false }),
      termAndBillingCycle: 'One-Month commitment for trial',
      productQualifiers: ['Trial'],
    },
    seatLine(paid, { chargeType: 'convert', seats: 25, from: paid.start, isRefund: false }),
  ];
}

type Product = { readonly productId: string; readonly skuId: string; readonly name: string };

const businessBasic: Product = { productId: 'CFQ7TTC0LH18', skuId: '0001', name: 'Microsoft 365 Business Basic' };
export const businessPremium: Product = {
  productId: 'CFQ7TTC0LCHC',
  skuId: '0002',
  name: 'Microsoft 365 Business Premium',
};
export const visio: Product = { productId: 'CFQ7TTC0HD32', skuId: '0005', name: 'Visio Plan 2' };

export type Seats = {
  readonly catalogue: Catalogue;
  readonly customer: Customer;
  readonly product: Product;
  readonly start: string;
  readonly price: Exact;
  readonly orderId: string;
  readonly subscriptionId: string;
  readonly availabilityId: string;
  readonly referenceId: string;
};

export function newSeats(desk: Desk, customer: Customer, order: Pick<Seats, 'product' | 'start' | 'price'>): Seats {
  return {
    ...order,
    catalogue: desk.catalogue,
    customer,
    orderId: desk.random.guid().slice(-12),
    subscriptionId: desk.random.guid(),
    availabilityId: `CFQ7TTC0${desk.random.code(4)}`,
    referenceId: desk.random.guid(),
  };
}

export type SeatEvent = {
  readonly chargeType: string;
  readonly seats: number;
  readonly from: string;
  readonly isRefund: boolean;
};

/** The price for the days from the event to the end of the charge cycle, cut off at the cent after × seats. */
export function seatLine(seats: Seats, event: SeatEvent): OnetimeLine {
  const end = cycleEnd(seats.start, 1);
  const billedDays = wholeNumber(daysBetween(event.from, end));
  const cycleDays = wholeNumber(daysInMonthOf(seats.start));
  const quantity = wholeNumber(event.seats);
  const whole = multiply(seats.price, billedDays);
  const prorated = whole.units === 0n ? zero : divideUp(whole, cycleDays, 12);
  const subtotal = roundDown(multiply(prorated, quantity), 2);
  const { catalogue, customer, product } = seats;
  return {
    ...boughtLine(catalogue, customer, event.from),
    ...seatProduct(seats),
    chargeType: event.chargeType,
    unitPrice: seats.price,
    quantity,
    billableQuantity: quantity,
    effectiveUnitPrice: event.isRefund ? negate(prorated) : prorated,
    subtotal: event.isRefund ? negate(subtotal) : subtotal,
    skuName: product.name,
    productName: product.name,
    chargeStart: event.from,
    chargeEnd: end,
    subscriptionStart: seats.start,
    subscriptionEnd: cycleEnd(seats.start, 12),
  };
}

function seatProduct(seats: Seats): Partial<OnetimeLine> {
  return {
    orderId: seats.orderId,
    productId: seats.product.productId,
    skuId: seats.product.skuId,
    availabilityId: seats.availabilityId,
    subscriptionDescription: seats.product.name,
    subscriptionId: seats.subscriptionId,
    termAndBillingCycle: 'One-Year commitment for monthly/yearly billing',
    unitType: 'Licenses',
    billingFrequency: 'Monthly',
    pricingCurrency: seats.catalogue.billingCurrency,
    rate: one,
    referenceId: seats.referenceId,
    promotionId: `${seats.product.productId}:1:${seats.availabilityId}`,
  };
}

function wholeNumber(value: number): Exact {
  return exact(String(value));
}
