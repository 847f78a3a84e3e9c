import type { RunPlan, RunRecord, RunSubscription } from '../contracts/runs.ts';
import type { Break } from '../domain/breaks.ts';
import { type MeterLine, meterKeyOf } from '../domain/comparison.ts';
import { boundedCache } from './bounded-cache.ts';
import { type DrillDown, type DrillDownPorts, drillDown, type MeterOfRun } from './drill-down.ts';
import type { BreakStore, RunStore } from './ports.ts';
import { sharedReads } from './shared-reads.ts';

/** One row takes about 2 KB. */
const rowsKeptMax = 20_000;
const recordsKeptMax = 1_000;

/**
 * `runs`, remembering what readers ask for again and again: a published run never changes, so that its rows need not be
 * read twice. Of runs that are not published nothing is kept. Which run is the one to see is read at every request.
 */
export function rememberPublished(runs: RunStore, rowsMax: number = rowsKeptMax): RunStore {
  const published = new Map<string, RunRecord>();
  const records = sharedReads<RunRecord | undefined>();
  const plans = boundedCache<RunPlan>(rowsMax, ({ subscriptions }) => 1 + subscriptions.length);
  const subscriptions = boundedCache<readonly RunSubscription[]>(rowsMax, (rows) => 1 + rows.length);
  const lines = boundedCache<readonly KeyedLine[]>(rowsMax, (rows) => 1 + rows.length);
  const get = async (runId: string): Promise<RunRecord | undefined> => {
    const known = published.get(runId);
    if (known !== undefined) return known;
    const record = await records(runId, () => runs.get(runId));
    if (record?.state !== 'published') return record;
    published.set(runId, record);
    for (const oldest of published.keys()) {
      if (published.size <= recordsKeptMax) break;
      published.delete(oldest);
    }
    return record;
  };
  const isPublished = async (runId: string) => (await get(runId))?.state === 'published';
  const keptSubscriptions = (runId: string) => subscriptions.read(runId, () => runs.listSubscriptions(runId));
  const keptLines = (runId: string, subscriptionId: string) =>
    lines.read(`${runId} ${subscriptionId}`, async () => keyed(await runs.readLines(runId, subscriptionId)));
  return {
    ...runs,
    get,
    readPlan: async (runId) =>
      (await isPublished(runId)) ? plans.read(runId, () => runs.readPlan(runId)) : runs.readPlan(runId),
    listSubscriptions: async (runId) =>
      (await isPublished(runId)) ? keptSubscriptions(runId) : runs.listSubscriptions(runId),
    getSubscription: async (runId, subscriptionId) =>
      (await isPublished(runId))
        ? (await keptSubscriptions(runId)).find((each) => each.subscriptionId === subscriptionId)
        : runs.getSubscription(runId, subscriptionId),
    walkSubscriptions: async function* (runId, from) {
      if (!(await isPublished(runId))) return yield* runs.walkSubscriptions(runId, from);
      const behind = from.after?.subscriptionId;
      for (const each of await keptSubscriptions(runId)) {
        if (behind === undefined || each.subscriptionId > behind) yield each;
      }
    },
    walkLines: async function* (runId, subscriptionId, from) {
      if (!(await isPublished(runId))) return yield* runs.walkLines(runId, subscriptionId, from);
      const behind = from.after?.meterKey;
      for (const { meterKey, line } of await keptLines(runId, subscriptionId)) {
        if (behind === undefined || meterKey > behind) yield line;
      }
    },
  };
}

type KeyedLine = { readonly meterKey: string; readonly line: MeterLine };

/** In the order of their keys, as they are walked. */
function keyed(lines: readonly MeterLine[]): readonly KeyedLine[] {
  return lines
    .map((line) => ({ meterKey: meterKeyOf(line), line }))
    .sort((left, right) => (left.meterKey < right.meterKey ? -1 : 1));
}

/** `breaks`, each subscription of which is read once for all who ask meanwhile: breaks change, so nothing is kept. */
export function shareBreakReads(breaks: BreakStore): BreakStore {
  const reads = sharedReads<readonly Break[]>();
  return {
    ...breaks,
    read: (key) => reads(JSON.stringify([key.tenantId, key.comparedWith, key.subscriptionId]), () => breaks.read(key)),
  };
}

/** Days and resources of opened meter lines that are kept together; each may list up to 200 rows. */
const openedRowsMax = 50_000;

/**
 * Opened meter lines of published runs, which never change: the next page of one is asked for a moment later, and to
 * read it anew takes as long as the first.
 */
export function rememberOpened(): (ports: DrillDownPorts, meter: MeterOfRun) => Promise<DrillDown | undefined> {
  const rowsOf = (found: DrillDown | undefined) =>
    found?.kind !== 'opened'
      ? 0
      : found.items.reduce((sum, { invoice, other }) => sum + 1 + (invoice?.rows ?? 0) + (other?.rows ?? 0), 0);
  const opened = boundedCache<DrillDown | undefined>(openedRowsMax, rowsOf);
  return async (ports, meter) => {
    const key = `${meter.runId} ${meter.subscriptionId.toLowerCase()} ${meter.meterKey}`;
    const found = await opened.read(key, () => drillDown(ports, meter));
    // What is not there to be opened may be there at the next request.
    if (found?.kind !== 'opened') opened.forget(key);
    return found;
  };
}
