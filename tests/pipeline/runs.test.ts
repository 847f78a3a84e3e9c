import { describe, expect, it } from 'vitest';
import type { RunItem } from '../../shared/contracts/http.ts';
import { compareSubscriptionMessage } from '../../shared/contracts/messages.ts';
import { runSubscription } from '../../shared/contracts/runs.ts';
import { publishRun } from '../../shared/pipeline/publish-run.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { invoiceId, tinyCostExport } from '../support/tiny-month.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld, tinySource, type World, type WorldOptions } from '../support/world.ts';

type Comparison = Extract<RunItem, { kind: 'comparison' }>;

async function comparisons(world: World): Promise<readonly Comparison[]> {
  return (await listRuns(world.ports)).filter(
    (item): item is Comparison => item.kind === 'comparison' && item.comparedWith === 'costexport',
  );
}

async function costRuns(world: World) {
  return (await world.ports.runs.list()).filter((run) => run.comparedWith === 'costexport');
}

async function standing(world: World) {
  return (await listInvoices(world.ports, {})).find((item) => item.invoiceId === invoiceId)?.reconciliation;
}

const older = tinyCostExport();
/** The same export a day later: one cost has been corrected. */
const newer = tinyCostExport({
  run: 2,
  submittedTime: '2026-11-09T04:00:00.0000000Z',
  edit: (text) => text.replace('15.231647988', '16.92405332'),
});

function place(world: World, files: typeof older.files): void {
  for (const file of files) world.containers.costExports.put(file.name, file.bytes);
}

async function started(options: WorldOptions = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

describe('a newer cost export', () => {
  it('makes a run of its own, published beside the old one, and readers see the new one alone', async () => {
    const world = await started();
    const [first] = await comparisons(world);
    const before = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
    const oldLines = await world.ports.runs.readLines(first?.id ?? '', 'aaaaaaaa-0000-4000-8000-00000000000a');
    place(world, newer.files);
    await world.untilQuiet();
    const all = await comparisons(world);
    expect(all.map(({ state, isCurrent }) => [state, isCurrent]).sort()).toEqual([
      ['published', false],
      ['published', true],
    ]);
    expect(all.find((run) => run.id === first?.id)).toMatchObject({ isCurrent: false });
    const after = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
    expect(new Set(after.map((item) => item.runId))).toEqual(new Set([all.find((run) => run.isCurrent)?.id]));
    expect(after).toHaveLength(before.length);
    expect(after).not.toEqual(before);
    // The old result is as it was.
    expect(await world.ports.runs.readLines(first?.id ?? '', 'aaaaaaaa-0000-4000-8000-00000000000a')).toEqual(oldLines);
  });

  it.each([
    ['older first', [older, newer]],
    ['newer first', [newer, older]],
  ])('is what readers see in the end, whichever comes first: %s', async (_what, order) => {
    const world = await started({ costExportFiles: [] });
    for (const { files } of order) {
      place(world, files);
      await world.untilQuiet();
    }
    const dataset = (await world.ports.datasets.list()).find((each) => each.manifestName === newer.manifestName);
    const current = (await comparisons(world)).find((run) => run.isCurrent);
    const run = await world.ports.runs.get(current?.id ?? '');
    expect(run?.otherDatasetIds).toEqual([dataset?.datasetId]);
  });

  it.each([
    ['the older one', 0],
    ['the newer one', 1],
  ])('keeps its place whichever run ends last, such as %s', async (_what, last) => {
    const world = await twoRunsUnderWay();
    const runs = [...(await costRuns(world))].sort((left, right) => (left.order < right.order ? -1 : 1));
    expect(runs.map((run) => run.state)).toEqual(['comparing', 'comparing']);
    const ending = last === 0 ? [runs[1], runs[0]] : [runs[0], runs[1]];
    for (const run of ending) await publishRun(world.ports, { version: 1, runId: run?.runId ?? '', attempt: 0 });
    expect((await costRuns(world)).map((run) => run.state)).toEqual(['published', 'published']);
    expect((await comparisons(world)).filter((run) => run.isCurrent).map((run) => run.id)).toEqual([runs[1]?.runId]);
    await publishRun(world.ports, { version: 1, runId: runs[0]?.runId ?? '', attempt: 1 });
    expect((await comparisons(world)).filter((run) => run.isCurrent).map((run) => run.id)).toEqual([runs[1]?.runId]);
  });
});

describe('an export of another billing account, older than the one that is compared already', () => {
  const others = [1, 2].map((count) =>
    tinyCostExport({
      run: 2 + count,
      submittedTime: `2026-11-08T0${count}:00:00.0000000Z`,
      edit: (text) => text.replace('15.231647988', `${count}`),
      promise: (manifest) => ({
        ...manifest,
        exportConfig: {
          ...manifest.exportConfig,
          resourceId: manifest.exportConfig.resourceId.replace('1234567', '7654321'),
        },
      }),
    }),
  );

  it('makes a later run, and so does its newer version, whichever run says last that it is published', async () => {
    const world = await started();
    const current = async () => (await comparisons(world)).find((run) => run.isCurrent)?.id;
    const published: (string | undefined)[] = [await current()];
    for (const { files } of others) {
      place(world, files);
      await world.untilQuiet();
      published.push(await current());
    }
    expect(new Set(published).size).toBe(3);
    for (const runId of published) await publishRun(world.ports, { version: 1, runId: runId ?? '', attempt: 9 });
    for (const runId of published.toReversed()) {
      await publishRun(world.ports, { version: 1, runId: runId ?? '', attempt: 9 });
    }
    expect(await current()).toBe(published[2]);
    const run = await world.ports.runs.get(published[2] ?? '');
    expect(run?.otherDatasetIds).toHaveLength(2);
  });
});

/** Both runs have all their subscriptions, and neither has been published. */
async function twoRunsUnderWay(): Promise<World> {
  const world = createWorld({ waitAtMostMs: 999, costExportFiles: older.files, source: readyAtOnce() });
  await world.startTimer();
  await world.untilQuiet();
  place(world, newer.files);
  await world.untilQuiet();
  return world;
}

/** The publishing of a run waits for the clock here, so nothing before it may. */
function readyAtOnce() {
  const source = tinySource();
  return {
    readOperation: async (request: Parameters<typeof source.readOperation>[0]) => {
      await source.readOperation(request);
      return source.readOperation(request);
    },
  };
}

describe('a run', () => {
  it('that does not account for every row fails, is not shown, and says by how many', async () => {
    const world = await underWay();
    const [run] = await costRuns(world);
    const runId = run?.runId ?? '';
    const [result] = await world.ports.runs.listSubscriptions(runId);
    const wrong = structuredClone(result);
    if (wrong === undefined) throw new Error('the run has subscriptions');
    const fewer = { ...wrong.summary.otherRows, excluded: wrong.summary.otherRows.excluded - 1 };
    const summary = { ...wrong.summary, otherRows: fewer };
    await world.ports.runs.putSubscription(runSubscription.parse({ ...wrong, summary }));
    await publishRun(world.ports, { version: 1, runId, attempt: 0 });
    const problem = expect.stringMatching(/does not account for every row: other side: 6 rows read, 5 accounted for/);
    expect(await comparisons(world)).toMatchObject([{ state: 'failed', isCurrent: false, problem }]);
    expect(await listReconciliations(world.ports.runs, { comparedWith: 'costexport' })).toEqual([]);
    expect(await standing(world)).toEqual({ state: 'blocked', runId, reason: problem });
    for (const other of await world.ports.runs.list())
      await publishRun(world.ports, { version: 1, runId: other.runId, attempt: 0 });
    const before = world.dump();
    await publishRun(world.ports, { version: 1, runId, attempt: 1 });
    world.advanceClock('2026-11-08T12:30:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(world.dump()).toBe(before);
  });

  it('that is compared in full is the control: it is published', async () => {
    const world = await underWay();
    expect(await standing(world)).toMatchObject({ state: 'comparing' });
    expect(await listReconciliations(world.ports.runs, { comparedWith: 'costexport' })).toEqual([]);
    const [run] = await costRuns(world);
    await publishRun(world.ports, { version: 1, runId: run?.runId ?? '', attempt: 0 });
    expect(await comparisons(world)).toMatchObject([{ state: 'published', isCurrent: true }]);
    expect(await standing(world)).toEqual({ state: 'reconciled', runId: run?.runId });
  });

  it('whose subscriptions are not all compared waits, and fails after six hours with their number', async () => {
    const world = await started({ loses: isOfNoSubscription, waitAtMostMs: -1 });
    for (const minute of ['06:01', '06:02', '06:30', '08:00', '12:00', '12:01']) {
      world.advanceClock(`2026-11-08T${minute}:00.000Z`);
      await world.untilQuiet();
    }
    expect(await comparisons(world)).toMatchObject([
      { state: 'comparing', subscriptionsDone: 2, subscriptionsExpected: 3, isCurrent: false },
    ]);
    world.advanceClock('2026-11-08T12:10:00.000Z');
    await world.untilQuiet();
    expect(await comparisons(world)).toMatchObject([
      { state: 'failed', problem: '1 of 3 subscriptions were not compared within 6 hours' },
    ]);
    expect(await standing(world)).toMatchObject({ state: 'blocked' });
  });
});

async function underWay(): Promise<World> {
  const world = createWorld({ waitAtMostMs: 999, source: readyAtOnce() });
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

/** The request to compare the rows that belong to no subscription. */
const isOfNoSubscription: NonNullable<WorldOptions['loses']> = (queue, { body }) =>
  queue === 'compareSubscription' && compareSubscriptionMessage.parse(body).subscriptionId === '';
