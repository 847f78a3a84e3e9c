import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reconciliation, reconcile, type SubscriptionResult } from '../../cli/reconcile.ts';
import { reconciliationXlsx } from '../../cli/reconcile-xlsx.ts';
import type { XlsxRow } from '../../shared/formats/xlsx-cells.ts';
import { xlsxFile } from '../../shared/formats/xlsx-writer.ts';
import { sampleCost, sampleUsage } from '../cli/offline-sample.ts';
import { bytesOf } from '../formats/bytes-of.ts';
import { type OpenedSheet, openInLibreOffice } from './libre-office.ts';

let result: Reconciliation;
let bytes: Uint8Array;

beforeAll(async () => {
  result = await reconcile({ usage: sampleUsage, cost: [sampleCost], invoice: [] }, () => {});
  bytes = await bytesOf(reconciliationXlsx(result));
});
afterAll(() => result.close());

/** Equal as far as numbers of 15 digits can be. */
function expectClose(found: unknown, exact: string, what: string): void {
  expect(typeof found, what).toBe('number');
  const difference = Math.abs(Number(found) - Number(exact));
  expect(difference, `${what}: ${String(found)}, expected ${exact}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(Number(exact))),
  );
}

const linesOf = (subscriptions: Iterable<SubscriptionResult> | undefined) =>
  [...(subscriptions ?? [])].flatMap(({ lines }) => lines);

function column(sheet: OpenedSheet, name: string): number {
  const at = sheet[0]?.indexOf(name) ?? -1;
  expect(at, name).toBeGreaterThanOrEqual(0);
  return at;
}

describe('the workbook of reconcile in LibreOffice', () => {
  it.each(['en-US', 'de-DE'])('calculates, in %s, the variances that we found', async (locale) => {
    const meters = await openInLibreOffice({
      locale,
      fileName: 'sample.xlsx',
      bytes,
      sheet: 'Meters',
      recalculate: true,
    });
    const lines = linesOf(result.comparisons[0]?.subscriptions());
    expect(meters).toHaveLength(1 + lines.length);
    const [quantity, price, cost, percent] = ['Quantity', 'UnitPrice', 'Cost', 'Percent'].map((name) =>
      column(meters, `variance${name}`),
    );
    for (const [at, { meterId, variance }] of lines.entries()) {
      const row = meters[at + 1] ?? [];
      expectClose(row[quantity ?? -1], variance.quantity, `${meterId} quantity`);
      expectClose(row[cost ?? -1], variance.cost, `${meterId} cost`);
      if (variance.unitPrice !== undefined) expectClose(row[price ?? -1], variance.unitPrice, `${meterId} price`);
      if (variance.percent === undefined) expect(row[percent ?? -1] ?? null).toBeNull();
      else expectClose(row[percent ?? -1], variance.percent, `${meterId} percent`);
    }
  });

  it('calculates again, whatever value we put beside a formula: that is what makes the tests here pass', async () => {
    const columns = ['Left', 'Right', 'Variance'].map((name) => ({ name, type: 'decimal' }) as const);
    const rows: XlsxRow[] = [['3.5', '1.25', { formula: 'A{row}-B{row}', value: '99' }]];
    const wrong = await bytesOf(xlsxFile([{ name: 'Meters', columns, rows }]));
    const opened = await openInLibreOffice({
      locale: 'en-US',
      fileName: 'wrong.xlsx',
      bytes: wrong,
      recalculate: true,
    });
    expect(opened[1]?.[2]).toBe(2.25);
  });

  it('calculates the total variance, and that the causes come to it', async () => {
    const summary = await openInLibreOffice({
      locale: 'fr-FR',
      fileName: 'sample.xlsx',
      bytes,
      sheet: 'Summary',
      recalculate: true,
    });
    const variance = result.comparisons[0]?.summary.totals[0]?.variance ?? '';
    for (const what of ['variance', 'causes in all']) {
      expectClose(summary.find((row) => row[2] === what)?.[3], variance, what);
    }
  });
});
