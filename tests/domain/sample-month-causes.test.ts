import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerKey, MeterKey } from '../../infra/local/sample-month/answer-key.ts';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { compareMeters, type MeterLine } from '../../shared/domain/comparison.ts';
import { type CostRow, meterChargeOf } from '../../shared/domain/cost-row.ts';
import { type Decimal, decimal, toText } from '../../shared/domain/decimal.ts';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { type MeterTotal, MeterTotals, totalsForInvoices } from '../../shared/domain/meter-totals.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import type { MeterCharge } from '../../shared/domain/usage.ts';
import type { UsageRow } from '../../shared/domain/usage-row.ts';
import { detectText } from '../../shared/formats/detected-file.ts';
import { type DomainRow, readDomainRows } from '../../shared/formats/domain-rows.ts';

/*
 * Every cause that is planted in a sample month is found, with its exact amount: rows read by the readers of domain rows,
 * compared with all that is known of them, and held against a key that was counted while the files were written.
 */

type Side = { readonly totals: MeterTotals; readonly rows: Map<string, DetailRow[]> };

/** What both sides of a line have in common whatever unit and region they write. */
const looseKey = ({ subscriptionId, meterId }: Pick<MeterTotal, 'subscriptionId' | 'meterId'>) =>
  `${subscriptionId} ${meterId}`;

const optional = <T extends string>(name: T, value: Decimal | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [key in T]?: Decimal };

function chargeOf(row: UsageRow | CostRow): MeterCharge {
  const { region } = row;
  const rates = {
    ...optional('exchangeRate', row.exchangeRate),
    ...optional('partnerEarnedCredit', row.partnerEarnedCredit),
    ...optional('listPrice', row.listPrice),
  };
  if ('provider' in row) return { ...meterChargeOf(row), ...rates, region };
  const { subscriptionId, meterId, unit, currency, meterName, meterCategory, meterSubCategory, usageDate } = row;
  const names = { subscriptionId, meterId, unit, currency, meterName, meterCategory, meterSubCategory, usageDate };
  const { quantity, unitPrice, cost } = row;
  const isCredit = row.creditType.toLowerCase() === 'azure credit applied';
  return { ...names, ...rates, quantity, unitPrice, cost, region, isCredit };
}

function take(side: Side, row: UsageRow | CostRow): void {
  const charge = chargeOf(row);
  side.totals.add(charge);
  if (charge.excludedBy !== undefined) return;
  const key = looseKey(charge);
  const detail: DetailRow = {
    source: { file: row.file, line: row.line },
    usageDate: charge.usageDate,
    resourceKey: row.resourceId,
    quantity: toText(charge.quantity),
    unitPrice: toText(charge.unitPrice),
    cost: toText(charge.cost),
    isCredit: charge.isCredit === true,
  };
  const known = side.rows.get(key);
  if (known === undefined) side.rows.set(key, [detail]);
  else known.push(detail);
}

const newSide = (): Side => ({ totals: new MeterTotals(), rows: new Map() });

async function readFolder(folder: string, side: Side): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const onRow = ({ kind, row }: DomainRow): void => {
    if (kind === 'usage' || kind === 'cost') take(side, row);
  };
  const onRefused = (problem: { readonly message: string }): never => {
    throw new Error(problem.message);
  };
  for (const name of names.filter((candidate) => candidate.endsWith('.gz')).sort()) {
    const bytes = createReadStream(join(folder, name)) as AsyncIterable<Uint8Array>;
    await readDomainRows(await detectText({ name, bytes }), { part: 0, view: 'actual' }, { onRow, onRefused });
  }
}

const keyOf = (line: Pick<MeterLine, 'subscriptionId' | 'meterId' | 'region' | 'unit' | 'excludedBy'>) =>
  [line.subscriptionId, line.meterId, line.region, line.unit, line.excludedBy ?? ''].join(' | ');

const causesOf = (line: Pick<MeterKey, 'causes'> | Pick<MeterLine, 'causes'>) =>
  line.causes.map(({ cause, amount }) => `${cause} ${amount}`);

describe('the causes planted in a sample month', () => {
  let folder: string;
  let key: AnswerKey;
  const sides = { invoice: newSide(), other: newSide() };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'causes-'));
    key = await writeSampleMonth(folder, { seed: 7, cycle: '2026-10', scale: 0.2 });
    await readFolder(join(folder, 'partner-center', 'exports', key.invoiceId, 'dailyratedusage'), sides.invoice);
    await readFolder(join(folder, 'cost-exports'), sides.other);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const compare = (withRows: boolean) => {
    const rowsOf = (total: MeterTotal) => ({
      invoice: sides.invoice.rows.get(looseKey(total)) ?? [],
      other: sides.other.rows.get(looseKey(total)) ?? [],
    });
    const other = totalsForInvoices(sides.other.totals.sorted(), [key.invoiceId]);
    return compareMeters(sides.invoice.totals.sorted(), other, {
      comparedWith: 'costexport',
      policy: defaultPolicy,
      cycle: key.cycle,
      ...(withRows ? { rowsOf } : {}),
    });
  };

  const planted = () =>
    new Map(
      key.subscriptions.flatMap(({ subscriptionId, meters }) =>
        meters.map((meter) => [keyOf({ subscriptionId, ...meter }), meter] as const),
      ),
    );

  it('are found, each with its exact amount, and no other', () => {
    const expected = planted();
    const found = new Map(compare(true).map((line) => [keyOf(line), line]));
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    const told = (lines: ReadonlyMap<string, Pick<MeterLine, 'causes'> | MeterKey>) =>
      [...lines].map(([name, line]) => [name, causesOf(line)]).sort();
    expect(told(found)).toEqual(told(expected));
    const names = new Set([...expected.values()].flatMap((line) => line.causes.map(({ cause }) => cause)));
    expect(names.size).toBe(11);
  });

  it('are found from totals alone where no rows are asked for', () => {
    const expected = planted();
    const lines = compare(false).filter((line) => line.needsRows !== true);
    expect(lines.length).toBeGreaterThan(expected.size * 0.9);
    for (const line of lines) expect(causesOf(line), keyOf(line)).toEqual(causesOf(expected.get(keyOf(line)) ?? line));
    const asked = compare(false).filter((line) => line.needsRows === true);
    expect(asked.length).toBeGreaterThan(0);
    for (const line of asked)
      expect(toText(line.causes.reduce((sum, { amount }) => sum.plus(amount), decimal('0')))).toBe(line.variance.cost);
  });
});
