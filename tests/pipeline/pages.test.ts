import { describe, expect, it } from 'vitest';
import type { Table, TableRow } from '../../shared/adapters/table.ts';
import { tableRunStore } from '../../shared/adapters/table-run-store.ts';
import type { RunSubscription } from '../../shared/contracts/runs.ts';
import { pageOfReconciliations } from '../../shared/pipeline/list-reconciliations.ts';
import { pageOfRuns } from '../../shared/pipeline/list-runs.ts';
import { pageOfMeters } from '../../shared/pipeline/queries.ts';
import { type Page, takePage, type WalkStep } from '../../shared/pipeline/take-page.ts';
import { memoryBlobContainer } from '../support/memory-blob-container.ts';
import { memoryTable } from '../support/memory-table.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld } from '../support/world.ts';

const rows = {
  matched: 1,
  withinTolerance: 0,
  mismatched: 0,
  invoiceOnly: 0,
  otherOnly: 0,
  excluded: 0,
  notComparable: 0,
};
const amounts = { invoice: '1', other: '1' };
const money = {
  matched: amounts,
  withinTolerance: amounts,
  mismatched: amounts,
  invoiceOnly: amounts,
  otherOnly: amounts,
  excluded: amounts,
  notComparable: amounts,
};
const totalIn = (currency: string) => ({
  currency,
  invoice: '1',
  other: '1',
  variance: '0',
  lines: 1,
  matchedLines: 1,
  comparableLines: 1,
  matchedAmount: '1',
  comparableAmount: '1',
  causes: [],
  money,
});

function subscription(runId: string, index: number, currencies: readonly string[], isMatched = true): RunSubscription {
  const lines = isMatched ? rows : { ...rows, matched: 0, mismatched: 1 };
  return {
    version: 1,
    runId,
    subscriptionId: `s${String(index).padStart(4, '0')}`,
    summary: { totals: currencies.map(totalIn), lines, invoiceRows: rows, otherRows: rows },
  };
}

/** A table that counts the rows that were read of it. */
function counted(table: Table): Table & { rows(): number } {
  let read = 0;
  async function* counting(list: AsyncIterable<TableRow>): AsyncGenerator<TableRow> {
    for await (const row of list) {
      read += 1;
      yield row;
    }
  }
  return {
    ...table,
    list: (...args) => counting(table.list(...args)),
    listAll: (...args) => counting(table.listAll(...args)),
    rows: () => read,
  };
}

function runTables() {
  const runSubscriptions = counted(memoryTable());
  const published = counted(memoryTable());
  const meterLines = counted(memoryTable());
  const tables = { runs: memoryTable(), runSubscriptions, meterLines, published, plans: memoryBlobContainer() };
  const runs = tableRunStore(tables);
  const publish = async (runId: string, of: { billingCycle: string; invoiceId: string; order: string }) => {
    const { billingCycle, invoiceId, order } = of;
    await tables.plans.create(
      `${runId}/plan.json`,
      (async function* () {
        yield Buffer.from(JSON.stringify({ version: 1, runId, subscriptions: [] }));
      })(),
    );
    await runs.movePointer({ billingCycle, invoiceId, comparedWith: 'costexport' }, { version: 1, runId, order });
  };
  return { runs, runSubscriptions, published, publish };
}

async function allPages<T>(
  read: (position: string | undefined) => Promise<Page<T>>,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  let position: string | undefined;
  for (let count = 0; count < 1_000; count += 1) {
    const page = await read(position);
    pages.push(page.items);
    if (page.next === undefined) return pages;
    position = page.next;
  }
  throw new Error('The list has no end');
}

describe('pages of reconciliations', () => {
  it.each([1, 2, 3, 4, 7, 1000])(
    'of %i cut nothing off and tell nothing twice, also between currencies',
    async (top) => {
      const { runs, publish } = runTables();
      for (const [at, invoiceId] of ['G1', 'G2', 'G3'].entries()) {
        await publish(`run${at}`, { billingCycle: at === 2 ? '2026-10' : '2026-09', invoiceId, order: '1' });
        for (let index = 0; index < 4; index += 1)
          await runs.putSubscription(subscription(`run${at}`, index, ['CHF', 'EUR', 'USD'].slice(0, index)));
      }
      const filter = { comparedWith: 'costexport' } as const;
      const pages = await allPages((position) => pageOfReconciliations(runs, filter, { top, position }));
      const items = pages
        .flat()
        .map(({ invoiceId, subscriptionId, currency }) => `${invoiceId} ${subscriptionId} ${currency}`);
      const one = ['s0001 CHF', 's0002 CHF', 's0002 EUR', 's0003 CHF', 's0003 EUR', 's0003 USD'];
      expect(items).toEqual(['G1', 'G2', 'G3'].flatMap((invoiceId) => one.map((rest) => `${invoiceId} ${rest}`)));
      expect(pages.every((page) => page.length <= top)).toBe(true);
      expect(pages.slice(0, -1).every((page) => page.length === top)).toBe(true);
      expect(await listReconciliations(runs, filter)).toHaveLength(items.length);
    },
  );

  it('go on in the run that they began in, whatever is published meanwhile', async () => {
    const { runs, publish } = runTables();
    const where = { billingCycle: '2026-10', invoiceId: 'G1' };
    await publish('old', { ...where, order: '1' });
    for (let index = 0; index < 10; index += 1) await runs.putSubscription(subscription('old', index, ['EUR']));
    const filter = { comparedWith: 'costexport' } as const;
    const first = await pageOfReconciliations(runs, filter, { top: 4, position: undefined });
    for (let index = 0; index < 10; index += 1) await runs.putSubscription(subscription('new', index, ['EUR']));
    await publish('new', { ...where, order: '2' });
    const rest = await pageOfReconciliations(runs, filter, { top: 100, position: first.next });
    expect([...first.items, ...rest.items].map(({ runId }) => runId)).toEqual(Array(10).fill('old'));
    const anew = await pageOfReconciliations(runs, filter, { top: 100, position: undefined });
    expect(new Set(anew.items.map(({ runId }) => runId))).toEqual(new Set(['new']));
  });

  it('read little more than they show, however long the list is', async () => {
    const { runs, runSubscriptions, publish } = runTables();
    await publish('run', { billingCycle: '2026-10', invoiceId: 'G1', order: '1' });
    for (let index = 0; index < 2_000; index += 1) await runs.putSubscription(subscription('run', index, ['EUR']));
    const filter = { comparedWith: 'costexport' } as const;
    const first = await pageOfReconciliations(runs, filter, { top: 10, position: undefined });
    await pageOfReconciliations(runs, filter, { top: 10, position: first.next });
    expect(runSubscriptions.rows()).toBeLessThanOrEqual(22);
    const one = await pageOfReconciliations(
      runs,
      { ...filter, subscriptionId: 'S1999' },
      { top: 10, position: undefined },
    );
    expect(one).toEqual({ items: [expect.objectContaining({ subscriptionId: 's1999' })] });
    expect(runSubscriptions.rows()).toBeLessThanOrEqual(22);
  });

  it('with a filter that fits nothing are short and lead on, and end', async () => {
    const { runs, runSubscriptions, publish } = runTables();
    await publish('run', { billingCycle: '2026-10', invoiceId: 'G1', order: '1' });
    for (let index = 0; index < 6_000; index += 1)
      await runs.putSubscription(subscription('run', index, ['EUR'], index !== 5_500));
    const filter = { comparedWith: 'costexport', status: 'mismatched' } as const;
    const first = await pageOfReconciliations(runs, filter, { top: 10, position: undefined });
    expect([first.items.length, runSubscriptions.rows()]).toEqual([0, 5_000]);
    const second = await pageOfReconciliations(runs, filter, { top: 10, position: first.next });
    expect(second.items.map(({ subscriptionId }) => subscriptionId)).toEqual(['s5500']);
    expect(second.next).toBeUndefined();
  });
});

describe('pages of a whole month', () => {
  it.each([1, 2, 5])('of %i show all work, and all meters, as the whole lists do', async (top) => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const { ports } = world;
    await ports.failures.put({ version: 1, failureId: 'f1', kind: 'permanent', step: 's', subject: {}, reason: 'r' });
    const work = await allPages((position) => pageOfRuns(ports, { top, position }));
    expect(work.flat()).toEqual(await listRuns(ports));
    expect(new Set(work.flat().map(({ kind }) => kind)).size).toBe(4);
    for (const { runId, subscriptionId } of await listReconciliations(ports.runs, { comparedWith: 'costexport' })) {
      const read = (position: string | undefined) =>
        pageOfMeters(ports, { of: { runId, subscriptionId }, filter: {}, page: { top, position } });
      const meters = (await allPages(async (position) => (await read(position)) ?? { items: [] })).flat();
      expect(meters.length).toBeGreaterThan(0);
      expect(meters.map(({ meterKey }) => meterKey)).toEqual(meters.map(({ meterKey }) => meterKey).toSorted());
    }
  });

  it('know a subscription that there is from one that there is not', async () => {
    const world = createWorld();
    await world.startTimer();
    await world.untilQuiet();
    const [item] = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
    const page = { top: 5, position: undefined };
    const of = { runId: item?.runId ?? '', subscriptionId: item?.subscriptionId ?? '' };
    const none = { filter: { status: 'nonsense' }, page };
    expect(await pageOfMeters(world.ports, { of, ...none })).toEqual({ items: [] });
    expect(await pageOfMeters(world.ports, { of: { ...of, subscriptionId: 'nobody' }, ...none })).toBeUndefined();
    expect(await pageOfMeters(world.ports, { of: { ...of, runId: 'none' }, ...none })).toBeUndefined();
  });
});

describe('a page of a walk', () => {
  const walk = (wanted: readonly boolean[]) =>
    (async function* (): AsyncGenerator<WalkStep<number>> {
      for (const [at, isWanted] of wanted.entries()) yield { place: String(at), item: isWanted ? at : undefined };
    })();

  it('leads on only while there is more that is wanted', async () => {
    expect(await takePage(walk([]), 2)).toEqual({ items: [] });
    expect(await takePage(walk([true, true]), 2)).toEqual({ items: [0, 1] });
    expect(await takePage(walk([true, true, false, false]), 2)).toEqual({ items: [0, 1] });
    expect(await takePage(walk([true, true, false, true]), 2)).toEqual({ items: [0, 1], next: '2' });
  });
});
