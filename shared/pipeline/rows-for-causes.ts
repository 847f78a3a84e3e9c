import type { RunRecord } from '../contracts/runs.ts';
import type { MeterLine } from '../domain/comparison.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import { type MeterPair, matchMeters } from '../domain/matching.ts';
import { type MeterTotal, type MeterTotalKey, meterLineKey } from '../domain/meter-totals.ts';
import type { RowsOfSides } from '../domain/row-causes.ts';
import { limits } from '../formats/limits.ts';
import type { DatasetStore } from './ports.ts';
import { readDatasetRows } from './read-subscription-rows.ts';

export type RowsForCausesPorts = { readonly datasets: Pick<DatasetStore, 'readSeal' | 'openRows'> };

/** The totals of both sides of one subscription, and the lines that they came to. */
export type ComparedTotals = {
  readonly invoice: readonly MeterTotal[];
  readonly other: readonly MeterTotal[];
  readonly lines: readonly MeterLine[];
};

/** The rows of a line as they are found, and how many there must be in the end. */
type Rows = {
  readonly invoice: DetailRow[];
  readonly other: DetailRow[];
  readonly expected: { readonly invoice: number; readonly other: number };
};

/**
 * The rows of the lines whose causes only rows can tell, each file of the subscription read once. Lines are taken while
 * their rows fit into what may be held at once; for the others, and where a part kept no rows, there are none.
 * Rows that are not as many as the totals were made of explain nothing, and are not handed out.
 * @returns what `Comparing.rowsOf` asks for; undefined when no rows are needed, or some of them are not there
 */
export async function readRowsForCauses(
  ports: RowsForCausesPorts,
  { run, subscriptionId }: { readonly run: RunRecord; readonly subscriptionId: string },
  compared: ComparedTotals,
  rowsMax: number = limits.causeRowsMax,
): Promise<((line: MeterTotal) => RowsOfSides | undefined) | undefined> {
  const wanted = wantedLines(compared.lines, rowsMax);
  if (wanted.size === 0) return undefined;
  const rows = new Map<string, Rows>();
  const sides = { invoice: new Map<string, Rows>(), other: new Map<string, Rows>() };
  const meterIds = new Set<string>();
  for (const pair of matchMeters(compared.invoice, compared.other)) {
    const key = keyOfPair(pair);
    if (pair.kind === 'excluded' || !wanted.has(key)) continue;
    const parts = { invoice: partsOf(pair, 'invoice'), other: partsOf(pair, 'other') };
    const own = { invoice: [], other: [], expected: { invoice: rowsIn(parts.invoice), other: rowsIn(parts.other) } };
    rows.set(key, own);
    for (const { meterId } of [...parts.invoice, ...parts.other]) meterIds.add(meterId);
    for (const part of parts.invoice) sides.invoice.set(meterLineKey(part), own);
    for (const part of parts.other) sides.other.set(meterLineKey(part), own);
  }
  const take = (side: 'invoice' | 'other', datasetId: string, of: (meter: MeterTotalKey) => string | undefined) => {
    const rowsOf = (meter: MeterTotalKey) => sides[side].get(of(meter) ?? '')?.[side];
    const isWanted = (meter: MeterTotalKey) => rowsOf(meter) !== undefined;
    return readDatasetRows(ports.datasets, { datasetId, subscriptionId, isWanted, meterIds }, (row, { meter }) =>
      rowsOf(meter)?.push(row),
    );
  };
  for (const datasetId of run.invoiceDatasetIds) {
    if (!(await take('invoice', datasetId, meterLineKey))) return undefined;
  }
  for (const datasetId of run.otherDatasetIds) {
    if (!(await take('other', datasetId, (meter) => keyForInvoice(meter, run.invoiceId)))) return undefined;
  }
  return (line) => {
    const own = rows.get(meterLineKey(line));
    const isWhole = own?.invoice.length === own?.expected.invoice && own?.other.length === own?.expected.other;
    return isWhole ? own : undefined;
  };
}

/** The largest variances first would need sorting by amount; the order of the lines is as good and always the same. */
function wantedLines(lines: readonly MeterLine[], rowsMax: number): ReadonlySet<string> {
  const wanted = new Set<string>();
  let held = 0;
  for (const line of lines) {
    if (line.needsRows !== true) continue;
    const rows = (line.invoice?.rows ?? 0) + (line.other?.rows ?? 0);
    if (held + rows > rowsMax) continue;
    held += rows;
    wanted.add(meterLineKey(line));
  }
  return wanted;
}

function keyOfPair(pair: MeterPair): string {
  return meterLineKey('invoice' in pair ? pair.invoice.total : pair.other.total);
}

function partsOf(pair: MeterPair, side: 'invoice' | 'other'): readonly MeterTotal[] {
  if (side === 'invoice') return 'invoice' in pair ? pair.invoice.parts : [];
  return 'other' in pair ? pair.other.parts : [];
}

function rowsIn(totals: readonly MeterTotal[]): number {
  return totals.reduce((sum, total) => sum + total.rows, 0);
}

/** Rows that name another invoice stand against that one; of the others the name is left out, as it is of their totals. */
export function keyForInvoice({ invoiceId, ...meter }: MeterTotalKey, ownInvoiceId: string): string | undefined {
  return invoiceId === undefined || invoiceId === ownInvoiceId ? meterLineKey(meter) : undefined;
}
