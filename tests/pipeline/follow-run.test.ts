import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../shared/contracts/runs.ts';
import { followRun } from '../../shared/pipeline/follow-run.ts';
import { totalOf } from '../domain/meters.ts';
import { publishRunOf } from '../support/published-run.ts';
import { listMeters, readChanges } from '../support/whole-lists.ts';
import { createWorld, type World } from '../support/world.ts';

const subscriptionId = totalOf().subscriptionId;
const key = { tenantId: 'tenant', comparedWith: 'costexport', subscriptionId } as const;

type Month = { readonly cycle: string; readonly off: number; readonly order?: string };

/** A run of a month in which the meter is off by so much, or there is none, published and shown to readers. */
function publish(world: World, { order = '1', ...month }: Month): Promise<RunRecord> {
  return publishRunOf(world, { runId: `run-${month.cycle}-${order}`, order, ...month });
}

async function publishAll(months: readonly Month[]): Promise<World> {
  const world = createWorld();
  for (const month of months) await followRun(world.ports, await publish(world, month));
  return world;
}

const october = { cycle: '2026-10', off: 3 } as const;
const november = { cycle: '2026-11', off: 4 } as const;
const december = { cycle: '2026-12', off: 0 } as const;

describe('the breaks of published runs', () => {
  it('are shown on the lines, with their age and trend', async () => {
    const world = await publishAll([october, november]);
    expect((await listMeters(world.ports, 'run-2026-11-1', subscriptionId))?.map((item) => item.break)).toMatchObject([
      { state: 'open', ageMonths: 2, trend: 'worsened', firstCycle: '2026-10' },
    ]);
  });

  it('are the same in whatever order months come, and however often', async () => {
    const [inOrder, late] = await Promise.all([
      publishAll([october, november, december]),
      publishAll([december, november, october]),
    ]);
    const expected = await inOrder.ports.breaks.read(key);
    expect(expected).toMatchObject([{ lastCycle: '2026-12', months: [{ cycle: '2026-10' }, { cycle: '2026-11' }] }]);
    expect(await late.ports.breaks.read(key)).toEqual(expected);
    for (const run of await late.ports.runs.list()) await followRun(late.ports, run);
    expect(await late.ports.breaks.read(key)).toEqual(expected);
  });

  it('close when a newer run of the month finds the line right, also when the older one follows last', async () => {
    const world = await publishAll([october]);
    const older = await world.ports.runs.get('run-2026-10-1');
    if (older === undefined) throw new Error('the run is there');
    await followRun(world.ports, await publish(world, { ...october, off: 0, order: '2' }));
    const closed = await world.ports.breaks.read(key);
    expect(closed).toMatchObject([{ months: [], lastCycle: '2026-10' }]);
    await followRun(world.ports, older);
    expect(await world.ports.breaks.read(key)).toEqual(closed);
  });

  it('are put right by who was overtaken while writing', async () => {
    const world = createWorld();
    const older = await publish(world, october);
    const { breaks } = world.ports;
    let isFirst = true;
    const overtaken: typeof breaks = {
      read: (of) => breaks.read(of),
      update: async (of, change) => {
        if (isFirst) {
          isFirst = false;
          await followRun(world.ports, await publish(world, { ...october, off: 0, order: '2' }));
        }
        await breaks.update(of, change);
      },
    };
    await followRun({ ...world.ports, breaks: overtaken }, older);
    expect(await breaks.read(key)).toMatchObject([{ months: [], lastCycle: '2026-10' }]);
  });
});

describe('what a run changed', () => {
  it('is told against the run before it, with the reason', async () => {
    const world = await publishAll([october, { ...october, off: 5, order: '2' }]);
    expect(await readChanges(world.ports, 'run-2026-10-1')).toBeUndefined();
    expect(await readChanges(world.ports, 'run-2026-10-2')).toMatchObject({
      summary: { beforeRunId: 'run-2026-10-1', why: ['newOtherFile'], new: 0, gone: 0, changed: 1, same: 0 },
      lines: [{ kind: 'changed', before: { other: { cost: '7' } }, after: { other: { cost: '5' } } }],
    });
  });
});
