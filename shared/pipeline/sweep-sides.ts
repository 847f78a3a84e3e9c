import type { DatasetRecord } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { DownloadRecord, InvoiceRecord } from '../contracts/invoices.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { addMilliseconds, arrivalDeadline, parseBillingCycle } from '../domain/calendar.ts';
import { type GateSide, gateOf } from '../domain/gates.ts';
import type { FailureStore } from './ports.ts';
import { failureIdOf } from './record-failure.ts';

/** The step that a failure for a missing side is recorded under. */
export const awaitSidesStep = 'awaitSides';

export type Arrivals = {
  readonly now: string;
  readonly invoices: readonly InvoiceRecord[];
  readonly downloads: readonly DownloadRecord[];
  readonly datasets: readonly DatasetRecord[];
  readonly runs: readonly RunRecord[];
  readonly failures: readonly FailureRecord[];
};

/** Time to work through a month that was over before we first saw its invoice, as when the product is set up. */
const firstWorkMs = 24 * 60 * 60 * 1000;

/**
 * An invoice of which one side has not come in time is blocked: a failure says which, until both sides have met. This is
 * the one place that decides it.
 */
export async function sweepSides(store: FailureStore, arrivals: Arrivals): Promise<void> {
  for (const invoice of arrivals.invoices) {
    if (invoice.type !== 'newCommerce' || invoice.documentType !== 'invoice') continue;
    const { tenantId, invoiceId } = invoice;
    const subject = { tenantId, invoiceId };
    const failureId = failureIdOf(awaitSidesStep, subject);
    const known = arrivals.failures.find((failure) => failure.failureId === failureId);
    const reason = lateReason(invoice, arrivals);
    if (reason === undefined) {
      if (known !== undefined) await store.remove(failureId);
    } else if (known?.reason !== reason) {
      await store.put({ version: 1, failureId, step: awaitSidesStep, kind: 'permanent', subject, reason });
    }
  }
}

/** Why the comparison with the cost export is overdue; undefined while it is not, and once it has begun. */
function lateReason(invoice: InvoiceRecord, { now, downloads, datasets, runs }: Arrivals): string | undefined {
  const cycle = parseBillingCycle(invoice.billingCycle);
  if (cycle === undefined || now.slice(0, 10) <= arrivalDeadline(cycle)) return undefined;
  if (isNew(invoice, downloads, now)) return undefined;
  const isMet = runs.some((run) => run.comparedWith === 'costexport' && run.invoiceId === invoice.invoiceId);
  if (isMet) return undefined;
  const usage = datasets.filter(
    ({ kind, sourceId }) => kind === 'dailyratedusage' && sourceId.endsWith(`/${invoice.invoiceId}`),
  );
  const exports = datasets.filter(
    ({ kind, billingCycle, isOpenMonth, state }) =>
      kind === 'costexport' && billingCycle === cycle && isOpenMonth !== true && state !== 'passedOver',
  );
  const gate = gateOf({ billingCycle: cycle, invoice: sideOf(usage, cycle), other: sideOf(exports, cycle) });
  return gate.kind === 'closed'
    ? `${gate.message}; it was to be there by ${arrivalDeadline(cycle)}`
    : `No cost export of ${cycle} is of this invoice; one was to be there by ${arrivalDeadline(cycle)}`;
}

/** Whether its usage was first asked for only lately; asking for it anew after an interruption does not change when. */
function isNew({ tenantId, invoiceId }: InvoiceRecord, downloads: readonly DownloadRecord[], now: string): boolean {
  const own = downloads.find(
    (download) =>
      download.tenantId === tenantId && download.invoiceId === invoiceId && download.kind === 'dailyratedusage',
  );
  return own === undefined || now < addMilliseconds(own.requestedAt, firstWorkMs);
}

/** A side is as far as the version of it that has come furthest. */
function sideOf(versions: readonly DatasetRecord[], billingCycle: string): GateSide {
  const side = { billingCycle, currencies: [] };
  for (const state of ['sealed', 'ingesting', 'waiting'] as const)
    if (versions.some((dataset) => dataset.state === state)) return { ...side, state };
  const [bad] = versions;
  if (bad === undefined) return { ...side, state: 'absent' };
  const problem = bad.problems[0]?.message;
  return { ...side, state: 'refused', ...(problem === undefined ? {} : { problem }) };
}
