import { describe, expect, it } from 'vitest';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { invoiceId, tinyCostExport } from '../support/tiny-month.ts';
import { listRuns } from '../support/whole-lists.ts';
import { createWorld, type World } from '../support/world.ts';

async function standing(world: World) {
  return (await listInvoices(world.ports, {})).find((item) => item.invoiceId === invoiceId)?.reconciliation;
}

async function sweptAt(world: World, moment: string): Promise<void> {
  world.advanceClock(moment);
  await world.sweep();
  await world.untilQuiet();
}

describe('a month that was over before its invoice was first seen', () => {
  it('is not blocked while it is worked through, and is a day later', async () => {
    const world = createWorld({ costExportFiles: [] });
    world.advanceClock('2026-12-24T06:00:00.000Z');
    await world.startTimer();
    await world.untilQuiet();
    await sweptAt(world, '2026-12-24T12:00:00.000Z');
    expect(await standing(world)).toMatchObject({ state: 'waiting' });
    await sweptAt(world, '2026-12-25T12:00:00.000Z');
    expect(await standing(world)).toMatchObject({ state: 'blocked' });
  });
});

describe('a month whose cost export never comes', () => {
  it('waits until ten days after the invoice is expected, then is blocked with the reason, until it comes', async () => {
    const world = createWorld({ costExportFiles: [] });
    await world.startTimer();
    await world.untilQuiet();
    await sweptAt(world, '2026-11-18T23:59:59.000Z');
    expect(await standing(world)).toMatchObject({ state: 'waiting' });
    await sweptAt(world, '2026-11-19T00:00:00.000Z');
    const reason = 'The other side has not arrived; it was to be there by 2026-11-18';
    expect(await standing(world)).toEqual({ state: 'blocked', reason });
    const failures = (await listRuns(world.ports)).filter((item) => item.kind === 'failure');
    expect(failures).toMatchObject([{ step: 'awaitSides', reason }]);
    const before = world.dump();
    await sweptAt(world, '2026-11-20T00:00:00.000Z');
    expect(world.dump()).toBe(before);
    for (const file of tinyCostExport().files) world.containers.costExports.put(file.name, file.bytes);
    await sweptAt(world, '2026-11-21T00:00:00.000Z');
    await sweptAt(world, '2026-11-21T01:00:00.000Z');
    expect(await standing(world)).toMatchObject({ state: 'reconciled' });
    expect((await listRuns(world.ports)).filter((item) => item.kind === 'failure')).toEqual([]);
  });
});
