import { expect, it } from 'vitest';
import { everyFault, type Story, tellWholly } from '../support/every-fault.ts';
import { InjectedFault } from '../support/faults.ts';
import type { World } from '../support/world.ts';

/* The tool that tells a story with every fault, held against a step that does not bear being repeated. */

async function countOnce(world: World): Promise<void> {
  const table = world.faults.wrap(world.tables.breaks, 'breaks');
  for (let tries = 0; tries < 3; tries += 1) {
    world.faults.revive();
    try {
      const count = Number((await table.get('counts', 'one'))?.value ?? 0);
      await table.put('counts', 'one', count + 1);
      return;
    } catch (error) {
      if (!(error instanceof InjectedFault)) throw error;
    }
  }
}

const source = { listInvoices: async () => [] };

it('tells of each fault with which a step counts twice', async () => {
  const story: Story = {
    options: { costExportFiles: [], source },
    steps: [countOnce, (world) => world.startTimer()],
    ending: (world) => world.dump(),
  };
  const expected = (await tellWholly(story)).dump();
  const wrong: unknown[] = [];
  for await (const { fault, ending } of everyFault(story)) if (ending !== expected) wrong.push(fault);
  expect(wrong).toEqual([
    { call: 2, kind: 'lost' },
    { call: 2, kind: 'crash' },
  ]);
});

it('finds the ending that the story has when it is told from its beginning', async () => {
  const story: Story = {
    options: { source },
    steps: [(world) => world.startTimer(), countOnce, (world) => world.sweep()],
    ending: (world) => world.dump(),
  };
  const endings = new Set<string>();
  for await (const { fault, ending } of everyFault(story)) {
    expect(ending, `${fault.kind} at call ${fault.call}`).toBe((await tellWholly(story, fault)).dump());
    endings.add(ending);
  }
  expect(endings.size).toBe(2);
});

it('leaves out the calls before the step that it is told to begin at', async () => {
  const story: Story = {
    options: { source },
    steps: [(world) => world.startTimer(), countOnce],
    ending: (world) => world.dump(),
  };
  const calls: number[] = [];
  for await (const { fault } of everyFault(story, 1)) calls.push(fault.call);
  const { calls: last } = (await tellWholly(story)).faults;
  expect(calls).toEqual([last - 1, last - 1, last, last, last]);
});
