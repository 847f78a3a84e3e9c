import { describe, expect, it } from 'vitest';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { type FaultKind, Faults } from '../support/faults.ts';
import { invoiceId } from '../support/tiny-month.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/* Every call of the outside world that a file takes fails in every way, for a file of each way to read its lines. */

const cspUsage = { invoiceId, kind: 'dailyratedusage', audience: 'csp', format: 'xlsx', culture: 'invariant' } as const;
const cspUsageCsv = { ...cspUsage, format: 'csv', culture: 'fr-FR' } as const;
const cspSeats = {
  invoiceId: 'D000000001',
  kind: 'license',
  audience: 'csp',
  format: 'parquet',
  culture: 'de-DE',
} as const;

async function afterMonth(options: WorldOptions = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function makeFile(world: World, wanted: FileRequest): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    world.faults.revive();
    try {
      await requestFile(world.ports, wanted);
      break;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InjectedFault') throw error;
    }
  }
  await world.untilQuiet();
}

describe.each([
  ['daily rated usage as a workbook', cspUsage],
  ['daily rated usage as CSV, by its bytes', cspUsageCsv],
  ['licences as Parquet', cspSeats],
])('making %s', (_, wanted) => {
  it('ends in the same state, byte for byte, whatever call fails, however', async () => {
    const undisturbed = await afterMonth();
    const before = undisturbed.faults.calls;
    await makeFile(undisturbed, wanted);
    const expected = undisturbed.dump();
    expect(expected).toContain('"state":"available"');
    expect(undisturbed.faults.calls - before).toBeGreaterThan(12);
    for (let call = before + 1; call <= undisturbed.faults.calls; call += 1) {
      for (const kind of ['refused', 'lost', 'crash'] satisfies readonly FaultKind[]) {
        const world = await afterMonth({ faults: new Faults({ call, kind }) });
        await makeFile(world, wanted);
        expect(world.dump(), `${kind} at call ${call}`).toBe(expected);
      }
    }
  }, 60_000);
});
