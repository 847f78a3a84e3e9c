import { type DatasetDefinition, type DatasetRecord, isSettled } from '../contracts/datasets.ts';
import type { Problem } from '../domain/problem.ts';
import { shownProblemsMax } from '../domain/problem.ts';
import type { Clock, DatasetStore, FileArchive, Log, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type BeginDatasetPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly outbox: Outbox;
};

/**
 * Starts the ingestion of a dataset whose manifest has been read: every file it names must be there, of the size it
 * states. While one is missing the dataset waits, visibly; the sweep looks again. Then one message per part.
 */
export async function beginDataset(
  ports: BeginDatasetPorts,
  archive: FileArchive,
  definition: DatasetDefinition,
  manifestName: string,
): Promise<void> {
  const { datasetId } = definition;
  const present = await ports.datasets.get(definition.billingCycle, datasetId);
  if (present !== undefined && isSettled(present)) return;
  const problems = await missingFiles(archive, definition);
  const record = datasetRecordOf(definition, manifestName, ports.clock.now());
  if (problems.length > 0) {
    await ports.datasets.advance({ ...record, state: 'waiting', ...shownProblems(problems) });
    ports.log.warn('dataset waits for files', { datasetId, missing: problems.length });
    return;
  }
  await ports.datasets.createDefinition(definition);
  await ports.datasets.advance(record);
  await request(
    ports.outbox,
    'ingestPart',
    definition.parts.map((_, part) => ({ datasetId, part })),
  );
  ports.log.info('dataset arrived', { datasetId, parts: definition.parts.length });
}

export function datasetRecordOf(
  definition: DatasetDefinition,
  manifestName: string,
  recordedAt: string,
): DatasetRecord {
  const { datasetId, kind, billingCycle, sourceId, sourceTime, parts } = definition;
  return {
    version: 1,
    datasetId,
    kind,
    billingCycle,
    sourceId,
    sourceTime,
    state: 'ingesting',
    manifestName,
    recordedAt,
    parts: parts.length,
    ...(definition.isOpenMonth === true ? { isOpenMonth: true } : {}),
    tenantIds: [],
    invoiceIds: [],
    problemCount: 0,
    problems: [],
  };
}

/** Records a dataset of which nothing will be used, and why. */
export async function recordUnused(
  ports: Pick<BeginDatasetPorts, 'clock' | 'datasets' | 'log'>,
  definition: DatasetDefinition,
  { manifestName, state, problem }: { manifestName: string; state: 'refused' | 'passedOver'; problem: Problem },
): Promise<void> {
  const record = datasetRecordOf(definition, manifestName, ports.clock.now());
  await ports.datasets.advance({ ...record, state, ...shownProblems([problem]) });
  ports.log.info('dataset not used', { datasetId: definition.datasetId, state, code: problem.code });
}

/** The first problems, and how many there are. */
export function shownProblems(problems: readonly Problem[]): { problemCount: number; problems: Problem[] } {
  return { problemCount: problems.length, problems: problems.slice(0, shownProblemsMax) };
}

async function missingFiles(archive: FileArchive, definition: DatasetDefinition): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const part of definition.parts) {
    const stored = await archive.find(part.blobName);
    const file = part.blobName;
    if (stored === undefined) {
      problems.push({
        code: 'missingFile',
        file,
        message: `${file}: the manifest names this file, and it is not there`,
      });
    } else if (stored.sizeBytes !== part.sizeBytes) {
      const found = `${stored.sizeBytes} bytes are there`;
      problems.push({
        code: 'wrongSize',
        file,
        message: `${file}: the manifest says ${part.sizeBytes} bytes, ${found}`,
      });
    }
  }
  return problems;
}
