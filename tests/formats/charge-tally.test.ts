import { describe, expect, it } from 'vitest';
import { decimal, parseDecimal } from '../../shared/domain/decimal.ts';
import { MeterTotals } from '../../shared/domain/meter-totals.ts';
import { ChargeTally, chargeSpans } from '../../shared/formats/charge-tally.ts';

/** Adds rows `key price|day|quantity|cost` as a reader does, and counts how many had to be read field by field. */
function tallied(
  rows: readonly string[],
  limits: { readonly keys: number; readonly keyBytes: number; readonly days: number },
) {
  const totals = new MeterTotals();
  const tally = new ChargeTally(totals, 1, limits);
  const spans = chargeSpans(1);
  let learned = 0;
  for (const row of rows) {
    const bytes = Buffer.from(row, 'utf8');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const fields = row.split('|');
    let at = 0;
    for (const [index, span] of [spans.keys, spans.day, spans.quantity, spans.cost].entries()) {
      span[0] = at;
      span[1] = at + Buffer.byteLength(fields[index] ?? '');
      at = (span[1] ?? 0) + 1;
    }
    if (tally.add(bytes, view, spans)) continue;
    learned += 1;
    const [key = '', day = '', quantity = '', cost = ''] = fields;
    const [meterId = '', price = ''] = key.split(' ');
    const unitPrice = decimal(price);
    const names = { meterName: '', meterCategory: '', meterSubCategory: '' };
    const place = { subscriptionId: 's', meterId: meterId.toLowerCase(), region: '', unit: 'u', currency: 'EUR' };
    const amounts = { quantity: parseDecimal(quantity), cost: parseDecimal(cost) };
    if (amounts.quantity === undefined || amounts.cost === undefined) continue;
    const charge = { ...place, ...names, usageDate: day, unitPrice, quantity: amounts.quantity, cost: amounts.cost };
    tally.learn(view, spans, { line: totals.add(charge), unitPrice, usageDate: day });
  }
  tally.flush();
  return { totals: totals.sorted(), learned };
}

const roomy = { keys: 100, keyBytes: 10_000, days: 100 };
const rows = Array.from(
  { length: 60 },
  (_, at) => `${at % 2 ? 'A' : 'a'}${at % 5} ${(at % 3) + 1}|2026-10-0${(at % 4) + 1}|${at}.5|1e-${at % 30}`,
);

describe('a tally of charges', () => {
  it('reads a row field by field only where its key or its day is new', () => {
    const { learned } = tallied([...rows, ...rows, ...rows], roomy);
    expect(learned).toBeLessThanOrEqual(34);
    expect(learned).toBeGreaterThanOrEqual(30);
  });

  it('keeps the months of one key apart, and their days', () => {
    const months = ['2026-10-01', '2026-09-30', '2026-10-02', '2026-09-30'].map((day) => `a 1|${day}|1|2`);
    const days = tallied([...months, ...months], roomy).totals.map((total) => [
      total.usageMonth,
      total.days,
      total.rows,
    ]);
    expect(days).toEqual([
      ['2026-09', 1 << 29, 4],
      ['2026-10', 0b11, 4],
    ]);
  });

  it.each([
    ['keys', { ...roomy, keys: 2 }],
    ['bytes of keys', { ...roomy, keyBytes: 8 }],
    ['days', { ...roomy, days: 1 }],
  ])('that may remember few %s learns again and again, and comes to the same', (_, limits) => {
    const all = tallied(rows, roomy);
    const few = tallied(rows, limits);
    expect(few.learned).toBeGreaterThan(all.learned);
    expect(few.totals).toEqual(all.totals);
    expect(all.totals.map(({ rows }) => rows)).toEqual([12, 12, 12, 12, 12]);
  });

  it('makes price times quantity of each price once, and exactly', () => {
    const { totals } = tallied(['m 0.1|d|1|1', 'm 0.1|d|2|1', 'm 0.3|d|1e-28|1', 'm 0.3|d|-5|1'], roomy);
    expect(totals).toMatchObject([
      { pricedQuantity: '-1.19999999999999999999999999997', quantity: '-1.9999999999999999999999999999' },
    ]);
    expect(totals[0]).not.toHaveProperty('unitPrice');
  });

  it('leaves a bad amount to the reader of rows, of which it never becomes part', () => {
    const { totals, learned } = tallied(['m 1|d|1|1', 'm 1|d|oops|1', 'm 1|d|1|', 'm 1|d|1|2'], roomy);
    expect(learned).toBe(3);
    expect(totals).toMatchObject([{ rows: 2, cost: '3' }]);
  });
});
