import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { PartnerCenterScript } from '../../infra/local/partner-center/script.ts';
import { type PartnerCenterStandIn, startPartnerCenter } from '../../infra/local/partner-center/server.ts';

export const CONTOSO = {
  tenantId: '0e195b37-4574-4539-bc42-0e539b9684c0',
  clientId: '11111111-1111-4111-8111-111111111111',
  clientSecret: 'contoso-secret~1',
  name: 'Contoso',
} as const;

export const FABRIKAM = {
  tenantId: 'aaaaaaaa-4574-4539-bc42-0e539b9684c0',
  clientId: '22222222-2222-4222-8222-222222222222',
  clientSecret: 'fabrikam-secret~2',
  name: 'Fabrikam',
} as const;

/** Contoso's invoices: G000000001 with both exports, G000000002 without any, a voided one, and three legacy ones. */
export const MODERN = 'G000000001';
export const MODERN_WITHOUT_DATA = 'G000000002';
export const VOIDED = 'G000000003';
export const AMENDMENT = 'G000000004';
export const LEGACY = 'D000000001';
export const FOREIGN = 'G000000009';

export const BLOB_NAMES = ['part-00000-one.c000.json.gz', 'part-00001-two.c000.json.gz'] as const;

/** One line as Graph delivers it: basic and other attributes, and amounts whose text a double would not keep. */
export const USAGE_LINE =
  '{"PartnerId":"p","MeterId":"m-1","Quantity":23.200004000000000001,"UnitPrice":1.10,"Tags":"{\\"a\\":\\"},{\\"}","EntitlementId":"e-1"}';

export const GRAPH_SCOPE = 'https://graph.microsoft.com/.default';
export const PARTNER_CENTER_SCOPE = 'https://api.partnercenter.microsoft.com/.default';

/** How many legacy licence lines there are: two full pages of 2,000 and a part of one. */
export const LICENSE_LINES = 4500;

/** Starts the stand-in over a sample folder of its own; both are gone when the test is over. */
export async function startSample(
  options: { readonly now?: () => Date; readonly onDefect?: (error: Error) => void } = {},
): Promise<{ readonly standIn: PartnerCenterStandIn; readonly script: PartnerCenterScript; readonly folder: string }> {
  const folder = await writeSampleFolder();
  const script = new PartnerCenterScript();
  const standIn = await startPartnerCenter({
    folder,
    script,
    onDefect: (error) => {
      throw error;
    },
    ...options,
  });
  onTestFinished(() => standIn.close());
  return { standIn, script, folder };
}

export async function writeSampleFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'partner-center-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'tenants.json'), JSON.stringify([CONTOSO, FABRIKAM]));
  await writeFile(join(folder, 'invoices.json'), invoicesJson());
  await writeBlobs(join(folder, 'exports', MODERN, 'dailyratedusage'), BLOB_NAMES, USAGE_LINE);
  await writeBlobs(join(folder, 'exports', MODERN, 'onetime'), [BLOB_NAMES[0]], '{"InvoiceNumber":"G000000001"}');
  await writeBlobs(join(folder, 'exports', FOREIGN, 'dailyratedusage'), [BLOB_NAMES[0]], '{"PartnerId":"fabrikam"}');
  await mkdir(join(folder, 'legacy', LEGACY), { recursive: true });
  await writeLegacy(folder, 'office-billinglineitems', licenseLines(LICENSE_LINES));
  await writeLegacy(folder, 'azure-billinglineitems', ['{"pretaxCharges":63.330}']);
  await writeLegacy(folder, 'azure-usagelineitems', licenseLines(4));
  return folder;
}

export async function writeBlobs(folder: string, names: readonly string[], line: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name), gzipSync(`${line}\n${line}\n`));
}

export function licenseLines(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `{"orderId":"o-${index}","amount":${index}.10}`);
}

async function writeLegacy(folder: string, name: string, items: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'legacy', LEGACY, `${name}.json`), `[\n${items.join(',\n')}\n]\n`);
}

/** Written by hand, so that `586366.00` stays what it is. */
function invoicesJson(): string {
  const modern = (id: string, more: string) =>
    `{"id":"${id}","invoiceDate":"2024-06-08T00:00:00Z","billingPeriodStartDate":"2024-05-01T00:00:00Z",` +
    `"billingPeriodEndDate":"2024-05-31T00:00:00Z","totalCharges":586366.00,"paidAmount":0,"currencyCode":"EUR",` +
    `"invoiceType":"OneTime",${more}}`;
  const legacy = (id: string, details: string) =>
    `{"id":"${id}","invoiceDate":"2024-06-14T00:00:00Z","totalCharges":24606.35,"invoiceType":"Recurring",` +
    `"documentType":"invoice","invoiceDetails":[${details}]}`;
  const amendment = `{"id":"${AMENDMENT}","invoiceDate":"2024-06-09T00:00:00Z","invoiceType":"OneTime","documentType":"adjustment_note","amendsOf":"${VOIDED}"}`;
  const details = ['office:billing', 'azure:billing', 'azure:usage'].map((pair) => {
    const [provider, type] = pair.split(':');
    return `{"invoiceLineItemType":"${type}_line_items","billingProvider":"${provider}"}`;
  });
  return `{
    "${CONTOSO.tenantId}": [
      ${modern(MODERN, '"documentType":"invoice"')},
      ${legacy(LEGACY, details.join(','))},
      ${modern(MODERN_WITHOUT_DATA, '"documentType":"invoice"')},
      ${legacy('D000000002', '')},
      ${modern(VOIDED, `"documentType":"void_note","amendments":[${amendment}]`)},
      ${legacy('D000000003', '')}
    ],
    "${FABRIKAM.tenantId.toUpperCase()}": [ ${modern(FOREIGN, '"documentType":"invoice"')} ]
  }`;
}

const TokenAnswer = z.object({ access_token: z.string() });

export function requestToken(
  standIn: PartnerCenterStandIn,
  form: Readonly<Record<string, string>>,
  tenantId: string = CONTOSO.tenantId,
): Promise<Response> {
  return fetch(`${standIn.loginUrl}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
}

export function tokenForm(
  tenant: { readonly clientId: string; readonly clientSecret: string },
  scope: string,
): Readonly<Record<string, string>> {
  return {
    grant_type: 'client_credentials',
    client_id: tenant.clientId,
    client_secret: tenant.clientSecret,
    scope,
  };
}

/** The headers of a caller with a token for `scope`. */
export async function callerHeaders(
  standIn: PartnerCenterStandIn,
  scope: string,
  tenant: typeof CONTOSO | typeof FABRIKAM = CONTOSO,
): Promise<{ readonly Authorization: string }> {
  const answer = await requestToken(standIn, tokenForm(tenant, scope), tenant.tenantId);
  return { Authorization: `Bearer ${TokenAnswer.parse(await answer.json()).access_token}` };
}

export const Manifest = z.strictObject({
  '@odata.context': z.string().optional(),
  id: z.guid(),
  schemaVersion: z.string(),
  dataFormat: z.string(),
  createdDateTime: z.iso.datetime(),
  eTag: z.string().min(1),
  partnerTenantId: z.string(),
  rootDirectory: z.url(),
  sasToken: z.string().min(1),
  partitionType: z.string(),
  blobCount: z.number(),
  blobs: z.array(z.strictObject({ name: z.string(), partitionValue: z.string() })),
});

export type Manifest = z.infer<typeof Manifest>;

const Ended = z.looseObject({
  status: z.string(),
  resourceLocation: z.unknown().optional(),
  'resourceLocation@odata.navigationLink': z.string().optional(),
});

/** The polls any operation of a test needs at most. */
const POLL_LIMIT = 10;

export class BillingClient {
  readonly standIn: PartnerCenterStandIn;
  readonly headers: { readonly Authorization: string };

  constructor(standIn: PartnerCenterStandIn, headers: { readonly Authorization: string }) {
    this.standIn = standIn;
    this.headers = headers;
  }

  static async connect(
    standIn: PartnerCenterStandIn,
    tenant: typeof CONTOSO | typeof FABRIKAM = CONTOSO,
  ): Promise<BillingClient> {
    return new BillingClient(standIn, await callerHeaders(standIn, GRAPH_SCOPE, tenant));
  }

  submit(body: unknown, kind = 'usage/billed'): Promise<Response> {
    return fetch(`${this.standIn.graphUrl}/reports/partners/billing/${kind}/export`, {
      method: 'POST',
      headers: { ...this.headers, 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  get(url: string): Promise<Response> {
    return fetch(url, { headers: this.headers });
  }

  /** The link to the operation of an export that was accepted. */
  async operationLink(body: unknown, kind?: string): Promise<string> {
    const accepted = await this.submit(body, kind);
    return accepted.headers.get('location') ?? accepted.headers.get('operation-location') ?? '';
  }

  /** The operation's last word. */
  async end(link: string): Promise<z.infer<typeof Ended>> {
    for (let polls = 0; polls < POLL_LIMIT; polls += 1) {
      const operation = Ended.parse(await (await this.get(link)).json());
      if (operation.status !== 'running' && operation.status !== 'notStarted') return operation;
    }
    throw new Error(`The operation has not ended after ${POLL_LIMIT} polls`);
  }

  async manifestLink(body: unknown, kind?: string): Promise<string> {
    const ended = await this.end(await this.operationLink(body, kind));
    return ended['resourceLocation@odata.navigationLink'] ?? '';
  }

  async manifest(link: string): Promise<Manifest> {
    return Manifest.parse(await (await this.get(link)).json());
  }
}

export function blobUrl(manifest: Manifest, name: string): string {
  return `${manifest.rootDirectory}/${name}?${manifest.sasToken}`;
}
