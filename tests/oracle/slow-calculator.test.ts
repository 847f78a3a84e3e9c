import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { causeNames } from '../../shared/domain/cause.ts';
import { compareMeters, type MeterLine, meterStatuses } from '../../shared/domain/comparison.ts';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { matchMeters } from '../../shared/domain/matching.ts';
import {
  addTotals,
  type MeterTotal,
  meterLineKey,
  meterTotalKey,
  moneyOf,
  totalsForInvoices,
} from '../../shared/domain/meter-totals.ts';
import { type CurrencyTotals, coverageGap, summarise } from '../../shared/domain/summary.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { ChargeSpill } from '../../shared/formats/charge-spill.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { chunksOf } from '../formats/mutated-bytes.ts';
import { fileOf } from '../formats/source-files.ts';
import { generatedMonth, type Month } from './generated-months.ts';
import {
  compareSlowly,
  costRows,
  type Line,
  ofTheseInvoices,
  rowsOf,
  type Totals,
  totalsOf,
  usageRows,
} from './slow-calculator.ts';

/*
 * What the product makes of a month, and what the slow calculator makes of it: the same, to the last digit. The product
 * reads bytes in chunks, by keys, in files; the calculator reads text, row by row, and knows no total but a sum of rows.
 */

const months = 200;

type Side = { readonly totals: readonly MeterTotal[]; readonly rows: ReadonlyMap<string, readonly DetailRow[]> };

async function readSide(kind: 'dailyratedusage' | 'costexport', files: readonly string[]): Promise<Side> {
  const spill = new ChargeSpill(memorySpill());
  const totals = new Map<string, MeterTotal>();
  for (const [part, text] of files.entries()) {
    const name = `${kind}-${part}.csv${part === 0 ? '' : '.gz'}`;
    const source = fileOf(name, ...chunksOf(part === 0 ? Buffer.from(text) : inTwoMembers(text), 700));
    const contents = await readPart(source, { kind, part, problemsMax: 9, chargeRows: spill.rowsOf(name) });
    expect(contents.problems).toEqual([]);
    for (const total of contents.totals) {
      const known = totals.get(meterTotalKey(total));
      totals.set(meterTotalKey(total), known === undefined ? total : addTotals(known, total));
    }
  }
  const rows = new Map<string, DetailRow[]>();
  for (const { charge, row } of spill.read(() => true)) {
    const key = meterTotalKey(charge.line.line.names);
    rows.set(key, [...(rows.get(key) ?? []), row]);
  }
  return { totals: [...totals.values()], rows };
}

/** A gzip file may consist of several, one after the other, cut anywhere. */
function inTwoMembers(text: string): Buffer {
  const cut = Math.floor(text.length / 2);
  return Buffer.concat([gzipSync(text.slice(0, cut)), gzipSync(text.slice(cut))]);
}

function memorySpill() {
  const bytes: number[] = [];
  return {
    append: (block: Uint8Array) => {
      for (const byte of block) bytes.push(byte);
    },
    read: (offset: number, into: Uint8Array) => into.set(bytes.slice(offset, offset + into.length)),
  };
}

async function byProduct(month: Month) {
  const usage = await readSide('dailyratedusage', month.usage);
  const costs = await readSide('costexport', month.costs);
  const other = totalsForInvoices(costs.totals, ['G000000001']);
  const rowsOfLines = new Map(
    matchMeters(usage.totals, other).map((pair) => {
      const [ours, theirs] = ['invoice' in pair ? pair.invoice : undefined, 'other' in pair ? pair.other : undefined];
      const rowsIn = (side: Side, parts: readonly MeterTotal[] = []) =>
        parts.flatMap((part) =>
          ['', 'G000000001'].flatMap((invoiceId) => {
            const { invoiceId: _, ...unnamed } = part;
            return side.rows.get(meterTotalKey(invoiceId === '' ? unnamed : { ...unnamed, invoiceId })) ?? [];
          }),
        );
      const total = ours?.total ?? theirs?.total;
      const rows = { invoice: rowsIn(usage, ours?.parts), other: rowsIn(costs, theirs?.parts) };
      return [total === undefined ? '' : `${pair.kind} ${meterLineKey(total)}`, rows];
    }),
  );
  const lines = compareMeters(usage.totals, other, {
    comparedWith: 'costexport',
    policy: defaultPolicy,
    cycle: month.cycle,
    rowsOf: (total) => rowsOfLines.get(`both ${meterLineKey(total)}`),
  });
  const summary = summarise(lines);
  const sumRows = (totals: readonly MeterTotal[]) => totals.reduce((sum, total) => sum + total.rows, 0);
  const read = { invoiceRows: sumRows(usage.totals), otherRows: sumRows(other) };
  const money = { invoiceMoney: moneyOf(usage.totals), otherMoney: moneyOf(other) };
  expect(coverageGap(summary, { ...read, ...money })).toBeUndefined();
  const byStatus = Object.fromEntries(
    meterStatuses.flatMap((status) => [
      [`${status} invoice`, String(summary.invoiceRows[status])],
      [`${status} other`, String(summary.otherRows[status])],
    ]),
  );
  return {
    lines: lines.map(lineOf).sort((a, b) => (a.key < b.key ? -1 : 1)),
    totals: summary.totals.map(totalOf),
    rows: { read, byStatus: withoutZeros(byStatus) },
  };
}

/** A line of the product in the calculator's words. */
function lineOf(line: MeterLine): Line {
  const { sweep = 'none', currency, status, variance } = line;
  const names = [line.subscriptionId, line.meterId, currency];
  if (sweep !== 'withoutUnitAndRegion') names.push(line.region);
  if (sweep !== 'withoutUnitAndRegion' && sweep !== 'withoutUnit') names.push(line.unit);
  if (line.excludedBy !== undefined) names.push(line.excludedBy);
  const sideOf = (side: MeterLine['invoice']) => side && { ...side, unitPrice: side.unitPrice };
  return {
    key: names.join(' | '),
    currency,
    sweep,
    status,
    severity: line.severity,
    invoice: sideOf(line.invoice),
    other: sideOf(line.other),
    variance: variance.cost,
    percent: variance.percent,
    causes: causesOf(line),
  };
}

function causesOf({ causes }: Pick<MeterLine, 'causes'>): Line['causes'] {
  return Object.fromEntries(causes.map(({ cause, amount }) => [cause, amount]));
}

function totalOf(total: CurrencyTotals): Totals {
  const { lines: _, money, ...rest } = total;
  const amounts = Object.entries(money).flatMap(([status, { invoice, other }]) => [
    [`${status} invoice`, invoice],
    [`${status} other`, other],
  ]);
  return {
    ...rest,
    causes: causesOf(total),
    money: withoutZeros(Object.fromEntries(amounts)),
  };
}

function withoutZeros(amounts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== '0'));
}

function byHand(month: Month) {
  const usage = month.usage.flatMap(usageRows);
  const costs = ofTheseInvoices(month.costs.flatMap(costRows), usage);
  const lines = compareSlowly(usage, costs, month.cycle);
  const rows = { read: { invoiceRows: usage.length, otherRows: costs.length }, byStatus: rowsOf(lines) };
  return { lines, totals: totalsOf(lines), rows };
}

const seeds = Array.from({ length: months }, (_, index) => index + 1);

describe('an independent slow calculator', () => {
  const seen = new Set<string>();

  it.each(seeds)('agrees to the last digit on the generated month of seed %i', async (seed) => {
    const month = generatedMonth(seed);
    const expected = byHand(month);
    expect(await byProduct(month), `seed ${seed}`).toEqual(expected);
    for (const { status, sweep, severity, causes, key } of expected.lines) {
      const exclusion = status === 'excluded' ? key.split(' | ').at(-1) : undefined;
      for (const name of [status, sweep, severity, exclusion, ...Object.keys(causes)]) seen.add(name ?? '');
    }
  });

  it('has met every status, sweep, severity and cause in these months, and the rules that set costs aside', () => {
    const severities = ['minor', 'watch', 'contactSupport'];
    const rules = ['license', 'marketplace', 'reservationPurchase', 'savingsPlanPurchase', 'roundingAdjustment'];
    const statuses = meterStatuses.filter((status) => status !== 'notComparable');
    const sweeps = ['whole', 'withoutUnit', 'withoutUnitAndRegion'];
    expect([...seen]).toEqual(expect.arrayContaining([...statuses, ...sweeps, ...severities, ...rules, ...causeNames]));
  });

  it.each([1, 2, 3])('differs from the product that does not see a row (seed %i)', async (seed) => {
    const { usage, ...month } = generatedMonth(seed);
    const [first = '', ...others] = usage;
    const shorter = first.trimEnd().split('\n').slice(0, -1).join('\n');
    expect(await byProduct({ ...month, usage: [shorter, ...others] })).not.toEqual(byHand({ ...month, usage }));
  });
});
