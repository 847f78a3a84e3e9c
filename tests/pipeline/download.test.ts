import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { InvoiceItem, RunItem } from '../../shared/contracts/http.ts';
import type { ExportOperation, InvoiceSource } from '../../shared/pipeline/ports.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';
import { invoiceId, tenantId, tinyCostExport, tinyInvoices, tinyUsageFiles } from '../support/tiny-month.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { bytesOf, createWorld, tinySource, type World } from '../support/world.ts';

const usageKey = { tenantId, invoiceId, kind: 'dailyratedusage' } as const;

/** The tiny month's source, with other answers for the operation of the usage, one after another; the last one stays. */
function sourceAnswering(answers: readonly (ExportOperation | 'as usual')[]) {
  const tiny = tinySource();
  const requested: string[] = [];
  const read: string[] = [];
  const source: Partial<InvoiceSource> = {
    requestExport: async ({ kind }) => {
      const count = requested.filter((each) => each === kind).length + 1;
      requested.push(kind);
      return `https://graph.example/operations/${invoiceId}-${kind}-${count}`;
    },
    readOperation: async (request) => {
      if (!request.operationUrl.includes('dailyratedusage')) return tiny.readOperation(request);
      const answer = answers[Math.min(read.length, answers.length - 1)];
      read.push(request.operationUrl);
      return answer === undefined || answer === 'as usual' ? tiny.readOperation(request) : answer;
    },
    openPart: tiny.openPart,
  };
  return { source, read, usageRequests: () => requested.filter((kind) => kind === 'dailyratedusage').length };
}

async function itemOf(world: World): Promise<InvoiceItem | undefined> {
  return (await listInvoices(world.ports, {})).find((item) => item.invoiceId === invoiceId);
}

async function downloadItem(world: World): Promise<RunItem | undefined> {
  return (await listRuns(world.ports)).find(
    (item) => item.kind === 'download' && item.invoiceId === invoiceId && item.lineItems === 'dailyratedusage',
  );
}

const notReady: ExportOperation = { kind: 'notReady', reason: '5000: No data available' };

describe('an export', () => {
  it('that is not ready is asked for anew, later, under a new generation', async () => {
    const { source, read, usageRequests } = sourceAnswering([notReady, notReady, 'as usual']);
    const world = createWorld({ source, waitAtMostMs: 60_000 });
    await world.startTimer();
    await world.untilQuiet();
    expect(usageRequests()).toBe(2);
    expect(await world.ports.downloads.get(usageKey)).toMatchObject({ state: 'requested', generation: 1 });
    expect(await itemOf(world)).toMatchObject({ reconciliation: { state: 'downloading' } });
    world.advanceClock('2026-11-08T06:14:30.000Z');
    await world.untilQuiet();
    world.advanceClock('2026-11-08T06:30:00.000Z');
    await world.untilQuiet();
    expect(usageRequests()).toBe(3);
    expect(new Set(read).size).toBe(3);
    expect(await world.ports.downloads.get(usageKey)).toMatchObject({ state: 'downloaded', generation: 2 });
    expect(await itemOf(world)).toMatchObject({ reconciliation: { state: 'reconciled' } });
  });

  it('that is gone is asked for anew at once', async () => {
    const { source, usageRequests } = sourceAnswering([{ kind: 'gone' }, 'as usual']);
    const world = createWorld({ source, waitAtMostMs: 60_000 });
    await world.startTimer();
    await world.untilQuiet();
    expect(usageRequests()).toBe(2);
    expect(await itemOf(world)).toMatchObject({ reconciliation: { state: 'reconciled' } });
  });

  it('that failed is visible, blocks the invoice with Microsoft’s reason, and is not started again', async () => {
    const { source, usageRequests } = sourceAnswering([{ kind: 'failed', reason: '2000: No such invoice' }]);
    const world = createWorld({ source });
    await world.startTimer();
    await world.untilQuiet();
    const problem = "Microsoft's export failed: 2000: No such invoice";
    expect(await downloadItem(world)).toMatchObject({ state: 'failed', problem });
    expect(await itemOf(world)).toMatchObject({
      reconciliation: { state: 'blocked', reason: problem },
      downloads: [
        { kind: 'dailyratedusage', state: 'failed', problem },
        { kind: 'onetime', state: 'downloaded' },
      ],
    });
    const before = world.dump();
    world.advanceClock('2026-11-10T06:00:00.000Z');
    await world.startTimer();
    await world.sweep();
    await world.untilQuiet();
    expect(usageRequests()).toBe(1);
    expect(world.dump()).toBe(before);
  });

  it.each([
    ['runs', { kind: 'running', retryAfterMs: 1_000 }, /^Microsoft's export was not ready after 72 hours$/],
    ['has no data', notReady, /^Microsoft had no data after 72 hours: 5000: No data available$/],
    ['is gone every time', { kind: 'gone' }, /^Microsoft had no data after 72 hours/],
  ] as const)('that %s for three days is given up, visibly, and not before', async (_what, answer, problem) => {
    const { source } = sourceAnswering([answer]);
    const world = createWorld({ source, waitAtMostMs: -1 });
    await world.startTimer();
    for (let hour = 1; hour <= 72; hour += 1) {
      world.advanceClock(momentAfterHours(hour));
      await world.untilQuiet();
    }
    expect(await downloadItem(world)).toMatchObject({ state: 'requested' });
    world.advanceClock(momentAfterHours(73));
    await world.untilQuiet();
    expect(await downloadItem(world)).toMatchObject({ state: 'failed', problem: expect.stringMatching(problem) });
    expect(await itemOf(world)).toMatchObject({
      reconciliation: { state: 'blocked', reason: expect.stringMatching(problem) },
    });
  });

  it('is asked after ever more rarely, at most every half hour, and never sooner than it says', async () => {
    const { source, read } = sourceAnswering([{ kind: 'running', retryAfterMs: 10_000 }]);
    const world = createWorld({ source, waitAtMostMs: 0 });
    await world.startTimer();
    const gaps: number[] = [];
    let lastSecond = 0;
    for (let second = 0; second <= 4 * 3_600; second += 10) {
      world.advanceClock(momentAfterHours(second / 3_600));
      const before = read.length;
      await world.untilQuiet();
      expect(read.length - before).toBeLessThanOrEqual(1);
      if (read.length > before) {
        gaps.push(second - lastSecond);
        lastSecond = second;
      }
    }
    expect(gaps.slice(0, 6)).toEqual([0, 10, 10, 10, 10, 10]);
    expect(Math.max(...gaps)).toBe(1_800);
    expect(gaps.slice(1)).toEqual([...gaps.slice(1)].sort((left, right) => left - right));
  });
});

describe('data that changes at the source while it is downloaded', () => {
  it('is fetched in its new version, and that is what is compared', async () => {
    const { source, files } = changingSource();
    const world = createWorld({ source, recordsFailures: true });
    await world.startTimer();
    await world.untilQuiet();
    expect((await listRuns(world.ports)).filter((item) => item.kind === 'failure')).toEqual([]);
    expect(await world.ports.downloads.get(usageKey)).toMatchObject({
      state: 'downloaded',
      generation: 1,
      dataVersion: 'v2',
    });
    expect(await files(world, 'v1')).toEqual(['part-00000.json.gz', 'source.json']);
    expect(await files(world, 'v2')).toEqual([
      'manifest.json',
      'part-00000.json.gz',
      'part-00001.json.gz',
      'source.json',
    ]);
    const [first] = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
    // 4.23101333 became 5.23101333 in the second version.
    expect(await subscriptionB(world)).toMatchObject({ runId: first?.runId, invoice: '5.23101333' });
    expect(await itemOf(world)).toMatchObject({ reconciliation: { state: 'reconciled' } });
  });

  it('is asked for once, however often the old files are delivered again', async () => {
    const { source } = changingSource();
    const world = createWorld({ source, deliveries: 3 });
    await world.startTimer();
    await world.untilQuiet();
    expect(await world.ports.downloads.get(usageKey)).toMatchObject({
      state: 'downloaded',
      generation: 1,
      dataVersion: 'v2',
    });
    expect(await subscriptionB(world)).toMatchObject({ invoice: '5.23101333' });
  });
});

async function subscriptionB(world: World) {
  return (
    await listReconciliations(world.ports.runs, {
      comparedWith: 'costexport',
      subscriptionId: 'bbbbbbbb-0000-4000-8000-00000000000b',
    })
  )[0];
}

/** After the first file of the usage has been opened, Microsoft offers a second version of it all. */
function changingSource() {
  const tiny = tinySource();
  let opened = 0;
  const version = () => (opened === 0 ? 'v1' : 'v2');
  const second = tinyUsageFiles().map((file) => ({
    ...file,
    bytes: gzipSync(gunzipSync(file.bytes).toString().replace('4.23101333', '5.23101333')),
  }));
  const source: Partial<InvoiceSource> = {
    readOperation: async (request) => {
      const operation = await tiny.readOperation(request);
      if (operation.kind !== 'ready' || !request.operationUrl.includes('dailyratedusage')) return operation;
      return { ...operation, manifest: { ...operation.manifest, dataVersion: version() } };
    },
    openPart: async (request) => {
      if (!request.manifest.manifestUrl.includes('dailyratedusage')) return tiny.openPart(request);
      if (request.manifest.dataVersion !== version()) return { kind: 'changed' };
      opened += 1;
      const file = request.manifest.dataVersion === 'v2' ? second[request.part] : undefined;
      return file === undefined ? tiny.openPart(request) : { kind: 'open', bytes: bytesOf(file.bytes) };
    },
  };
  const files = async (world: World, dataVersion: string) => {
    const folder = `${tenantId}/${invoiceId}/dailyratedusage/${dataVersion}/`;
    return Array.fromAsync(world.containers.invoices.list(folder), (blob) => blob.name.slice(folder.length));
  };
  return { source, files };
}

describe('the list of invoices', () => {
  it('starts the downloads of every invoice, and none of voided ones', async () => {
    const [invoice] = tinyInvoices;
    if (invoice === undefined) throw new Error('the month has an invoice');
    const voided = { ...invoice, invoiceId: 'G000000002', documentType: 'voidNote' as const };
    const world = createWorld({ source: { listInvoices: async () => [...tinyInvoices, voided] } });
    await world.startTimer();
    await world.untilQuiet();
    const items = await listInvoices(world.ports, {});
    expect(items.map((item) => [item.invoiceId, item.downloads.length, item.reconciliation.state])).toEqual([
      ['D000000001', 2, 'notReconciled'],
      [invoiceId, 2, 'reconciled'],
      ['G000000002', 0, 'notReconciled'],
    ]);
  });

  it('waits, visibly, for the other side', async () => {
    const world = createWorld({ costExportFiles: [] });
    await world.startTimer();
    await world.untilQuiet();
    expect(await itemOf(world)).toMatchObject({
      reconciliation: { state: 'waiting', reason: 'No cost export of this month has arrived' },
    });
    for (const file of tinyCostExport().files) world.containers.costExports.put(file.name, file.bytes);
    await world.untilQuiet();
    expect(await itemOf(world)).toMatchObject({ reconciliation: { state: 'reconciled' } });
  });

  it('that lacks last month’s invoice after the 8th says so, once, until it has come', async () => {
    let invoices: typeof tinyInvoices = [];
    const world = createWorld({ source: { listInvoices: async () => invoices } });
    const late = async () => (await listRuns(world.ports)).filter((item) => item.kind === 'failure');
    await world.startTimer();
    expect(await late()).toEqual([]);
    world.advanceClock('2026-11-09T00:00:00.000Z');
    await world.startTimer();
    await world.startTimer();
    expect(await late()).toMatchObject([
      { step: 'downloadInvoices', reason: expect.stringMatching(/for 2026-10 was expected by 2026-11-08/) },
    ]);
    invoices = tinyInvoices;
    await world.startTimer();
    expect(await late()).toEqual([]);
  });
});

function momentAfterHours(hours: number): string {
  return new Date(Date.parse('2026-11-08T06:00:00.000Z') + hours * 3_600_000).toISOString();
}

it('an export whose address expires between its files is asked for anew, and goes on from the new address', async () => {
  // Every address serves one file and has then expired, while the data and their version stay the same.
  let exports = 0;
  const served = new Map<string, number>();
  const source = tinySource();
  const world = createWorld({
    source: {
      requestExport: async (request) => {
        exports += 1;
        return `${await source.requestExport(request)}-${exports}`;
      },
      openPart: async (request) => {
        const { manifestUrl } = request.manifest;
        if (!manifestUrl.includes('dailyratedusage')) return source.openPart(request);
        const count = (served.get(manifestUrl) ?? 0) + 1;
        served.set(manifestUrl, count);
        return count === 1 ? source.openPart(request) : { kind: 'changed' };
      },
      readOperation: async (request) => {
        const url = request.operationUrl.replace('operations', 'manifests');
        return (served.get(url) ?? 0) > 0 ? { kind: 'gone' } : source.readOperation(request);
      },
    },
  });
  await world.startTimer();
  await world.untilQuiet();
  expect(await world.ports.downloads.get(usageKey)).toMatchObject({ state: 'downloaded' });
  expect([...served.keys()].length).toBe(2);
});
