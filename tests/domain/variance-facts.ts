import fc from 'fast-check';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import type { VarianceFacts } from '../../shared/domain/explain-variance.ts';
import { type MeterTotal, MeterTotals } from '../../shared/domain/meter-totals.ts';
import { chargeOf } from './meters.ts';

/** A detail row, and the list price that only the totals know. */
export type Row = DetailRow & { readonly listPrice?: string };

/** What is known of a meter line with these rows. */
export function factsOf(
  { invoice, other }: { readonly invoice: readonly Row[]; readonly other: readonly Row[] },
  { withRows = true } = {},
): VarianceFacts {
  return {
    invoice: totalsOfRows(invoice),
    other: totalsOfRows(other),
    cycle: '2026-10',
    comparedWith: 'costexport',
    ...(withRows ? { rows: { invoice: invoice.map(toDetail), other: other.map(toDetail) } } : {}),
  };
}

function toDetail({ listPrice: _, ...row }: Row): DetailRow {
  return row;
}

export function totalsOfRows(rows: readonly Row[]): readonly MeterTotal[] {
  const totals = new MeterTotals();
  for (const { source: _, resourceKey: _key, chargeType: _type, ...row } of rows) totals.add(chargeOf(row));
  return totals.sorted();
}

/** Amounts of few sizes, so that rows are often equal and differences often of one kind. */
const quantity = fc.constantFrom('1', '24', '12.5', '0', '-3', '0.333333');
const rowText = fc
  .record({
    usageDate: fc.constantFrom('2026-10-01', '2026-10-02', '2026-10-31', '2026-09-30'),
    resourceKey: fc.constantFrom('vm-1', 'vm-2'),
    quantity,
    unitPrice: fc.constantFrom('0.1', '0.085', '0', '0.0333'),
    cost: fc.constantFrom('2.16', '2.4', '0', '-1.5', '0.1234567890123', '7'),
    exchangeRate: fc.option(fc.constantFrom('0.9', '0.89'), { nil: undefined, freq: 3 }),
    isCredit: fc.boolean().map((is) => is && undefined),
  })
  .map(({ exchangeRate, isCredit: _, ...row }) => ({
    source: { file: 'a', line: 1 },
    ...row,
    ...(exchangeRate === undefined ? {} : { exchangeRate }),
  }));

const creditRow = fc
  .tuple(rowText, fc.boolean())
  .map(([row, isPaid]): Row => ({ ...row, isCredit: true, ...(isPaid ? { unitPrice: '0', cost: '0' } : {}) }));

export const rows: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.oneof({ weight: 5, arbitrary: rowText }, { weight: 1, arbitrary: creditRow }),
  { maxLength: 8 },
);
