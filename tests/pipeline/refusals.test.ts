import { expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { invoiceId, tinyCostExport, tinyInvoices } from '../support/tiny-month.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { createWorld, tinySource, type World } from '../support/world.ts';

async function costExportOf(world: World) {
  await world.startTimer();
  await world.untilQuiet();
  const runs = await listRuns(world.ports);
  expect(runs.filter((run) => run.kind === 'comparison' && run.comparedWith === 'costexport')).toEqual([]);
  return runs.find((run) => run.kind === 'dataset' && run.id.startsWith('costexport'));
}

it('an export over a part of the month is refused, and is compared with nothing', async () => {
  const { files } = tinyCostExport({
    promise: (manifest) => ({ ...manifest, runInfo: { ...manifest.runInfo, endDate: '2026-10-30T00:00:00Z' } }),
  });
  const dataset = await costExportOf(createWorld({ costExportFiles: files }));
  expect(dataset).toMatchObject({ state: 'refused', problems: [{ code: 'partialPeriod' }] });
});

it('an export to the last day of the month is compared', async () => {
  const { files } = tinyCostExport({
    promise: (manifest) => ({ ...manifest, runInfo: { ...manifest.runInfo, endDate: '2026-10-31T00:00:00Z' } }),
  });
  const world = createWorld({ costExportFiles: files });
  await world.startTimer();
  await world.untilQuiet();
  expect((await listReconciliations(world.ports.runs, { comparedWith: 'costexport' })).length).toBeGreaterThan(0);
});

it('the same file twice under two names is refused: it would count twice', async () => {
  const { files, manifestName } = tinyCostExport();
  const [first, second] = files;
  const manifest = JSON.parse(files.at(-1)?.bytes.toString('utf8') ?? '');
  manifest.blobs[1] = { ...manifest.blobs[0], blobName: second?.name };
  delete manifest.dataRowCount;
  const twice = [first, { name: second?.name ?? '', bytes: first?.bytes ?? Buffer.alloc(0) }].flatMap(
    (file) => file ?? [],
  );
  const placed = [...twice, { name: manifestName, bytes: Buffer.from(JSON.stringify(manifest)) }];
  const dataset = await costExportOf(createWorld({ costExportFiles: placed }));
  expect(dataset).toMatchObject({ state: 'refused', problems: [{ code: 'duplicateFile' }] });
});

it('data that come back to what they were are shown again', async () => {
  const world = createWorld();
  await world.startTimer();
  await world.untilQuiet();
  const original = await listReconciliations(world.ports.runs, { comparedWith: 'costexport' });
  const changes = [
    tinyCostExport({
      run: 2,
      submittedTime: '2026-11-09T04:00:00Z',
      edit: (text) => text.replace('15.231647988', '16'),
    }),
    tinyCostExport({ run: 3, submittedTime: '2026-11-10T04:00:00Z' }),
  ];
  const seen = [];
  for (const { files } of changes) {
    for (const file of files) world.containers.costExports.put(file.name, file.bytes);
    await world.untilQuiet();
    seen.push(await listReconciliations(world.ports.runs, { comparedWith: 'costexport' }));
  }
  expect(seen[0]).not.toEqual(original);
  expect(seen[1]).toEqual(original);
});

it('one invoice that Microsoft refuses is a failure to be seen, and the others go on', async () => {
  const [first] = tinyInvoices;
  if (first === undefined) throw new Error('the tiny month has an invoice');
  const source = tinySource();
  const world = createWorld({
    source: {
      listInvoices: async () => [{ ...first, invoiceId: 'G000000000', billingCycle: '2020-01' }, first],
      requestExport: async (request) => {
        if (request.invoiceId === 'G000000000') throw new TerminalError('answered 404');
        return source.requestExport(request);
      },
    },
  });
  await world.startTimer();
  await world.untilQuiet();
  const failures = (await listRuns(world.ports)).filter((run) => run.kind === 'failure');
  expect(failures).toHaveLength(2);
  expect(failures[0]).toMatchObject({
    step: 'downloadInvoices',
    subject: { invoiceId: 'G000000000' },
    reason: 'answered 404',
  });
  expect(
    (await listReconciliations(world.ports.runs, { comparedWith: 'costexport', invoiceId })).length,
  ).toBeGreaterThan(0);
});
