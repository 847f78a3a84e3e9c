import type { ChangeSummary } from '../../shared/contracts/breaks.ts';
import type { MeterItem, ReconciliationItem, RunItem } from '../../shared/contracts/http.ts';
import { meterLineKey } from '../../shared/domain/meter-totals.ts';
import type { LineChange } from '../../shared/domain/run-changes.ts';
import { pageOfReconciliations, type ReconciliationFilter } from '../../shared/pipeline/list-reconciliations.ts';
import { type ListRunsPorts, pageOfRuns } from '../../shared/pipeline/list-runs.ts';
import type { BreakStore, ChangeStore, RunStore } from '../../shared/pipeline/ports.ts';
import { pageOfChanges, pageOfMeters } from '../../shared/pipeline/queries.ts';
import type { Page, PagePlace } from '../../shared/pipeline/take-page.ts';

/* Lists that the API hands out by pages, whole. */

const pagesMax = 20;

async function whole<T>(pageAt: (place: PagePlace) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  let position: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page = await pageAt({ top: 1_000, position });
    items.push(...page.items);
    position = page.next;
    if (position === undefined) return items;
  }
  throw new Error(`The list has more than ${pagesMax} pages`);
}

export function listReconciliations(
  runs: RunStore,
  filter: ReconciliationFilter,
): Promise<readonly ReconciliationItem[]> {
  return whole((place) => pageOfReconciliations(runs, filter, place));
}

export function listRuns(ports: ListRunsPorts): Promise<readonly RunItem[]> {
  return whole((place) => pageOfRuns(ports, place));
}

/** Ordered by meter line. @returns undefined when there is no such published run, or no such subscription in it */
export async function listMeters(
  ports: { readonly runs: RunStore; readonly breaks: BreakStore },
  runId: string,
  subscriptionId: string,
): Promise<readonly MeterItem[] | undefined> {
  const of = { runId, subscriptionId };
  const items = await whole(async (page) => (await pageOfMeters(ports, { of, filter: {}, page })) ?? { items: [] });
  if (items.length === 0) return undefined;
  return items.toSorted((left, right) => (meterLineKey(left) < meterLineKey(right) ? -1 : 1));
}

/** What a run changed against the one before it. @returns undefined when there is no such run, or none before it */
export async function readChanges(
  ports: { readonly runs: RunStore; readonly changes: ChangeStore },
  runId: string,
): Promise<{ readonly summary: ChangeSummary; readonly lines: readonly LineChange[] } | undefined> {
  let summary: ChangeSummary | undefined;
  const lines = await whole(async (place) => {
    const found = await pageOfChanges(ports, runId, place);
    summary = found?.summary;
    return found?.page ?? { items: [] };
  });
  return summary === undefined ? undefined : { summary, lines };
}
