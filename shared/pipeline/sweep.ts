import { type DatasetRecord, isSettled } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { DownloadRecord } from '../contracts/invoices.ts';
import { sourceManifest } from '../contracts/invoices.ts';
import { downloadKind, sendNotificationMessage } from '../contracts/messages.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { allPairs, runIdOf, runOrderOf } from '../domain/datasets.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { BeginDatasetPorts } from './begin-dataset.ts';
import { downloadManifestName, partName, sourceManifestName } from './download-paths.ts';
import { followIssues } from './follow-issues.ts';
import { ingestCostExport } from './ingest-cost-export.ts';
import { droppedFiles, droppedIdOf, ingestInbox } from './ingest-inbox.ts';
import { ingestInvoice } from './ingest-invoice.ts';
import { lostNotifications } from './lost-notifications.ts';
import { toDocument, toSealed } from './plan-comparisons.ts';
import type {
  BreakStore,
  DownloadStore,
  FailureStore,
  FileArchive,
  FileStore,
  InvoiceStore,
  IssueStore,
  PolicyStore,
  RawArchive,
  RunStore,
} from './ports.ts';
import { failureIdOf, recordFailure } from './record-failure.ts';
import { request } from './requests.ts';
import type { NotificationStore, Notifiers } from './send-notification.ts';
import { sweepSides } from './sweep-sides.ts';

export type SweepPorts = BeginDatasetPorts & {
  readonly downloads: DownloadStore;
  readonly archive: RawArchive;
  readonly costExports: FileArchive;
  readonly inbox: FileArchive;
  readonly invoices: InvoiceStore;
  readonly policies: PolicyStore;
  readonly runs: RunStore;
  readonly files: FileStore;
  readonly breaks: Pick<BreakStore, 'read'>;
  readonly issues: IssueStore;
  readonly failures: FailureStore;
  readonly notifiers: Notifiers;
  readonly notifications: NotificationStore;
};

export type SweepOptions = {
  /** Work that has been under way for longer than this is started again. */
  readonly stuckAfterMs: number;
};

/** What one sweep knows: which work counts as stuck, under which name repeats go out, what was given up for good. */
type Sweep = {
  readonly ports: SweepPorts;
  readonly stuckBefore: string;
  readonly wave: string;
  readonly givenUp: ReadonlySet<string>;
  /** The work that this sweep starts again, by the id that its failure would have. */
  readonly restarted: Set<string>;
};

/**
 * Finds what was lost, is late or is stuck, and starts it again. Messages, events and timers are hints; what is stored
 * is the truth, and this step derives from it whatever hint is missing. Work that was given up for good is left alone;
 * a failure of work that the queue gave up and that has been done since is taken off the list.
 */
export async function sweep(ports: SweepPorts, options: SweepOptions): Promise<void> {
  const now = ports.clock.now();
  const failures = await ports.failures.list();
  const context: Sweep = {
    ports,
    stuckBefore: addMilliseconds(now, -options.stuckAfterMs),
    wave: now,
    givenUp: new Set(failures.flatMap((failure) => (failure.kind === 'permanent' ? [failure.failureId] : []))),
    restarted: new Set(),
  };
  const datasets = await ports.datasets.list();
  const restarted = {
    downloads: await sweepDownloads(context, datasets),
    exports: await sweepCostExports(context, datasets),
    inbox: await sweepInbox(context, datasets, failures),
    datasets: await sweepDatasets(context, datasets),
    runs: (await sweepPlans(context, datasets)) + (await sweepRuns(context)),
    files: await sweepFiles(context),
    issues: (await sweepEvidence(context)) + (await followIssues(ports)),
    notifications: await sweepNotifications(context),
  };
  await sweepSides(ports.failures, {
    now,
    datasets,
    failures,
    invoices: await ports.invoices.list(),
    downloads: await ports.downloads.list(),
    runs: await ports.runs.list(),
  });
  await sweepFailures(context, failures);
  ports.log.info('swept', restarted);
}

async function sweepDownloads(context: Sweep, datasets: readonly DatasetRecord[]): Promise<number> {
  let restarted = 0;
  const known = new Set(datasets.map((dataset) => dataset.manifestName));
  for (const download of await context.ports.downloads.list()) {
    if ((download.nextPollAt ?? download.requestedAt) > context.stuckBefore) continue;
    if (download.state === 'requested')
      restarted += await again(context, 'pollExport', [
        { ...keyOf(download), generation: download.generation, attempt: 0 },
      ]);
    if (download.state === 'downloading') restarted += await sweepParts(context, download);
    if (download.state === 'downloaded' && download.dataVersion !== undefined) {
      const manifestName = downloadManifestName({ ...download, dataVersion: download.dataVersion });
      if (!known.has(manifestName)) restarted += await begin(context, 'ingestInvoice', manifestName);
    }
  }
  return restarted;
}

/** The first file is asked for even when none is missing: the step that finds all there completes the download. */
async function sweepParts(context: Sweep, download: DownloadRecord): Promise<number> {
  const dataVersion = download.dataVersion ?? '';
  const folder = { ...download, dataVersion };
  const text = await context.ports.archive.readText(sourceManifestName(folder));
  if (text === undefined)
    return again(context, 'pollExport', [{ ...keyOf(download), generation: download.generation, attempt: 0 }]);
  const missing: number[] = [];
  for (const [part, sourceName] of sourceManifest.parse(JSON.parse(text)).parts.entries()) {
    if ((await context.ports.archive.find(partName(folder, part, sourceName))) === undefined) missing.push(part);
  }
  const wanted = missing.length > 0 ? missing : [0];
  return again(
    context,
    'downloadInvoiceFile',
    wanted.map((part) => ({ ...keyOf(download), dataVersion, part })),
  );
}

/** Cost Management's manifests that no dataset stands for yet, and those whose files were still missing. */
async function sweepCostExports(context: Sweep, datasets: readonly DatasetRecord[]): Promise<number> {
  const known = new Set(
    datasets.filter((dataset) => dataset.state !== 'waiting').map((dataset) => dataset.manifestName),
  );
  const blobs = await context.ports.costExports.list('');
  let restarted = 0;
  for (const { blobName } of blobs) {
    if (!blobName.endsWith('manifest.json') || known.has(blobName)) continue;
    restarted += await begin(context, 'ingestCostExport', blobName);
  }
  return restarted;
}

/** Files that were dropped by hand and are not looked at yet. A failure of a file goes when the file goes or changes. */
async function sweepInbox(
  context: Sweep,
  datasets: readonly DatasetRecord[],
  failures: readonly FailureRecord[],
): Promise<number> {
  const { ports } = context;
  const files = droppedFiles(await ports.inbox.list(''));
  const known = new Set(
    datasets.filter((dataset) => dataset.state !== 'waiting').map(({ datasetId }) => inboxId.exec(datasetId)?.[0]),
  );
  const present = new Set<string>();
  let restarted = 0;
  for (const file of files) {
    const { blobName, etag = '' } = file;
    present.add(failureIdOf('ingestInbox', { blobName, etag }));
    if (!known.has(droppedIdOf(file)))
      restarted += await beginOrGiveUp(context, 'ingestInbox', { blobName, etag }, () => ingestInbox(ports, file));
  }
  for (const { step, failureId } of failures) {
    if (step === 'ingestInbox' && !present.has(failureId)) await ports.failures.remove(failureId);
  }
  return restarted;
}

const inboxId = /inbox-[0-9a-f]{12}$/;

async function sweepDatasets(context: Sweep, datasets: readonly DatasetRecord[]): Promise<number> {
  let restarted = 0;
  for (const dataset of datasets) {
    if (dataset.state !== 'ingesting' || dataset.recordedAt > context.stuckBefore) continue;
    const shards = await context.ports.datasets.listShards(dataset.datasetId);
    const parts = Array.from({ length: dataset.parts }, (_, part) => part);
    const missing = parts.filter((part) => !shards.has(part));
    const wanted = missing.length > 0 ? missing : parts.slice(0, 1);
    restarted += await again(
      context,
      'ingestPart',
      wanted.map((part) => ({ datasetId: dataset.datasetId, part })),
    );
  }
  return restarted;
}

/** Sealed datasets that stand against each other and have no run. */
async function sweepPlans(context: Sweep, datasets: readonly DatasetRecord[]): Promise<number> {
  let restarted = 0;
  const documents = (await context.ports.invoices.list()).map(toDocument);
  const { policy, ordinal } = await context.ports.policies.current();
  const settled = datasets.filter((dataset) => dataset.recordedAt <= context.stuckBefore);
  for (const records of Map.groupBy(settled, (dataset) => dataset.billingCycle).values()) {
    for (const inputs of allPairs(records.flatMap(toSealed), documents)) {
      const run = await context.ports.runs.get(runIdOf(inputs, policy.version));
      if (run !== undefined && !(await isOvertaken(context, run, runOrderOf(inputs, ordinal)))) continue;
      restarted += await again(context, 'planComparisons', [{ datasetId: inputs.invoice.datasetId }]);
    }
  }
  return restarted;
}

/** Whether a published run is again what the newest data come to, and readers still see another. */
async function isOvertaken(context: Sweep, run: RunRecord, order: string): Promise<boolean> {
  if (run.state !== 'published') return false;
  const pointer = await context.ports.runs.readPointer(run);
  return pointer !== undefined && pointer.runId !== run.runId && pointer.order < order;
}

async function sweepRuns(context: Sweep): Promise<number> {
  let restarted = 0;
  for (const run of await context.ports.runs.list()) {
    if (run.state === 'failed' || run.plannedAt > context.stuckBefore) continue;
    const { runId } = run;
    if (run.state === 'published' && run.isTryOut === true) continue;
    if (run.state === 'published') {
      const pointer = await context.ports.runs.readPointer(run);
      if (pointer === undefined || pointer.order < run.order)
        restarted += await again(context, 'publishRun', [{ runId, attempt: 0 }]);
      continue;
    }
    const done = new Set((await context.ports.runs.listSubscriptions(runId)).map((result) => result.subscriptionId));
    const missing = (await context.ports.runs.readPlan(runId)).subscriptions.filter(
      (planned) => !done.has(planned.subscriptionId),
    );
    restarted += await again(
      context,
      'compareSubscription',
      missing.map(({ subscriptionId }) => ({ runId, subscriptionId })),
    );
    restarted += await again(context, 'publishRun', [{ runId, attempt: 0 }]);
  }
  return restarted;
}

async function sweepFiles(context: Sweep): Promise<number> {
  const files = await context.ports.files.list();
  const stuck = files.filter(
    (file) => (file.state === 'queued' || file.state === 'processing') && file.requestedAt <= context.stuckBefore,
  );
  return again(
    context,
    'generateFile',
    stuck.map(({ fileId }) => ({ fileId })),
  );
}

async function sweepEvidence(context: Sweep): Promise<number> {
  const issues = await context.ports.issues.list();
  const stuck = issues.filter(
    ({ evidence, reportedAt }) => evidence.state === 'queued' && reportedAt <= context.stuckBefore,
  );
  return again(
    context,
    'attachEvidence',
    stuck.map(({ issueId }) => ({ issueId })),
  );
}

/** Publishing anew what nobody was told of also makes up for what else did not follow the run. */
async function sweepNotifications(context: Sweep): Promise<number> {
  const lost = await lostNotifications(context.ports, context.wave, {
    stuckBefore: context.stuckBefore,
    isGivenUp: ({ runId, channel }) => context.givenUp.has(failureIdOf('sendNotification', { runId, channel })),
  });
  const runs = lost.unheard.map((runId) => ({ runId, attempt: 0 }));
  return (await again(context, 'publishRun', runs)) + (await again(context, 'sendNotification', lost.waiting));
}

/** A failure of work that was given up by the queue goes when the work is done; a notification is simply tried again. */
async function sweepFailures(context: Sweep, failures: readonly FailureRecord[]): Promise<void> {
  for (const failure of failures.filter((candidate) => candidate.kind === 'exhausted')) {
    const { failureId, step, subject } = failure;
    if (step === 'sendNotification' && typeof subject['runId'] === 'string') {
      const channel = sendNotificationMessage.shape.channel.safeParse(subject['channel']).data;
      const { runId } = subject;
      await again(context, 'sendNotification', [channel === undefined ? { runId } : { runId, channel, attempt: 0 }]);
    } else if (!context.restarted.has(failureId) && (await isDone(context.ports, failure))) {
      await context.ports.failures.remove(failureId);
    }
  }
}

/** Whether what given-up work was for has come to an end, good or bad. */
async function isDone(ports: SweepPorts, { subject }: FailureRecord): Promise<boolean> {
  const { tenantId, invoiceId, kind, datasetId, runId, fileId, issueId } = subject;
  const downloadOf = downloadKind.safeParse(kind);
  if (downloadOf.success && typeof tenantId === 'string' && typeof invoiceId === 'string') {
    const download = await ports.downloads.get({ tenantId, invoiceId, kind: downloadOf.data });
    return download?.state === 'downloaded' || download?.state === 'failed';
  }
  if (typeof datasetId === 'string') {
    const record = (await ports.datasets.list()).find((candidate) => candidate.datasetId === datasetId);
    return record !== undefined && isSettled(record);
  }
  if (typeof runId === 'string') return (await ports.runs.get(runId))?.state !== 'comparing';
  if (typeof fileId === 'string') {
    const file = await ports.files.get(fileId);
    return file?.state === 'available' || file?.state === 'failed';
  }
  if (typeof issueId === 'string') return (await ports.issues.get(issueId))?.evidence.state !== 'queued';
  return false;
}

function begin(context: Sweep, step: 'ingestInvoice' | 'ingestCostExport', manifestName: string): Promise<number> {
  const run = step === 'ingestInvoice' ? ingestInvoice : ingestCostExport;
  return beginOrGiveUp(context, step, { manifestName }, () => run(context.ports, manifestName));
}

/** Starts what an event should have started. What cannot be used is recorded as a failure, and the sweep goes on. */
async function beginOrGiveUp(
  { ports, givenUp }: Sweep,
  step: string,
  message: Readonly<Record<string, string>>,
  run: () => Promise<void>,
): Promise<number> {
  if (givenUp.has(failureIdOf(step, message))) return 0;
  try {
    await run();
    return 1;
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    await recordFailure(ports, { step, kind: 'permanent', message, reason: error.message });
    return 0;
  }
}

/** Sends the requests that were not given up. @returns how many */
async function again<Q extends Parameters<typeof request>[1]>(
  context: Sweep,
  queue: Q,
  bodies: Parameters<typeof request<Q>>[2],
): Promise<number> {
  const wanted = bodies.filter((body) => !context.givenUp.has(failureIdOf(queue, body)));
  for (const body of wanted) context.restarted.add(failureIdOf(queue, body));
  await request(context.ports.outbox, queue, wanted, { wave: context.wave });
  return wanted.length;
}

function keyOf(download: DownloadRecord): Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind'> {
  const { tenantId, invoiceId, kind } = download;
  return { tenantId, invoiceId, kind };
}
