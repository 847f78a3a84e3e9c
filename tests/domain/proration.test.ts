import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absolute,
  add,
  compareDecimals,
  decimal,
  multiply,
  subtract,
  toText,
  zero,
} from '../../shared/domain/decimal.ts';
import { priceAdjustmentOf } from '../../shared/domain/price-adjustment.ts';
import {
  billingPlansOf,
  type ChargeCycle,
  type CycleShare,
  chargeCycleOf,
  cycleDays,
  daysIncluded,
  isMonthEndCycle,
  monthsOfCycle,
  proratedAmount,
  proratedPrice,
  shareOfCycle,
  wholeCycle,
} from '../../shared/domain/proration.ts';

const one = decimal('1');

function amountOf(unitPrice: string, share: CycleShare, quantity: string): string {
  const amount = proratedAmount({
    unitPrice: decimal(unitPrice),
    share,
    quantity: decimal(quantity),
    exchangeRate: one,
  });
  return toText(amount);
}

const days = (billed: number, of: number): CycleShare => ({ unit: 'day', billed, of });

/* Microsoft's worked examples: price of a seat, days charged of days of the cycle, seats, and the amount that it gives. */
const seatVectors = [
  ['new-10-seats', '10.08', 30, 30, '10', '100.8'],
  ['add-2-refund', '10.08', 28, 30, '10', '-94.08'],
  ['add-2-recharge', '10.08', 28, 30, '12', '112.89'],
  ['remove-4-refund', '10.08', 28, 30, '12', '-112.89'],
  ['remove-4-recharge', '10.08', 28, 30, '8', '75.26'],
  ['march-multi-1', '12', 29, 31, '10', '-112.25'],
  ['march-multi-2', '12', 29, 31, '15', '168.38'],
  ['march-multi-3', '12', 26, 31, '15', '-150.96'],
  ['march-multi-4', '12', 26, 31, '25', '251.61'],
  ['march-multi-5', '12', 24, 31, '25', '-232.25'],
  ['march-multi-6', '12', 24, 31, '23', '213.67'],
  ['march-multi-7', '12', 22, 31, '23', '-195.87'],
  ['march-multi-8', '12', 22, 31, '20', '170.32'],
  ['march-multi-9', '12', 11, 31, '20', '-85.16'],
  ['march-multi-10', '12', 11, 31, '30', '127.74'],
  ['cancel-7day', '10.08', 29, 31, '10', '-94.2'],
  ['full-upgrade-refund', '10.08', 23, 30, '300', '-2316'],
  ['full-upgrade-charge', '6.43', 23, 30, '300', '1476'],
  ['partial-upgrade-refund', '10.08', 23, 30, '100', '-772'],
  ['partial-upgrade-charge', '6.43', 23, 30, '100', '492'],
  ['trial-to-paid', '52.61', 30, 30, '25', '1315.25'],
  ['plan-change-monthly-to-annual', '250', 11, 12, '10', '2291.6'],
] as const;

/**
 * Those that Microsoft cut off per seat, where its other examples cut off the whole amount: our amount differs from
 * theirs by less than a cent per seat. They are the reason for the tolerance.
 */
const contradicting = [
  'cancel-7day',
  'full-upgrade-refund',
  'full-upgrade-charge',
  'partial-upgrade-refund',
  'partial-upgrade-charge',
  'plan-change-monthly-to-annual',
];

function shareOfVector(id: string, billed: number, of: number): CycleShare {
  if (billed === of) return wholeCycle;
  return id === 'plan-change-monthly-to-annual' ? { unit: 'month', billed, of } : days(billed, of);
}

describe('a prorated charge', () => {
  it.each(seatVectors)(
    'of %s is Microsoft’s, or within a cent per seat and one more',
    (id, price, billed, of, seats, told) => {
      const share = shareOfVector(id, billed, of);
      const expected = toText(absolute(decimal(told)));
      if (!contradicting.includes(id)) expect(amountOf(price, share, seats)).toBe(expected);
      const gap = absolute(subtract(decimal(amountOf(price, share, seats)), decimal(expected)));
      const tolerance = add(multiply(decimal('0.01'), decimal(seats)), decimal('0.01'));
      expect(compareDecimals(gap, tolerance)).toBeLessThanOrEqual(0);
    },
  );

  it('contradicts just the examples that are named', () => {
    const off = seatVectors.filter(([id, price, billed, of, seats, told]) => {
      return amountOf(price, shareOfVector(id, billed, of), seats) !== toText(absolute(decimal(told)));
    });
    expect(off.map(([id]) => id)).toEqual(contradicting);
  });

  it('comes out as in the example of ten seats at 10.00 and five more on June 20', () => {
    const cycle = chargeCycleOf('monthly', { chargeStart: '2023-06-20', chargeEnd: '2023-07-09' }, ['2023-04-10']);
    expect(cycle).toEqual({ plan: 'monthly', start: '2023-06-10', end: '2023-07-09' });
    if (cycle === undefined) return;
    const share = shareOfCycle(cycle, '2023-06-20');
    expect(share).toEqual(days(20, 30));
    const refund = amountOf('10', share, '10');
    const charge = amountOf('10', share, '15');
    expect([refund, charge]).toEqual(['66.66', '99.99']);
    const june = add(decimal(amountOf('10', wholeCycle, '10')), subtract(decimal(charge), decimal(refund)));
    expect(toText(june)).toBe('133.33');
  });
});

describe('a charge cycle', () => {
  const monthEnds = [
    ['2022-02-27', '2022-01-31'],
    ['2022-03-30', '2022-02-28'],
    ['2022-04-29', '2022-03-31'],
    ['2022-05-30', '2022-04-30'],
  ] as const;

  it.each(monthEnds)('of a subscription from January 31 that ends on %s begins on %s', (end, start) => {
    const cycle = chargeCycleOf('monthly', { chargeStart: start, chargeEnd: end }, ['2022-01-31']);
    expect(cycle).toEqual({ plan: 'monthly', start, end });
    expect(shareOfCycle({ plan: 'monthly', start, end }, start)).toEqual(wholeCycle);
  });

  it.each([
    ['2022-02-21', '2022-03-20', 28],
    ['2024-02-21', '2024-03-20', 29],
    ['2022-06-18', '2022-07-17', 30],
    ['2022-07-15', '2022-08-14', 31],
    ['2022-12-05', '2023-01-04', 31],
  ])('that starts on %s is divided by the days of that month', (start, end, divisor) => {
    const cycle: ChargeCycle = { plan: 'monthly', start, end };
    expect(cycleDays(cycle)).toBe(divisor);
    expect(isMonthEndCycle(cycle)).toBe(false);
  });

  it('cut by the end of a month is told, since its days are not those of its month', () => {
    expect(isMonthEndCycle({ plan: 'monthly', start: '2022-01-31', end: '2022-02-27' })).toBe(true);
    expect(isMonthEndCycle({ plan: 'monthly', start: '2022-02-28', end: '2022-03-30' })).toBe(true);
    expect(isMonthEndCycle({ plan: 'annual', start: '2022-01-31', end: '2023-01-30' })).toBe(false);
  });

  it('of a year or three has its own days', () => {
    const year = chargeCycleOf('annual', { chargeStart: '2023-09-01', chargeEnd: '2024-03-14' }, ['2022-03-15']);
    expect(year).toEqual({ plan: 'annual', start: '2023-03-15', end: '2024-03-14' });
    expect(year && cycleDays(year)).toBe(366);
    const three = chargeCycleOf('triennial', { chargeStart: '2022-03-15', chargeEnd: '2025-03-14' }, ['2022-03-15']);
    expect(three && cycleDays(three)).toBe(1096);
    expect(chargeCycleOf('triennial', { chargeStart: '2022-03-15', chargeEnd: '2024-03-14' }, ['2022-03-15'])).toBe(
      undefined,
    );
  });

  it('that was aligned with the end of the subscription is counted from there', () => {
    const period = { chargeStart: '2023-06-18', chargeEnd: '2023-06-30' };
    expect(chargeCycleOf('monthly', period, ['2023-06-18'])).toBe(undefined);
    expect(chargeCycleOf('monthly', period, ['2023-06-18', '2024-07-01'])).toMatchObject({ start: '2023-06-01' });
    expect(chargeCycleOf('monthly', period, [])).toMatchObject({ start: '2023-06-01' });
  });

  it('never begins after the charge, however the charge lies', () => {
    expect(chargeCycleOf('monthly', { chargeStart: '2023-05-01', chargeEnd: '2023-06-30' }, ['2023-01-01'])).toBe(
      undefined,
    );
  });

  it('of a changed plan is charged by months where they are whole', () => {
    const year: ChargeCycle = { plan: 'annual', start: '2022-05-10', end: '2023-05-09' };
    expect(monthsOfCycle(year, '2022-06-10')).toEqual({ unit: 'month', billed: 11, of: 12 });
    expect(monthsOfCycle(year, '2022-06-11')).toBe(undefined);
    expect(monthsOfCycle(year, '2022-05-10')).toBe(undefined);
  });

  const day = fc.integer({ min: 0, max: 20_000 }).map((offset) => {
    const date = new Date(Date.UTC(2000, 0, 1 + offset));
    return date.toISOString().slice(0, 10);
  });

  it('of months follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 40 }), (anchor, count) => {
        let start = anchor;
        for (let month = 0; month < count; month += 1) {
          const found = Array.from({ length: 5 }, (_, index) => addDays(start, 26 + index)).flatMap((end) => {
            const cycle = chargeCycleOf('monthly', { chargeStart: start, chargeEnd: end }, [anchor]);
            return cycle === undefined ? [] : [cycle];
          });
          expect(found).toHaveLength(1);
          expect(found[0]?.start).toBe(start);
          start = addDays(found[0]?.end ?? '', 1);
        }
      }),
      { numRuns: 50 },
    );
  });
});

function addDays(day: string, count: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, date + count)).toISOString().slice(0, 10);
}

describe('billing plans', () => {
  it.each([
    ['Monthly', '', ['monthly']],
    ['Annual', 'One-Year commitment for monthly billing', ['annual']],
    ['OneTime', '', ['oneTime']],
    ['Triennial', '', ['triennial']],
    ['3 Years', '', ['triennial']],
    ['', 'One-Month commitment for monthly billing', ['monthly']],
    ['', 'One-Year commitment for yearly billing', ['annual']],
    ['', 'One-Year commitment for monthly/yearly billing', ['monthly', 'annual']],
    ['', 'Three-3 Years commitment for monthly/3 Years/yearly billing', ['monthly', 'triennial', 'annual']],
    ['', 'One-year term duration', ['monthly', 'annual', 'triennial']],
  ])('of frequency "%s" and term "%s" are %s', (billingFrequency, termAndBillingCycle, plans) => {
    expect(billingPlansOf({ billingFrequency, termAndBillingCycle })).toEqual(plans);
  });
});

describe('a price adjustment', () => {
  it('takes one percentage at its word, and no more', () => {
    expect(priceAdjustmentOf('')).toEqual({ kind: 'none' });
    expect(priceAdjustmentOf('[]')).toEqual({ kind: 'none' });
    const discount = priceAdjustmentOf('["15.0% Partner earned credit for services managed"]');
    expect(discount.kind === 'discount' && toText(discount.factor)).toBe('0.85');
    expect(priceAdjustmentOf('["15.0% Partner earned credit","100.0% Tier 1 Discount"]')).toEqual({ kind: 'unclear' });
    expect(priceAdjustmentOf('Goodwill')).toEqual({ kind: 'unclear' });
    expect(priceAdjustmentOf('["150% of list"]')).toEqual({ kind: 'unclear' });
  });
});

describe('properties', () => {
  const price = fc.integer({ min: 0, max: 10_000_000 }).map((units) => decimal(`${units}e-3`));
  const seats = fc.integer({ min: 1, max: 100_000 }).map((count) => decimal(String(count)));
  const split = fc
    .integer({ min: 28, max: 31 })
    .chain((of) => fc.tuple(fc.constant(of), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })));

  it('the parts of a split charge add up to the whole of their days, exactly', () => {
    fc.assert(
      fc.property(price, split, (unitPrice, [of, parts]) => {
        const sum = parts.reduce((total, billed) => add(total, proratedPrice(unitPrice, days(billed, of))), zero);
        const together = parts.reduce((total, billed) => total + billed, 0);
        expect(toText(sum)).toBe(toText(proratedPrice(unitPrice, days(together, of))));
      }),
    );
  });

  it('all days of a cycle come to its price, but for what the price of a day was cut off', () => {
    fc.assert(
      fc.property(price, fc.integer({ min: 28, max: 366 }), (unitPrice, of) => {
        const gap = subtract(proratedPrice(unitPrice, wholeCycle), proratedPrice(unitPrice, days(of, of)));
        expect(compareDecimals(gap, zero)).toBeGreaterThanOrEqual(0);
        expect(compareDecimals(gap, decimal(`${of}e-7`))).toBeLessThan(0);
      }),
    );
  });

  it('scaling the seats scales the charge, but for the cent that is cut off each time', () => {
    fc.assert(
      fc.property(
        price,
        seats,
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 31 }),
        (unitPrice, quantity, factor, billed) => {
          const charge = { unitPrice, share: days(billed, 31), exchangeRate: one };
          const scaled = proratedAmount({ ...charge, quantity: multiply(quantity, decimal(String(factor))) });
          const times = multiply(proratedAmount({ ...charge, quantity }), decimal(String(factor)));
          const gap = subtract(scaled, times);
          expect(compareDecimals(gap, zero)).toBeGreaterThanOrEqual(0);
          expect(compareDecimals(gap, multiply(decimal('0.01'), decimal(String(factor))))).toBeLessThan(0);
        },
      ),
    );
  });

  it('a refund and a charge for no change come to nothing', () => {
    fc.assert(
      fc.property(price, seats, fc.integer({ min: 1, max: 31 }), (unitPrice, quantity, billed) => {
        const charge = { unitPrice, share: days(billed, 31), quantity, exchangeRate: one };
        const refund = proratedAmount({ ...charge, quantity: subtract(zero, quantity) });
        expect(toText(add(proratedAmount(charge), refund))).toBe('0');
      }),
    );
  });

  it('days are counted with both ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), (count) => {
        expect(daysIncluded('2023-06-20', addDays('2023-06-20', count))).toBe(count + 1);
      }),
    );
  });
});
