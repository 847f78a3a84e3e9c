import type { MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import type { MeterCharge } from '../domain/usage.ts';
import { chargeDetailOf } from './charge-detail.ts';
import type { ChargeRows } from './charge-rows.ts';
import type { ReadCharge } from './charge-tally.ts';
import { type ColumnTable, type Fields, rowReader, type ValueAt } from './columns.ts';

/** The fields of both tables of charges that differ from row to row; all others together are the key of a charge. */
export const chargeFields = { day: 'usageDate', quantity: 'quantity', cost: 'cost' } as const;

/** Where the tables of all formats have the id of the resource; only who listens to rows is told of it. */
export const resourceColumn = {
  resource: {
    names: ['ResourceURI', 'ResourceId', 'InstanceId', 'InstanceName'],
    type: 'folded',
    required: false,
  },
} as const satisfies ColumnTable;

/** Whether rows that differ in this field are of different charges. */
export function isKeyField(field: string): boolean {
  return !Object.values<string>(chargeFields).includes(field);
}

/** What the readers of charges share: how a row is read field by field, and where it goes. */
export type ChargeReader<T extends ColumnTable> = {
  readonly table: T;
  readonly totals: MeterTotals;
  /** Reads a row, which is in no total yet. @returns undefined when the row was refused */
  readonly readRow: (valueAt: ValueAt, line: number) => ReadCharge | undefined;
  readonly chargeRows: ChargeRows | undefined;
  readonly onProgress: (rows: number) => void;
};

/** Where rows go beside the totals. */
export type ChargeSink<T extends ColumnTable> = {
  readonly table: T;
  readonly toCharge: (row: Fields<T>) => MeterCharge;
  readonly totals: MeterTotals;
  /**
   * Told of each row whose bytes are new, so at least once of each different row but for its day and amounts, and of
   * each day. @returns why the row is refused after all
   */
  readonly onRow: (row: Fields<T>, charge: MeterCharge, line: number) => Problem | undefined;
  readonly onRefused: (problem: Problem) => void;
  readonly chargeRows?: ChargeRows | undefined;
  /** Told now and then how many rows have been read. */
  readonly onProgress?: ((rows: number) => void) | undefined;
};

/** Takes a row that was read field by field, for `sink.totals` to add. @returns undefined when it was refused */
export function takeCharge<T extends ColumnTable>(
  sink: ChargeSink<T>,
  row: Fields<T>,
  line: number,
): ReadCharge | undefined {
  const charge = sink.toCharge(row);
  const problem = sink.onRow(row, charge, line);
  if (problem !== undefined) {
    sink.onRefused(problem);
    return undefined;
  }
  const { unitPrice, subscriptionId, usageDate, quantity, cost } = charge;
  const detail = sink.chargeRows === undefined ? {} : { detail: chargeDetailOf(charge) };
  const handle = sink.totals.lineOf(charge);
  return { charge: { line: handle, unitPrice, subscriptionId, ...detail }, day: usageDate, quantity, cost };
}

/** Reads rows field by field: what the scanners of bytes fall back on, and learn a key's charge from. */
export function chargeReader<T extends ColumnTable>(fileName: string, sink: ChargeSink<T>): ChargeReader<T> {
  let accepted: ReadCharge | undefined;
  const read = rowReader(fileName, sink.table, {
    onRefused: sink.onRefused,
    onRow: (row, line) => {
      accepted = takeCharge(sink, row, line);
    },
  });
  return {
    table: sink.table,
    totals: sink.totals,
    readRow: (valueAt, line) => {
      accepted = undefined;
      read(valueAt, line);
      return accepted;
    },
    chargeRows: sink.chargeRows,
    onProgress: sink.onProgress ?? (() => {}),
  };
}
