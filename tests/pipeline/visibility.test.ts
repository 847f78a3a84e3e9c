import { describe, expect, it } from 'vitest';
import { stores } from '../../shared/adapters/stores.ts';
import { isMeterKind } from '../../shared/domain/datasets.ts';
import { requestFile } from '../../shared/pipeline/request-file.ts';
import { Faults } from '../support/faults.ts';
import { customerId, invoiceId, tinyCostExport } from '../support/tiny-month.ts';
import { listMeters, listReconciliations } from '../support/whole-lists.ts';
import { createWorld, type World } from '../support/world.ts';

type Stores = ReturnType<typeof stores>;

/** What readers see, apart from how far the work has come. */
async function seenByReaders(own: Stores) {
  const reconciliations = await listReconciliations(own.runs, { comparedWith: 'costexport' });
  const meters = await Promise.all(reconciliations.map((item) => listMeters(own, item.runId, item.subscriptionId)));
  // Breaks follow the publishing by moments.
  return { reconciliations, meters: meters.map((items) => items?.map(({ break: _, ...item }) => item)) };
}

/** What is stored for each thing that says of itself that it is complete; all of it must be there from then on. */
async function behindClaims(own: Stores, world: World): Promise<Readonly<Record<string, unknown>>> {
  const claims: Record<string, unknown> = {};
  for (const dataset of await own.datasets.list()) {
    const seal = await own.datasets.readSeal(dataset.datasetId);
    if (dataset.state === 'sealed') expect(seal, `the seal of ${dataset.datasetId}`).toBeDefined();
    if (dataset.state !== 'sealed' && seal === undefined) continue;
    const table = isMeterKind(dataset.kind) ? world.tables.meterTotals : world.tables.lineItems;
    claims[`dataset ${dataset.datasetId}`] = (await Array.fromAsync(table.listAll()))
      .filter((row) => row.partitionKey.startsWith(`${dataset.datasetId}|`))
      .map((row) => row.value);
  }
  for (const run of await own.runs.list()) {
    for (const { subscriptionId, summary } of await own.runs.listSubscriptions(run.runId)) {
      const lines = await own.runs.readLines(run.runId, subscriptionId);
      claims[`subscription ${run.runId} ${subscriptionId}`] = { summary, lines };
    }
    const pointer = await own.runs.readPointer(run);
    if (pointer?.runId === run.runId) expect(run.state, `the run ${run.runId} that readers see`).toBe('published');
  }
  for (const download of await own.downloads.list()) {
    if (download.state !== 'downloaded') continue;
    const folder = `${download.tenantId}/${download.invoiceId}/${download.kind}/${download.dataVersion}/`;
    claims[`download ${folder}`] = await own.archive.list(folder);
  }
  for (const file of await own.files.list()) {
    if (file.state !== 'available') continue;
    const bytes = await own.files.openContent(file);
    const content = bytes === undefined ? undefined : Buffer.concat(await Array.fromAsync(bytes)).toString();
    claims[`file ${file.fileId}`] = { sizeBytes: file.sizeBytes, content };
  }
  return claims;
}

type Moment = { readonly seen: unknown; readonly claims: Readonly<Record<string, unknown>> };

/** Runs the month, and looks before and after every call of the outside world. */
async function watchMonth(): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  const watched: { world?: World; own?: Stores } = {};
  const look = async () => {
    const { world, own } = watched;
    if (world === undefined || own === undefined) return;
    moments.push({ seen: await seenByReaders(own), claims: await behindClaims(own, world) });
  };
  const world = createWorld({ faults: new Faults(undefined, look) });
  watched.world = world;
  watched.own = stores({ containers: world.containers, tables: world.tables });
  await world.startTimer();
  await world.untilQuiet();
  await requestFile(world.ports, {
    invoiceId,
    kind: 'onetime',
    audience: 'customer',
    customerId,
    format: 'csv',
    culture: 'invariant',
  });
  await world.untilQuiet();
  const newer = tinyCostExport({
    run: 2,
    submittedTime: '2026-11-09T04:00:00.0000000Z',
    edit: (text) => text.replace('15.231647988', '16.92405332'),
  });
  for (const file of newer.files) world.containers.costExports.put(file.name, file.bytes);
  await world.untilQuiet();
  return moments;
}

describe('at every moment of a month, before and after every call', () => {
  it('readers see nothing, the whole old result or the whole new one, in this order', async () => {
    const moments = await watchMonth();
    const views = moments.map(({ seen }) => JSON.stringify(seen));
    const changes = views.filter((view, index) => view !== views[index - 1]);
    expect(moments.length).toBeGreaterThan(300);
    expect(changes).toHaveLength(3);
    expect(changes[0]).toBe(JSON.stringify({ reconciliations: [], meters: [] }));
    expect(changes[1]).not.toBe(changes[2]);
    for (const view of changes.slice(1)) expect(JSON.parse(view).reconciliations).toHaveLength(3);
  });

  it('what says that it is complete is complete, and stays as it is', async () => {
    const moments = await watchMonth();
    const last = moments.at(-1)?.claims ?? {};
    const kinds = new Set(Object.keys(last).map((name) => name.split(' ')[0]));
    expect([...kinds].sort()).toEqual(['dataset', 'download', 'file', 'subscription']);
    for (const { claims } of moments) {
      for (const [name, behind] of Object.entries(claims)) expect(behind, name).toEqual(last[name]);
    }
  });
});
