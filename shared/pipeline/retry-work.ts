import type { DatasetRecord } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { DownloadRecord } from '../contracts/invoices.ts';
import { messageSchemas } from '../contracts/messages.ts';
import { identityOf } from '../domain/content-hash.ts';
import { downloadIdOf } from './list-runs.ts';
import type { PlanComparisonsPorts } from './plan-comparisons.ts';
import type { DownloadStore, FailureStore, FileStore, InvoiceSource, IssueStore, QueueName } from './ports.ts';
import { restartFile } from './request-file.ts';
import { request } from './requests.ts';
import { restartRun } from './start-comparison.ts';

export type RetryWorkPorts = PlanComparisonsPorts & {
  readonly source: InvoiceSource;
  readonly downloads: DownloadStore;
  readonly failures: FailureStore;
  readonly files: FileStore;
  readonly issues: Pick<IssueStore, 'update'>;
};

/** `notFailed`: it is done or under way. `refused`: what is in its files is wrong, and would be again. */
export type RetryOutcome = {
  readonly kind: 'restarted' | 'unknown' | 'notFailed' | 'refused';
  readonly message?: string;
};

/** Starts a piece of failed work again, by the id under which `GET /runs` tells of it. */
export async function retryWork(ports: RetryWorkPorts, id: string): Promise<RetryOutcome> {
  const run = /^[0-9a-f]{32}$/.test(id) ? await ports.runs.get(id) : undefined;
  if (run !== undefined) {
    if (run.state !== 'failed') return { kind: 'notFailed' };
    await restartRun(ports, run);
    return { kind: 'restarted' };
  }
  const failure = (await ports.failures.list()).find(({ failureId }) => failureId === id);
  if (failure !== undefined) return retryFailure(ports, failure);
  const download = (await ports.downloads.list()).find((candidate) => downloadIdOf(candidate) === id);
  if (download !== undefined) return retryDownload(ports, download);
  const dataset = (await ports.datasets.list()).find(({ datasetId }) => datasetId === id);
  return dataset === undefined ? { kind: 'unknown' } : retryDataset(ports, dataset);
}

const queueNames = Object.keys(messageSchemas) as QueueName[];

/** What was given up goes on the queue again; what failed with it is started again first. */
async function retryFailure(ports: RetryWorkPorts, failure: FailureRecord): Promise<RetryOutcome> {
  const { step, subject, failureId } = failure;
  const { runId, datasetId } = subject;
  const download = (await ports.downloads.list()).find(
    (candidate) =>
      candidate.invoiceId === subject['invoiceId'] &&
      candidate.tenantId === subject['tenantId'] &&
      candidate.kind === subject['kind'],
  );
  if (download?.state === 'failed') return retryDownload(ports, download);
  const dataset = (await ports.datasets.list()).find((candidate) => candidate.datasetId === datasetId);
  if (step === 'ingestPart' && dataset?.state === 'refused') return retryDataset(ports, dataset);
  const run = typeof runId === 'string' ? await ports.runs.get(runId) : undefined;
  if (step !== 'sendNotification' && run?.state === 'failed') await restartRun(ports, run);
  const file = typeof subject['fileId'] === 'string' ? await ports.files.get(subject['fileId']) : undefined;
  if (file?.state === 'failed') await restartFile(ports, file);
  // Evidence that has failed is not gathered again by itself: nobody waits for it any more.
  if (step === 'attachEvidence' && typeof subject['issueId'] === 'string') {
    await ports.issues.update(subject['issueId'], (issue) =>
      issue.evidence.state === 'failed' ? { ...issue, evidence: { state: 'queued' } } : issue,
    );
  }
  // What stands for no queue is work of a timer or of an event; the sweep takes it up when its failure is gone.
  const queue = queueNames.find((name) => name === step);
  const message = queue === undefined ? undefined : messageSchemas[queue].safeParse(subject);
  if (queue !== undefined && message?.success === true) {
    const id = `${queue}-${identityOf([failureId, ports.clock.now()])}`;
    await ports.outbox.send(queue, [{ id, body: message.data }]);
  }
  await ports.failures.remove(failureId);
  ports.log.info('work started again', { step });
  return { kind: 'restarted' };
}

/** Asks Microsoft for a new export, as if the one before had never been. */
async function retryDownload(ports: RetryWorkPorts, download: DownloadRecord): Promise<RetryOutcome> {
  if (download.state !== 'failed') return { kind: 'notFailed' };
  const { problem: _, nextPollAt: __, ...rest } = download;
  const operationUrl = await ports.source.requestExport(download);
  const now = ports.clock.now();
  const generation = download.generation + 1;
  await ports.downloads.advance({
    ...rest,
    state: 'requested',
    generation,
    operationUrl,
    requestedAt: now,
    nextPollAt: now,
  });
  const { tenantId, invoiceId, kind } = download;
  await request(ports.outbox, 'pollExport', [{ tenantId, invoiceId, kind, generation, attempt: 0 }]);
  await removeFailuresOf(ports, (subject) => downloadOf(subject) === downloadOf({ tenantId, invoiceId, kind }));
  ports.log.info('download started again', { invoiceId, kind, generation });
  return { kind: 'restarted' };
}

function downloadOf({ tenantId, invoiceId, kind }: FailureRecord['subject']): string {
  return [tenantId, invoiceId, kind].join('|');
}

/** Only of a dataset that was given up on the way: one that was read and refused would be refused again. */
async function retryDataset(ports: RetryWorkPorts, dataset: DatasetRecord): Promise<RetryOutcome> {
  if (dataset.state !== 'refused') return { kind: 'notFailed' };
  const [problem] = dataset.problems;
  if (problem?.code !== 'givenUp') return { kind: 'refused', message: problem?.message ?? 'It is damaged' };
  const { datasetId, parts } = dataset;
  const attempt = (dataset.attempt ?? 0) + 1;
  const recordedAt = ports.clock.now();
  await ports.datasets.advance({
    ...dataset,
    state: 'ingesting',
    attempt,
    recordedAt,
    problemCount: 0,
    problems: [],
  });
  const bodies = Array.from({ length: parts }, (_, part) => ({ datasetId, part }));
  await request(ports.outbox, 'ingestPart', bodies, { wave: `attempt-${attempt}` });
  await removeFailuresOf(ports, (subject) => subject['datasetId'] === datasetId);
  ports.log.info('dataset started again', { datasetId, attempt });
  return { kind: 'restarted' };
}

/** The failures go last: a retry that dies on the way can be asked for again. */
async function removeFailuresOf(
  { failures }: Pick<RetryWorkPorts, 'failures'>,
  isOf: (subject: FailureRecord['subject']) => boolean,
): Promise<void> {
  for (const { failureId, subject } of await failures.list()) if (isOf(subject)) await failures.remove(failureId);
}
