import { describe, expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { reportIssue } from '../../shared/pipeline/report-issue.ts';
import { retryWork } from '../../shared/pipeline/retry-work.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld, tinySource, type World } from '../support/world.ts';

async function worked(world: World): Promise<World> {
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function workOf(world: World, kind: string) {
  return (await listRuns(world.ports)).filter((item) => item.kind === kind);
}

async function resultOf(world: World) {
  return listReconciliations(world.ports.runs, {});
}

describe('work that has failed is started again by its id', () => {
  it('a download that Microsoft refused: asked for anew, and the month ends as usual', async () => {
    let isRefused = true;
    const source = tinySource();
    const world = await worked(
      createWorld({
        source: {
          ...source,
          readOperation: async (request) =>
            isRefused && request.operationUrl.endsWith('-dailyratedusage')
              ? { kind: 'failed', reason: 'no permission' }
              : source.readOperation(request),
        },
      }),
    );
    const failed = (await workOf(world, 'download')).filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject([{ lineItems: 'dailyratedusage', problem: expect.stringContaining('no permission') }]);
    isRefused = false;
    expect(await retryWork(world.ports, failed[0]?.id ?? '')).toEqual({ kind: 'restarted' });
    await world.untilQuiet();
    expect((await workOf(world, 'download')).map(({ state }) => state)).toEqual(
      (await workOf(world, 'download')).map(() => 'downloaded'),
    );
    expect(await resultOf(world)).toEqual(await resultOf(await worked(createWorld())));
    expect(await retryWork(world.ports, failed[0]?.id ?? '')).toEqual({ kind: 'notFailed' });
  });

  it('a dataset that was given up while it was read, by its own id or by that of its failure', async () => {
    for (const by of ['dataset', 'failure']) {
      const world = createWorld({ recordsFailures: true });
      const { openRandomAccess, open } = world.ports.costExports;
      let isGone = true;
      const gone = () => {
        throw new TerminalError('the file has gone');
      };
      const archive = world.ports.costExports;
      archive.open = (name) => (isGone && !name.endsWith('.json') ? gone() : open(name));
      archive.openRandomAccess = (name) => (isGone ? gone() : openRandomAccess(name));
      await worked(world);
      const [refused] = (await workOf(world, 'dataset')).filter(({ state }) => state === 'refused');
      expect(refused).toMatchObject({ problems: [{ code: 'givenUp' }] });
      const failures = await workOf(world, 'failure');
      expect(failures).toMatchObject([{ step: 'ingestPart' }, { step: 'ingestPart' }]);
      isGone = false;
      world.advanceClock('2026-11-08T07:00:00.000Z');
      const id = by === 'dataset' ? refused?.id : failures[0]?.id;
      expect(await retryWork(world.ports, id ?? '')).toEqual({ kind: 'restarted' });
      await world.untilQuiet();
      expect(await workOf(world, 'failure')).toEqual([]);
      expect(await resultOf(world)).toEqual(await resultOf(await worked(createWorld())));
    }
  });

  it('a comparison that has failed', async () => {
    const world = await worked(createWorld());
    const before = await resultOf(world);
    const runId = before[0]?.runId ?? '';
    const run = await world.ports.runs.get(runId);
    await world.tables.runs.put('run', runId, { ...run, state: 'failed', problem: 'late' });
    expect(await retryWork(world.ports, runId)).toEqual({ kind: 'restarted' });
    await world.untilQuiet();
    expect(await resultOf(world)).toEqual(before);
    expect(await retryWork(world.ports, runId)).toEqual({ kind: 'notFailed' });
  });
});

describe('evidence that could not be gathered', () => {
  it('is gathered once what was in its way has gone', async () => {
    const world = createWorld({ recordsFailures: true });
    await worked(world);
    const runId = (await resultOf(world))[0]?.runId ?? '';
    const { readPlan } = world.ports.runs;
    world.ports.runs.readPlan = () => {
      throw new TerminalError('the plan has gone');
    };
    const reported = await reportIssue(world.ports, { target: { kind: 'run', runId } }, 'tenant/operator');
    const issueId = reported?.issue.issueId ?? '';
    await world.untilQuiet();
    const evidence = async () => (await world.ports.issues.get(issueId))?.evidence;
    expect(await evidence()).toEqual({ state: 'failed', reason: 'the plan has gone' });
    const [failure] = await workOf(world, 'failure');
    expect(failure).toMatchObject({ step: 'attachEvidence' });
    world.ports.runs.readPlan = readPlan;
    expect(await retryWork(world.ports, failure?.id ?? '')).toEqual({ kind: 'restarted' });
    await world.untilQuiet();
    expect(await evidence()).toMatchObject({ state: 'available' });
    expect(await workOf(world, 'failure')).toEqual([]);
  });
});

describe('work that is not started again', () => {
  it('is what nobody knows, and what is done', async () => {
    const world = await worked(createWorld());
    const before = world.dump();
    expect(await retryWork(world.ports, 'f'.repeat(32))).toEqual({ kind: 'unknown' });
    expect(await retryWork(world.ports, 'no-such-thing')).toEqual({ kind: 'unknown' });
    for (const { id } of await listRuns(world.ports)) {
      expect(await retryWork(world.ports, id)).toEqual({ kind: 'notFailed' });
    }
    expect(world.dump()).toBe(before);
  });

  it('is a dataset whose files are damaged, with what is wrong with them', async () => {
    const world = createWorld({
      source: {
        openPart: async () => ({
          kind: 'open',
          bytes: (async function* () {
            yield new TextEncoder().encode('no gzip');
          })(),
        }),
      },
    });
    await worked(world);
    const [refused] = (await workOf(world, 'dataset')).filter(({ state }) => state === 'refused');
    const before = world.dump();
    expect(await retryWork(world.ports, refused?.id ?? '')).toEqual({
      kind: 'refused',
      message: expect.stringContaining('the gzip data is damaged'),
    });
    expect(world.dump()).toBe(before);
  });
});
