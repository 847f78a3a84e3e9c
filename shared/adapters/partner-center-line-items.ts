import { z } from 'zod';
import type { SourceManifest } from '../contracts/invoices.ts';
import type { LegacyDownloadKind } from '../contracts/messages.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { ExportOperation } from '../pipeline/ports.ts';
import { requestJson } from './http-json.ts';
import { rawItemsOf } from './json-items.ts';
import type { PartnerCenterAccess } from './partner-center-invoices.ts';

/*
 * Line items of legacy invoices come from Partner Center's REST API, version 1, page by page, at once: there is no export to wait
 * for. To the pipeline each set is an export that is ready, with one file per provider and type: the items of all
 * pages, verbatim, one per line.
 */

type LineItemSet = { readonly provider: 'office' | 'azure'; readonly type: 'billinglineitems' | 'usagelineitems' };

/** `usage` comes in two sets: what was billed, and what was used each day, which carries no money. */
const sets = {
  license: [{ provider: 'office', type: 'billinglineitems' }],
  usage: [
    { provider: 'azure', type: 'billinglineitems' },
    { provider: 'azure', type: 'usagelineitems' },
  ],
} as const satisfies Record<LegacyDownloadKind, readonly LineItemSet[]>;

/** The largest page that Partner Center gives. */
const pageSize = 2_000;
/** Twenty million line items. */
const pagesMax = 10_000;

const invoiceFields = z.object({ invoiceDate: z.iso.datetime({ local: true, offset: true }) });
const pageLinks = z.object({ links: z.object({ next: z.object({ uri: z.string() }).nullish() }).nullish() });

/** The address by which one set of line items of an invoice is asked for. */
export function legacyOperationUrl(access: PartnerCenterAccess, invoiceId: string, kind: LegacyDownloadKind): string {
  return `${access.baseUrl}/v1/invoices/${encodeURIComponent(invoiceId)}/lineitems#${kind}`;
}

export function isLegacyUrl(access: PartnerCenterAccess, url: string): boolean {
  return url.startsWith(`${access.baseUrl}/v1/invoices/`);
}

/** Line items of a closed invoice do not change, so there is one version of them, as old as the invoice. */
export async function readLegacyOperation(
  access: PartnerCenterAccess,
  { tenantId, operationUrl }: { readonly tenantId: string; readonly operationUrl: string },
): Promise<ExportOperation> {
  const url = new URL('.', operationUrl).href.replace(/\/$/, '');
  const { body } = await requestJson({ method: 'GET', url, headers: await headersOf(access, tenantId) }, [200]);
  const { invoiceDate } = invoiceFields.parse(body);
  const manifest: SourceManifest = {
    version: 1,
    manifestUrl: operationUrl,
    dataVersion: 'v1',
    sourceTime: addMilliseconds(`${invoiceDate.slice(0, 10)}T00:00:00Z`, 0),
    parts: setsOf(operationUrl).map(({ provider, type }) => `${provider}-${type}.json`),
  };
  return { kind: 'ready', manifest };
}

export function openLegacyPart(
  access: PartnerCenterAccess,
  { tenantId, manifest, part }: { readonly tenantId: string; readonly manifest: SourceManifest; readonly part: number },
): AsyncIterable<Uint8Array> {
  const set = setsOf(manifest.manifestUrl)[part];
  if (set === undefined)
    throw new TerminalError(`The line items come in ${manifest.parts.length} sets; there is no set ${part}`);
  const address = manifest.manifestUrl.replace(/#.*$/, '');
  return pagesOf(access, tenantId, `${address}?provider=${set.provider}&invoicelineitemtype=${set.type}`);
}

/** Counts of items are not to be trusted, and a full page always names a next one: what ends the list is a page without either. */
async function* pagesOf(access: PartnerCenterAccess, tenantId: string, address: string): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (let page = 0; page < pagesMax; page += 1) {
    const url = `${address}&size=${pageSize}&offset=${offset}`;
    const answer = await requestJson({ method: 'GET', url, headers: await headersOf(access, tenantId) }, [200]);
    const items = rawItemsOf(answer.text);
    if (items.length > 0)
      yield Buffer.from(items.map((item) => `${item.replaceAll(/[\r\n]+/g, ' ')}\n`).join(''), 'utf8');
    if (items.length === 0 || pageLinks.parse(answer.body).links?.next == null) return;
    offset += items.length;
  }
  throw new TerminalError(`The line items of ${address.split('?')[0]} have no end`);
}

function setsOf(url: string): readonly LineItemSet[] {
  const kind = new URL(url).hash.slice(1);
  if (kind === 'license' || kind === 'usage') return sets[kind];
  throw new TerminalError(`'${kind}' is not a set of legacy line items`);
}

async function headersOf(access: PartnerCenterAccess, tenantId: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await access.token(tenantId)}` };
}
