import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMeters, type MeterLine } from '../../shared/domain/comparison.ts';
import { meterTotalKey, moneyOf, sumTexts } from '../../shared/domain/meter-totals.ts';
import { type ComparedLine, totalsOfLines, totalsOfPlans } from '../../shared/domain/plan-lines.ts';
import type { PlanTotal } from '../../shared/domain/plan-totals.ts';
import { coverageGap, summarise } from '../../shared/domain/summary.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';

const order = { productId: 'DZH318Z0BNZ5', skuId: '006G', currency: 'EUR' };

const plan = (change: Partial<PlanTotal> = {}): PlanTotal => ({
  planId: 'plan-1',
  ...order,
  quantity: '100',
  cost: '9.0012',
  pricedQuantity: '10',
  rows: 30,
  ...change,
});

const line = (change: Partial<ComparedLine> = {}): ComparedLine => ({
  subscriptionId: 'PLAN-1',
  ...order,
  productName: 'Tables',
  skuName: 'Tables - LRS',
  publisherName: 'Microsoft',
  chargeType: 'new',
  chargeEndDate: '2026-10-31',
  termAndBillingCycle: '1 GB/Month',
  reservationOrderId: '',
  subtotal: '9.00',
  billableQuantity: '100',
  effectiveUnitPrice: '0.1',
  ...change,
});

function compare(plans: readonly PlanTotal[], lines: readonly ComparedLine[]): readonly MeterLine[] {
  return compareMeters(totalsOfPlans(plans, '2026-10'), totalsOfLines(lines, plans, '2026-10'), {
    comparedWith: 'invoicelines',
    policy: defaultPolicy,
    cycle: '2026-10',
  });
}

const told = (lines: readonly MeterLine[]) => lines.map((one) => [one.status, one.excludedBy ?? one.decidedBy]);

describe('usage against the line items of the invoice', () => {
  it('meets by plan, product, SKU and currency, in whatever letter case', () => {
    const [one, ...rest] = compare([plan()], [line()]);
    expect(rest).toEqual([]);
    expect(one).toMatchObject({
      subscriptionId: 'plan-1',
      meterId: 'dzh318z0bnz5/006g',
      status: 'withinTolerance',
      decidedBy: 'invoicelines-default',
      meterName: 'Tables - LRS',
      meterCategory: 'Tables',
      invoice: { cost: '9.0012', rows: 30 },
      other: { cost: '9', rows: 1 },
      causes: [{ cause: 'rounding', amount: '0.0012' }],
    });
    expect(one).not.toHaveProperty('needsRows');
    for (const change of [{ skuId: '006H' }, { productId: 'X' }, { currency: 'USD' }, { planId: 'plan-2' }])
      expect(
        compare([plan(change)], [line()])
          .map(({ status }) => status)
          .sort(),
      ).toEqual(['invoiceOnly', 'otherOnly']);
  });

  it('allows a cent for each line of a group', () => {
    const three = [line({ subtotal: '3.00' }), line({ subtotal: '3.00' }), line({ subtotal: '2.98' })];
    expect(compare([plan({ cost: '9.01' })], three)).toMatchObject([{ status: 'withinTolerance', other: { rows: 3 } }]);
    expect(compare([plan({ cost: '9.0100001' })], three)).toMatchObject([{ status: 'mismatched' }]);
    expect(compare([plan({ cost: '9.01' })], [line({ subtotal: '8.98' })])).toMatchObject([{ status: 'mismatched' }]);
  });

  it('splits what is beyond rounding by its factors', () => {
    const [more] = compare(
      [plan({ quantity: '120', cost: '12', pricedQuantity: '12' })],
      [line({ subtotal: '10.00' })],
    );
    expect(more?.causes).toEqual([{ cause: 'quantity', amount: '2' }]);
    const usage = plan({ quantity: '120', cost: '10.8', pricedQuantity: '12' });
    const [cut] = compare([usage], [line({ effectiveUnitPrice: '0.09999' })]);
    expect(cut?.causes.map(({ cause }) => cause)).toEqual(['quantity', 'rounding']);
    const [dearer] = compare([plan({ cost: '10.8', pricedQuantity: '12' })], [line()]);
    expect(dearer?.causes).toEqual([{ cause: 'unitPrice', amount: '1.8' }]);
  });

  it('takes a charge and its credit together, and a refund against its charge', () => {
    const credit = line({ chargeType: 'customerCredit', subtotal: '-9.00', effectiveUnitPrice: '-0.1' });
    expect(compare([plan({ cost: '0', pricedQuantity: '0' })], [line(), credit])).toMatchObject([
      { status: 'matched', other: { quantity: '100', cost: '0' } },
    ]);
    const refund = line({
      chargeType: 'cancelImmediate',
      subtotal: '-4.50',
      billableQuantity: '50',
      effectiveUnitPrice: '-0.09',
    });
    expect(compare([plan({ quantity: '50', cost: '4.5' })], [line(), refund])).toMatchObject([
      { status: 'matched', other: { quantity: '50', cost: '4.5' } },
    ]);
  });

  it.each<readonly [string, Partial<ComparedLine>, string]>([
    ['seats', { termAndBillingCycle: 'One-Year commitment for monthly billing' }, 'license'],
    ['a software subscription', { termAndBillingCycle: '1 Year Subscription' }, 'software'],
    ['perpetual software', { termAndBillingCycle: '', chargeEndDate: '' }, 'software'],
    ['a reservation', { reservationOrderId: 'order-1' }, 'reservationPurchase'],
    ['a savings plan', { productName: 'Compute savings plan' }, 'savingsPlanPurchase'],
    ['a flat fee of a third party', { publisherName: 'Tailspin Software' }, 'marketplace'],
    ['a credit without a charge', { chargeType: 'customerCredit', subtotal: '-35.50' }, 'invoiceCredit'],
  ])('sets %s aside', (_, change, reason) => {
    expect(told(compare([], [line(change)]))).toEqual([['excluded', reason]]);
  });

  it('does not set aside what daily usage stands behind: metered usage of a third party, a credit of usage', () => {
    expect(told(compare([plan()], [line({ publisherName: 'Tailspin Software' })]))).toEqual([
      ['withinTolerance', 'invoicelines-default'],
    ]);
    const credit = line({ chargeType: 'customerCredit', subtotal: '-9.00' });
    expect(told(compare([], [line(), credit]))).toEqual([['otherOnly', undefined]]);
  });

  it('never takes equal lines for one line delivered twice: E5 is billed in twins', () => {
    const twins = [
      line({ termAndBillingCycle: 'One-Year commitment' }),
      line({ termAndBillingCycle: 'One-Year commitment' }),
    ];
    expect(compare([], twins)).toMatchObject([{ status: 'excluded', other: { cost: '18', rows: 2 } }]);
    expect(compare([plan({ cost: '18', quantity: '200' })], [line(), line()])).toMatchObject([
      { status: 'matched', other: { cost: '18', rows: 2 } },
    ]);
  });

  it('aggregates tiers and resellers: two lines of one SKU at two prices are one line of the result', () => {
    const tiers = [
      line({ subtotal: '0', effectiveUnitPrice: '0', billableQuantity: '5' }),
      line({ billableQuantity: '95' }),
    ];
    expect(compare([plan({ cost: '9' })], tiers)).toMatchObject([
      { status: 'matched', other: { quantity: '100', cost: '9', rows: 2 } },
    ]);
  });

  it('loses no line and no money, adds up to its causes, and does not mind the order', () => {
    const changes = fc.record(
      {
        skuId: fc.constantFrom('006G', '0001'),
        subtotal: fc.constantFrom('9.00', '-4.5', '0'),
        chargeType: fc.constantFrom('new', 'customerCredit', 'New'),
        publisherName: fc.constantFrom('Microsoft', 'Tailspin'),
        currency: fc.constantFrom('EUR', 'USD'),
      },
      { requiredKeys: [] },
    );
    const plans = fc.subarray([plan(), plan({ skuId: '0001', cost: '3' }), plan({ currency: 'USD', cost: '7.77' })]);
    fc.assert(
      fc.property(plans, fc.array(changes, { maxLength: 8 }), (usage, list) => {
        const lines = list.map(line);
        const result = compare(usage, lines);
        expect(JSON.stringify(compare(usage.toReversed(), lines.toReversed()))).toBe(JSON.stringify(result));
        const right = totalsOfLines(lines, usage, '2026-10');
        const left = totalsOfPlans(usage, '2026-10');
        expect(new Set(left.map(meterTotalKey)).size).toBe(usage.length);
        const read = { invoiceRows: 30 * usage.length, otherRows: lines.length };
        const money = { invoiceMoney: moneyOf(left), otherMoney: moneyOf(right) };
        expect(coverageGap(summarise(result), { ...read, ...money })).toBeUndefined();
        expect(sumTexts(right.map(({ cost }) => cost))).toBe(sumTexts(lines.map(({ subtotal }) => subtotal)));
        for (const { causes, variance } of summarise(result).totals)
          expect(sumTexts(causes.map(({ amount }) => amount))).toBe(variance);
      }),
    );
  });
});
