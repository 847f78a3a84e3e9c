import { describe, expect, it } from 'vitest';
import { pageOfReconciliations } from '../../shared/pipeline/list-reconciliations.ts';
import type { RunStore } from '../../shared/pipeline/ports.ts';
import { rememberOpened, rememberPublished } from '../../shared/pipeline/remember-published.ts';
import { totalOf } from '../domain/meters.ts';
import { publishRunOf } from '../support/published-run.ts';
import { listMeters } from '../support/whole-lists.ts';
import { createWorld } from '../support/world.ts';

const { subscriptionId } = totalOf();
const filter = { comparedWith: 'costexport' } as const;

/** How often each call of the store was made. */
function counted(runs: RunStore) {
  const calls: string[] = [];
  const count =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      calls.push(name);
      return call(...args);
    };
  const store: RunStore = {
    ...runs,
    get: count('get', runs.get),
    readPlan: count('readPlan', runs.readPlan),
    readLines: count('readLines', runs.readLines),
    listSubscriptions: count('listSubscriptions', runs.listSubscriptions),
    walkSubscriptions: count('walkSubscriptions', runs.walkSubscriptions),
    walkLines: count('walkLines', runs.walkLines),
    walkPointers: count('walkPointers', runs.walkPointers),
  };
  return { store, calls };
}

describe('a walk through the pages of reconciliations', () => {
  it('ends in the run in which it began, also when readers see another by then, and goes on to the next invoice', async () => {
    const world = createWorld();
    await publishRunOf(world, { runId: 'a1', invoiceId: 'G1' });
    await publishRunOf(world, { runId: 'b1', invoiceId: 'G2' });
    const { runs } = world.ports;
    const first = await pageOfReconciliations(runs, filter, { top: 1, position: undefined });
    expect(first.items.map(({ runId }) => runId)).toEqual(['a1']);
    await publishRunOf(world, { runId: 'a2', invoiceId: 'G1', order: '2' });
    await publishRunOf(world, { runId: 'b2', invoiceId: 'G2', order: '2' });
    const rest = await pageOfReconciliations(runs, filter, { top: 10, position: first.next });
    expect(rest).toEqual({ items: [expect.objectContaining({ runId: 'b2' })] });
    const anew = await pageOfReconciliations(runs, filter, { top: 10, position: undefined });
    expect(anew.items.map(({ runId }) => runId)).toEqual(['a2', 'b2']);
  });

  it('in the middle of a run goes on in that run by its own rows', async () => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const { runs } = world.ports;
    const all = await pageOfReconciliations(runs, filter, { top: 100, position: undefined });
    expect(all.items.length).toBeGreaterThan(1);
    const [run] = all.items;
    const seen: unknown[] = [];
    let position: string | undefined;
    for (let pages = 0; pages <= all.items.length; pages += 1) {
      const page = await pageOfReconciliations(runs, filter, { top: 1, position });
      seen.push(...page.items);
      position = page.next;
      if (pages === 0) {
        const { invoiceId = '', billingCycle = '' } = run ?? {};
        await publishRunOf(world, { runId: 'later', invoiceId, cycle: billingCycle, order: '~' });
      }
      if (position === undefined) break;
    }
    expect(seen).toEqual(all.items);
    const anew = await pageOfReconciliations(runs, filter, { top: 100, position: undefined });
    expect(new Set(anew.items.map(({ runId }) => runId))).toEqual(new Set(['later']));
  });
});

describe('a published run', () => {
  it('is read once, and the pointer and the breaks every time', async () => {
    const world = createWorld();
    await publishRunOf(world, { runId: 'a1' });
    const { store, calls } = counted(world.ports.runs);
    const runs = rememberPublished(store);
    const look = async () => [
      await pageOfReconciliations(runs, filter, { top: 10, position: undefined }),
      await listMeters({ ...world.ports, runs }, 'a1', subscriptionId),
    ];
    const first = await look();
    expect(await look()).toEqual(first);
    expect(calls.toSorted()).toEqual([
      'get',
      'listSubscriptions',
      'readLines',
      'readPlan',
      'walkPointers',
      'walkPointers',
    ]);
  });

  it('gives way to a later one at the next request', async () => {
    const world = createWorld();
    const runs = rememberPublished(world.ports.runs);
    const seen = async () =>
      (await pageOfReconciliations(runs, filter, { top: 10, position: undefined })).items.map(({ runId }) => runId);
    expect(await seen()).toEqual([]);
    await publishRunOf(world, { runId: 'a1' });
    expect(await seen()).toEqual(['a1']);
    await publishRunOf(world, { runId: 'a2', order: '2' });
    expect(await seen()).toEqual(['a2']);
  });

  it('is not what a run is that is still being compared: of that nothing is kept', async () => {
    const world = createWorld();
    const run = await publishRunOf(world, { runId: 'a1' });
    const { version, plannedAt, ...rest } = run;
    await world.ports.runs.create(
      { version, plannedAt, ...rest, runId: 'a2', state: 'comparing' },
      { version: 1, runId: 'a2', subscriptions: [] },
    );
    const runs = rememberPublished(world.ports.runs);
    expect(await runs.get('a2')).toMatchObject({ state: 'comparing' });
    expect(await runs.listSubscriptions('a2')).toEqual([]);
    expect(await runs.readLines('a2', subscriptionId)).toEqual([]);
    const lines = await world.ports.runs.readLines('a1', subscriptionId);
    await world.ports.runs.putLines('a2', subscriptionId, lines);
    expect(await runs.readLines('a2', subscriptionId)).toEqual(lines);
    await world.ports.runs.finish({ ...run, runId: 'a2' });
    expect(await runs.get('a2')).toMatchObject({ state: 'published' });
  });
});

describe('an opened meter line', () => {
  it('is read once, and one that is not there is asked for again', async () => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const [run] = (await pageOfReconciliations(world.ports.runs, filter, { top: 1, position: undefined })).items;
    const { runId = '', subscriptionId: id = '' } = run ?? {};
    const [meter] = (await listMeters(world.ports, runId, id)) ?? [];
    const wanted = { runId, subscriptionId: id, meterKey: meter?.meterKey ?? '' };
    const { store, calls } = counted(world.ports.runs);
    const open = rememberOpened();
    const first = await open({ ...world.ports, runs: store }, wanted);
    expect(first?.kind).toBe('opened');
    expect(await open({ ...world.ports, runs: store }, { ...wanted, subscriptionId: id.toUpperCase() })).toBe(first);
    expect(calls).toEqual(['get', 'readLines']);
    for (const turn of [1, 2]) {
      expect(await open({ ...world.ports, runs: store }, { ...wanted, runId: 'f'.repeat(32) })).toBeUndefined();
      expect(calls.slice(2)).toHaveLength(turn);
    }
  });
});
