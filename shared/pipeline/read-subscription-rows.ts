import type { DetailRow } from '../domain/detail-row.ts';
import type { MeterTotalKey } from '../domain/meter-totals.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { type DetailPlace, readDetails } from '../formats/detail-reader.ts';
import { limits } from '../formats/limits.ts';
import { meterSieve } from '../formats/row-sieve.ts';
import { groupsAsFile, openSubscriptionRows, type SubscriptionRows } from '../formats/subscription-row-reader.ts';
import type { VerbatimRow } from '../formats/subscription-rows.ts';
import type { DatasetStore } from './ports.ts';
import { sealOf } from './seal-of.ts';

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

export type DetailRowsOfPart = SubscriptionOfPart & {
  /** The file that the part is. */
  readonly fileName: string;
  /** Which meter lines are asked for; all, where nobody says. What is not asked for is hardly read. */
  readonly isWanted?: (meter: MeterTotalKey) => boolean;
  /** Only meters of these ids are asked for: rows that hold none of them are not read at all. */
  readonly meterIds?: ReadonlySet<string> | undefined;
};

export type DetailRowsOfDataset = Omit<SubscriptionOfPart, 'part'> &
  Required<Pick<DetailRowsOfPart, 'isWanted'>> &
  Pick<DetailRowsOfPart, 'meterIds'>;

/**
 * The same rows, read: each with its place in the part.
 * @throws TerminalError when the rows of the part were not kept
 * @throws DamagedRowsError when they are not what was written
 */
export async function readDetailRows(
  datasets: RowPorts,
  { datasetId, part, subscriptionId, fileName, isWanted = () => true, meterIds }: DetailRowsOfPart,
  onRow: (row: DetailRow, place: DetailPlace) => void,
): Promise<void> {
  const rows = await openRows(datasets, datasetId, part);
  const sieve = meterIds === undefined ? undefined : meterSieve(meterIds, rows.layout);
  const sieving = sieve === undefined ? undefined : { sieve, firstRows: limits.headRowsMax };
  const own = rows.readGroups(subscriptionId.toLowerCase(), sieving);
  const first = await own.next();
  if (first.done === true) return; // A file of no rows cannot be told from a file of something else.
  const file = groupsAsFile(fileName, rows.layout, startingWith(first.value, own));
  await readDetails(file, { fileName, isWanted }, onRow);
}

/**
 * The rows of one subscription in a whole dataset, part by part; only parts that hold it are opened.
 * @returns false when one of them was read before rows were kept
 */
export async function readDatasetRows(
  datasets: Pick<DatasetStore, 'readSeal' | 'openRows'>,
  { datasetId, subscriptionId, isWanted, meterIds }: DetailRowsOfDataset,
  onRow: (row: DetailRow, place: DetailPlace) => void,
): Promise<boolean> {
  const seal = await sealOf(datasets, datasetId);
  for (const part of seal.partsOf[subscriptionId] ?? []) {
    const file = await datasets.openRows(datasetId, part);
    if (file === undefined) return false;
    const fileName = seal.files[part]?.name ?? '';
    const request = { datasetId, part, subscriptionId, fileName, isWanted, meterIds };
    await readDetailRows({ openRows: async () => file }, request, onRow);
  }
  return true;
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
