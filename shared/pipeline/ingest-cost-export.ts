import type { DatasetDefinition } from '../contracts/datasets.ts';
import { coversCycle, previousCycle } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { type CostExportManifest, readCostExportManifest } from '../formats/cost-export-manifest.ts';
import { type BeginDatasetPorts, beginDataset, recordUnused } from './begin-dataset.ts';
import type { FileArchive } from './ports.ts';

export type IngestCostExportPorts = BeginDatasetPorts & { readonly costExports: FileArchive };

/**
 * An export run is complete: Cost Management's manifest has appeared in the container `cost-exports`. A manifest that
 * cannot be used is refused with the reason.
 */
export async function ingestCostExport(ports: IngestCostExportPorts, manifestName: string): Promise<void> {
  const manifest = await readManifest(ports.costExports, manifestName);
  const sourceId = `${manifest.scope}#${manifest.exportName.toLowerCase()}`;
  const datasetId = `costexport-${manifest.billingCycle}-${identityOf([sourceId, manifest.runId]).slice(0, 12)}`;
  const definition = costExportDefinition(manifest, { datasetId, container: 'costExports' });
  await beginCostExport(ports, ports.costExports, { manifest, definition, manifestName });
}

/** @throws TerminalError when there is no such manifest, or it cannot be used */
export async function readManifest(archive: FileArchive, manifestName: string): Promise<CostExportManifest> {
  const stored = await archive.find(manifestName);
  const text = await archive.readText(manifestName);
  if (text === undefined) throw new TerminalError(`${manifestName} is not in the container`);
  const writtenAt = stored?.writtenAt;
  const manifest = readCostExportManifest(manifestName, text, writtenAt === undefined ? {} : { writtenAt });
  if ('code' in manifest) throw new TerminalError(manifest.message);
  return manifest;
}

/** Cost Management's names for exports that hold actual cost, as FOCUS does. Older manifests name none: the rows tell. */
const actualCostTypes: readonly string[] = ['ActualCost', 'Usage', 'FocusCost', ''];

/** One run of an export, as its manifest tells it and as we name it. */
export type CostExportRun = {
  readonly manifest: CostExportManifest;
  readonly definition: DatasetDefinition;
  readonly manifestName: string;
};

/**
 * Begins the dataset of an export run. A run over a part of a month that has ended is refused; exports of another kind
 * than actual cost are passed over; both are recorded with the reason.
 */
export async function beginCostExport(
  ports: BeginDatasetPorts,
  archive: FileArchive,
  { manifest, definition, manifestName }: CostExportRun,
): Promise<void> {
  const { type, billingCycle, startDate, endDate } = manifest;
  const file = manifestName;
  if (!actualCostTypes.includes(type)) {
    const message = `${file}: an export of ${type} is passed over; invoices are compared with actual cost or FOCUS`;
    return recordUnused(ports, definition, {
      manifestName,
      state: 'passedOver',
      problem: { code: 'otherCosts', file, value: type, message },
    });
  }
  if (definition.parts.length === 0) throw new TerminalError(`${file}: the manifest names no file`);
  const isWhole =
    definition.isOpenMonth === true
      ? startDate <= `${billingCycle}-01`
      : endDate === undefined || coversCycle(billingCycle, startDate, endDate);
  if (isWhole) return beginDataset(ports, archive, definition, manifestName);
  const message = `${file}: the run covers ${startDate} to ${endDate ?? 'its day'}, not the whole of ${billingCycle}; a run from after the month's end is needed`;
  return recordUnused(ports, definition, {
    manifestName,
    state: 'refused',
    problem: { code: 'partialPeriod', file, message },
  });
}

export function costExportDefinition(
  manifest: CostExportManifest,
  { datasetId, container }: Pick<DatasetDefinition, 'datasetId' | 'container'>,
): DatasetDefinition {
  const { billingCycle, submittedTime, type, rows } = manifest;
  return {
    version: 1,
    datasetId,
    kind: 'costexport',
    billingCycle,
    sourceId: manifest.scope,
    sourceTime: submittedTime,
    container,
    ...(type === '' ? {} : { statedCosts: 'actual' }),
    ...(isWithin(billingCycle, submittedTime) ? { isOpenMonth: true } : {}),
    ...(rows === undefined ? {} : { rows }),
    parts: manifest.blobs,
  };
}

/** Whether what was made at `moment` was made before the month had ended. */
export function isWithin(billingCycle: string, moment: string): boolean {
  return previousCycle(moment) < billingCycle;
}
