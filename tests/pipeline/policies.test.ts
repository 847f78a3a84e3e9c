import { describe, expect, it } from 'vitest';
import { defaultPolicy, type TolerancePolicy } from '../../shared/domain/tolerance.ts';
import { tenantId } from '../support/tiny-month.ts';
import { listMeters, listReconciliations } from '../support/whole-lists.ts';
import { createWorld, type World } from '../support/world.ts';

const subscriptionId = 'aaaaaaaa-0000-4000-8000-00000000000a';

/** Lets the difference of the tiny month's second meter through. */
const generous: TolerancePolicy = {
  ...defaultPolicy,
  version: 'generous-1',
  rules: defaultPolicy.rules.map((rule) => (rule.name === 'costexport-default' ? { ...rule, absolute: '2' } : rule)),
};

async function statuses(world: World): Promise<readonly string[]> {
  const [item] = await listReconciliations(world.ports.runs, { comparedWith: 'costexport', subscriptionId });
  return ((await listMeters(world.ports, item?.runId ?? '', subscriptionId)) ?? []).map(({ status }) => status);
}

const breaks = (world: World) => world.ports.breaks.read({ tenantId, comparedWith: 'costexport', subscriptionId });

describe('the present tolerance policy', () => {
  it('is the default one until another is put up by who has seen it', async () => {
    const { policies } = createWorld().ports;
    expect(await policies.current()).toEqual({ policy: defaultPolicy, ordinal: 0 });
    expect(await policies.put(generous, 1)).toBe('changed');
    expect(await policies.put(generous, 0)).toBe('stored');
    expect(await policies.put(generous, 0)).toBe('stored');
    expect(await policies.current()).toEqual({ policy: generous, ordinal: 1 });
    expect(await policies.put({ ...generous, materiality: '7' }, 1)).toBe('taken');
    expect(await policies.put({ ...generous, version: 'late' }, 0)).toBe('changed');
    expect(await policies.put(defaultPolicy, 1)).toBe('stored');
    expect(await policies.current()).toEqual({ policy: defaultPolicy, ordinal: 2 });
  });

  it('makes runs of its own when it changes, and readers see those; back again, the runs of before', async () => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const before = await statuses(world);
    expect(before).toContain('mismatched');
    const broken = await breaks(world);
    expect(broken).toMatchObject([{ months: [{ cycle: '2026-10' }] }]);
    await world.ports.policies.put(generous, 0);
    world.advanceClock('2026-11-09T06:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await statuses(world)).toEqual(
      before.map((status) => (status === 'mismatched' ? 'withinTolerance' : status)),
    );
    expect(await breaks(world)).toMatchObject([{ months: [] }]);
    await world.ports.policies.put(defaultPolicy, 1);
    world.advanceClock('2026-11-10T06:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await statuses(world)).toEqual(before);
    expect(await breaks(world)).toEqual(broken);
  });
});
