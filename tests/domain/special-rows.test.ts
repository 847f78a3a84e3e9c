import { describe, expect, it } from 'vitest';
import { exclusionOf } from '../../shared/domain/charges.ts';
import { compareMeters, type MeterLine } from '../../shared/domain/comparison.ts';
import { type MeterTotal, MeterTotals } from '../../shared/domain/meter-totals.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { type ChargeText, chargeOf } from './meters.ts';

/* Rows that are unlike ordinary usage: the rules of docs/matching.md, one by one. Line items stand in plan-lines.test.ts. */

function totalsOf(rows: readonly Partial<ChargeText>[]): readonly MeterTotal[] {
  const totals = new MeterTotals();
  for (const row of rows) totals.add(chargeOf(row));
  return totals.sorted();
}

const compare = (invoice: readonly Partial<ChargeText>[], other: readonly Partial<ChargeText>[]) =>
  compareMeters(totalsOf(invoice), totalsOf(other), {
    comparedWith: 'costexport',
    policy: defaultPolicy,
    cycle: '2026-10',
  });

const told = (lines: readonly MeterLine[]) =>
  lines.map((line) => [line.status, line.causes.map(({ cause, amount }) => `${cause} ${amount}`).join()]);

const usage = {
  chargeType: 'Usage',
  provider: 'Azure',
  publisherType: 'Azure',
  pricingModel: 'OnDemand',
  reservationId: '',
};

describe('special rows', () => {
  it('a credit that pays for usage keeps its quantity and is told as credit', () => {
    const paid = { unitPrice: '0', cost: '0', isCredit: true };
    expect(told(compare([paid], [{}]))).toEqual([['mismatched', 'credit -2.4']]);
  });

  it('late usage of an earlier month is told as such, and not as use of this month', () => {
    expect(told(compare([{}, { usageDate: '2026-09-30', cost: '1' }], [{}]))).toEqual([['mismatched', 'lateUsage 1']]);
  });

  it('usage that a reservation or a savings plan pays for costs nothing on both sides and matches', () => {
    const benefit = { unitPrice: '0', cost: '0' };
    expect(exclusionOf({ ...usage, pricingModel: 'Reservation', reservationId: 'r' })).toBeUndefined();
    expect(exclusionOf({ ...usage, pricingModel: 'SavingsPlan' })).toBeUndefined();
    expect(told(compare([benefit], [benefit]))).toEqual([['matched', '']]);
  });

  it('a purchase of a reservation or savings plan, its refund and its unused part are set aside', () => {
    expect(exclusionOf({ ...usage, chargeType: 'Purchase', pricingModel: 'Reservation' })).toBe('reservationPurchase');
    expect(exclusionOf({ ...usage, chargeType: 'Refund', pricingModel: 'SavingsPlan' })).toBe('savingsPlanPurchase');
    expect(exclusionOf({ ...usage, chargeType: 'UnusedReservation' })).toBe('unusedBenefit');
  });

  it('a flat fee of the marketplace is set aside; metered usage of it is compared', () => {
    const marketplace = { ...usage, publisherType: 'Marketplace' };
    expect(exclusionOf({ ...marketplace, chargeType: 'Purchase' })).toBe('marketplace');
    expect(exclusionOf(marketplace)).toBeUndefined();
  });

  it('a rounding adjustment is set aside whatever else it is', () => {
    expect(exclusionOf({ ...usage, chargeType: 'RoundingAdjustment', provider: '' })).toBe('roundingAdjustment');
    expect(told(compare([{}], [{}, { meterId: '', excludedBy: 'roundingAdjustment', cost: '-0.03' }]))).toEqual([
      ['excluded', ''],
      ['matched', ''],
    ]);
  });

  it('a free meter with unlike quantities is within tolerance and has no cause: nothing is owed', () => {
    const free = { unitPrice: '0', cost: '0' };
    expect(told(compare([{ ...free, quantity: '10' }], [{ ...free, quantity: '12' }]))).toEqual([
      ['withinTolerance', ''],
    ]);
    expect(told(compare([free], []))).toEqual([['invoiceOnly', '']]);
  });

  it('a row without cost is a row: it counts, and its quantity is compared', () => {
    const rows = [{}, { quantity: '0', cost: '0' }];
    expect(compare(rows, [{}])).toMatchObject([{ status: 'matched', invoice: { rows: 2 }, other: { rows: 1 } }]);
  });

  it('a correction counts against the quantity, on one side or on both', () => {
    const back = { quantity: '-12', cost: '-1.2' };
    expect(told(compare([{}, back], [{}, back]))).toEqual([['matched', '']]);
    expect(told(compare([{}, back], [{}]))).toEqual([['mismatched', 'quantity -1.2']]);
  });

  it('a meter with tiers is one line at a blended price', () => {
    const tiers = [
      { quantity: '1', unitPrice: '0', cost: '0' },
      { quantity: '4', unitPrice: '0.1', cost: '0.4' },
    ];
    expect(compare(tiers, tiers.toReversed())).toMatchObject([
      { status: 'matched', invoice: { quantity: '5', unitPrice: '0.08', cost: '0.4', rows: 2 } },
    ]);
  });

  it('a customer who changes reseller in the month is one customer: resellers are no part of a line', () => {
    const [before, after] = [{ usageDate: '2026-10-10' }, { usageDate: '2026-10-20' }];
    expect(compare([before, after], [after, before])).toMatchObject([{ status: 'matched', invoice: { rows: 2 } }]);
  });

  it('currencies never meet: the same use in two currencies is two lines', () => {
    expect(told(compare([{ currency: 'EUR' }], [{ currency: 'USD' }]))).toEqual([
      ['invoiceOnly', 'missingDays 2.4'],
      ['otherOnly', 'missingDays -2.4'],
    ]);
  });

  it('a key that stands for several rows is added up, and never pairs them by order', () => {
    const rows = [{ cost: '1' }, { cost: '2' }, { cost: '3' }];
    expect(told(compare(rows, rows.toReversed()))).toEqual([['matched', '']]);
  });
});
