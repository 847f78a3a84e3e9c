import { describe, expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { recordFailure } from '../../shared/pipeline/record-failure.ts';
import { requestFile } from '../../shared/pipeline/request-file.ts';
import { customerId, invoiceId } from '../support/tiny-month.ts';
import { listRuns } from '../support/whole-lists.ts';
import { createWorld, tinySource, type World } from '../support/world.ts';

async function failures(world: World) {
  return (await listRuns(world.ports)).filter((item) => item.kind === 'failure');
}

const message = { version: 1, datasetId: 'costexport-x', part: 3 };

describe('a failure', () => {
  it('is one, however often the same work is given up, at whatever attempt', async () => {
    const world = createWorld();
    const givenUp = { step: 'publishRun', kind: 'permanent', reason: 'no such run' } as const;
    await recordFailure(world.ports, { ...givenUp, message: { version: 1, runId: 'r', attempt: 0 } });
    const once = world.tables.failures.dump();
    await recordFailure(world.ports, { ...givenUp, message: { version: 1, runId: 'r', attempt: 0 } });
    expect(world.tables.failures.dump()).toBe(once);
    await recordFailure(world.ports, { ...givenUp, message: { version: 1, runId: 'r', attempt: 9 } });
    expect(await failures(world)).toHaveLength(1);
    await recordFailure(world.ports, { ...givenUp, message: { version: 1, runId: 'other', attempt: 0 } });
    await recordFailure(world.ports, { ...givenUp, step: 'compareSubscription', message: { version: 1, runId: 'r' } });
    expect(await failures(world)).toHaveLength(3);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'not JSON {'],
    ['a number', 7],
    ['a list', [1, 2]],
    ['an object of anything', { datasetId: 'x'.repeat(100_000), nested: { secret: 's' }, list: [1], flag: true }],
    [
      'names of work that there is not',
      { datasetId: 'none', runId: 'none', fileId: 'none', tenantId: 't', invoiceId: 'i', kind: 'onetime' },
    ],
  ])('is recorded, too, of a message that is %s', async (_what, given) => {
    const world = createWorld();
    for (const step of ['ingestPart', 'generateFile', 'pollExport']) {
      await recordFailure(world.ports, { step, kind: 'permanent', message: given, reason: 'r' });
    }
    const recorded = await failures(world);
    expect(recorded.map((failure) => failure.step).sort()).toEqual(['generateFile', 'ingestPart', 'pollExport']);
    expect(JSON.stringify(recorded).length).toBeLessThan(5_000);
    expect(JSON.stringify(recorded)).not.toContain('secret');
  });

  it('keeps the names of what was given up, and the reason', async () => {
    const world = createWorld();
    await recordFailure(world.ports, { step: 'ingestPart', kind: 'exhausted', message, reason: 'no answer' });
    expect(await failures(world)).toMatchObject([
      { step: 'ingestPart', subject: { datasetId: 'costexport-x', part: 3 }, reason: 'no answer', state: 'exhausted' },
    ]);
  });
});

describe('the sweep', () => {
  /** A month in which one download is given up for good by its step. */
  async function monthWithoutUsage(): Promise<World> {
    const world = createWorld({
      recordsFailures: true,
      source: {
        openPart: async ({ manifest, part }) => {
          if (manifest.manifestUrl.includes('dailyratedusage')) throw new TerminalError('access is denied');
          return tinySource().openPart({ tenantId: '', manifest, part });
        },
      },
    });
    await world.startTimer();
    await world.untilQuiet();
    return world;
  }

  it('leaves work alone that was given up for good', async () => {
    const world = await monthWithoutUsage();
    expect((await failures(world)).length).toBeGreaterThan(0);
    const item = (await listInvoices(world.ports, {})).find((each) => each.invoiceId === invoiceId);
    expect(item?.reconciliation).toEqual({ state: 'blocked', reason: 'access is denied' });
    const before = { dump: world.dump(), sent: world.sentCount() };
    for (const day of ['09', '10', '11']) {
      world.advanceClock(`2026-11-${day}T06:00:00.000Z`);
      await world.sweep();
      await world.untilQuiet();
    }
    expect({ dump: world.dump(), sent: world.sentCount() }).toEqual(before);
  });

  it('tries work again that only the queue gave up, and takes the failure off the list when it is done', async () => {
    const world = createWorld({ waitAtMostMs: -1 });
    await world.startTimer();
    const given = { version: 1, tenantId: '11111111-1111-4111-8111-111111111111', invoiceId, kind: 'dailyratedusage' };
    await recordFailure(world.ports, {
      step: 'pollExport',
      kind: 'exhausted',
      message: { ...given, generation: 0, attempt: 0 },
      reason: 'Given up by the queue',
    });
    for (const hour of ['07', '08', '09', '10', '11', '12', '13']) {
      world.advanceClock(`2026-11-08T${hour}:00:00.000Z`);
      await world.sweep();
      await world.untilQuiet();
    }
    expect(await failures(world)).toEqual([]);
    const item = (await listInvoices(world.ports, {})).find((each) => each.invoiceId === invoiceId);
    expect(item?.reconciliation.state).toBe('reconciled');
  });

  it('fails a file with the reason when its making was given up for good', async () => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const wanted = {
      invoiceId,
      kind: 'onetime',
      audience: 'customer',
      customerId,
      format: 'csv',
      culture: 'invariant',
    } as const;
    const requested = await requestFile(world.ports, wanted);
    const fileId = requested.kind === 'requested' ? requested.record.fileId : '';
    await recordFailure(world.ports, {
      step: 'generateFile',
      kind: 'permanent',
      message: { version: 1, fileId },
      reason: 'too large',
    });
    expect(await world.ports.files.get(fileId)).toMatchObject({ state: 'failed', reason: 'too large' });
    await world.untilQuiet();
    expect(await world.ports.files.get(fileId)).toMatchObject({ state: 'failed', reason: 'too large' });
  });
});
