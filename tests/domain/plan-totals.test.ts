import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toText } from '../../shared/domain/decimal.ts';
import { MeterTotals, sumTexts } from '../../shared/domain/meter-totals.ts';
import { addPlanTotals, type PlanTotal, planTotalKey, unplannedTotals } from '../../shared/domain/plan-totals.ts';
import type { MeterCharge } from '../../shared/domain/usage.ts';
import { chargeOf, charges } from './meters.ts';

function planTotalsOf(rows: readonly MeterCharge[]): readonly PlanTotal[] {
  const totals = new MeterTotals();
  for (const row of rows) totals.add(row);
  return totals.planTotals();
}

const bytesOf = (totals: readonly PlanTotal[]) =>
  totals.map((total) => JSON.stringify(Object.entries(total).sort())).join('\n');

const order = { planId: 'plan-1', productId: 'product-1', skuId: '0001' };

describe('plan totals', () => {
  it('add up the meters, subscriptions and months of one product and SKU of a plan', () => {
    const rows = [
      chargeOf(order),
      chargeOf({ ...order, meterId: 'meter-2', subscriptionId: 'subscription-b', usageDate: '2026-09-30', cost: '1' }),
      chargeOf({ ...order, skuId: '0002' }),
    ];
    expect(planTotalsOf(rows)).toEqual([
      { ...order, currency: 'EUR', quantity: '48', cost: '3.4', pricedQuantity: '4.8', rows: 2 },
      { ...order, skuId: '0002', currency: 'EUR', quantity: '24', cost: '2.4', pricedQuantity: '2.4', rows: 1 },
    ]);
  });

  it('leave out what a rule sets aside and what names no plan', () => {
    expect(planTotalsOf([chargeOf({ ...order, excludedBy: 'license' }), chargeOf(), chargeOf({ planId: '' })])).toEqual(
      [],
    );
  });

  it('and what names no plan are all usage, by currency', () => {
    const rows = [
      chargeOf(order),
      chargeOf({ cost: '0.4' }),
      chargeOf({ currency: 'USD', cost: '-1' }),
      chargeOf(order),
    ];
    const totals = new MeterTotals();
    for (const row of rows) totals.add(row);
    const none = { planId: '', productId: '', skuId: '', quantity: '0', pricedQuantity: '0', rows: 1 };
    expect(unplannedTotals(totals.sorted(), totals.planTotals())).toEqual([
      { ...none, currency: 'EUR', cost: '0.4' },
      { ...none, currency: 'USD', cost: '-1' },
    ]);
    expect(unplannedTotals(planTotalsOf([chargeOf(order)]), planTotalsOf([chargeOf(order)]))).toEqual([]);
  });

  it('never let currencies or invoices meet', () => {
    const rows = [chargeOf(order), chargeOf({ ...order, currency: 'USD' }), chargeOf({ ...order, invoiceId: 'G1' })];
    expect(planTotalsOf(rows).map((total) => total.rows)).toEqual([1, 1, 1]);
  });

  it('come to the same bytes in any order, in one part or in two, and lose no row and no amount', () => {
    const shuffled = fc
      .array(charges, { minLength: 1, maxLength: 30 })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }), fc.nat()));
    fc.assert(
      fc.property(shuffled, ([rows, others, at]) => {
        const whole = planTotalsOf(rows);
        expect(bytesOf(planTotalsOf(others))).toBe(bytesOf(whole));
        const cut = at % rows.length;
        const parts = [...planTotalsOf(rows.slice(0, cut)), ...planTotalsOf(rows.slice(cut))];
        const merged = [...Map.groupBy(parts, planTotalKey)].sort(([left], [right]) => (left < right ? -1 : 1));
        expect(bytesOf(merged.map(([, group]) => group.reduce(addPlanTotals)))).toBe(bytesOf(whole));
        const ordered = rows.filter((row) => (row.planId ?? '') !== '' && row.excludedBy === undefined);
        expect(whole.reduce((sum, total) => sum + total.rows, 0)).toBe(ordered.length);
        expect(sumTexts(whole.map((total) => total.cost))).toBe(sumTexts(ordered.map((row) => toText(row.cost))));
      }),
    );
  });
});
