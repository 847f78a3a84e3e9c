import { z } from 'zod';
import type { ChangeSummary } from '../contracts/breaks.ts';
import type { FileRecord } from '../contracts/files.ts';
import type { FileItem, InvoiceItem, MeterItem } from '../contracts/http.ts';
import type { InvoiceRecord } from '../contracts/invoices.ts';
import { ageMonths, type Break, breakIdOf, stateOf, trendOf } from '../domain/breaks.ts';
import { meterKeyOf } from '../domain/comparison.ts';
import type { LineChange } from '../domain/run-changes.ts';
import { standingOf } from './invoice-standing.ts';
import type {
  BreakStore,
  ChangeStore,
  DatasetStore,
  DownloadStore,
  FailureStore,
  InvoiceStore,
  RunStore,
  WalkFrom,
} from './ports.ts';
import { type Page, type PagePlace, rowsFor, takePage, type WalkStep } from './take-page.ts';

/* What the HTTP API reads. Results come from published runs only; the state of the work comes from everywhere. */

export type ListInvoicesPorts = {
  readonly invoices: InvoiceStore;
  readonly downloads: DownloadStore;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly failures: FailureStore;
};

export type InvoiceFilter = {
  readonly tenant?: string;
  readonly type?: string;
  readonly billingCycle?: string;
  /** Letter case does not matter. */
  readonly invoiceId?: string;
};

export async function listInvoices(ports: ListInvoicesPorts, filter: InvoiceFilter): Promise<readonly InvoiceItem[]> {
  const [all, downloads, datasets, runs, failures] = await Promise.all([
    ports.invoices.list(),
    ports.downloads.list(),
    ports.datasets.list(),
    ports.runs.list(),
    ports.failures.list(),
  ]);
  return Promise.all(
    wantedInvoices(all, filter).map(async (invoice) => {
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

/** Those that fit the filter, ordered by number. */
export function wantedInvoices(all: readonly InvoiceRecord[], filter: InvoiceFilter): readonly InvoiceRecord[] {
  return all
    .filter((invoice) => isWanted(invoice, filter))
    .sort((left, right) => (left.invoiceId < right.invoiceId ? -1 : 1));
}

function isWanted(invoice: InvoiceRecord, filter: InvoiceFilter): boolean {
  return (
    (filter.invoiceId === undefined || invoice.invoiceId.toUpperCase() === filter.invoiceId.toUpperCase()) &&
    (filter.tenant === undefined || invoice.tenantId === filter.tenant.toLowerCase()) &&
    (filter.type === undefined || invoice.type === filter.type) &&
    (filter.billingCycle === undefined || invoice.billingCycle === filter.billingCycle)
  );
}

type MeterPorts = { readonly runs: RunStore; readonly breaks: BreakStore };
export type SubscriptionOfRun = { readonly runId: string; readonly subscriptionId: string };
export type MeterFilter = { readonly status?: string; readonly severity?: string; readonly trend?: string };

/**
 * A page of a subscription's meter lines, by their keys; letter case of the filters does not matter.
 * @returns undefined when there is no such published run, or no such subscription in it
 */
export async function pageOfMeters(
  ports: MeterPorts,
  { of, filter, page: { top, position } }: { of: SubscriptionOfRun; filter: MeterFilter; page: PagePlace },
): Promise<Page<MeterItem> | undefined> {
  const from = { after: position === undefined ? undefined : { meterKey: position }, atOnce: rowsFor(top) };
  let isThere = position !== undefined;
  const walk = async function* (): AsyncGenerator<WalkStep<MeterItem>> {
    for await (const item of walkMeters(ports, of, from)) {
      isThere = true;
      yield { place: item.meterKey, item: isWantedMeter(item, filter) ? item : undefined };
    }
  };
  const page = await takePage(walk(), top);
  return isThere ? page : undefined;
}

async function* walkMeters(
  { runs, breaks }: MeterPorts,
  { runId, subscriptionId: id }: SubscriptionOfRun,
  from: WalkFrom<{ readonly meterKey: string }>,
): AsyncGenerator<MeterItem> {
  const subscriptionId = id.toLowerCase();
  const run = await runs.get(runId);
  if (run?.state !== 'published') return;
  const { tenantId, comparedWith } = run;
  let known: ReadonlyMap<string, Break> | undefined;
  for await (const line of runs.walkLines(runId, subscriptionId, from)) {
    known ??= new Map(
      (await breaks.read({ tenantId, comparedWith, subscriptionId })).map((each) => [each.breakId, each]),
    );
    const one = known.get(breakIdOf({ ...line, comparedWith }));
    const isOfRun = one?.months.some((month) => month.runId === runId) === true;
    yield { meterKey: meterKeyOf(line), ...line, ...(isOfRun ? { break: toBreakItem(one) } : {}) };
  }
}

function isWantedMeter(item: MeterItem, { status, severity, trend }: MeterFilter): boolean {
  const isWanted = (wanted: string | undefined, found: string | undefined) =>
    wanted === undefined || wanted.toLowerCase() === found?.toLowerCase();
  return isWanted(status, item.status) && isWanted(severity, item.severity) && isWanted(trend, item.break?.trend);
}

function toBreakItem(one: Break): NonNullable<MeterItem['break']> {
  const age = ageMonths(one);
  const firstCycle = one.months.at(-age)?.cycle ?? one.lastCycle;
  return { breakId: one.breakId, state: stateOf(one), trend: trendOf(one), ageMonths: age, firstCycle };
}

/**
 * What a run changed against the one before it; of the lines a page, by subscription and meter key.
 * @returns undefined when there is no such published run, or none before it
 */
export async function pageOfChanges(
  { runs, changes }: { readonly runs: RunStore; readonly changes: ChangeStore },
  runId: string,
  { top, position }: PagePlace,
): Promise<{ readonly summary: ChangeSummary; readonly page: Page<LineChange> } | undefined> {
  const run = await runs.get(runId);
  if (run?.state !== 'published') return undefined;
  const summary = await changes.readSummary(runId);
  if (summary === undefined) return undefined;
  const after = position === undefined ? undefined : changePlace.parse(JSON.parse(position));
  const walk = async function* (): AsyncGenerator<WalkStep<LineChange>> {
    for await (const item of changes.walkLines(runId, summary.beforeRunId, { after, atOnce: rowsFor(top) })) {
      const { subscriptionId, meterKey } = item;
      yield { place: JSON.stringify({ subscriptionId, meterKey }), item };
    }
  };
  return { summary, page: await takePage(walk(), top) };
}

const changePlace = z.strictObject({ subscriptionId: z.string(), meterKey: z.string() });

/** A file as callers see it. */
export function toFileItem(record: FileRecord): FileItem {
  const { version: _, ...item } = record;
  return item;
}
