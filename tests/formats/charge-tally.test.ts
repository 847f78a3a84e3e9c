import { describe, expect, it } from 'vitest';
import { decimal, parseDecimal } from '../../shared/domain/decimal.ts';
import { MeterTotals } from '../../shared/domain/meter-totals.ts';
import { ChargeTally } from '../../shared/formats/charge-tally.ts';
import { RowScan } from '../../shared/formats/row-scan.ts';

/** Puts a row `key|day|quantity|cost` and its spans where a scanner would put them. */
function loadRow(scan: RowScan, row: string): Uint8Array {
  const bytes = scan.load(Buffer.from(row, 'utf8'));
  if (bytes === undefined) throw new Error('The row is too long');
  const ends: number[] = [];
  for (let end = bytes.indexOf('|'); end !== -1; end = bytes.indexOf('|', end + 1)) ends.push(end);
  const [key = 0, day = 0, quantity = 0] = ends;
  scan.spans.set([key + 1, day, day + 1, quantity, quantity + 1, bytes.length, 0, key]);
  return bytes;
}

/** Adds rows `key price|day|quantity|cost` as a reader does, and counts how many had to be read field by field. */
function tallied(
  rows: readonly string[],
  limits: { readonly keys: number; readonly keyBytes: number; readonly days: number },
) {
  const totals = new MeterTotals();
  const scan = new RowScan();
  const tally = new ChargeTally(totals, scan, 1, limits);
  let learned = 0;
  for (const row of rows) {
    const bytes = loadRow(scan, row);
    if (tally.add(bytes) !== undefined) continue;
    learned += 1;
    const [key = '', day = '', quantity = '', cost = ''] = row.split('|');
    const [meterId = '', price = ''] = key.split(' ');
    const unitPrice = decimal(price);
    const names = { meterName: '', meterCategory: '', meterSubCategory: '' };
    const place = { subscriptionId: 's', meterId: meterId.toLowerCase(), region: '', unit: 'u', currency: 'EUR' };
    const amounts = { quantity: parseDecimal(quantity), cost: parseDecimal(cost) };
    if (amounts.quantity === undefined || amounts.cost === undefined) continue;
    const charge = { ...place, ...names, usageDate: day, unitPrice, quantity: amounts.quantity, cost: amounts.cost };
    const learnedCharge = { line: totals.lineOf(charge), unitPrice, subscriptionId: 's' };
    tally.learn({ charge: learnedCharge, day, quantity: charge.quantity, cost: charge.cost }, bytes);
  }
  tally.flush();
  return { totals: totals.sorted(), learned };
}

const day = '2026-10-01';
const roomy = { keys: 100, keyBytes: 10_000, days: 100 };
const rows = Array.from(
  { length: 60 },
  (_, at) => `${at % 2 ? 'A' : 'a'}${at % 5} ${(at % 3) + 1}|2026-10-0${1 + (at % 4)}|${at}.5|1e-${at % 30}`,
);

describe('a tally of charges', () => {
  it('reads a row field by field only where its key or its day is new', () => {
    const { learned } = tallied([...rows, ...rows, ...rows], roomy);
    expect(learned).toBeLessThanOrEqual(34);
    expect(learned).toBeGreaterThanOrEqual(30);
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
    const { totals } = tallied(
      [`m 0.1|${day}|1|1`, `m 0.1|${day}|2|1`, `m 0.3|${day}|1e-28|1`, `m 0.3|${day}|-5|1`],
      roomy,
    );
    expect(totals).toMatchObject([
      { pricedQuantity: '-1.19999999999999999999999999997', quantity: '-1.9999999999999999999999999999' },
    ]);
    expect(totals[0]).not.toHaveProperty('unitPrice');
  });

  it('leaves a bad amount to the reader of rows, of which it never becomes part', () => {
    const { totals, learned } = tallied(
      [`m 1|${day}|1|1`, `m 1|${day}|oops|1`, `m 1|${day}|1|`, `m 1|${day}|1|2`],
      roomy,
    );
    expect(learned).toBe(3);
    expect(totals).toMatchObject([{ rows: 2, cost: '3' }]);
  });

  it('tells the totals of each month by itself, and on which of its days there were rows', () => {
    const told: { readonly month: string; readonly days: number; readonly rows: number }[] = [];
    class Recorded extends MeterTotals {
      override addMore(...[line, more]: Parameters<MeterTotals['addMore']>): void {
        super.addMore(line, more);
        told.push({ month: line.line.names.meterId, days: more.days ?? 0, rows: more.rows });
      }
    }
    const totals = new Recorded();
    const scan = new RowScan();
    const tally = new ChargeTally(totals, scan, 1, roomy);
    for (const day of ['2026-10-01', '2026-10-31', '2026-11-02', '2026-10-31', '2026-10-01', '2026-11-02']) {
      const bytes = loadRow(scan, `k|${day}|1|2`);
      if (tally.add(bytes) !== undefined) {
        expect(tally.day).toBe(day);
        continue;
      }
      // The line's meter stands for its month here: what the totals' key is made of is not the tally's affair.
      const names = { meterName: '', meterCategory: '', meterSubCategory: '' };
      const place = { subscriptionId: 's', meterId: day.slice(0, 7), region: '', unit: 'u', currency: 'EUR' };
      const amounts = { quantity: decimal('1'), cost: decimal('2'), unitPrice: decimal('1') };
      const line = totals.lineOf({ ...place, ...names, ...amounts, usageDate: day });
      tally.learn({ charge: { line, unitPrice: decimal('1'), subscriptionId: 's' }, day, ...amounts }, bytes);
    }
    tally.flush();
    expect(told).toEqual([
      { month: '2026-10', days: 1 | (1 << 30), rows: 4 },
      { month: '2026-11', days: 0b10, rows: 2 },
    ]);
  });
});
