import { describe, expect, it } from 'vitest';
import { defaultPolicy, type TolerancePolicy } from '../../shared/domain/tolerance.ts';
import { type ComparisonRequest, startComparison } from '../../shared/pipeline/start-comparison.ts';
import { invoiceId, tenantId } from '../support/tiny-month.ts';
import { listMeters, listReconciliations, listRuns, readChanges } from '../support/whole-lists.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const subscriptionId = 'aaaaaaaa-0000-4000-8000-00000000000a';
const wanted: ComparisonRequest = { invoiceId, comparedWith: 'costexport' };

/** Lets the difference of the tiny month's second meter through. */
const generous: TolerancePolicy = {
  ...defaultPolicy,
  version: 'generous-1',
  rules: defaultPolicy.rules.map((rule) => (rule.name === 'costexport-default' ? { ...rule, absolute: '2' } : rule)),
};

async function monthDone(options: WorldOptions = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function runOf(world: World): Promise<string> {
  return (await listReconciliations(world.ports.runs, wanted))[0]?.runId ?? '';
}

async function statuses(world: World, runId: string): Promise<readonly string[]> {
  return ((await listMeters(world.ports, runId, subscriptionId)) ?? []).map(({ status }) => status);
}

describe('asking for a comparison', () => {
  it('is answered by the run that is there, and changes nothing', async () => {
    const world = await monthDone();
    const before = world.dump();
    const outcome = await startComparison(world.ports, wanted);
    expect(outcome).toMatchObject({ kind: 'started', run: { runId: await runOf(world), state: 'published' } });
    await world.untilQuiet();
    expect(world.dump()).toBe(before);
  });

  it('makes a run that was not planned yet', async () => {
    const world = createWorld({ loses: (queue) => queue === 'planComparisons' });
    await world.startTimer();
    await world.untilQuiet();
    expect(await listReconciliations(world.ports.runs, wanted)).toEqual([]);
    await startComparison(world.ports, wanted);
    await world.untilQuiet();
    const usual = await monthDone();
    expect(await listReconciliations(world.ports.runs, wanted)).toEqual(
      await listReconciliations(usual.ports.runs, wanted),
    );
  });

  it('is refused for an unknown invoice, an unknown policy, and while a side is missing', async () => {
    const world = await monthDone({ costExportFiles: [] });
    expect(await startComparison(world.ports, { ...wanted, invoiceId: 'G999' })).toEqual({ kind: 'unknownInvoice' });
    expect(await startComparison(world.ports, { ...wanted, policyVersion: 'none' })).toEqual({ kind: 'unknownPolicy' });
    expect(await startComparison(world.ports, wanted)).toMatchObject({
      kind: 'notReady',
      message: expect.stringContaining('not all of dailyratedusage, costexport is there'),
    });
    expect(await startComparison(world.ports, { ...wanted, comparedWith: 'invoicelines' })).toMatchObject({
      kind: 'started',
    });
  });

  it('gives a run that has failed a further attempt, which a late message of the first does not end', async () => {
    const world = await monthDone();
    const runId = await runOf(world);
    const good = await world.ports.runs.get(runId);
    if (good === undefined) throw new Error('the run is gone');
    const { summary: _, ...failed } = { ...good, state: 'failed' as const, problem: 'not compared within 6 hours' };
    await world.tables.runs.put('run', runId, failed);
    const outcome = await startComparison(world.ports, wanted);
    expect(outcome).toMatchObject({ kind: 'started', run: { runId, state: 'comparing', attempt: 1 } });
    await world.ports.runs.finish(failed);
    expect(await world.ports.runs.get(runId)).toMatchObject({ state: 'comparing' });
    await world.untilQuiet();
    const again = await world.ports.runs.get(runId);
    expect(again).toEqual({ ...good, attempt: 1, plannedAt: again?.plannedAt });
  });
});

describe('a try-out of a policy', () => {
  it('says what would change, by its own id, and readers see what they saw', async () => {
    const world = await monthDone();
    const runId = await runOf(world);
    const before = await statuses(world, runId);
    expect(before).toContain('mismatched');
    const seen = await listReconciliations(world.ports.runs, wanted);
    const breaks = await world.ports.breaks.read({ tenantId, comparedWith: 'costexport', subscriptionId });
    expect(await world.ports.policies.keep(generous)).toBe('kept');
    const outcome = await startComparison(world.ports, { ...wanted, policyVersion: 'generous-1' });
    if (outcome.kind !== 'started') throw new Error(outcome.kind);
    await world.untilQuiet();
    const tried = outcome.run.runId;
    expect(tried).not.toBe(runId);
    expect(await statuses(world, tried)).toEqual(
      before.map((status) => (status === 'mismatched' ? 'withinTolerance' : status)),
    );
    expect((await listReconciliations(world.ports.runs, { runId: tried }))[0]).toMatchObject({ runId: tried });
    const changes = await readChanges(world.ports, tried);
    expect(changes?.summary).toMatchObject({ beforeRunId: runId, changed: 1 });
    world.advanceClock('2026-11-10T06:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await listReconciliations(world.ports.runs, wanted)).toEqual(seen);
    expect(await world.ports.breaks.read({ tenantId, comparedWith: 'costexport', subscriptionId })).toEqual(breaks);
    const listed = (await listRuns(world.ports)).find(({ id }) => id === tried);
    expect(listed).toMatchObject({ isTryOut: true, isCurrent: false, policyVersion: 'generous-1' });
  });

  it('does not keep the same policy from being put up afterwards', async () => {
    const world = await monthDone();
    await world.ports.policies.keep(generous);
    await startComparison(world.ports, { ...wanted, policyVersion: 'generous-1' });
    await world.untilQuiet();
    expect(await world.ports.policies.put(generous, 0)).toBe('stored');
    world.advanceClock('2026-11-10T06:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    const runId = await runOf(world);
    expect(await statuses(world, runId)).not.toContain('mismatched');
    const run = await world.ports.runs.get(runId);
    expect(run).not.toHaveProperty('isTryOut');
    expect(run?.policyVersion).toBe('generous-1');
  });

  it('of the present policy is the run that is there', async () => {
    const world = await monthDone();
    const outcome = await startComparison(world.ports, { ...wanted, policyVersion: defaultPolicy.version });
    expect(outcome).toMatchObject({ kind: 'started', run: { runId: await runOf(world) } });
  });
});

describe('kept policies', () => {
  it('are listed until they are removed, and never change', async () => {
    const { policies } = createWorld().ports;
    expect(await policies.list()).toEqual([defaultPolicy]);
    expect(await policies.keep(generous)).toBe('kept');
    expect(await policies.keep({ ...generous, materiality: '7' })).toBe('taken');
    expect((await policies.list()).map(({ version }) => version)).toEqual([defaultPolicy.version, 'generous-1']);
    await policies.remove('generous-1');
    expect(await policies.list()).toEqual([defaultPolicy]);
    expect(await policies.get('generous-1')).toEqual(generous);
    expect(await policies.keep({ ...generous, materiality: '7' })).toBe('taken');
  });
});
