import { type Answer, jsonTextAnswer } from './answer.ts';
import type { StandInContext } from './context.ts';
import type { DataFolder } from './data-folder.ts';
import { partnerCenterError } from './errors.ts';
import { jsonObjectMembers, jsonObjectOf } from './json-parts.ts';
import { collectionAnswer, invalidInput, invoiceNotFound, linkTo, wholeNumber } from './pages.ts';
import { queryValue, type StandInRequest } from './request.ts';

export type PartnerCenterDeps = { readonly context: StandInContext; readonly folder: DataFolder };

/**
 * `GET /v1/invoices?size=&offset=`. Size and offset count legacy invoices only; every page lists all modern ones
 * again, so a client that pages must recognise them. Source: "Get a collection of invoices", note on size and offset.
 */
export async function answerInvoices(
  deps: PartnerCenterDeps,
  tenantId: string,
  request: StandInRequest,
): Promise<Answer> {
  if (queryValue(request, 'filter') !== undefined) {
    return partnerCenterError(501, '0', 'This stand-in does not filter invoices.');
  }
  const size = wholeNumber(request, 'size', 1);
  const offset = wholeNumber(request, 'offset', 0);
  if (size === undefined || offset === undefined) return invalidInput('size and offset must be whole numbers.');
  const invoices = await deps.folder.invoices(tenantId);
  const start = offset === 'absent' ? 0 : offset;
  const end = size === 'absent' ? Number.POSITIVE_INFINITY : start + size;
  const legacyOfPage = new Set(invoices.filter((one) => one.isLegacy).slice(start, end));
  const page = invoices.filter((one) => !one.isLegacy || legacyOfPage.has(one));
  // A full page names a next one even when nothing follows: that is all the documented example shows.
  const hasNext = size !== 'absent' && legacyOfPage.size === size;
  const omits = deps.context.script.omitsBillingPeriodsInList;
  return collectionAnswer({
    // Of the page, not of the whole: a client must follow links.next and never count.
    totalCount: page.length,
    items: page.map((one) => (omits ? withoutBillingPeriod(one.json) : one.json)),
    self: linkTo(size === 'absent' ? '/invoices' : `/invoices?size=${size}&offset=${start}`),
    next: hasNext ? linkTo(`/invoices?size=${size}&offset=${end}`) : undefined,
  });
}

function withoutBillingPeriod(json: string): string {
  return jsonObjectOf(jsonObjectMembers(json).filter(([name]) => !name.startsWith('billingPeriod')));
}

/** `GET /v1/invoices/{id}`; amendments can be asked for by their own id. */
export async function answerInvoice(deps: PartnerCenterDeps, tenantId: string, invoiceId: string): Promise<Answer> {
  const invoice = await deps.folder.invoice(tenantId, invoiceId);
  return invoice === undefined ? invoiceNotFound(invoiceId) : jsonTextAnswer(200, invoice.json);
}
