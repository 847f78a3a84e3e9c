import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import type { DownloadKind } from '../../shared/contracts/messages.ts';
import { fileKinds } from '../../shared/domain/file-kinds.ts';
import type { InvoiceSource } from '../../shared/pipeline/ports.ts';
import { bytesOf } from './world.ts';

/**
 * Microsoft's side for a sample month in a folder: its exports are ready at once. `change` edits the bytes of a part on
 * their way.
 */
export async function sampleSource(
  folder: string,
  key: AnswerKey,
  change: (bytes: Buffer, kind: DownloadKind, part: number) => Buffer = (bytes) => bytes,
): Promise<Partial<InvoiceSource>> {
  const center = join(folder, 'partner-center');
  const legacy = join(center, 'legacy', key.legacyInvoiceId);
  const inFolder = async (path: string) => (await readdir(path)).sort().map((name) => join(path, name));
  const paths: Readonly<Record<DownloadKind, readonly string[]>> = {
    onetime: await inFolder(join(center, 'exports', key.invoiceId, 'onetime')),
    dailyratedusage: await inFolder(join(center, 'exports', key.invoiceId, 'dailyratedusage')),
    license: [join(legacy, 'office-billinglineitems.json')],
    usage: ['azure-billinglineitems.json', 'azure-usagelineitems.json'].map((name) => join(legacy, name)),
  };
  const kindOf = (url: string) => fileKinds.find((kind) => url.endsWith(`-${kind}`)) ?? 'onetime';
  const common = { version: 1, tenantId: key.tenantId, documentType: 'invoice', billingCycle: '2026-10' } as const;
  const money = { invoiceDate: '2026-11-08', currency: key.billingCurrency, total: '0' };
  const month = { periodStart: '2026-10-01', periodEnd: '2026-10-31' };
  return {
    listInvoices: async () => [
      { ...common, ...money, ...month, invoiceId: key.invoiceId, type: 'newCommerce' },
      { ...common, ...money, ...month, invoiceId: key.legacyInvoiceId, type: 'legacy' },
    ],
    readOperation: async ({ operationUrl }) => {
      const parts = paths[kindOf(operationUrl)].map((path) => path.split('/').at(-1) ?? '');
      const sourceTime = '2026-11-08T05:00:00.000Z';
      return {
        kind: 'ready',
        manifest: { version: 1, manifestUrl: operationUrl, dataVersion: 'v1', sourceTime, parts },
      };
    },
    openPart: async ({ manifest, part }) => {
      const kind = kindOf(manifest.manifestUrl);
      const bytes = await readFile(paths[kind][part] ?? '');
      return { kind: 'open', bytes: bytesOf(change(bytes, kind, part)) };
    },
  };
}
