import { meterKeyOf } from '../domain/comparison.ts';
import { type MeterPair, matchMeters } from '../domain/matching.ts';
import { type MeterTotalKey, meterLineKey, totalsForInvoices } from '../domain/meter-totals.ts';
import { openSubscriptionRows } from '../formats/subscription-row-reader.ts';
import type { EvidenceUnit, GatherEvidencePorts, GatheredSides } from './evidence-parts.ts';
import type { FoundRow } from './evidence-rows.ts';
import { readDetailRows } from './read-subscription-rows.ts';
import { keyForInvoice } from './rows-for-causes.ts';
import { sealOf } from './seal-of.ts';

type Ports = Pick<GatherEvidencePorts, 'datasets' | 'meters'>;

/** Of a row's meter, the key of the line that it is counted in; undefined where that line is not asked for. */
type LineOfMeter = (meter: MeterTotalKey) => string | undefined;

/**
 * The rows that the lines of one subscription stand on, from what was kept of each part: once read for what they say,
 * once for their bytes.
 */
export async function gatherMeterRows(ports: Ports, unit: EvidenceUnit, sides: GatheredSides): Promise<void> {
  const { run, subscriptionId, lines } = unit;
  const read = async (ids: readonly string[]) =>
    (await Promise.all(ids.map((datasetId) => ports.meters.read(datasetId, subscriptionId)))).flat();
  const invoice = await read(run.invoiceDatasetIds);
  const other = totalsForInvoices(await read(run.otherDatasetIds), [run.invoiceId]);
  const keys = linesOfTotals(matchMeters(invoice, other), new Set(lines.map(meterLineKey)));
  for (const side of ['invoice', 'other'] as const) {
    const lineOf: LineOfMeter =
      side === 'invoice'
        ? (meter) => keys.invoice.get(meterLineKey(meter))
        : (meter) => keys.other.get(keyForInvoice(meter, run.invoiceId) ?? '');
    const datasetIds = side === 'invoice' ? run.invoiceDatasetIds : run.otherDatasetIds;
    let rows = 0;
    let isKept = true;
    for (const datasetId of datasetIds) {
      const found = await gatherDataset(ports, { datasetId, subscriptionId, lineOf }, sides[side]);
      rows += found.rows;
      isKept &&= found.isKept;
    }
    const expected = lines.reduce((sum, line) => sum + (line[side]?.rows ?? 0), 0);
    if (isKept && rows !== expected)
      throw new Error(`Run ${run.runId} counts ${expected} rows of the ${side} side; ${rows} were kept`);
  }
}

function linesOfTotals(pairs: readonly MeterPair[], wanted: ReadonlySet<string>) {
  const keys = { invoice: new Map<string, string>(), other: new Map<string, string>() };
  for (const pair of pairs) {
    const [left, right] = ['invoice' in pair ? pair.invoice : undefined, 'other' in pair ? pair.other : undefined];
    const total = left?.total ?? right?.total;
    if (total === undefined || !wanted.has(meterLineKey(total))) continue;
    const name = meterKeyOf(total);
    for (const part of left?.parts ?? []) keys.invoice.set(meterLineKey(part), name);
    for (const part of right?.parts ?? []) keys.other.set(meterLineKey(part), name);
  }
  return keys;
}

async function gatherDataset(
  { datasets }: Pick<Ports, 'datasets'>,
  of: { readonly datasetId: string; readonly subscriptionId: string; readonly lineOf: LineOfMeter },
  side: GatheredSides['invoice'],
): Promise<{ readonly rows: number; readonly isKept: boolean }> {
  const { datasetId, subscriptionId, lineOf } = of;
  const seal = await sealOf(datasets, datasetId);
  let rows = 0;
  let isKept = true;
  for (const part of seal.partsOf[subscriptionId] ?? []) {
    const fileName = seal.files[part]?.name ?? '';
    const file = await datasets.openRows(datasetId, part);
    if (file === undefined) {
      side.remark(`The file ${fileName} was read before rows were kept by subscription: its rows are not shown.`);
      isKept = false;
      continue;
    }
    const wanted = new Map<number, FoundRow>();
    const isWanted = (meter: MeterTotalKey) => lineOf(meter) !== undefined;
    const request = { datasetId, part, subscriptionId, fileName, isWanted };
    await readDetailRows({ openRows: async () => file }, request, (detail, { meter }) => {
      rows += 1;
      if (side.asks(detail.source)) wanted.set(detail.source.line, { detail, meterKey: lineOf(meter) ?? '' });
    });
    const kept = await openSubscriptionRows(file);
    await side.take({ seal, part, layout: kept.layout }, wanted, kept.readRows(subscriptionId));
  }
  return { rows, isKept };
}
