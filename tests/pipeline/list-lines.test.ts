import { describe, expect, it } from 'vitest';
import type { LineView } from '../../shared/domain/caller-scope.ts';
import type { LineItem } from '../../shared/domain/line-item.ts';
import { linesLookedAtMax, listLines } from '../../shared/pipeline/list-lines.ts';
import type { LineStore } from '../../shared/pipeline/ports.ts';
import { usageLine } from '../domain/sold-lines.ts';
import { invoiceId, tenantId } from '../support/tiny-month.ts';
import { createWorld } from '../support/world.ts';

const all: LineView = { audience: 'csp', customerIds: undefined, mpnIds: undefined };
const rows = 2 * linesLookedAtMax + 1;
const customerId = 'contoso';

/** A dataset of one customer with many lines, the last of which alone names the reseller 555. */
async function manyLines() {
  const world = createWorld();
  const common = {
    version: 1,
    datasetId: 'onetime-many',
    kind: 'onetime',
    billingCycle: '2026-10',
    sourceId: 'x',
    sourceTime: '2026-11-08T05:00:00.000Z',
  } as const;
  const contentHash = 'f'.repeat(64);
  const of = { tenantIds: [tenantId], invoiceIds: [invoiceId], rows };
  const part = { blobName: 'part', sizeBytes: 1 };
  await world.ports.datasets.createDefinition({ ...common, container: 'invoices', parts: [part] });
  async function* lines(): AsyncGenerator<LineItem> {
    for (let line = 1; line <= rows; line += 1)
      yield { ...usageLine, part: 0, line, customerId, resellerMpnId: line === rows ? '555' : '111' };
  }
  await world.ports.lines.seed(common.datasetId, lines());
  await world.ports.datasets.createSeal({
    ...common,
    ...of,
    contentHash,
    rowsByInvoice: {},
    files: [{ name: 'part', sizeBytes: 1, sha256: contentHash, rows }],
    subscriptions: [],
    subscriptionsOfReseller: {},
    plans: [],
    moneyByInvoice: {},
    amounts: [],
    owners: ['111', '555'].map((resellerMpnId) => ({ customerId, resellerMpnId })),
    partsOf: {},
  });
  await world.ports.datasets.advance({
    ...common,
    ...of,
    contentHash,
    state: 'sealed',
    manifestName: '',
    recordedAt: common.sourceTime,
    parts: 1,
    problemCount: 0,
    problems: [],
  });
  let read = 0;
  const counting: LineStore = {
    ...world.ports.lines,
    read: async function* (...key) {
      for await (const line of world.ports.lines.read(...key)) {
        read += 1;
        yield line;
      }
    },
  };
  const ports = { ...world.ports, lines: counting };
  const page = async (view: LineView, position: string | undefined, top = 10) => {
    read = 0;
    const found = await listLines(ports, { invoiceId, kind: 'onetime', all, view }, { top, position });
    if (found.kind !== 'page') throw new Error(found.kind);
    return { lines: found.lines.map(({ source }) => source.line), next: found.next, read };
  };
  return { page };
}

describe('a page of lines', () => {
  it('reads what it shows and the one behind it, wherever it stands', async () => {
    const { page } = await manyLines();
    const deep = JSON.stringify(['onetime-many', customerId, 0, rows - 20]);
    expect(await page(all, undefined)).toMatchObject({ lines: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], read: 11 });
    const found = await page(all, deep);
    expect(found).toMatchObject({ read: 11 });
    expect(found.lines[0]).toBe(rows - 19);
  });

  it('looks at no more than so many lines, and the next goes on behind them', async () => {
    const { page } = await manyLines();
    const rare: LineView = { ...all, mpnIds: ['555'] };
    const first = await page(rare, undefined);
    expect(first).toMatchObject({ lines: [], read: linesLookedAtMax + 1 });
    const second = await page(rare, first.next);
    expect(second).toMatchObject({ lines: [], read: linesLookedAtMax + 1 });
    expect(await page(rare, second.next)).toEqual({ lines: [rows], next: undefined, read: 1 });
  });

  it('that ends with the last line has no next', async () => {
    const { page } = await manyLines();
    const position = JSON.stringify(['onetime-many', customerId, 0, rows - 10]);
    expect(await page(all, position)).toMatchObject({ next: undefined, read: 10 });
  });
});
