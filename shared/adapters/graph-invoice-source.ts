import { z } from 'zod';
import type { SourceManifest } from '../contracts/invoices.ts';
import type { NewCommerceDownloadKind } from '../contracts/messages.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { ExportOperation, InvoiceSource } from '../pipeline/ports.ts';
import { type JsonAnswer, requestJson, retryAfterMs } from './http-json.ts';
import { listPartnerCenterInvoices, type PartnerCenterAccess } from './partner-center-invoices.ts';
import { isLegacyUrl, legacyOperationUrl, openLegacyPart, readLegacyOperation } from './partner-center-line-items.ts';

/** Microsoft Graph's partner billing: `baseUrl` such as `https://graph.microsoft.com/v1.0`. */
export type GraphAccess = { readonly baseUrl: string; readonly token: (tenantId: string) => Promise<string> };

const exportPaths = {
  dailyratedusage: 'usage/billed/export',
  onetime: 'reconciliation/billed/export',
} as const satisfies Record<NewCommerceDownloadKind, string>;

const pollDefaultMs = 10_000;
const blobTimeoutMs = 4 * 60 * 1000;

/** "No data available (yet)": the operation has ended, and a later one may bring the data. */
const notReadyCode = '5000';

/** An operation comes in three kinds and names its manifest in one of three ways. */
const operationFields = z.object({
  status: z.string(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  resourceLocation: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  'resourceLocation@odata.navigationLink': z.string().nullish(),
});

const manifestFields = z.object({
  id: z.string(),
  eTag: z.string(),
  createdDateTime: z.string(),
  rootDirectory: z.url(),
  sasToken: z.string(),
  blobs: z.array(z.object({ name: z.string() })),
});
type ManifestFields = z.infer<typeof manifestFields>;

/** Line items of new-commerce invoices come from Microsoft Graph; the list of invoices and legacy line items from Partner Center. */
export function graphInvoiceSource(graph: GraphAccess, partnerCenter: PartnerCenterAccess): InvoiceSource {
  return {
    listInvoices: (tenantId) => listPartnerCenterInvoices(partnerCenter, tenantId),
    requestExport: async ({ tenantId, invoiceId, kind }) => {
      if (kind === 'license' || kind === 'usage') return legacyOperationUrl(partnerCenter, invoiceId, kind);
      const url = `${graph.baseUrl}/reports/partners/billing/${exportPaths[kind]}`;
      const headers = await headersOf(graph, tenantId);
      const answer = await requestJson(
        { method: 'POST', url, headers, body: { invoiceId, attributeSet: 'full' } },
        [202],
      );
      const location = answer.headers.get('location') ?? answer.headers.get('operation-location');
      if (location === null)
        throw new Error(`The export of ${invoiceId} was accepted without saying where it can be asked after`);
      return new URL(location, url).href;
    },
    readOperation: (request) =>
      isLegacyUrl(partnerCenter, request.operationUrl)
        ? readLegacyOperation(partnerCenter, request)
        : readOperation(graph, request),
    openPart: async ({ tenantId, manifest, part }) => {
      if (isLegacyUrl(partnerCenter, manifest.manifestUrl)) {
        return { kind: 'open', bytes: openLegacyPart(partnerCenter, { tenantId, manifest, part }) };
      }
      const present = await readManifest(graph, tenantId, manifest.manifestUrl);
      if (present === undefined || dataVersionOf(present) !== manifest.dataVersion) return { kind: 'changed' };
      const name = manifest.parts[part];
      if (name === undefined)
        throw new TerminalError(`The export has ${manifest.parts.length} files and no file ${part}`);
      return { kind: 'open', bytes: await openBlob(present, name) };
    },
  };
}

/** Links to operations and manifests expire: 410, or 404 where Microsoft no longer knows that there was one. */
const goneStatuses: readonly number[] = [404, 410];

async function readOperation(
  graph: GraphAccess,
  request: { tenantId: string; operationUrl: string },
): Promise<ExportOperation> {
  const headers = await headersOf(graph, request.tenantId);
  const answer = await requestJson({ method: 'GET', url: sameOrigin(graph, request.operationUrl), headers }, [
    200,
    ...goneStatuses,
  ]);
  if (goneStatuses.includes(answer.status)) return { kind: 'gone' };
  const operation = operationFields.parse(answer.body);
  switch (operation.status.toLowerCase()) {
    case 'notstarted':
    case 'running':
      return { kind: 'running', retryAfterMs: retryAfterMs(answer.headers) ?? pollDefaultMs };
    case 'failed':
      return failedOperation(operation);
    case 'succeeded':
    case 'completed':
      return readyOperation(graph, request.tenantId, manifestUrlOf(graph, operation, answer));
    default:
      throw new Error(`The export has an unknown status '${operation.status}'`);
  }
}

function failedOperation(operation: z.infer<typeof operationFields>): ExportOperation {
  const reason = `${operation.error?.code ?? 'no code'}: ${operation.error?.message ?? 'no message'}`;
  return { kind: operation.error?.code === notReadyCode ? 'notReady' : 'failed', reason };
}

/** An export without a file has nothing to say yet; one whose manifest has expired has nothing to say any more. */
async function readyOperation(graph: GraphAccess, tenantId: string, manifestUrl: string): Promise<ExportOperation> {
  const manifest = await readManifest(graph, tenantId, manifestUrl);
  if (manifest === undefined) return { kind: 'gone' };
  if (manifest.blobs.length === 0) return { kind: 'notReady', reason: 'the export has no files' };
  return { kind: 'ready', manifest: toSourceManifest(manifest, manifestUrl) };
}

/** As a link beside the property, as the manifest itself, or as an address in the property. */
function manifestUrlOf(graph: GraphAccess, operation: z.infer<typeof operationFields>, answer: JsonAnswer): string {
  const location = operation.resourceLocation;
  const link =
    operation['resourceLocation@odata.navigationLink'] ?? (typeof location === 'string' ? location : undefined);
  if (link !== undefined) return sameOrigin(graph, link);
  if (typeof location === 'object' && location !== null) {
    return `${graph.baseUrl}/reports/partners/billing/manifests/${encodeURIComponent(location.id)}`;
  }
  throw new Error(`The export has succeeded without naming its manifest (status ${answer.status})`);
}

function toSourceManifest(manifest: ManifestFields, manifestUrl: string): SourceManifest {
  return {
    version: 1,
    manifestUrl,
    dataVersion: dataVersionOf(manifest),
    sourceTime: addMilliseconds(manifest.createdDateTime, 0),
    parts: manifest.blobs.map((blob) => blob.name),
  };
}

/** @returns undefined when the address of the manifest has expired: a new export brings a new one */
async function readManifest(
  graph: GraphAccess,
  tenantId: string,
  manifestUrl: string,
): Promise<ManifestFields | undefined> {
  const headers = await headersOf(graph, tenantId);
  const answer = await requestJson({ method: 'GET', url: sameOrigin(graph, manifestUrl), headers }, [
    200,
    ...goneStatuses,
  ]);
  return goneStatuses.includes(answer.status) ? undefined : manifestFields.parse(answer.body);
}

/** The manifest's tag changes when the data does; as a name it must be short and plain. */
function dataVersionOf(manifest: ManifestFields): string {
  return identityOf([manifest.eTag]).slice(0, 16);
}

/** Opens a blob with the access token that the manifest carries. What goes wrong here may go right with a fresh token. */
async function openBlob(manifest: ManifestFields, name: string): Promise<AsyncIterable<Uint8Array>> {
  const url = `${manifest.rootDirectory.replace(/\/$/, '')}/${name}?${manifest.sasToken}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(blobTimeoutMs) });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`The file ${name} of the export answered ${response.status}`);
  }
  return response.body;
}

/** Tokens are sent to Microsoft Graph and to nobody that an answer may name. */
function sameOrigin(graph: GraphAccess, url: string): string {
  const absolute = new URL(url, graph.baseUrl);
  if (absolute.origin !== new URL(graph.baseUrl).origin) {
    throw new TerminalError(`The export points to ${absolute.origin}, which is not Microsoft Graph`);
  }
  return absolute.href;
}

async function headersOf(graph: GraphAccess, tenantId: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await graph.token(tenantId)}` };
}
