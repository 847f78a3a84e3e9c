import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { StandInContext } from './context.ts';
import { partnerCenterError } from './errors.ts';
import type { PartnerCenterDeps } from './invoices.ts';
import { collectionAnswer, invalidInput, invoiceNotFound, linkTo, wholeNumber } from './pages.ts';
import { headerOf, queryValue, type StandInRequest } from './request.ts';

/** Default and largest page. */
const PAGE_LIMIT = 2000;

/** Which line items there are. The request says `onetime`; the items themselves say `one_time`. */
const KINDS: ReadonlySet<string> = new Set([
  'office/billinglineitems',
  'azure/billinglineitems',
  'azure/usagelineitems',
  'onetime/billinglineitems',
  'onetime/usagelineitems',
]);

type Asked = { readonly tenantId: string; readonly invoiceId: string; readonly pathParts: readonly string[] };

type Selection = {
  readonly invoiceId: string;
  readonly provider: string;
  readonly type: string;
  /** The request's own address without paging, which its links repeat. */
  readonly address: string;
};

const Continuation = z.object({ key: z.string(), offset: z.number(), size: z.number() });

/** `GET /v1/invoices/{id}/lineitems`, in both forms. */
export async function answerLineItems(deps: PartnerCenterDeps, asked: Asked, request: StandInRequest): Promise<Answer> {
  const invoice = await deps.folder.invoice(asked.tenantId, asked.invoiceId);
  if (invoice === undefined) return invoiceNotFound(asked.invoiceId);
  const selection = selectionOf(asked, request);
  if (!KINDS.has(`${selection.provider}/${selection.type}`)) {
    return invalidInput(`There are no line items of provider '${selection.provider}' and type '${selection.type}'.`);
  }
  const size = wholeNumber(request, 'size', 1);
  const offset = wholeNumber(request, 'offset', 0);
  if (size === undefined || offset === undefined) return invalidInput('size and offset must be whole numbers.');
  const found = await deps.folder.lineItems(invoice.id, selection.provider, selection.type);
  const isOneTime = selection.provider === 'onetime';
  if (found === undefined && isOneTime && !invoice.isLegacy) {
    // Retired in April 2025 for periods that Microsoft Graph covers.
    return partnerCenterError(404, '1000', `Not found. Line items of ${invoice.id} are delivered by Microsoft Graph.`);
  }
  const items = found ?? [];
  const pageSize = Math.min(size === 'absent' ? PAGE_LIMIT : size, PAGE_LIMIT);
  if (isOneTime) return oneTimePage(deps.context, { selection, items, pageSize }, request);
  return offsetPage({ selection, items, pageSize, offset: offset === 'absent' ? 0 : offset });
}

function selectionOf(asked: Asked, request: StandInRequest): Selection {
  const isPath = asked.pathParts.length > 0;
  const provider = (isPath ? asked.pathParts[0] : queryValue(request, 'provider')) ?? '';
  const type = (isPath ? asked.pathParts[1] : queryValue(request, 'invoicelineitemtype')) ?? '';
  const base = `/invoices/${asked.invoiceId}/lineitems`;
  const query = new URLSearchParams({ provider, invoicelineitemtype: type }).toString();
  return {
    invoiceId: asked.invoiceId,
    provider: provider.toLowerCase(),
    type: type.toLowerCase(),
    address: isPath ? `${base}/${encodeURIComponent(provider)}/${encodeURIComponent(type)}?` : `${base}?${query}&`,
  };
}

function offsetPage(paging: {
  readonly selection: Selection;
  readonly items: readonly string[];
  readonly pageSize: number;
  readonly offset: number;
}): Answer {
  const { pageSize, offset } = paging;
  const { address } = paging.selection;
  const items = paging.items.slice(offset, offset + pageSize);
  return collectionAnswer({
    totalCount: untrustworthyCount(items),
    items,
    self: linkTo(`${address}size=${pageSize}&offset=${offset}`),
    // A full page names a next one, which may turn out to be empty: the service does not look ahead.
    next: items.length === pageSize ? linkTo(`${address}size=${pageSize}&offset=${offset + pageSize}`) : undefined,
  });
}

/** One-time items are paged by a token that travels in a header, not by offset. */
function oneTimePage(
  context: StandInContext,
  paging: { readonly selection: Selection; readonly items: readonly string[]; readonly pageSize: number },
  request: StandInRequest,
): Answer {
  const { selection } = paging;
  const key = `${selection.invoiceId}/${selection.provider}/${selection.type}`;
  const isNext = queryValue(request, 'seekoperation')?.toLowerCase() === 'next';
  const token = headerOf(request, 'ms-continuationtoken');
  const from = isNext ? continuationOf(context, token, key) : { offset: 0, size: paging.pageSize };
  if (from === undefined) return invalidInput('seekOperation=Next needs the MS-ContinuationToken of links.next.');
  const end = from.offset + from.size;
  const items = paging.items.slice(from.offset, end);
  const nextToken =
    end < paging.items.length ? continuationToken(context, { key, offset: end, size: from.size }) : undefined;
  return collectionAnswer({
    totalCount: untrustworthyCount(items),
    items,
    self: linkTo(`${selection.address}size=${from.size}`),
    next:
      nextToken === undefined
        ? undefined
        : linkTo(`${selection.address}size=${from.size}&seekOperation=Next`, [
            { key: 'MS-ContinuationToken', value: nextToken },
          ]),
    continuationToken: nextToken,
  });
}

/**
 * One less than the page holds, as in the documented samples (3 for 4 items): it counts neither the page nor the
 * whole reliably, and a client that believes it loses rows here.
 */
function untrustworthyCount(items: readonly string[]): number {
  return Math.max(0, items.length - 1);
}

function continuationToken(context: StandInContext, from: z.infer<typeof Continuation>): string {
  const payload = Buffer.from(JSON.stringify(from), 'utf8').toString('base64');
  return `${payload},${context.sign(payload).toString('base64')}`;
}

/** Where to go on; undefined for a token that is missing, is not ours or belongs to other line items. */
function continuationOf(
  context: StandInContext,
  token: string | undefined,
  key: string,
): { readonly offset: number; readonly size: number } | undefined {
  const [payload, signature] = token?.split(',') ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  if (context.sign(payload).toString('base64') !== signature) return undefined;
  const from = Continuation.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')));
  return from.key === key ? from : undefined;
}
