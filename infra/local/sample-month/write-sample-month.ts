import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnswerKey } from './answer-key.ts';
import { billingMonth } from './billing-calendar.ts';
import { buildAnswerKey } from './build-answer-key.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { costExportLine, usageCells } from './cost-export.ts';
import { costExportManifest, type ExportRun } from './cost-export-manifest.ts';
import { dailyRatedUsageLine } from './daily-rated-usage.ts';
import { sum } from './exact-decimal.ts';
import { type ExcludedRow, excludedRows, roundingRows } from './excluded-charges.ts';
import { createFixedCharges, type FixedCharge } from './fixed-charges.ts';
import { invoicesJson, tenantsJson } from './invoice-headers.ts';
import { createLegacyInvoice, type LegacyInvoice } from './legacy-invoice.ts';
import { createMeterLineTally, type MeterLine } from './meter-line-tally.ts';
import { type MeterPlan, planMeters } from './meter-plan.ts';
import { type OnetimeLine, onetimeJson, totalOf } from './onetime-line.ts';
import { createOnetimeUsage, type OnetimeUsage } from './onetime-usage.ts';
import { openBillingExport, openCostExport, type PartWriters, runFolder } from './part-writers.ts';
import { plantSeats } from './planted-seats.ts';
import { createRandom, type Random } from './random.ts';
import { emissionsOf } from './usage-emissions.ts';
import type { Emission } from './usage-row.ts';

/** `cycle` is `YYYY-MM`; `scale` 1 gives about 30,000 rows of daily rated usage. */
export type SampleMonthOptions = { readonly seed: number; readonly cycle: string; readonly scale: number };

/** The month that the local stack shows. */
export const defaultSampleMonth: SampleMonthOptions = { seed: 20261001, cycle: '2026-10', scale: 1 };

const largestScale = 1000;
/** Rows of one part at most, about: a bounded number of files stays open at any scale. */
const scalePerPart = 8;

/**
 * Writes a whole month of one partner tenant into `folder`, as Partner Center and Cost Management would deliver it, and
 * the answer key beside it. The same options give the same bytes. Memory does not grow with the scale.
 * @throws Error when the cycle or the scale makes no sense, or the disk fails.
 */
export async function writeSampleMonth(folder: string, options: SampleMonthOptions): Promise<AnswerKey> {
  const { seed, scale } = options;
  if (!(scale > 0 && scale <= largestScale)) {
    throw new Error(`The scale ${scale} is not above 0 and at most ${largestScale}`);
  }
  const catalogue = createCatalogue(seed, billingMonth(options.cycle));
  const run = createRun(seed);
  const charges = createFixedCharges(catalogue, seed);
  const usage = await writeUsage({ folder, catalogue, run, seed, scale, charges });
  const planted = plantSeats(catalogue, seed);
  const onetime = [...usage.onetimeUsage.lines(), ...charges.map((charge) => charge.line), ...planted.lines];
  const legacy = createLegacyInvoice(catalogue, seed);
  await writeOnetime(folder, catalogue, seed, onetime);
  await writeLegacy(folder, catalogue, legacy);
  await writeHeaders(folder, catalogue, onetime, legacy);
  const key = buildAnswerKey({
    catalogue,
    seed,
    scale,
    exportRunId: run.runId,
    rows: {
      dailyRatedUsage: usage.dailyRatedRows,
      onetime: onetime.length,
      costExport: usage.costExportRows,
      license: legacy.licenseItems.length,
      legacyUsage: legacy.usageItems.length,
      legacyDailyUsage: legacy.dailyUsageItems.length,
    },
    lines: usage.lines,
    excluded: usage.excluded,
    onetime,
    seats: planted.seats,
  });
  await writeFile(join(folder, 'answer-key.json'), `${JSON.stringify(key, undefined, 2)}\n`);
  return key;
}

type UsageTask = {
  readonly folder: string;
  readonly catalogue: Catalogue;
  readonly run: ExportRun;
  readonly seed: number;
  readonly scale: number;
  readonly charges: readonly FixedCharge[];
};

type UsageWritten = {
  readonly lines: readonly MeterLine[];
  readonly excluded: readonly ExcludedRow[];
  readonly onetimeUsage: OnetimeUsage;
  readonly dailyRatedRows: number;
  readonly costExportRows: number;
};

/** Both sides in one pass, meter by meter: what is written is what is counted. */
async function writeUsage(task: UsageTask): Promise<UsageWritten> {
  const { catalogue, seed, scale } = task;
  const extraParts = Math.floor(scale / scalePerPart);
  const container = join(task.folder, 'cost-exports');
  const dailyRated = await openBillingExport(exportFolder(task.folder, catalogue, 'dailyratedusage'), {
    seed,
    label: 'dailyratedusage',
    partCount: 3 + extraParts,
  });
  const costExport = await openCostExport(container, { seed, partCount: 2 + extraParts, run: task.run, catalogue });
  const sinks: UsageSinks = { catalogue, dailyRated, costExport, random: createRandom(seed, 'file style') };
  const plans = planMeters(catalogue, seed, scale);
  const onetimeUsage = createOnetimeUsage(catalogue, seed);
  const lines: MeterLine[] = [];
  for (const plan of plans) {
    lines.push(await writeMeter(sinks, onetimeUsage, plan, seed));
  }
  const rounding = [onetimeUsage.roundingAdjustment(false), onetimeUsage.roundingAdjustment(true)];
  const excluded = [...excludedRows(catalogue, task.charges, plans), ...roundingRows(catalogue, rounding)];
  for (const row of excluded) {
    await costExport.write(costExportLine(row.cells));
  }
  const dailyRatedBlobs = await dailyRated.close();
  const costBlobs = await costExport.close();
  const manifestPath = join(container, runFolder(catalogue, task.run), 'manifest.json');
  await writeFile(manifestPath, costExportManifest(catalogue, task.run, costBlobs));
  return {
    lines,
    excluded,
    onetimeUsage,
    dailyRatedRows: dailyRatedBlobs.reduce((rows, blob) => rows + blob.dataRowCount, 0),
    costExportRows: costBlobs.reduce((rows, blob) => rows + blob.dataRowCount, 0),
  };
}

type UsageSinks = {
  readonly catalogue: Catalogue;
  readonly dailyRated: PartWriters;
  readonly costExport: PartWriters;
  readonly random: Random;
};

async function writeMeter(
  sinks: UsageSinks,
  onetimeUsage: OnetimeUsage,
  plan: MeterPlan,
  seed: number,
): Promise<MeterLine> {
  const tally = createMeterLineTally();
  for (const emission of emissionsOf(plan, sinks.catalogue, seed)) {
    tally.add(emission);
    onetimeUsage.add(emission);
    const waiting = writeEmission(sinks, emission);
    if (waiting.length > 0) {
      await Promise.all(waiting);
    }
  }
  const { difference, subscription, meter } = plan;
  const line = tally.finish(difference.sweep);
  if (difference.status !== undefined && line.status !== difference.status) {
    const place = `meter ${meter.meterId} of subscription ${subscription.id}`;
    throw new Error(`Planted '${difference.name}' on ${place}: ${line.status}, expected ${difference.status}`);
  }
  return line;
}

/** Answers what must be waited for. A row delivered twice is the same bytes twice. */
function writeEmission(sinks: UsageSinks, emission: Emission): readonly Promise<void>[] {
  const { catalogue, random } = sinks;
  const { invoice, other } = emission;
  const waiting: Promise<void>[] = [];
  const send = (writers: PartWriters, line: string, copies: number): void => {
    for (let copy = 0; copy < copies; copy += 1) {
      const wait = writers.write(line);
      if (wait !== undefined) {
        waiting.push(wait);
      }
    }
  };
  if (invoice !== undefined) {
    send(sinks.dailyRated, dailyRatedUsageLine(invoice, catalogue, random), emission.invoiceCopies);
  }
  if (other !== undefined) {
    send(sinks.costExport, costExportLine(usageCells(other, catalogue, random)), emission.otherCopies);
  }
  return waiting;
}

async function writeOnetime(
  folder: string,
  catalogue: Catalogue,
  seed: number,
  lines: readonly OnetimeLine[],
): Promise<void> {
  const parts = await openBillingExport(exportFolder(folder, catalogue, 'onetime'), {
    seed,
    label: 'onetime',
    partCount: 2,
  });
  const random = createRandom(seed, 'onetime style');
  for (const line of lines) {
    await parts.write(onetimeJson(line, catalogue, random));
  }
  await parts.close();
}

async function writeLegacy(folder: string, catalogue: Catalogue, legacy: LegacyInvoice): Promise<void> {
  const target = join(folder, 'partner-center', 'legacy', catalogue.legacyInvoiceId);
  await mkdir(target, { recursive: true });
  const asArray = (items: readonly string[]): string => `[\n${items.join(',\n')}\n]\n`;
  await writeFile(join(target, 'office-billinglineitems.json'), asArray(legacy.licenseItems));
  await writeFile(join(target, 'azure-billinglineitems.json'), asArray(legacy.usageItems));
  await writeFile(join(target, 'azure-usagelineitems.json'), asArray(legacy.dailyUsageItems));
}

async function writeHeaders(
  folder: string,
  catalogue: Catalogue,
  onetime: readonly OnetimeLine[],
  legacy: LegacyInvoice,
): Promise<void> {
  const invoices = invoicesJson(catalogue, {
    onetimeTotal: sum(onetime.map(totalOf)),
    legacyTotal: legacy.total,
    legacyPeriodStart: legacy.periodStart,
    legacyPeriodEnd: legacy.periodEnd,
  });
  await writeFile(join(folder, 'partner-center', 'tenants.json'), tenantsJson(catalogue));
  await writeFile(join(folder, 'partner-center', 'invoices.json'), invoices);
}

function exportFolder(folder: string, catalogue: Catalogue, kind: 'dailyratedusage' | 'onetime'): string {
  return join(folder, 'partner-center', 'exports', catalogue.invoiceId, kind);
}

function createRun(seed: number): ExportRun {
  return { runId: createRandom(seed, 'export run').guid(), directory: 'partnerled', exportName: 'actual-cost' };
}
