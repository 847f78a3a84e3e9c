import { z } from 'zod';
import type { ReconciliationItem } from '../contracts/http.ts';
import type { RunPlan, RunSubscription } from '../contracts/runs.ts';
import { isMatched } from '../domain/summary.ts';
import type { ComparedWith } from '../domain/tolerance.ts';
import type { PublishedRun, RunStore } from './ports.ts';
import { type Page, type PagePlace, rowsFor, takePage, type WalkStep } from './take-page.ts';

export type ReconciliationFilter = {
  /** A list never mixes comparisons: their amounts are not of one kind. That with the cost export where it is not said. */
  readonly comparedWith?: ComparedWith;
  /** That run alone, whether readers see it or not. */
  readonly runId?: string;
  readonly billingCycle?: string;
  readonly subscriptionId?: string;
  readonly status?: string;
  readonly invoiceId?: string;
};

/**
 * Where a walk is: in which run, behind which of its subscriptions, and past how many currencies of the one that comes
 * next. The run is named, so that a page goes on in the run of the page before, whatever is published meanwhile.
 */
const place = z.strictObject({
  billingCycle: z.string(),
  invoiceId: z.string(),
  runId: z.string(),
  behind: z.string().exactOptional(),
  currencies: z.int().exactOptional(),
});
type Place = z.infer<typeof place>;

/** A page of the runs that readers see, one row per subscription and currency, by cycle, invoice and subscription. */
export function pageOfReconciliations(
  runs: RunStore,
  filter: ReconciliationFilter,
  { top, position }: PagePlace,
): Promise<Page<ReconciliationItem>> {
  const from = position === undefined ? undefined : place.parse(JSON.parse(position));
  return takePage(walkReconciliations(runs, filter, { from, atOnce: rowsFor(top) }), top);
}

/** All that a page may have, from a place on. */
async function* walkReconciliations(
  runs: RunStore,
  filter: ReconciliationFilter,
  { from, atOnce }: { readonly from: Place | undefined; readonly atOnce: number },
): AsyncGenerator<WalkStep<ReconciliationItem>> {
  if (filter.runId !== undefined) {
    const run = await runs.get(filter.runId);
    if (run?.state === 'published' && isWantedRun(run, filter)) yield* walkRun(runs, run, filter, { from, atOnce });
    return;
  }
  const { comparedWith = 'costexport', billingCycle } = filter;
  if (from !== undefined) yield* walkRun(runs, { ...from, comparedWith }, filter, { from, atOnce });
  for await (const run of runs.walkPointers({ comparedWith, billingCycle }, { after: from, atOnce })) {
    if (filter.invoiceId === undefined || run.invoiceId === filter.invoiceId.toUpperCase()) {
      yield* walkRun(runs, run, filter, { from: undefined, atOnce });
    } else yield { place: placeIn(run, {}) };
  }
}

function isWantedRun(run: PublishedRun, { comparedWith, billingCycle, invoiceId }: ReconciliationFilter): boolean {
  return (
    (comparedWith === undefined || comparedWith === run.comparedWith) &&
    (billingCycle === undefined || billingCycle === run.billingCycle) &&
    (invoiceId === undefined || invoiceId.toUpperCase() === run.invoiceId)
  );
}

async function* walkRun(
  runs: RunStore,
  run: PublishedRun,
  filter: ReconciliationFilter,
  { from, atOnce }: { readonly from: Place | undefined; readonly atOnce: number },
): AsyncGenerator<WalkStep<ReconciliationItem>> {
  let behind = from?.behind;
  let plan: RunPlan | undefined;
  for await (const subscription of subscriptionsOf(runs, run, filter, { behind, atOnce })) {
    const { subscriptionId, summary } = subscription;
    const isWanted = filter.status === undefined || isMatched(summary) === (filter.status.toLowerCase() === 'matched');
    // Of the one that the page before ended in, some may be told already.
    const told = behind === from?.behind ? (from?.currencies ?? 0) : 0;
    if (isWanted) plan ??= await runs.readPlan(run.runId);
    const items = isWanted && plan !== undefined ? itemsOf(run, plan, subscription) : [];
    for (const [at, item] of items.entries()) {
      const isLast = at === items.length - 1;
      const next = isLast
        ? { behind: subscriptionId }
        : { ...(behind === undefined ? {} : { behind }), currencies: at + 1 };
      if (at >= told) yield { place: placeIn(run, next), item };
    }
    behind = subscriptionId;
    if (items.length === 0) yield { place: placeIn(run, { behind }) };
  }
}

/** One subscription is read alone, however many the run has. */
async function* subscriptionsOf(
  runs: RunStore,
  { runId }: PublishedRun,
  filter: ReconciliationFilter,
  { behind, atOnce }: { readonly behind: string | undefined; readonly atOnce: number },
): AsyncGenerator<RunSubscription> {
  if (filter.subscriptionId === undefined) {
    yield* runs.walkSubscriptions(runId, {
      after: behind === undefined ? undefined : { subscriptionId: behind },
      atOnce,
    });
    return;
  }
  const subscriptionId = filter.subscriptionId.toLowerCase();
  const only = behind === subscriptionId ? undefined : await runs.getSubscription(runId, subscriptionId);
  if (only !== undefined) yield only;
}

function placeIn({ billingCycle, invoiceId, runId }: PublishedRun, rest: Pick<Place, 'behind' | 'currencies'>): string {
  return JSON.stringify({ billingCycle, invoiceId, runId, ...rest } satisfies Place);
}

function itemsOf(
  { runId, billingCycle, comparedWith, invoiceId }: PublishedRun,
  plan: RunPlan,
  { subscriptionId, summary }: RunSubscription,
): readonly ReconciliationItem[] {
  const named = plan.subscriptions.find((subscription) => subscription.subscriptionId === subscriptionId);
  return summary.totals.map(({ currency, invoice, other, variance, causes }) => ({
    runId,
    billingCycle,
    comparedWith,
    invoiceId,
    subscriptionId,
    subscriptionName: named?.name ?? '',
    customerId: named?.customerId ?? '',
    status: isMatched(summary) ? ('Matched' as const) : ('Mismatched' as const),
    currency,
    invoice,
    other,
    variance,
    causes,
    lines: summary.lines,
  }));
}
