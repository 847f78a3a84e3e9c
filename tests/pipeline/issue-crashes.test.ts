import { describe, expect, it } from 'vitest';
import type { IssueTarget } from '../../shared/contracts/issues.ts';
import { meterKeyOf } from '../../shared/domain/comparison.ts';
import { reportIssue } from '../../shared/pipeline/report-issue.ts';
import { everyFault, type Story, tellWholly } from '../support/every-fault.ts';
import { invoiceId, planId } from '../support/tiny-month.ts';
import { createWorld, type World } from '../support/world.ts';

/* Every call of the outside world that a report and its evidence take fails in every way; the caller asks again. */

const subscriptionA = 'aaaaaaaa-0000-4000-8000-00000000000a';

async function afterMonth(): Promise<World> {
  const world = createWorld();
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function runOf(world: World, comparedWith: 'costexport' | 'invoicelines'): Promise<string> {
  const pointer = await world.ports.runs.readPointer({ billingCycle: '2026-10', comparedWith, invoiceId });
  if (pointer === undefined) throw new Error('Nothing was published');
  return pointer.runId;
}

async function report(world: World, target: IssueTarget): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    world.faults.revive();
    try {
      await reportIssue(world.ports, { target, note: 'why' }, 'tenant/operator');
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InjectedFault') throw error;
    }
  }
}

describe.each([
  [
    'a meter line',
    async (world: World): Promise<IssueTarget> => {
      const runId = await runOf(world, 'costexport');
      const line = (await world.ports.runs.readLines(runId, subscriptionA)).find(
        ({ status }) => status === 'mismatched',
      );
      if (line === undefined) throw new Error('No such line');
      return { kind: 'meter', runId, subscriptionId: subscriptionA, meterKey: meterKeyOf(line) };
    },
  ],
  [
    'a plan',
    async (world: World): Promise<IssueTarget> => {
      return { kind: 'subscription', runId: await runOf(world, 'invoicelines'), subscriptionId: planId };
    },
  ],
  [
    'a line item',
    async (): Promise<IssueTarget> => ({ kind: 'lineItem', invoiceId, lineKind: 'onetime', part: 0, line: 1 }),
  ],
])('reporting %s', (_, targetOf) => {
  it('ends in the same state, byte for byte, whatever call fails, however', async () => {
    const target = await targetOf(await afterMonth());
    const story: Story = {
      steps: [(world) => world.startTimer(), (world) => report(world, target)],
      ending: (world) => world.dump(),
    };
    const expected = (await tellWholly(story)).dump();
    expect(expected).toContain('"evidence":{"state":"available"');
    const calls = new Set<number>();
    for await (const { fault, ending } of everyFault(story, 1)) {
      expect(ending, `${fault.kind} at call ${fault.call}`).toBe(expected);
      calls.add(fault.call);
    }
    expect(calls.size).toBeGreaterThan(12);
  }, 120_000);
});
