import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMilliseconds,
  type BillingCycle,
  billingCycleOf,
  expectedInvoiceDay,
  parseBillingCycle,
  parseMicrosoftDay,
  previousCycle,
} from '../../shared/domain/calendar.ts';

describe('parseMicrosoftDay', () => {
  it.each([
    ['2026-10-31', '2026-10-31'],
    ['2026-1-5', '2026-01-05'],
    ['2026-10-31T00:00:00', '2026-10-31'],
    ['2026-10-31T00:00:00Z', '2026-10-31'],
    ['2026-10-31T23:59:59.9999999Z', '2026-10-31'],
    ['2026-10-31T23:59:59+14:00', '2026-10-31'],
    ['2026-10-31 23:59', '2026-10-31'],
    ['10/31/2026', '2026-10-31'],
    ['1/5/2026', '2026-01-05'],
    ['01/05/2026', '2026-01-05'],
    ['2/1/2019 0:00', '2019-02-01'],
    ['2/2/2023 12:00:00 AM', '2023-02-02'],
    ['1/31/2023 11:59:59 PM', '2023-01-31'],
    ['2024-02-29', '2024-02-29'],
    ['2000-02-29', '2000-02-29'],
  ])('reads %s as %s, dropping the time of day', (text, expected) => {
    expect(parseMicrosoftDay(text)).toBe(expected);
  });

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-10-00',
    '2026-10-32',
    '13/1/2026',
    '31/10/2026',
    '2/30/2026',
    '0/1/2026',
  ])('refuses the impossible day %s', (text) => {
    expect(parseMicrosoftDay(text)).toBeUndefined();
  });

  it.each([
    '',
    ' 2026-10-31',
    '2026-10-31 ',
    '2026-10-31\n',
    '31.10.2026',
    '2026/10/31',
    '10-31-2026',
    '20261031',
    '26-10-31',
    '10/31/26',
    '2026-10',
    '2026-10-31T',
    '2026-10-31x',
    'Oct 31, 2026',
    '45961',
    'today',
    '\uff12\uff10\uff12\uff16-10-31',
  ])('refuses the form %j', (text) => {
    expect(parseMicrosoftDay(text)).toBeUndefined();
  });

  it('reads the same day from every form that it takes', () => {
    const days = fc.date({ min: new Date('1900-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(days, (date) => {
        const day = date.toISOString().slice(0, 10);
        const us = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
        for (const text of [day, date.toISOString(), us, `${us} 11:59:59 PM`])
          expect(parseMicrosoftDay(text)).toBe(day);
      }),
    );
  });
});

describe('billing cycles', () => {
  it.each(['2026-01', '2026-12', '1999-10'])('%s is one', (text) => {
    expect(parseBillingCycle(text)).toBe(text);
  });

  it.each(['', '2026-00', '2026-13', '2026-1', '26-01', '2026-01-01', ' 2026-01', '2026-01\n', '2026/01'])(
    '%j is none',
    (text) => {
      expect(parseBillingCycle(text)).toBeUndefined();
    },
  );

  it('a day lies in the cycle of its month', () => {
    expect(billingCycleOf('2026-10-31')).toBe('2026-10');
  });

  it.each(['', '10/31/2026', '2026-13-01'])('%j, which is no day of ours, throws', (text) => {
    expect(() => billingCycleOf(text)).toThrow(/Not a day/);
  });

  it.each([
    ['2026-01-01T00:00:00Z', '2025-12'],
    ['2026-01-31T23:59:59.999Z', '2025-12'],
    ['2026-03-31T12:00:00Z', '2026-02'],
    ['2024-03-01T00:00:00Z', '2024-02'],
    ['2026-12-08T06:00:00Z', '2026-11'],
  ])('before %s comes %s', (moment, expected) => {
    expect(previousCycle(moment)).toBe(expected);
  });

  it.each([
    ['2026-10', '2026-11-08'],
    ['2026-12', '2027-01-08'],
    ['2026-01', '2026-02-08'],
  ])('the invoice of %s is expected by %s', (cycle, expected) => {
    expect(expectedInvoiceDay(cycle as BillingCycle)).toBe(expected);
  });

  it('the cycle before the day an invoice is expected is the invoice’s own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1990, max: 2100 }), fc.integer({ min: 1, max: 12 }), (year, month) => {
        const cycle = `${year}-${String(month).padStart(2, '0')}` as BillingCycle;
        expect(previousCycle(`${expectedInvoiceDay(cycle)}T00:00:00Z`)).toBe(cycle);
      }),
    );
  });
});

describe('addMilliseconds', () => {
  it.each([
    ['2026-11-08T04:00:00.1234567Z', 0, '2026-11-08T04:00:00.123Z'],
    ['2026-11-08T04:00:00Z', 0, '2026-11-08T04:00:00.000Z'],
    ['2026-11-08T04:00:00+02:00', 0, '2026-11-08T02:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', 1, '2027-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00Z', -1, '2025-12-31T23:59:59.999Z'],
  ])('%s moved by %i is %s', (moment, milliseconds, expected) => {
    expect(addMilliseconds(moment, milliseconds)).toBe(expected);
  });

  it('throws for text that is no moment', () => {
    expect(() => addMilliseconds('2026-11-08T04:00:00', 0)).toThrow(RangeError);
  });
});
