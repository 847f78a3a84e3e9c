import type { DatasetRecord } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { InvoiceStanding } from '../contracts/http.ts';
import type { DownloadRecord, InvoiceRecord } from '../contracts/invoices.ts';
import type { PublishedPointer, RunRecord } from '../contracts/runs.ts';
import { failureIdOf } from './record-failure.ts';
import { awaitSidesStep } from './sweep-sides.ts';

/** What is known of the work on one invoice. */
export type InvoiceWork = {
  readonly downloads: readonly DownloadRecord[];
  readonly datasets: readonly DatasetRecord[];
  readonly runs: readonly RunRecord[];
  readonly failures: readonly FailureRecord[];
  readonly pointer: PublishedPointer | undefined;
};

/** How far the reconciliation of `invoice` has come. A month that does not go on by itself is `blocked`, with the reason. */
export function standingOf(invoice: InvoiceRecord, work: InvoiceWork): InvoiceStanding {
  if (invoice.type === 'legacy')
    return {
      state: 'notReconciled',
      reason: 'Legacy invoices have no cost export; their lines are compared with the total of the invoice',
    };
  if (invoice.documentType !== 'invoice')
    return {
      state: 'notReconciled',
      reason: `The document is a ${invoice.documentType}, which has no usage of its own`,
    };
  if (work.pointer !== undefined) return { state: 'reconciled', runId: work.pointer.runId };
  const runs = work.runs.filter(
    (run) => run.comparedWith === 'costexport' && run.invoiceId === invoice.invoiceId && run.isTryOut !== true,
  );
  const failed = runs.find((run) => run.state === 'failed');
  if (failed !== undefined)
    return { state: 'blocked', runId: failed.runId, reason: failed.problem ?? 'The comparison failed' };
  const comparing = runs.find((run) => run.state === 'comparing');
  if (comparing !== undefined) return { state: 'comparing', runId: comparing.runId };
  return standingOfInputs(invoice, work);
}

function standingOfInputs(invoice: InvoiceRecord, work: InvoiceWork): InvoiceStanding {
  const download = work.downloads.find(
    (candidate) => candidate.invoiceId === invoice.invoiceId && candidate.kind === 'dailyratedusage',
  );
  if (download?.state === 'failed') return { state: 'blocked', reason: download.problem ?? 'The download failed' };
  const usage = work.datasets.filter(
    (dataset) => dataset.kind === 'dailyratedusage' && dataset.sourceId.endsWith(`/${invoice.invoiceId}`),
  );
  const exports = work.datasets.filter(
    (dataset) =>
      dataset.kind === 'costexport' &&
      dataset.billingCycle === invoice.billingCycle &&
      dataset.state !== 'passedOver' &&
      dataset.isOpenMonth !== true,
  );
  return (
    blockedSide('the usage of the invoice', usage) ??
    blockedSide('the cost export', exports) ??
    lateSide(invoice, work.failures) ??
    waitingFor(usage, exports, work.failures)
  );
}

/** A side of which every version was refused, or still waits for files. */
function blockedSide(side: string, versions: readonly DatasetRecord[]): InvoiceStanding | undefined {
  if (versions.some((dataset) => dataset.state === 'sealed' || dataset.state === 'ingesting')) return undefined;
  const bad = versions[0];
  if (bad === undefined) return undefined;
  const what = bad.state === 'notComparable' ? 'not comparable' : bad.state;
  return { state: 'blocked', reason: `${side} is ${what}: ${bad.problems[0]?.message ?? 'no reason recorded'}` };
}

/** A side that did not come in time, as the sweep found. */
function lateSide(
  { tenantId, invoiceId }: InvoiceRecord,
  failures: readonly FailureRecord[],
): InvoiceStanding | undefined {
  const failureId = failureIdOf(awaitSidesStep, { tenantId, invoiceId });
  const late = failures.find((failure) => failure.failureId === failureId);
  return late === undefined ? undefined : { state: 'blocked', reason: late.reason };
}

function waitingFor(
  usage: readonly DatasetRecord[],
  exports: readonly DatasetRecord[],
  failures: readonly FailureRecord[],
): InvoiceStanding {
  if (usage.length === 0) return { state: 'downloading' };
  if (exports.length > 0) return { state: 'waiting', reason: 'The files are being read' };
  // A manifest that cannot be read names no month, so it may be the one that this invoice waits for.
  const unreadable = failures.find((failure) => failure.step === 'ingestCostExport' && failure.kind === 'permanent');
  if (unreadable !== undefined)
    return { state: 'blocked', reason: `No cost export of this month is there. ${unreadable.reason}` };
  return { state: 'waiting', reason: 'No cost export of this month has arrived' };
}
