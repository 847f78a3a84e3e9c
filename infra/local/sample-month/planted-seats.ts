import type { ArithmeticKey } from './answer-key.ts';
import { cycleEnd, daysBetween, daysInMonthOf } from './billing-calendar.ts';
import type { Desk } from './bought-line.ts';
import type { Catalogue, Customer } from './catalogue.ts';
import { divideUp, type Exact, exact, multiply, negate, roundDown } from './exact-decimal.ts';
import type { OnetimeLine } from './onetime-line.ts';
import { createRandom } from './random.ts';
import { businessPremium, newSeats, type SeatEvent, type Seats, seatLine, visio } from './seat-charges.ts';

/** A licence line whose amount is wrong, or cannot be told to be right. `expected` is what it ought to charge. */
export type PlantedSeat = {
  readonly name: string;
  readonly verdict: ArithmeticKey['verdict'];
  readonly reason: ArithmeticKey['reason'];
  readonly expected: Exact | undefined;
  readonly line: OnetimeLine;
};

export type PlantedSeats = {
  /** With those that belong to a planted one and are right. */
  readonly lines: readonly OnetimeLine[];
  readonly seats: readonly PlantedSeat[];
};

/** Wrong and uncheckable licence lines, from a random stream of their own: nothing else of the month depends on them. */
export function plantSeats(catalogue: Catalogue, seed: number): PlantedSeats {
  const random = createRandom(seed, 'planted seats');
  const day = (dayOfMonth: number): string => `${catalogue.month.cycle}-${String(dayOfMonth).padStart(2, '0')}`;
  const desk: Desk = { catalogue, random, day };
  const [first, second, third, fourth] = catalogue.customers;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new Error('The catalogue has fewer than four customers');
  }
  const refund = refundTooSmall(desk, second);
  const seats = [
    wholePriceForPart(desk, first),
    refund.seat,
    oldPrice(desk, third),
    promotion(desk, fourth),
    cutPeriod(desk, first),
    goodwill(desk, second),
  ];
  return { lines: [...seats.map(({ line }) => line), refund.recharge], seats };
}

/** Seats added on the 21st to a cycle from the 10th, charged for the whole of it. */
function wholePriceForPart(desk: Desk, customer: Customer): PlantedSeat {
  const seats = unpromoted(desk, customer, 'Whole price for part of the cycle');
  const event: SeatEvent = { chargeType: 'convert', seats: 7, from: desk.day(21), isRefund: false };
  const line = charged(seatLine(seats, event), seats.price);
  return wrong('wholePriceForPart', 'overcharged', line, rightAmount(seats, event));
}

/** Seats removed: the old ones are refunded for five days less than they are charged again. */
function refundTooSmall(
  desk: Desk,
  customer: Customer,
): { readonly seat: PlantedSeat; readonly recharge: OnetimeLine } {
  const seats = unpromoted(desk, customer, 'Refund too small');
  const event: SeatEvent = { chargeType: 'removeQuantity', seats: 20, from: desk.day(14), isRefund: true };
  const late = seatLine(seats, { ...event, from: desk.day(19) });
  const line = { ...late, orderDate: event.from, chargeStart: event.from };
  return {
    seat: wrong('refundTooSmall', 'overcharged', line, rightAmount(seats, event)),
    recharge: seatLine(seats, { ...event, seats: 11, isRefund: false }),
  };
}

/** Renewed at the price of the year before. */
function oldPrice(desk: Desk, customer: Customer): PlantedSeat {
  const seats = unpromoted(desk, customer, 'Old price');
  const event: SeatEvent = { chargeType: 'renew', seats: 6, from: seats.start, isRefund: false };
  const line = charged(seatLine(seats, event), exact('18.9'));
  return wrong('oldPrice', 'undercharged', line, rightAmount(seats, event));
}

/** A promotion of which only the id is told. */
function promotion(desk: Desk, customer: Customer): PlantedSeat {
  const seats = newSeats(desk, customer, { product: visio, start: desk.day(4), price: exact('13.11') });
  const right = seatLine(seats, { chargeType: 'new', seats: 9, from: seats.start, isRefund: false });
  return unsure('promotion', 'promotion', charged(right, exact('10.49')));
}

/** A charge that ends in the middle of a cycle. */
function cutPeriod(desk: Desk, customer: Customer): PlantedSeat {
  const seats = unpromoted(desk, customer, 'Cut period');
  const right = seatLine(seats, { chargeType: 'new', seats: 3, from: seats.start, isRefund: false });
  return unsure('cutPeriod', 'noCycle', { ...right, chargeEnd: desk.day(27) });
}

/** A price adjustment in words. */
function goodwill(desk: Desk, customer: Customer): PlantedSeat {
  const seats = unpromoted(desk, customer, 'Goodwill');
  const right = seatLine(seats, { chargeType: 'cycleCharge', seats: 5, from: seats.start, isRefund: false });
  const line = { ...charged(right, exact('15')), priceAdjustment: '["Goodwill for the outage in September"]' };
  return unsure('goodwill', 'priceAdjustment', line);
}

/** Each on a subscription of its own, from the 10th, that tells of no promotion. */
function unpromoted(desk: Desk, customer: Customer, name: string): Seats {
  const product = { ...businessPremium, name: `${businessPremium.name}, ${name}` };
  return newSeats(desk, customer, { product, start: desk.day(10), price: exact('20.6') });
}

function charged(line: OnetimeLine, effectiveUnitPrice: Exact): OnetimeLine {
  return {
    ...line,
    effectiveUnitPrice,
    subtotal: roundDown(multiply(effectiveUnitPrice, line.billableQuantity), 2),
  };
}

/**
 * What a seat ought to come to: for a part of the cycle the price of a day, cut off after seven places as in Microsoft's
 * worked example, times days and seats, cut off at the cent.
 */
function rightAmount(seats: Seats, { seats: count, from, isRefund }: SeatEvent): Exact {
  const whole = (value: number) => exact(String(value));
  const dayPrice = roundDown(divideUp(seats.price, whole(daysInMonthOf(seats.start)), 12), 7);
  const billedDays = whole(daysBetween(from, cycleEnd(seats.start, 1)));
  const price = from === seats.start ? seats.price : multiply(dayPrice, billedDays);
  const amount = roundDown(multiply(price, whole(count)), 2);
  return isRefund ? negate(amount) : amount;
}

function wrong(name: string, verdict: 'overcharged' | 'undercharged', line: OnetimeLine, expected: Exact): PlantedSeat {
  return { name, verdict, reason: null, expected, line: { ...line, promotionId: '' } };
}

function unsure(name: string, reason: NonNullable<ArithmeticKey['reason']>, line: OnetimeLine): PlantedSeat {
  const promotionId = reason === 'promotion' ? line.promotionId : '';
  return { name, verdict: 'notVerifiable', reason, expected: undefined, line: { ...line, promotionId } };
}
