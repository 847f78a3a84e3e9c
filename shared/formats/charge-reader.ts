import type { MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import type { MeterCharge } from '../domain/usage.ts';
import { chargeDetailOf } from './charge-detail.ts';
import type { ChargeRows } from './charge-rows.ts';
import type { ReadCharge } from './charge-tally.ts';
import { type ColumnTable, type Fields, rowReader, type ValueAt } from './columns.ts';
import { SharedTexts } from './shared-texts.ts';

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

export function isKeyField(field: string): boolean {
  return !Object.values<string>(chargeFields).includes(field);
}

/** What the readers of charges share: how a row is read field by field, and where it goes. */
export type ChargeReader<T extends ColumnTable> = {
  readonly table: T;
  readonly totals: MeterTotals;
  /** Reads a row and adds it. @returns undefined when the row was refused */
  readonly readRow: (valueAt: ValueAt, line: number) => ReadCharge | undefined;
  readonly chargeRows: ChargeRows | undefined;
};

/** Where rows go beside the totals. */
export type ChargeSink<T extends ColumnTable> = {
  readonly table: T;
  readonly toCharge: (row: Fields<T>) => MeterCharge;
  readonly totals: MeterTotals;
  readonly onRow: (row: Fields<T>) => void;
  readonly onRefused: (problem: Problem) => void;
  readonly chargeRows?: ChargeRows | undefined;
};

export function chargeReader<T extends ColumnTable>(fileName: string, sink: ChargeSink<T>): ChargeReader<T> {
  let accepted: ReadCharge | undefined;
  const texts = new SharedTexts();
  const read = rowReader(fileName, sink.table, {
    onRefused: sink.onRefused,
    onRow: (row) => {
      const charge = withSharedTexts(sink.toCharge(row), texts);
      const { unitPrice, subscriptionId, usageDate } = charge;
      const detail = sink.chargeRows === undefined ? {} : { detail: chargeDetailOf(charge) };
      accepted = { charge: { line: sink.totals.add(charge), unitPrice, subscriptionId, ...detail }, day: usageDate };
      sink.onRow(row);
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
  };
}

function withSharedTexts(charge: MeterCharge, texts: SharedTexts): MeterCharge {
  const shared: Record<string, unknown> = { ...charge };
  for (const [field, value] of Object.entries(charge)) if (typeof value === 'string') shared[field] = texts.of(value);
  return shared as MeterCharge;
}
