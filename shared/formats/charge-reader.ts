import type { MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import type { MeterCharge } from '../domain/usage.ts';
import type { LearnedCharge } from './charge-tally.ts';
import { type ColumnTable, type Fields, rowReader, type ValueAt } from './columns.ts';

/** The fields of both tables of charges that differ from row to row; all others together are the key of a charge. */
export const chargeFields = { day: 'usageDate', quantity: 'quantity', cost: 'cost' } as const;

export function isKeyField(field: string): boolean {
  return !Object.values<string>(chargeFields).includes(field);
}

/** What the readers of charges share: how a row is read field by field, and where it goes. */
export type ChargeReader<T extends ColumnTable> = {
  readonly table: T;
  readonly totals: MeterTotals;
  /** Reads a row and adds it. @returns undefined when the row was refused */
  readonly readRow: (valueAt: ValueAt, line: number) => LearnedCharge | undefined;
};

/** Where rows go beside the totals. */
export type ChargeSink<T extends ColumnTable> = {
  readonly table: T;
  readonly toCharge: (row: Fields<T>) => MeterCharge;
  readonly totals: MeterTotals;
  readonly onRow: (row: Fields<T>) => void;
  readonly onRefused: (problem: Problem) => void;
};

export function chargeReader<T extends ColumnTable>(fileName: string, sink: ChargeSink<T>): ChargeReader<T> {
  let learned: LearnedCharge | undefined;
  const read = rowReader(fileName, sink.table, {
    onRefused: sink.onRefused,
    onRow: (row) => {
      const charge = sink.toCharge(row);
      learned = { line: sink.totals.add(charge), unitPrice: charge.unitPrice, usageDate: charge.usageDate };
      sink.onRow(row);
    },
  });
  return {
    table: sink.table,
    totals: sink.totals,
    readRow: (valueAt, line) => {
      learned = undefined;
      read(valueAt, line);
      return learned;
    },
  };
}
