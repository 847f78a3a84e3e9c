import { describe, expect, it } from 'vitest';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { everyFault, type Story, tellWholly } from '../support/every-fault.ts';
import { invoiceId } from '../support/tiny-month.ts';
import type { World } from '../support/world.ts';

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

async function ask(world: World, wanted: FileRequest): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    world.faults.revive();
    try {
      await requestFile(world.ports, wanted);
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InjectedFault') throw error;
    }
  }
}

describe.each([
  ['daily rated usage as a workbook', cspUsage],
  ['daily rated usage as CSV, by its bytes', cspUsageCsv],
  ['licences as Parquet', cspSeats],
])('making %s', (_, wanted) => {
  it('ends in the same state, byte for byte, whatever call fails, however', async () => {
    const story: Story = {
      steps: [(world) => world.startTimer(), (world) => ask(world, wanted)],
      ending: (world) => world.dump(),
    };
    const expected = (await tellWholly(story)).dump();
    expect(expected).toContain('"state":"available"');
    const calls = new Set<number>();
    for await (const { fault, ending } of everyFault(story, 1)) {
      expect(ending, `${fault.kind} at call ${fault.call}`).toBe(expected);
      calls.add(fault.call);
    }
    expect(calls.size).toBeGreaterThan(12);
  }, 60_000);
});
