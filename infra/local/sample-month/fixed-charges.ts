import { type Desk, pricedLine } from './bought-line.ts';
import type { Catalogue, Customer } from './catalogue.ts';
import { exact, negate } from './exact-decimal.ts';
import type { OnetimeLine } from './onetime-line.ts';
import { createRandom } from './random.ts';
import { seatCharges } from './seat-charges.ts';

/** What the cost export calls a charge that is not usage, and so the rule that sets its row aside. */
type FixedChargeKind = 'license' | 'reservation' | 'savingsPlan' | 'marketplace' | 'software' | 'credit';

/** A charge bought rather than metered. Software and credits never reach the cost export. */
export type FixedCharge = { readonly kind: FixedChargeKind; readonly line: OnetimeLine };

export function createFixedCharges(catalogue: Catalogue, seed: number): readonly FixedCharge[] {
  const random = createRandom(seed, 'fixed charges');
  const day = (dayOfMonth: number): string => `${catalogue.month.cycle}-${String(dayOfMonth).padStart(2, '0')}`;
  const desk: Desk = { catalogue, random, day };
  return catalogue.customers.flatMap((customer, index) => [
    ...seatCharges(desk, customer, index).map((line): FixedCharge => ({ kind: 'license', line })),
    ...commitmentCharges(desk, customer, index),
    ...otherCharges(desk, customer, index),
  ]);
}

/** Reservations and savings plans, in the pricing currency: the first customers buy, one gives a reservation back. */
function commitmentCharges(desk: Desk, customer: Customer, index: number): readonly FixedCharge[] {
  if (index > 3) {
    return [];
  }
  const reservation = pricedLine(desk, customer, {
    dayOfMonth: 3 + index,
    price: exact(['1186.4', '842.17', '2319', '97.55'][index] ?? '100'),
    name: 'Reserved VM Instance, Standard_D8s_v3, EU West, 1 Year',
    productId: 'DZH318Z0BQ35',
    term: '1 Year Reservation',
    reservationOrderId: customer.reservationOrderId,
    months: 12,
  });
  const savingsPlan = pricedLine(desk, customer, {
    dayOfMonth: 1,
    price: exact(['372', '74.4', '186.35', '55.8'][index] ?? '100'),
    name: 'Compute Savings Plan, 1 Year',
    productId: 'DZH318Z0C04S',
    term: 'One-Year Savings Plan for monthly billing',
    reservationOrderId: customer.savingsPlanOrderId,
    months: 1,
  });
  const charges: FixedCharge[] = [
    { kind: 'reservation', line: reservation },
    { kind: 'savingsPlan', line: savingsPlan },
  ];
  return index === 2 ? [...charges, { kind: 'reservation', line: refundOf(reservation, desk) }] : charges;
}

function refundOf(line: OnetimeLine, desk: Desk): OnetimeLine {
  return {
    ...line,
    chargeType: 'cancelImmediate',
    orderDate: desk.day(24),
    effectiveUnitPrice: negate(line.effectiveUnitPrice),
    subtotal: negate(line.subtotal),
  };
}

function otherCharges(desk: Desk, customer: Customer, index: number): readonly FixedCharge[] {
  switch (index % 4) {
    case 0:
      return [{ kind: 'marketplace', line: marketplaceFee(desk, customer) }];
    case 1:
      return [{ kind: 'software', line: softwareSubscription(desk, customer) }];
    case 2:
      return [{ kind: 'software', line: perpetualSoftware(desk, customer) }];
    default:
      return [{ kind: 'credit', line: serviceCredit(desk, customer) }];
  }
}

function marketplaceFee(desk: Desk, customer: Customer): OnetimeLine {
  return {
    ...pricedLine(desk, customer, {
      dayOfMonth: 8,
      price: exact('249'),
      name: 'Tailspin Mail Guard, flat monthly fee',
      productId: 'DZH318Z08VX3',
      term: '1 Month Subscription',
      reservationOrderId: '',
      months: 1,
    }),
    publisherName: 'Tailspin Software',
    publisherId: '21223810',
    subscriptionDescription: 'Tailspin Mail Guard',
  };
}

function softwareSubscription(desk: Desk, customer: Customer): OnetimeLine {
  return {
    ...pricedLine(desk, customer, {
      dayOfMonth: 11,
      price: exact('1418'),
      name: 'SQL Server Standard - 2 Core License Pack - 1 year',
      productId: 'DG7GMGF0FLR2',
      term: '1 Year Subscription',
      reservationOrderId: '',
      months: 12,
    }),
    subscriptionDescription: 'SQL Server Standard',
  };
}

/** Perpetual software: term and end stay blank. */
function perpetualSoftware(desk: Desk, customer: Customer): OnetimeLine {
  const line = pricedLine(desk, customer, {
    dayOfMonth: 19,
    price: exact('612.9'),
    name: 'Windows Server 2025 - 16 Core License Pack',
    productId: 'DG7GMGF0D5RK',
    term: '',
    reservationOrderId: '',
    months: 1,
  });
  return { ...line, subscriptionDescription: '', chargeEnd: '', subscriptionEnd: '', billingFrequency: '' };
}

/** A credit that exists on the invoice only, without usage behind it. */
function serviceCredit(desk: Desk, customer: Customer): OnetimeLine {
  const line = pricedLine(desk, customer, {
    dayOfMonth: 28,
    price: exact('35.5'),
    name: 'Azure service credit',
    productId: 'DZH318Z0BPS6',
    term: '',
    reservationOrderId: '',
    months: 1,
  });
  return {
    ...line,
    chargeType: 'customerCredit',
    effectiveUnitPrice: negate(line.effectiveUnitPrice),
    subtotal: negate(line.subtotal),
    subscriptionId: customer.planId,
    subscriptionDescription: 'Azure plan',
    billingFrequency: '',
    creditReasonCode: 'Azure Credit Offer',
  };
}
