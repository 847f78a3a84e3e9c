import type { FailureRecord } from '../contracts/failures.ts';
import { downloadKind } from '../contracts/messages.ts';
import { identityOf } from '../domain/content-hash.ts';
import { shownProblems } from './begin-dataset.ts';
import type { DatasetStore, DownloadStore, FailureStore, FileStore, IssueStore, Log, RunStore } from './ports.ts';

export type RecordFailurePorts = {
  readonly log: Log;
  readonly failures: FailureStore;
  readonly downloads: DownloadStore;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly files: FileStore;
  readonly issues: Pick<IssueStore, 'update'>;
};

/**
 * Work that was given up. `permanent`: its step saw that no retry can help. `exhausted`: the queue gave up after its
 * last delivery, and the sweep may try again.
 */
export type GivenUp = {
  readonly step: string;
  readonly kind: FailureRecord['kind'];
  readonly message: unknown;
  readonly reason: string;
};

/**
 * Makes given-up work visible. Its id is that of the work, so that giving up twice is one failure. What permanently
 * failed work was for fails with it, so that nobody waits for it: the download, the dataset, the run, the file or the evidence.
 */
export async function recordFailure(ports: RecordFailurePorts, givenUp: GivenUp): Promise<void> {
  const { step, kind, reason } = givenUp;
  const subject = namesIn(givenUp.message);
  if (kind === 'permanent') await failWhatItWasFor(ports, step, subject, reason);
  await ports.failures.put({ version: 1, failureId: failureIdOf(step, subject), step, kind, subject, reason });
  ports.log.warn('work given up', { step, kind, reason });
}

async function failWhatItWasFor(
  ports: RecordFailurePorts,
  step: string,
  subject: FailureRecord['subject'],
  reason: string,
): Promise<void> {
  const { tenantId, invoiceId, kind, datasetId, runId, fileId, issueId } = subject;
  const downloadOf = downloadKind.safeParse(kind);
  if (downloadOf.success && typeof tenantId === 'string' && typeof invoiceId === 'string') {
    const download = await ports.downloads.get({ tenantId, invoiceId, kind: downloadOf.data });
    if (download !== undefined) await ports.downloads.advance({ ...download, state: 'failed', problem: reason });
  }
  if (step === 'ingestPart' && typeof datasetId === 'string') await refuseDataset(ports.datasets, datasetId, reason);
  if (step !== 'sendNotification' && typeof runId === 'string') {
    const run = await ports.runs.get(runId);
    if (run !== undefined) await ports.runs.finish({ ...run, state: 'failed', problem: reason });
  }
  if (typeof fileId === 'string') {
    const file = await ports.files.get(fileId);
    if (file !== undefined) await ports.files.advance({ ...file, state: 'failed', reason });
  }
  if (typeof issueId === 'string') {
    await ports.issues.update(issueId, (issue) =>
      issue.evidence.state === 'queued' ? { ...issue, evidence: { state: 'failed', reason } } : issue,
    );
  }
}

async function refuseDataset(datasets: DatasetStore, datasetId: string, message: string): Promise<void> {
  const definition = await datasets.readDefinition(datasetId);
  const record = definition === undefined ? undefined : await datasets.get(definition.billingCycle, datasetId);
  if (record !== undefined)
    await datasets.advance({ ...record, state: 'refused', ...shownProblems([{ code: 'givenUp', message }]) });
}

/** Counters tell repeats of the same work apart and are not part of what the work is. */
const counters: readonly string[] = ['version', 'attempt', 'generation'];

export function failureIdOf(step: string, subject: object): string {
  const names = Object.entries(subject).filter(([name]) => !counters.includes(name));
  return identityOf([
    step,
    ...names.sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([name, value]) => [name, String(value)]),
  ]);
}

/** Longest name that is kept of a message that may be anything. */
const nameLengthMax = 300;

function namesIn(message: unknown): FailureRecord['subject'] {
  if (typeof message !== 'object' || message === null) return {};
  const names: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(message)) {
    if (typeof value === 'string') names[name] = value.slice(0, nameLengthMax);
    if (typeof value === 'number') names[name] = value;
  }
  return names;
}
