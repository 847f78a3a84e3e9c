import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { invoiceId, tinyCostExport, tinyInvoices, tinyUsageFiles } from '../support/tiny-month.ts';
import { listReconciliations, listRuns } from '../support/whole-lists.ts';
import { bytesOf, createWorld, tinySource } from '../support/world.ts';

const otherInvoiceId = 'G000000002';

it('two invoices of one month and one export for both: each is compared with its own rows', async () => {
  const [first] = tinyInvoices;
  if (first === undefined) throw new Error('the tiny month has an invoice');
  const source = tinySource();
  const usageOf = (url: string, bytes: Buffer) =>
    url.includes(otherInvoiceId)
      ? gzipSync(
          gunzipSync(bytes)
            .toString('utf8')
            .replaceAll(invoiceId, otherInvoiceId)
            .replaceAll('aaaaaaaa', 'cccccccc')
            .replaceAll('AAAAAAAA', 'CCCCCCCC'),
        )
      : bytes;
  const costs = tinyCostExport();
  const [part] = costs.files;
  if (part === undefined) throw new Error('the tiny export has a file');
  const lines = gunzipSync(part.bytes).toString('utf8').trimEnd().split('\r\n');
  const doubled = [
    ...lines,
    ...lines.slice(1).map((line) => line.replace(invoiceId, otherInvoiceId).replaceAll('aaaaaaaa', 'cccccccc')),
  ];
  const bytes = gzipSync(`${doubled.join('\r\n')}\r\n`);
  const manifest = JSON.parse(costs.files.at(-1)?.bytes.toString('utf8') ?? '');
  manifest.blobs[0] = { ...manifest.blobs[0], byteCount: bytes.length, dataRowCount: doubled.length - 1 };
  manifest.dataRowCount += lines.length - 1;
  delete manifest.byteCount;
  const files = [
    { name: part.name, bytes },
    ...costs.files.slice(1, -1),
    { name: costs.manifestName, bytes: Buffer.from(JSON.stringify(manifest)) },
  ];
  const world = createWorld({
    costExportFiles: files,
    source: {
      listInvoices: async () => [first, { ...first, invoiceId: otherInvoiceId }],
      openPart: async (request) => {
        const { manifestUrl } = request.manifest;
        const file = tinyUsageFiles()[request.part];
        if (!manifestUrl.includes('dailyratedusage') || file === undefined) return source.openPart(request);
        return { kind: 'open', bytes: bytesOf(usageOf(manifestUrl, file.bytes)) };
      },
    },
  });
  await world.startTimer();
  await world.untilQuiet();
  const alone = createWorld();
  await alone.startTimer();
  await alone.untilQuiet();

  const runs = (await listRuns(world.ports)).filter(
    (run) => run.kind === 'comparison' && run.comparedWith === 'costexport',
  );
  expect(runs.map((run) => run.state)).toEqual(['published', 'published']);
  const rowsOf = async (of: typeof world, invoice: string) =>
    (await listReconciliations(of.ports.runs, { invoiceId: invoice, comparedWith: 'costexport' })).map(
      ({ subscriptionId, other }) => [subscriptionId.slice(0, 8), other],
    );
  expect(await rowsOf(world, invoiceId)).toEqual(await rowsOf(alone, invoiceId));
  const ofOther = await rowsOf(world, otherInvoiceId);
  expect(ofOther.map(([subscription]) => subscription)).not.toContain('aaaaaaaa');
  expect(ofOther.find(([subscription]) => subscription === 'cccccccc')?.[1]).toBe('3.0886397309');
});
