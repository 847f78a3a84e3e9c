import type { DetailItem, DetailSide } from '../contracts/http.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { meterKeyOf } from '../domain/comparison.ts';
import { decimal, subtract, toText } from '../domain/decimal.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import { type MatchedSide, type MeterPair, matchMeters } from '../domain/matching.ts';
import { type MeterTotalKey, meterLineKey, sumTexts, totalsForInvoices } from '../domain/meter-totals.ts';
import type { DatasetStore, MeterStore, RunStore } from './ports.ts';
import { readDatasetRows } from './read-subscription-rows.ts';

export type DrillDownPorts = {
  readonly runs: Pick<RunStore, 'get' | 'readLines'>;
  readonly meters: Pick<MeterStore, 'read'>;
  readonly datasets: Pick<DatasetStore, 'readSeal' | 'openRows'>;
};

export type MeterOfRun = { readonly runId: string; readonly subscriptionId: string; readonly meterKey: string };

/** Most rows of one meter line that are opened: an answer is made in memory. */
export const drillDownRowsMax = 250_000;
/** Most rows of one side that an item lists; `rows` says how many there are. */
const listedRowsMax = 100;

export type DrillDown =
  | { readonly kind: 'opened'; readonly items: readonly DetailItem[] }
  | { readonly kind: 'tooManyRows'; readonly rows: number }
  /** A part was read before its rows were kept. */
  | { readonly kind: 'rowsNotKept' };

/**
 * What one meter line of a published run is made of: both sides by day and resource, in that order, each with the rows
 * that it comes from. Of either side only the subscription's own rows are read.
 * @returns undefined when there is no such run, subscription or line that stands on rows
 */
export async function drillDown(
  ports: DrillDownPorts,
  { runId, subscriptionId: id, meterKey }: MeterOfRun,
): Promise<DrillDown | undefined> {
  const run = await ports.runs.get(runId);
  // Lines of the other comparisons stand for amounts of the invoice, not for rows of one subscription.
  if (run?.state !== 'published' || run.comparedWith !== 'costexport') return undefined;
  const subscriptionId = id.toLowerCase();
  const lines = await ports.runs.readLines(runId, subscriptionId);
  const line = lines.find((candidate) => meterKeyOf(candidate) === meterKey.toLowerCase());
  if (line === undefined) return undefined;
  const rows = (line.invoice?.rows ?? 0) + (line.other?.rows ?? 0);
  if (rows > drillDownRowsMax) return { kind: 'tooManyRows', rows };
  const pair = await pairOf(ports, run, { subscriptionId, line: meterLineKey(line) });
  const [invoice, other] = await Promise.all([
    readSide(ports, { datasetIds: run.invoiceDatasetIds, subscriptionId }, wantedBy(pair.invoice, undefined)),
    readSide(ports, { datasetIds: run.otherDatasetIds, subscriptionId }, wantedBy(pair.other, run.invoiceId)),
  ]);
  if (invoice === undefined || other === undefined) return { kind: 'rowsNotKept' };
  for (const [read, expected] of [[invoice, line.invoice] as const, [other, line.other] as const]) {
    if (read.length === (expected?.rows ?? 0)) continue;
    throw new Error(`Run ${runId} counts ${expected?.rows ?? 0} rows of meter ${meterKey}; ${read.length} were kept`);
  }
  return { kind: 'opened', items: itemsOf(invoice, other) };
}

/** The totals that the line was added up from: they name the units and regions of its rows. */
async function pairOf(
  { meters }: Pick<DrillDownPorts, 'meters'>,
  { runId, invoiceId, invoiceDatasetIds, otherDatasetIds, engineVersion }: RunRecord,
  { subscriptionId, line }: { readonly subscriptionId: string; readonly line: string },
): Promise<Sides> {
  const [invoice, others] = await Promise.all(
    [invoiceDatasetIds, otherDatasetIds].map((ids) =>
      Promise.all(ids.map((datasetId) => meters.read(datasetId, subscriptionId))),
    ),
  );
  const pairs = matchMeters(invoice?.flat() ?? [], totalsForInvoices(others?.flat() ?? [], [invoiceId])).map(sidesOf);
  const pair = pairs.find(({ invoice: left, other: right }) => {
    const total = left?.total ?? right?.total;
    return total !== undefined && meterLineKey(total) === line;
  });
  if (pair === undefined) throw new Error(`A line of run ${runId} is not what engine ${engineVersion} has matched`);
  return pair;
}

type Sides = { readonly invoice: MatchedSide | undefined; readonly other: MatchedSide | undefined };

function sidesOf(pair: MeterPair): Sides {
  return {
    invoice: 'invoice' in pair ? pair.invoice : undefined,
    other: 'other' in pair ? pair.other : undefined,
  };
}

type Wanted = { readonly isWanted: (meter: MeterTotalKey) => boolean; readonly meterIds: ReadonlySet<string> };

/** Rows that name another invoice stand against that one; totals of the others have lost the name. */
function wantedBy(side: MatchedSide | undefined, ownInvoiceId: string | undefined): Wanted {
  const wanted = new Set(side?.parts.map(meterLineKey));
  const isWanted: Wanted['isWanted'] = ({ invoiceId, ...meter }) => {
    if (ownInvoiceId === undefined)
      return wanted.has(meterLineKey(invoiceId === undefined ? meter : { ...meter, invoiceId }));
    return (invoiceId === undefined || invoiceId === ownInvoiceId) && wanted.has(meterLineKey(meter));
  };
  return { isWanted, meterIds: new Set(side?.parts.map(({ meterId }) => meterId)) };
}

type OpenedRow = { readonly resourceId: string; readonly row: DetailRow };

async function readSide(
  { datasets }: Pick<DrillDownPorts, 'datasets'>,
  { datasetIds, subscriptionId }: { readonly datasetIds: readonly string[]; readonly subscriptionId: string },
  wanted: Wanted,
): Promise<readonly OpenedRow[] | undefined> {
  const rows: OpenedRow[] = [];
  for (const datasetId of datasetIds) {
    const isKept = await readDatasetRows(datasets, { datasetId, subscriptionId, ...wanted }, (row, { resourceId }) =>
      rows.push({ resourceId: resourceId(), row }),
    );
    if (!isKept) return undefined;
  }
  return rows;
}

type Group = { readonly invoice: DetailRow[]; readonly other: DetailRow[] };

function itemsOf(invoice: readonly OpenedRow[], other: readonly OpenedRow[]): readonly DetailItem[] {
  const groups = new Map<string, Group>();
  const put = (side: keyof Group, { resourceId, row }: OpenedRow): void => {
    const key = `${row.usageDate} ${resourceId}`;
    const group = groups.get(key) ?? { invoice: [], other: [] };
    groups.set(key, group);
    group[side].push(row);
  };
  for (const row of invoice) put('invoice', row);
  for (const row of other) put('other', row);
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, group]) => toItem(key, group));
}

const dayLength = 'YYYY-MM-DD'.length;

function toItem(key: string, { invoice, other }: Group): DetailItem {
  const [left, right] = [sideOf(invoice), sideOf(other)];
  return {
    usageDate: key.slice(0, dayLength),
    resourceId: key.slice(dayLength + 1),
    ...(left === undefined ? {} : { invoice: left }),
    ...(right === undefined ? {} : { other: right }),
    variance: {
      quantity: toText(subtract(decimal(left?.quantity ?? '0'), decimal(right?.quantity ?? '0'))),
      cost: toText(subtract(decimal(left?.cost ?? '0'), decimal(right?.cost ?? '0'))),
    },
  };
}

function sideOf(rows: readonly DetailRow[]): DetailSide | undefined {
  if (rows.length === 0) return undefined;
  return {
    quantity: sumTexts(rows.map((row) => row.quantity)),
    cost: sumTexts(rows.map((row) => row.cost)),
    rows: rows.length,
    listed: rows.slice(0, listedRowsMax).map(({ usageDate: _, resourceKey: __, ...row }) => row),
  };
}
