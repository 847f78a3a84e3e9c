import { describe, expect, it } from 'vitest';
import { listUnitPriceOf } from '../../shared/domain/line-list-price.ts';
import { seatLine, usageLine } from './sold-lines.ts';

const listOf = listUnitPriceOf;
const seats = (chargeStartDate: string, chargeEndDate: string, billingFrequency = 'Monthly') =>
  listOf({ ...seatLine, unitPrice: '31', chargeStartDate, chargeEndDate, billingFrequency });

describe('listUnitPriceOf', () => {
  it.each([
    ['a whole month', '2026-06-10', '2026-07-09', '31'],
    ['a whole month from the 31st', '2026-01-31', '2026-02-27', '31'],
    ['a whole month that ends before the 31st', '2026-02-28', '2026-03-30', '31'],
    ['a whole month up to the 30th', '2026-03-31', '2026-04-29', '31'],
    ['20 of the 30 days of June', '2026-06-20', '2026-07-09', '20.6666666667'],
    ['10 of the 31 days of July', '2026-07-31', '2026-08-09', '10'],
    ['one day of February', '2026-02-28', '2026-02-28', '1.1071428571'],
  ])('is for %s', (_, start, end, expected) => {
    expect(seats(start, end)).toBe(expected);
  });

  it('is for a part of a year where seats are billed by the year', () => {
    expect(seats('2026-01-01', '2026-12-31', 'Annual')).toBe('31');
    expect(seats('2026-06-01', '2026-12-31', 'Annual')).toBe('18.1753424658');
  });

  it('takes a line without a frequency for a whole term, or for nothing it could tell', () => {
    expect(seats('2026-01-01', '2028-12-31', '')).toBe('31');
    expect(seats('2026-06-20', '2026-07-09', '')).toBeUndefined();
  });

  it.each([
    ['days that run backwards', '2026-06-20', '2026-06-18'],
    ['more than a cycle', '2026-06-01', '2026-07-20'],
    ['no end', '2026-06-01', ''],
  ])('cannot be told of %s', (_, start, end) => {
    expect(seats(start, end)).toBeUndefined();
  });

  it('is never prorated for usage, and has no sign', () => {
    expect(listOf({ ...usageLine, chargeStartDate: '2026-10-20' })).toBe('0.1');
    expect(listOf({ ...usageLine, unitPrice: '-0.1', effectiveUnitPrice: '-0.085' })).toBe('0.1');
  });

  it('is for the whole of a reservation, and of its refund only where all of it is given back', () => {
    const reservation = { ...usageLine, reservationOrderId: '55eebd03', unitPrice: '1200' };
    const of = (effectiveUnitPrice: string) => listOf({ ...reservation, effectiveUnitPrice });
    expect([of('1200'), of('-1200.00'), of('-500')]).toEqual(['1200', '1200', undefined]);
  });
});
