import { assertNever } from '../domain/assert-never.ts';
import { meterChargeOf } from '../domain/cost-row.ts';
import { isZero } from '../domain/decimal.ts';
import type { MeterTotals } from '../domain/meter-totals.ts';
import type { Problem } from '../domain/problem.ts';
import { SubscriptionOwners } from '../domain/subscription-owners.ts';
import type { MeterCharge } from '../domain/usage.ts';
import { type ChargeSink, chargeReader, takeCharge } from './charge-reader.ts';
import type { ChargeRows } from './charge-rows.ts';
import { moreOf } from './charge-tally.ts';
import type { ColumnTable } from './columns.ts';
import { costChargeColumns, costDetailsChargeOf } from './cost-details.ts';
import { readCsvCharges } from './csv-charges.ts';
import { tableOf } from './detect.ts';
import type { DetectedFile } from './detected-file.ts';
import { type CostView, focusChargeColumns, focusChargeOf } from './focus.ts';
import { readJsonLineCharges } from './json-line-charges.ts';
import { rowsAsLines } from './rows-as-lines.ts';
import { usageChargeColumns, usageChargeOf } from './usage-rows.ts';

/** What a row says beside its charge. Ids are folded, but for the invoice's. */
export type ChargeOwner = {
  readonly tenantId: string;
  readonly customerId: string;
  readonly invoiceId: string;
  readonly subscriptionName: string;
  /** Of daily rated usage, as the row writes it: see `lineReseller`. */
  readonly resellerMpnId?: string;
};

/** Which costs a file holds: cost details one of them, where its rows tell which; FOCUS both, and the actual is read. */
export type HeldCosts = CostView | 'both' | 'unknown';

export type Charges = {
  readonly totals: MeterTotals;
  /** Told of each different row, its day and amounts aside, at least once; of each day at least once. */
  readonly onCharge: (charge: MeterCharge, owner: ChargeOwner) => void;
  readonly onRefused: (problem: Problem) => void;
  /** Told of each accepted row; of one that has no bytes of its own, a line of JSON. */
  readonly chargeRows?: ChargeRows | undefined;
  /** Told now and then how many rows have been read. */
  readonly onProgress?: (rows: number) => void;
};

export type ReadingOfCharges = {
  readonly byRows?: boolean;
  /** The file is some rows of one that was read before: a column that need not have a value may be missing in JSON. */
  readonly isExcerpt?: boolean;
};

/**
 * Reads a file of daily rated usage or of costs into meter totals. Rows that differ in their day and amounts alone are
 * added up by their bytes; FOCUS, whose quantities follow from several amounts of a row, Parquet and JSON pages are read
 * row by row, and `byRows` reads everything so, some twenty times slower: the judge of the other way.
 * @returns how many rows the file has, refused ones included, and which costs they are
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readCharges(
  file: DetectedFile,
  charges: Charges,
  { byRows = false, isExcerpt = false }: ReadingOfCharges = {},
): Promise<{ readonly rows: number; readonly costView: HeldCosts }> {
  const { detection } = file;
  const owners = new SubscriptionOwners();
  const read = <T extends ColumnTable>(whole: ChargeSink<T>) => {
    const sink = isExcerpt ? { ...whole, table: withoutMissingText(whole.table) } : whole;
    const isRowByRow = byRows || detection.format === 'focus';
    return isRowByRow ? readByRows(file, sink) : readByBytes(file, sink);
  };
  const taking = (column: string) => (row: ChargeOwner, charge: MeterCharge, line: number) => {
    const owned = { subscriptionId: charge.subscriptionId, customerId: row.customerId, file: file.name, line };
    const problem = owners.take(owned, column);
    if (problem === undefined) charges.onCharge(charge, row);
    return problem;
  };
  switch (detection.format) {
    case 'dailyratedusage': {
      const onRow = taking('CustomerId');
      const sink = { ...charges, table: usageChargeColumns, toCharge: usageChargeOf, onRow };
      return { rows: await read(sink), costView: 'unknown' };
    }
    case 'costdetails': {
      const view = new ViewOfDetails();
      const take = taking('customerTenantId');
      const table = costChargeColumns[detection.agreement ?? 'mpa'];
      const rows = await read({
        ...charges,
        table,
        toCharge: (row) => meterChargeOf(costDetailsChargeOf(row)),
        onRow: (row, charge, line) => {
          const problem = take(row, charge, line);
          if (problem === undefined) view.take(charge, row.pricingModel);
          return problem;
        },
      });
      return { rows, costView: view.told };
    }
    case 'focus': {
      const onRow = taking('customerTenantId');
      const toCharge = (row: Parameters<typeof focusChargeOf>[0]) => meterChargeOf(focusChargeOf(row, 'actual'));
      return {
        rows: await read({ ...charges, table: focusChargeColumns, toCharge, onRow }),
        costView: 'both',
      };
    }
    case 'onetime':
    case 'license':
    case 'usage':
      throw new Error(`${file.name}: ${detection.format} holds line items, not charges`);
    default:
      return assertNever(detection.format);
  }
}

/** A row may do without a text, so that rows may be chosen of which none has it. */
function withoutMissingText<T extends ColumnTable>(table: T): T {
  const relaxed = Object.entries(table).map(([field, column]) => {
    const needsValue = ['decimal', 'rate', 'day', 'id'].includes(column.type);
    return [field, needsValue ? column : { ...column, required: false }];
  });
  return Object.fromEntries(relaxed) as T;
}

function readByBytes<T extends ColumnTable>(file: DetectedFile, sink: ChargeSink<T>): Promise<number> {
  if (file.lines === undefined) return readByRows(file, sink);
  const reader = chargeReader(file.name, sink);
  return file.head.layout === 'csv' ? readCsvCharges(file.lines, reader) : readJsonLineCharges(file.lines, reader);
}

/** Rows between two tellings of progress. */
const rowsBetween = 4096;

async function readByRows<T extends ColumnTable>(file: DetectedFile, sink: ChargeSink<T>): Promise<number> {
  let rows = 0;
  const { chargeRows } = sink;
  const lines = chargeRows === undefined ? undefined : rowsAsLines(file.head, tableOf(file.detection), chargeRows);
  const progress = (): void => {
    rows += 1;
    if (rows % rowsBetween === 0) sink.onProgress?.(rows);
  };
  const read = await file.readRows<T>(lines === undefined ? sink.table : { ...sink.table, ...lines.columns }, {
    onRefused: (problem) => {
      progress();
      sink.onRefused(problem);
    },
    onRow: (row, line) => {
      progress();
      const taken = takeCharge(sink, row, line);
      if (taken === undefined) return;
      sink.totals.addMore(taken.charge.line, moreOf(taken));
      lines?.tell(row, line, taken);
    },
    drain: chargeRows === undefined ? undefined : () => chargeRows.drain(),
  });
  await chargeRows?.drain();
  return read;
}

/** Actual files hold purchases of benefits and free use of them, amortized files priced use and unused benefits. */
class ViewOfDetails {
  told: HeldCosts = 'unknown';

  take({ chargeType = '', cost }: MeterCharge, pricingModel: string): void {
    if (this.told !== 'unknown') return;
    const charge = chargeType.toLowerCase();
    const isBenefit = ['reservation', 'savingsplan'].includes(pricingModel.toLowerCase());
    if (charge.startsWith('unused')) this.told = 'amortized';
    else if (isBenefit && charge === 'purchase') this.told = 'actual';
    else if (isBenefit && charge === 'usage') this.told = isZero(cost) ? 'actual' : 'amortized';
  }
}
