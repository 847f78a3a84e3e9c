import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from '../support/turns.ts';
import { listRuns } from '../support/whole-lists.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

async function runMonth(options: WorldOptions = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

describe('several invocations at once, interleaved at every call', () => {
  it('end in the same state, byte for byte, as one after another', async () => {
    const expected = (await runMonth()).dump();
    let orders = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(2, 3, 4), async (seed, atOnce) => {
        const turns = new Turns(seed, atOnce);
        const world = await runMonth({ turns });
        expect(turns.running).toBe(0);
        expect(world.dump(), `seed ${seed}, ${atOnce} at once`).toBe(expected);
        orders += 1;
      }),
      { numRuns: 40 },
    );
    expect(orders).toBe(40);
  }, 120_000);

  it('run in an order that only the seed decides', async () => {
    const calls = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const world = await runMonth({ turns: new Turns(seed) });
        expect(
          (await listRuns(world.ports)).some(
            (item) => item.kind === 'comparison' && item.comparedWith === 'costexport',
          ),
        ).toBe(true);
        return world.faults.calls;
      }),
    );
    expect(calls[0]).toBe(calls[1]);
    expect(calls[0]).not.toBe(calls[2]);
  });
});
