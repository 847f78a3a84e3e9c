import pLimit from 'p-limit';
import type { RunRecord } from '../contracts/runs.ts';
import { updateBreaks } from '../domain/breaks.ts';
import { changesOf, reasonsOf } from '../domain/run-changes.ts';
import type { BreakStore, ChangeStore, RunStore } from './ports.ts';

export type FollowRunPorts = {
  readonly runs: RunStore;
  readonly breaks: BreakStore;
  readonly changes: ChangeStore;
};

/** Units that are worked on at once. */
const unitsAtOnce = 8;

/** Each repeat means that readers came to see another run meanwhile. */
const repeatsMax = 8;

/**
 * What follows from a run that readers see: the breaks of its month, and what it changed against the run before. Twice
 * is once, and the order in which runs come to this does not matter.
 */
export async function followRun(ports: FollowRunPorts, run: RunRecord): Promise<void> {
  if (run.comparedWith !== 'invoicetotal') await followBreaks(ports, run);
  await storeChanges(ports, run);
}

/** What a try-out would change in what readers see. */
export async function followTryOut(ports: FollowRunPorts, run: RunRecord): Promise<void> {
  const pointer = await ports.runs.readPointer(run);
  const before = pointer === undefined ? undefined : await ports.runs.get(pointer.runId);
  if (before !== undefined) await storeChangesAgainst(ports, before, run);
}

/**
 * Brings the breaks up to what the runs that readers see say of this month. Whoever wrote by an overtaken run sees so at
 * the end, and does it again by the one that took its place. Covered are the units of every month, since a meter whose
 * subscription is gone has no break any more.
 */
async function followBreaks({ runs, breaks }: FollowRunPorts, run: RunRecord): Promise<void> {
  const { tenantId, comparedWith, billingCycle: cycle } = run;
  for (let repeats = 0; repeats < repeatsMax; repeats += 1) {
    const current = await currentRuns(runs, run);
    const own = current.filter(({ billingCycle }) => billingCycle === cycle);
    const [first] = own;
    if (first === undefined) return;
    const latestCycle =
      current
        .map(({ billingCycle }) => billingCycle)
        .sort()
        .at(-1) ?? cycle;
    const units = await unitsOf(runs, current);
    await forEachUnit(units, async (subscriptionId) => {
      const lists = await Promise.all(own.map(({ runId }) => runs.readLines(runId, subscriptionId)));
      const { runId } = own[lists.findIndex((list) => list.length > 0)] ?? first;
      const month = { cycle, runId, comparedWith, lines: lists.flat(), latestCycle };
      await breaks.update({ tenantId, comparedWith, subscriptionId }, (known) => updateBreaks(known, month));
    });
    if (idsOf(await currentRuns(runs, run)) === idsOf(current)) return;
  }
  throw new Error(`The published runs of ${comparedWith} kept changing`);
}

/** The runs of the same tenant and comparison that readers see, one for each invoice. */
async function currentRuns(runs: RunStore, { tenantId, comparedWith }: RunRecord): Promise<readonly RunRecord[]> {
  const published = (await runs.list()).filter(
    (run) => run.state === 'published' && run.tenantId === tenantId && run.comparedWith === comparedWith,
  );
  const pointers = await Promise.all(published.map((run) => runs.readPointer(run)));
  return published.filter((run, at) => pointers[at]?.runId === run.runId);
}

function idsOf(runs: readonly RunRecord[]): string {
  return runs
    .map(({ runId }) => runId)
    .sort()
    .join(' ');
}

async function unitsOf(runs: RunStore, of: readonly RunRecord[]): Promise<readonly string[]> {
  const units = new Set<string>();
  for (const { runId } of of)
    for (const { subscriptionId } of (await runs.readPlan(runId)).subscriptions) units.add(subscriptionId);
  return [...units].sort();
}

async function forEachUnit(units: readonly string[], work: (unit: string) => Promise<void>): Promise<void> {
  const limit = pLimit(unitsAtOnce);
  const outcomes = await Promise.allSettled(units.map((unit) => limit(() => work(unit))));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function storeChanges(ports: FollowRunPorts, run: RunRecord): Promise<void> {
  const before = runBefore(await ports.runs.list(), run);
  if (before !== undefined) await storeChangesAgainst(ports, before, run);
}

async function storeChangesAgainst({ runs, changes }: FollowRunPorts, before: RunRecord, run: RunRecord) {
  const why = reasonsOf(before, run);
  const counts = { new: 0, gone: 0, changed: 0, same: 0 };
  await forEachUnit(await unitsOf(runs, [before, run]), async (subscriptionId) => {
    const [old, now] = await Promise.all([before, run].map(({ runId }) => runs.readLines(runId, subscriptionId)));
    const { lines, ...own } = changesOf(old ?? [], now ?? [], why);
    if (lines.length > 0) await changes.putLines(run.runId, before.runId, lines);
    counts.new += own.new;
    counts.gone += own.gone;
    counts.changed += own.changed;
    counts.same += own.same;
  });
  await changes.putSummary({ version: 1, runId: run.runId, beforeRunId: before.runId, why, ...counts });
}

/** The latest published run of the same comparison and invoice that is earlier than this one. */
function runBefore(all: readonly RunRecord[], run: RunRecord): RunRecord | undefined {
  const orderOf = ({ order, runId }: RunRecord) => `${order} ${runId}`;
  return all
    .filter(
      (other) =>
        other.state === 'published' &&
        other.isTryOut !== true &&
        other.comparedWith === run.comparedWith &&
        other.invoiceId === run.invoiceId &&
        other.billingCycle === run.billingCycle &&
        orderOf(other) < orderOf(run),
    )
    .sort((left, right) => (orderOf(left) < orderOf(right) ? 1 : -1))[0];
}
