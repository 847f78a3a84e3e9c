import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunItem } from '../../shared/contracts/http.ts';
import { requestFile } from '../../shared/pipeline/request-file.ts';
import { everyFault, type Story, tellWholly } from '../support/every-fault.ts';
import { customerId, invoiceId } from '../support/tiny-month.ts';
import { listMeters, listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const fileRequest = {
  invoiceId,
  kind: 'onetime',
  audience: 'customer',
  customerId,
  format: 'csv',
  culture: 'invariant',
} as const;

const isCostExport = (item: RunItem) => item.kind === 'comparison' && item.comparedWith === 'costexport';

/** The whole month, then one file of it. */
const month = {
  steps: [(world) => world.startTimer(), requestFileOnce],
  ending: (world) => world.dump(),
} satisfies Story;

function runMonth(options: WorldOptions = {}): Promise<World> {
  return tellWholly({ ...month, options });
}

async function requestFileOnce(world: World): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    world.faults.revive();
    try {
      await requestFile(world.ports, fileRequest);
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InjectedFault') throw error;
    }
  }
  throw new Error('the file could not be asked for');
}

describe('one month over drivers in memory', () => {
  it('is published with every meter told apart', async () => {
    const world = await runMonth();
    const [first] = await listReconciliations(world.ports.runs, {
      billingCycle: '2026-10',
      comparedWith: 'costexport',
    });
    const run = (await listRuns(world.ports)).find(isCostExport);
    expect(run).toMatchObject({ state: 'published', isCurrent: true, subscriptionsDone: 3, subscriptionsExpected: 3 });
    const meters = (await listMeters(world.ports, first?.runId ?? '', 'AAAAAAAA-0000-4000-8000-00000000000A')) ?? [];
    expect(meters.map(({ status, sweep, variance }) => ({ status, sweep, variance }))).toEqual([
      { status: 'matched', sweep: 'whole', variance: { quantity: '0', unitPrice: '0', cost: '0', percent: '0' } },
      {
        status: 'mismatched',
        sweep: 'whole',
        variance: { quantity: '1', unitPrice: '0', cost: '1.692405332', percent: '10' },
      },
      { status: 'matched', sweep: 'withoutUnit', variance: { quantity: '0', unitPrice: '0', cost: '0', percent: '0' } },
    ]);
    const others = (await listMeters(world.ports, first?.runId ?? '', 'bbbbbbbb-0000-4000-8000-00000000000b')) ?? [];
    expect(others.map((line) => line.status)).toEqual(['invoiceOnly', 'otherOnly']);
    expect((await listMeters(world.ports, first?.runId ?? '', ''))?.map((line) => line.excludedBy)).toEqual([
      'roundingAdjustment',
    ]);
  });

  it('ends in the same state, byte for byte, whatever call fails, however', async () => {
    const expected = (await runMonth()).dump();
    const calls = new Set<number>();
    for await (const { fault, ending } of everyFault(month)) {
      expect(ending, `${fault.kind} at call ${fault.call}`).toBe(expected);
      calls.add(fault.call);
    }
    expect(calls.size).toBeGreaterThan(500);
  }, 120_000);

  it('ends so as well when it is told from the beginning to the end', async () => {
    const undisturbed = await runMonth();
    const expected = undisturbed.dump();
    const { calls, isRead } = undisturbed.faults;
    const writes = Array.from({ length: calls }, (_, index) => index + 1).filter((call) => isRead[call - 1] !== true);
    const some = writes.filter((_, index) => index % 6 === 0);
    for (const [index, call] of some.entries()) {
      const fault = { call, kind: index % 2 === 0 ? 'crash' : 'lost' } as const;
      expect((await tellWholly(month, fault)).dump(), `${fault.kind} at call ${call}`).toBe(expected);
    }
  });

  it('ends in the same state in any order of delivery, with every message delivered several times', async () => {
    const expected = (await runMonth()).dump();
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 3 }), async (choices, deliveries) => {
        const pick = (count: number) => (choices.next().value ?? 0) % count;
        expect((await runMonth({ pick, deliveries })).dump()).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('is repaired by the sweep when any one message is lost', async () => {
    const undisturbed = await runMonth();
    const expected = withoutMoments(undisturbed.dump());
    for (let loseMessage = 1; loseMessage <= undisturbed.sentCount(); loseMessage += 1) {
      const world = createWorld({ loseMessage, waitAtMostMs: 20_000 });
      await world.startTimer();
      await world.untilQuiet();
      // Asked for before the catalogue knows everybody, the file would have an older version, made without them.
      await sweepUntilQuiet(world);
      await requestFileOnce(world);
      await world.untilQuiet();
      await sweepUntilQuiet(world);
      await requestFileOnce(world);
      await world.untilQuiet();
      expect(withoutMoments(world.dump()), `message ${loseMessage} lost`).toBe(expected);
    }
  });

  it('goes on by the sweep alone when no blob event ever arrives', async () => {
    const world = createWorld({ withoutEvents: true });
    await world.startTimer();
    await world.untilQuiet();
    await sweepUntilQuiet(world);
    expect((await listRuns(world.ports)).find(isCostExport)).toMatchObject({
      state: 'published',
      isCurrent: true,
    });
  });

  it('starts nothing anew when the timer and the sweep run on a finished month', async () => {
    const world = await runMonth();
    const before = { dump: world.dump(), sent: world.sentCount() };
    await world.startTimer();
    await sweepUntilQuiet(world);
    expect({ dump: world.dump(), sent: world.sentCount() }).toEqual(before);
  });
});

/** Time passes, the sweep finds what is stuck; several rounds, because one lost message may hide another. */
async function sweepUntilQuiet(world: World): Promise<void> {
  for (const hour of ['07', '08', '09', '10']) {
    world.advanceClock(`2026-11-08T${hour}:00:00.000Z`);
    await world.sweep();
    await world.untilQuiet();
  }
  world.advanceClock('2026-11-08T06:00:00.000Z');
}

/** When something was begun differs by the time that was lost; nothing else may. */
function withoutMoments(dump: string): string {
  return dump.replaceAll(/"(recordedAt|plannedAt|requestedAt)":"[^"]*"/g, '"$1":"…"');
}
