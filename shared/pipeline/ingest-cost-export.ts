import type { DatasetDefinition } from '../contracts/datasets.ts';
import { coversCycle } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { type CostExportManifest, readCostExportManifest } from '../formats/cost-export-manifest.ts';
import { type BeginDatasetPorts, beginDataset, datasetRecordOf, shownProblems } from './begin-dataset.ts';
import type { FileArchive } from './ports.ts';

export type IngestCostExportPorts = BeginDatasetPorts & { readonly costExports: FileArchive };

/** Cost Management's names for exports of actual cost. */
const actualCostTypes: readonly string[] = ['ActualCost', 'Usage'];

/**
 * An export run is complete: Cost Management's `manifest.json` has appeared in the container `cost-exports`. A manifest
 * that cannot be used is refused with the reason, and so is a run over a part of the month; exports of another kind
 * than actual cost are passed over.
 */
export async function ingestCostExport(ports: IngestCostExportPorts, manifestName: string): Promise<void> {
  const text = await ports.costExports.readText(manifestName);
  if (text === undefined) throw new TerminalError(`${manifestName} is not in the container of cost exports`);
  const manifest = readCostExportManifest(manifestName, text);
  if ('code' in manifest) throw new TerminalError(manifest.message);
  if (!actualCostTypes.includes(manifest.type)) {
    ports.log.info('cost export passed over', { manifestName, type: manifest.type });
    return;
  }
  if (manifest.blobs.length === 0) throw new TerminalError(`${manifestName}: the manifest names no file`);
  const definition = toDefinition(manifest);
  const { billingCycle, startDate, endDate } = manifest;
  if (endDate === undefined || coversCycle(billingCycle, startDate, endDate)) {
    return beginDataset(ports, ports.costExports, definition, manifestName);
  }
  const message = `${manifestName}: the run covers ${startDate} to ${endDate}, not the whole of ${billingCycle}; a run from after the month's end is needed`;
  const record = datasetRecordOf(definition, manifestName, ports.clock.now());
  await ports.datasets.advance({
    ...record,
    state: 'refused',
    ...shownProblems([{ code: 'partialPeriod', file: manifestName, message }]),
  });
  ports.log.info('cost export of a part of the month', { manifestName });
}

function toDefinition(manifest: CostExportManifest): DatasetDefinition {
  const sourceId = `${manifest.scope}#${manifest.exportName.toLowerCase()}`;
  return {
    version: 1,
    datasetId: `costexport-${manifest.billingCycle}-${identityOf([sourceId, manifest.runId]).slice(0, 12)}`,
    kind: 'costexport',
    billingCycle: manifest.billingCycle,
    sourceId: manifest.scope,
    sourceTime: manifest.submittedTime,
    container: 'costExports',
    ...(manifest.rows === undefined ? {} : { rows: manifest.rows }),
    parts: manifest.blobs,
  };
}
