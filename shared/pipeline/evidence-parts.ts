import type { IssueRecord } from '../contracts/issues.ts';
import type { RunRecord } from '../contracts/runs.ts';
import type { MeterLine } from '../domain/comparison.ts';
import type { Evidence, EvidenceFile, EvidenceRow, SideName } from '../domain/evidence.ts';
import type { EvidenceEntry, EvidenceRows } from './evidence-rows.ts';
import type { DatasetStore, FileArchive, MeterStore, PlanStore, RawArchive, RunStore } from './ports.ts';
import { sealOf } from './seal-of.ts';

/* What all ways to gather evidence share. */

export type GatherEvidencePorts = {
  readonly runs: Pick<RunStore, 'get' | 'readPlan' | 'readLines'>;
  readonly datasets: Pick<DatasetStore, 'readDefinition' | 'readSeal' | 'readShardLines' | 'openRows'>;
  readonly meters: Pick<MeterStore, 'read'>;
  readonly plans: Pick<PlanStore, 'readUsage' | 'readLines'>;
  readonly archive: RawArchive;
  readonly costExports: FileArchive;
  readonly inbox: FileArchive;
};

/** Everything that the evidence of an issue holds: what it says, and the rows that it shows, as they stood in their files. */
export type GatheredEvidence = {
  readonly evidence: Evidence;
  readonly rows: readonly EvidenceRow[];
  readonly entries: readonly EvidenceEntry[];
};

/** One unit of a run (a subscription, or a plan) with the lines of it that the issue is about. */
export type EvidenceUnit = {
  readonly run: RunRecord;
  readonly subscriptionId: string;
  readonly lines: readonly MeterLine[];
};

export type GatheredSides = { readonly invoice: EvidenceRows; readonly other: EvidenceRows };

/** What every evidence begins with. Who reported it is not in it: it may be handed on. */
export function headOf(
  issue: IssueRecord,
): Pick<Evidence, 'version' | 'issueId' | 'reportedAt' | 'note' | 'target' | 'subject' | 'engineVersion'> {
  const { issueId, reportedAt, reportedNote, target, subject, engineVersion } = issue;
  return {
    version: 1,
    issueId,
    reportedAt,
    ...(reportedNote === undefined ? {} : { note: reportedNote }),
    target,
    subject,
    engineVersion,
  };
}

/** The files that a side stands on; with `units`, those that hold rows of these subscriptions. */
export async function filesOf(
  datasets: Pick<DatasetStore, 'readSeal'>,
  {
    side,
    ids,
    units,
  }: { readonly side: SideName; readonly ids: readonly string[]; readonly units?: readonly EvidenceUnit[] },
): Promise<readonly EvidenceFile[]> {
  const files: EvidenceFile[] = [];
  for (const datasetId of ids) {
    const seal = await sealOf(datasets, datasetId);
    const wanted = units && new Set(units.flatMap(({ subscriptionId }) => seal.partsOf[subscriptionId] ?? []));
    for (const [part, { name, sizeBytes, sha256, rows }] of seal.files.entries()) {
      if (wanted?.has(part) !== false) files.push({ side, datasetId, part, name, sizeBytes, sha256, rows });
    }
  }
  return files;
}
