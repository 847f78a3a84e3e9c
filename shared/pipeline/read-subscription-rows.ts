import { type CostRow, meterChargeOf } from '../domain/cost-row.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import { type MeterTotalKey, meterTotalKeyOfCharge } from '../domain/meter-totals.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { UsageRow } from '../domain/usage-row.ts';
import { detailOfCost, detailOfUsage } from '../formats/detail-rows.ts';
import { detectText } from '../formats/detected-file.ts';
import { readDomainRows } from '../formats/domain-rows.ts';
import { FileRefusedError } from '../formats/file-refused-error.ts';
import { openSubscriptionRows, rowsAsFile, type SubscriptionRows } from '../formats/subscription-row-reader.ts';
import type { VerbatimRow } from '../formats/subscription-rows.ts';
import { isCreditUsage } from '../formats/usage-rows.ts';
import type { DatasetStore } from './ports.ts';

type RowPorts = Pick<DatasetStore, 'openRows'>;

export type SubscriptionOfPart = {
  readonly datasetId: string;
  readonly part: number;
  readonly subscriptionId: string;
};

/**
 * The rows of one subscription in one part of a dataset, as they stood in the file, with their lines, in the order of
 * the file. No other subscription's rows are read.
 * @throws TerminalError when the rows of the part were not kept
 * @throws DamagedRowsError when they are not what was written
 */
export async function* readSubscriptionRows(
  datasets: RowPorts,
  { datasetId, part, subscriptionId }: SubscriptionOfPart,
): AsyncGenerator<VerbatimRow> {
  const rows = await openRows(datasets, datasetId, part);
  yield* rows.readRows(subscriptionId.toLowerCase());
}

/** What a detail row is made of: every column, and so the meter line that it belongs to. */
export type ChargeRowFields =
  | { readonly kind: 'usage'; readonly meter: MeterTotalKey; readonly row: UsageRow }
  | { readonly kind: 'cost'; readonly meter: MeterTotalKey; readonly row: CostRow };

export type DetailRowsOfPart = SubscriptionOfPart & {
  readonly fileName: string;
  /** Which meter lines are asked for; all, where nobody says. What is not asked for is hardly read. */
  readonly isWanted?: (meter: MeterTotalKey) => boolean;
};

/**
 * The same rows, read: each with its place in `fileName`, the file that the part is.
 * @throws TerminalError when the rows of the part were not kept
 * @throws DamagedRowsError when they are not what was written
 */
export async function readDetailRows(
  datasets: RowPorts,
  { datasetId, part, subscriptionId, fileName, isWanted = () => true }: DetailRowsOfPart,
  onRow: (row: DetailRow, fields: ChargeRowFields) => void,
): Promise<void> {
  const rows = await openRows(datasets, datasetId, part);
  const own = rows.readRows(subscriptionId.toLowerCase());
  const first = await own.next();
  if (first.done === true) return; // A file of no rows cannot be told from a file of something else.
  const { file, lineOf } = rowsAsFile(fileName, rows.layout, startingWith(first.value, own));
  const placed = <T extends { readonly line: number }>(row: T) => ({ ...row, file: fileName, line: lineOf(row.line) });
  await readDomainRows(
    await detectText(file),
    { part, view: 'actual' },
    {
      onRow: (domainRow) => {
        if (domainRow.kind === 'usage') {
          const row = placed(domainRow.row);
          const meter = meterOfUsage(row);
          if (isWanted(meter)) onRow(detailOfUsage(row), { kind: 'usage', meter, row });
        } else if (domainRow.kind === 'cost') {
          const row = placed(domainRow.row);
          const meter = meterTotalKeyOfCharge(meterChargeOf(row));
          if (isWanted(meter)) onRow(detailOfCost(row), { kind: 'cost', meter, row });
        } else throw new Error(`Rows of kind ${domainRow.kind} are not kept by subscription`);
      },
      onRefused: (problem) => {
        throw new FileRefusedError(problem);
      },
    },
  );
}

function meterOfUsage(row: UsageRow): MeterTotalKey {
  const { invoiceId: _, ...charge } = row;
  return meterTotalKeyOfCharge({ ...charge, isCredit: isCreditUsage(row) });
}

async function* startingWith<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* others;
}

async function openRows(datasets: RowPorts, datasetId: string, part: number): Promise<SubscriptionRows> {
  const file = await datasets.openRows(datasetId, part);
  if (file === undefined) throw new TerminalError(`The rows of part ${part} of dataset ${datasetId} were not kept`);
  return openSubscriptionRows(file);
}
