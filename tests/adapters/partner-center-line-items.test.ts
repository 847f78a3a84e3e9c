import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PartnerCenterStandIn, startPartnerCenter } from '../../infra/local/partner-center/server.ts';
import { entraTokenSource } from '../../shared/adapters/entra-token-source.ts';
import { graphInvoiceSource } from '../../shared/adapters/graph-invoice-source.ts';
import type { SourceManifest } from '../../shared/contracts/invoices.ts';

const tenantId = '44444444-4444-4444-8444-444444444444';
const invoiceId = 'D000000077';

/** More than two full pages, each with an amount that no double can hold. */
const items = Array.from(
  { length: 4_500 },
  (_, index) => `{"orderId":"${index}","amount":0.10000000000000000000${index + 1}}`,
);

let folder: string;
let partnerCenter: PartnerCenterStandIn;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legacy-'));
  const tenant = { tenantId, clientId: tenantId, clientSecret: 'synthetic', name: 'Contoso' };
  const details = [
    { invoiceLineItemType: 'billing_line_items', billingProvider: 'office' },
    { invoiceLineItemType: 'billing_line_items', billingProvider: 'azure' },
  ];
  const invoice = {
    id: invoiceId,
    invoiceDate: '2026-11-12T00:00:00Z',
    billingPeriodStartDate: '2026-10-12T00:00:00Z',
    billingPeriodEndDate: '2026-11-11T00:00:00Z',
    totalCharges: 12,
    currencyCode: 'EUR',
    documentType: 'invoice',
    invoiceType: 'Recurring',
    invoiceDetails: details,
  };
  await mkdir(join(folder, 'legacy', invoiceId), { recursive: true });
  await writeFile(join(folder, 'tenants.json'), JSON.stringify([tenant]));
  await writeFile(join(folder, 'invoices.json'), JSON.stringify({ [tenantId]: [invoice] }));
  await writeFile(join(folder, 'legacy', invoiceId, 'office-billinglineitems.json'), `[${items.join(',')}]`);
  await writeFile(join(folder, 'legacy', invoiceId, 'azure-billinglineitems.json'), '[{"sku":"a b"}]');
  partnerCenter = await startPartnerCenter({ folder });
});
afterAll(async () => {
  await partnerCenter.close();
  await rm(folder, { recursive: true, force: true });
});

function source() {
  const tokenUrl = `${partnerCenter.loginUrl}/${tenantId}/oauth2/v2.0/token`;
  const tokens = entraTokenSource(tenantId, {
    kind: 'tokenEndpoint',
    clientId: tenantId,
    clientSecret: 'synthetic',
    tokenUrl,
  });
  return graphInvoiceSource(
    { baseUrl: partnerCenter.graphUrl, token: () => tokens.token('https://graph.microsoft.com/.default') },
    {
      baseUrl: partnerCenter.partnerCenterUrl,
      token: () => tokens.token('https://api.partnercenter.microsoft.com/.default'),
    },
  );
}

async function manifestOf(kind: 'license' | 'usage'): Promise<SourceManifest> {
  const operationUrl = await source().requestExport({ tenantId, invoiceId, kind });
  const operation = await source().readOperation({ tenantId, operationUrl });
  if (operation.kind !== 'ready') throw new Error(`expected it to be ready, it is ${operation.kind}`);
  return operation.manifest;
}

async function textOf(manifest: SourceManifest, part: number): Promise<string> {
  const opened = await source().openPart({ tenantId, manifest, part });
  if (opened.kind !== 'open') throw new Error('expected it to be open');
  return Buffer.concat(await Array.fromAsync(opened.bytes)).toString('utf8');
}

describe('line items of a legacy invoice', () => {
  it('are ready at once, one file per set, as old as the invoice', async () => {
    expect(await manifestOf('license')).toMatchObject({
      parts: ['office-billinglineitems.json'],
      sourceTime: '2026-11-12T00:00:00.000Z',
    });
    expect((await manifestOf('usage')).parts).toEqual(['azure-billinglineitems.json', 'azure-usagelineitems.json']);
  });

  it('come from all pages, each verbatim on a line of its own', async () => {
    expect((await textOf(await manifestOf('license'), 0)).split('\n').slice(0, -1)).toEqual(items);
  });

  it('may be none', async () => {
    const manifest = await manifestOf('usage');
    expect(await textOf(manifest, 0)).toBe('{"sku":"a b"}\n');
    expect(await textOf(manifest, 1)).toBe('');
  });

  it('are waited for while Partner Center is busy', async () => {
    partnerCenter.script.throttleNext('line-items', 2, 0);
    expect((await textOf(await manifestOf('license'), 0)).split('\n')).toHaveLength(items.length + 1);
  });

  it('of an invoice that is not there are an error that a retry does not cure', async () => {
    const operationUrl = await source().requestExport({ tenantId, invoiceId: 'D000000099', kind: 'license' });
    await expect(source().readOperation({ tenantId, operationUrl })).rejects.toThrow(/answered 404/);
  });
});
