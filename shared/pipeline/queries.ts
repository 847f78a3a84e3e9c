import { z } from 'zod';
import type { ChangeSummary } from '../contracts/breaks.ts';
import type { FileRecord } from '../contracts/files.ts';
import type { FileItem, InvoiceItem, MeterItem, ReconciliationItem, RunItem } from '../contracts/http.ts';
import type { DownloadRecord, InvoiceRecord } from '../contracts/invoices.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { ageMonths, type Break, breakIdOf, stateOf, trendOf } from '../domain/breaks.ts';
import { meterKeyOf } from '../domain/comparison.ts';
import { identityOf } from '../domain/content-hash.ts';
import type { LineChange } from '../domain/run-changes.ts';
import { isMatched } from '../domain/summary.ts';
import { standingOf } from './invoice-standing.ts';
import type {
  BreakStore,
  ChangeStore,
  DatasetStore,
  DownloadStore,
  FailureStore,
  InvoiceStore,
  RunStore,
} from './ports.ts';

/* What the HTTP API reads. Results come from published runs only; the state of the work comes from everywhere. */

export type ListInvoicesPorts = {
  readonly invoices: InvoiceStore;
  readonly downloads: DownloadStore;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly failures: FailureStore;
};

export type InvoiceFilter = { readonly tenant?: string; readonly type?: string; readonly billingCycle?: string };

export async function listInvoices(ports: ListInvoicesPorts, filter: InvoiceFilter): Promise<readonly InvoiceItem[]> {
  const [all, downloads, datasets, runs, failures] = await Promise.all([
    ports.invoices.list(),
    ports.downloads.list(),
    ports.datasets.list(),
    ports.runs.list(),
    ports.failures.list(),
  ]);
  const wanted = all
    .filter((invoice) => isWanted(invoice, filter))
    .sort((left, right) => (left.invoiceId < right.invoiceId ? -1 : 1));
  return Promise.all(
    wanted.map(async (invoice) => {
      const { billingCycle, invoiceId } = invoice;
      const pointer = await ports.runs.readPointer({ billingCycle, comparedWith: 'costexport', invoiceId });
      const { version: _, ...fields } = invoice;
      const own = downloads.filter(
        (download) => download.invoiceId === invoiceId && download.tenantId === invoice.tenantId,
      );
      return {
        ...fields,
        downloads: own.map(({ kind, state, problem }) => ({
          kind,
          state,
          ...(problem === undefined ? {} : { problem }),
        })),
        reconciliation: standingOf(invoice, { downloads, datasets, runs, failures, pointer }),
      };
    }),
  );
}

function isWanted(invoice: InvoiceRecord, filter: InvoiceFilter): boolean {
  return (
    (filter.tenant === undefined || invoice.tenantId === filter.tenant.toLowerCase()) &&
    (filter.type === undefined || invoice.type === filter.type) &&
    (filter.billingCycle === undefined || invoice.billingCycle === filter.billingCycle)
  );
}

export type ReconciliationFilter = {
  readonly billingCycle?: string;
  readonly subscriptionId?: string;
  readonly status?: string;
  readonly comparedWith?: string;
  readonly invoiceId?: string;
  readonly runId?: string;
};

/**
 * One row per subscription and currency of the runs that readers see, or of the one published run or try-out that is
 * named; ordered by cycle, invoice and subscription.
 */
export async function listReconciliations(
  runs: RunStore,
  filter: ReconciliationFilter,
): Promise<readonly ReconciliationItem[]> {
  return (await pageOfReconciliations(runs, filter, { top: Number.POSITIVE_INFINITY, position: undefined })).items;
}

/** Where a page begins: at which row of those that the filter leaves of a run. */
const place = z.tuple([z.string().describe('order of the run'), z.string().describe('runId'), z.int().nonnegative()]);

/**
 * Up to `top` of those rows after `position`. Who has begun to read a run is led on in that run, also where readers
 * see a later one by now: its rows would begin somewhere else.
 */
export async function pageOfReconciliations(
  runs: RunStore,
  filter: ReconciliationFilter,
  { top, position }: { readonly top: number; readonly position: string | undefined },
): Promise<{ readonly items: readonly ReconciliationItem[]; readonly next?: string }> {
  const start = position === undefined ? undefined : place.parse(JSON.parse(position));
  const found: ReconciliationItem[] = [];
  let reached = start;
  for (const run of await runsFrom(runs, filter, start)) {
    const items = (await itemsOf(runs, run)).filter((item) => isWantedItem(item, filter));
    const first = start?.[1] === run.runId ? start[2] : 0;
    const own = items.slice(first, first + top - found.length);
    const end = first + own.length;
    found.push(...own);
    if (own.length > 0) reached = [orderOfRun(run), run.runId, end];
    if (end < items.length) return { items: found, next: JSON.stringify(reached) };
  }
  return { items: found };
}

function isWantedItem(item: ReconciliationItem, { subscriptionId, status }: ReconciliationFilter): boolean {
  return (
    (subscriptionId === undefined || item.subscriptionId === subscriptionId.toLowerCase()) &&
    (status === undefined || item.status.toLowerCase() === status.toLowerCase())
  );
}

/** The runs whose rows are still to come, in their order. */
async function runsFrom(
  runs: RunStore,
  { runId, billingCycle, comparedWith, invoiceId }: ReconciliationFilter,
  start: z.infer<typeof place> | undefined,
): Promise<readonly RunRecord[]> {
  const begun = start === undefined ? [] : await publishedRuns(runs, [start[1]]);
  const wanted = runId === undefined ? await currentRuns(runs) : await publishedRuns(runs, [runId]);
  const toCome = wanted.filter(
    (run) =>
      (start === undefined || orderOfRun(run) > start[0]) &&
      (billingCycle === undefined || run.billingCycle === billingCycle) &&
      (comparedWith === undefined || run.comparedWith === comparedWith) &&
      (invoiceId === undefined || run.invoiceId === invoiceId.toUpperCase()),
  );
  return [...begun, ...toCome];
}

/** Those that readers see are published before they are pointed to. */
async function currentRuns(runs: RunStore): Promise<readonly RunRecord[]> {
  const pointers = await runs.listPointers();
  const current = await publishedRuns(
    runs,
    pointers.map((pointer) => pointer.runId),
  );
  return current.toSorted((left, right) => (orderOfRun(left) < orderOfRun(right) ? -1 : 1));
}

async function publishedRuns(runs: RunStore, runIds: readonly string[]): Promise<readonly RunRecord[]> {
  const found = await Promise.all(runIds.map((runId) => runs.get(runId)));
  return found.flatMap((run) => (run?.state === 'published' ? [run] : []));
}

function orderOfRun({ billingCycle, invoiceId, comparedWith }: RunRecord): string {
  return `${billingCycle} ${invoiceId} ${comparedWith}`;
}

async function itemsOf(runs: RunStore, run: RunRecord): Promise<readonly ReconciliationItem[]> {
  const { runId, billingCycle, comparedWith, invoiceId } = run;
  const plan = await runs.readPlan(runId);
  const names = new Map(plan.subscriptions.map((subscription) => [subscription.subscriptionId, subscription]));
  return (await runs.listSubscriptions(runId)).flatMap(({ subscriptionId, summary }) =>
    summary.totals.map(({ currency, invoice, other, variance, causes }) => ({
      runId,
      billingCycle,
      comparedWith,
      invoiceId,
      subscriptionId,
      subscriptionName: names.get(subscriptionId)?.name ?? '',
      customerId: names.get(subscriptionId)?.customerId ?? '',
      status: isMatched(summary) ? ('Matched' as const) : ('Mismatched' as const),
      currency,
      invoice,
      other,
      variance,
      causes,
      lines: summary.lines,
    })),
  );
}

/** @returns undefined when there is no such published run, or no such subscription in it */
export async function listMeters(
  { runs, breaks }: { readonly runs: RunStore; readonly breaks: BreakStore },
  runId: string,
  subscriptionIdText: string,
): Promise<readonly MeterItem[] | undefined> {
  const subscriptionId = subscriptionIdText.toLowerCase();
  const run = await runs.get(runId);
  if (run?.state !== 'published') return undefined;
  const lines = await runs.readLines(runId, subscriptionId);
  if (lines.length === 0) return undefined;
  const { tenantId, comparedWith } = run;
  const known = await breaks.read({ tenantId, comparedWith, subscriptionId });
  const byId = new Map(known.map((one) => [one.breakId, one]));
  return lines.map((line) => {
    const one = byId.get(breakIdOf({ ...line, comparedWith }));
    const isOfRun = one?.months.some((month) => month.runId === runId) === true;
    return { meterKey: meterKeyOf(line), ...line, ...(isOfRun ? { break: toBreakItem(one) } : {}) };
  });
}

export type MeterFilter = { readonly status?: string; readonly severity?: string; readonly trend?: string };

/** The meters that a caller asks for; letter case does not matter. */
export function metersOf(items: readonly MeterItem[], filter: MeterFilter): readonly MeterItem[] {
  const isWanted = (wanted: string | undefined, found: string | undefined) =>
    wanted === undefined || wanted.toLowerCase() === found?.toLowerCase();
  return items.filter(
    (item) =>
      isWanted(filter.status, item.status) &&
      isWanted(filter.severity, item.severity) &&
      isWanted(filter.trend, item.break?.trend),
  );
}

function toBreakItem(one: Break): NonNullable<MeterItem['break']> {
  const age = ageMonths(one);
  const firstCycle = one.months.at(-age)?.cycle ?? one.lastCycle;
  return { breakId: one.breakId, state: stateOf(one), trend: trendOf(one), ageMonths: age, firstCycle };
}

/** What a run changed against the one before it. @returns undefined when there is no such run, or none before it */
export async function readChanges(
  { runs, changes }: { readonly runs: RunStore; readonly changes: ChangeStore },
  runId: string,
): Promise<{ readonly summary: ChangeSummary; readonly lines: readonly LineChange[] } | undefined> {
  const run = await runs.get(runId);
  if (run?.state !== 'published') return undefined;
  const summary = await changes.readSummary(runId);
  if (summary === undefined) return undefined;
  return { summary, lines: await changes.readLines(runId, summary.beforeRunId) };
}

export type ListRunsPorts = {
  readonly downloads: DownloadStore;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly failures: FailureStore;
};

/** All work of the pipeline and what became of it: downloads, datasets, comparisons, and what was given up. */
export async function listRuns(ports: ListRunsPorts): Promise<readonly RunItem[]> {
  // Before the runs: one that readers see by now is among those that are listed afterwards.
  const current = new Set((await ports.runs.listPointers()).map(({ runId }) => runId));
  const [downloads, datasets, runs, failures] = await Promise.all([
    ports.downloads.list(),
    ports.datasets.list(),
    ports.runs.list(),
    ports.failures.list(),
  ]);
  return [
    ...downloads.map(
      ({ tenantId, invoiceId, kind, billingCycle, state, problem }): RunItem => ({
        kind: 'download',
        id: downloadIdOf({ tenantId, invoiceId, kind }),
        invoiceId,
        lineItems: kind,
        billingCycle,
        state,
        ...(problem === undefined ? {} : { problem }),
      }),
    ),
    ...datasets.map(
      ({ datasetId, billingCycle, manifestName, state, rows, problemCount, problems }): RunItem => ({
        kind: 'dataset',
        id: datasetId,
        billingCycle,
        source: manifestName,
        state,
        ...(rows === undefined ? {} : { rows }),
        problemCount,
        problems,
      }),
    ),
    ...(await Promise.all(runs.map((run) => comparisonItem(ports.runs, run, current.has(run.runId))))),
    ...failures.map(
      ({ failureId, kind, step, subject, reason }): RunItem => ({
        kind: 'failure',
        id: failureId,
        state: kind,
        step,
        subject,
        reason,
      }),
    ),
  ];
}

/** The id of a download among all work; it stands in addresses. */
export function downloadIdOf({ tenantId, invoiceId, kind }: Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind'>) {
  return identityOf(['download', tenantId, invoiceId, kind]);
}

async function comparisonItem(runs: RunStore, run: RunRecord, isCurrent: boolean): Promise<RunItem> {
  const {
    runId,
    billingCycle,
    invoiceId,
    comparedWith,
    state,
    expectedSubscriptions,
    policyVersion,
    isTryOut,
    summary,
    gate,
    problem,
  } = run;
  const done = state === 'published' ? expectedSubscriptions : (await runs.listSubscriptions(runId)).length;
  return {
    kind: 'comparison',
    id: runId,
    billingCycle,
    invoiceId,
    comparedWith,
    state,
    isCurrent,
    subscriptionsDone: done,
    subscriptionsExpected: expectedSubscriptions,
    policyVersion,
    ...(isTryOut === undefined ? {} : { isTryOut }),
    ...(gate === undefined ? {} : { gate }),
    ...(summary === undefined ? {} : { summary }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** A file as callers see it. */
export function toFileItem(record: FileRecord): FileItem {
  const { version: _, ...item } = record;
  return item;
}
