import type { InvoiceItem, OwnInvoiceItem } from '../contracts/http.ts';
import type { routes } from '../contracts/routes.ts';
import type { Caller } from '../domain/caller.ts';
import { isOfCsp, type LineWish, lineViewOf } from '../domain/caller-scope.ts';
import { listOwnInvoices, type OwnInvoice } from '../pipeline/list-own-invoices.ts';
import { type InvoiceFilter, listInvoices } from '../pipeline/queries.ts';
import { viewOrThrow } from './caller-view.ts';
import { notFound } from './http-error.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

type Ports = Parameters<RouteHandler<typeof routes.listInvoices>>[0];

export const listAllInvoices: RouteHandler<typeof routes.listInvoices> = async (ports, { caller, query, page }) => {
  const { customerId, resellerMpnId, ...filter } = query;
  const items = await invoicesFor(ports, caller, { filter, wish: { customerId, resellerMpnId } });
  return page.answer(pageOfList<InvoiceItem | OwnInvoiceItem>(items, ({ invoiceId }) => invoiceId, page));
};

export const getInvoice: RouteHandler<typeof routes.getInvoice> = async (ports, { caller, params }) => {
  const [item] = await invoicesFor(ports, caller, { filter: { invoiceId: params.invoiceId }, wish: {} });
  if (item === undefined) throw notFound('invoice');
  return { jsonBody: item };
};

/** The CSP sees all of an invoice and, unless it asks by whose lines there are, every one; others theirs, and less. */
async function invoicesFor(
  ports: Ports,
  caller: Caller,
  { filter, wish }: { readonly filter: InvoiceFilter; readonly wish: LineWish },
): Promise<readonly (InvoiceItem | OwnInvoiceItem)[]> {
  const view = viewOrThrow(caller, lineViewOf(caller, wish));
  if (!isOfCsp(caller)) return (await listOwnInvoices(ports, { caller, view, filter })).map(toOwnItem);
  const items = await listInvoices(ports, filter);
  if (view.customerIds === undefined && view.mpnIds === undefined) return items;
  const own = await listOwnInvoices(ports, { caller, view, filter });
  const keys = new Set(own.map(({ invoice }) => `${invoice.tenantId} ${invoice.invoiceId}`));
  return items.filter(({ tenantId, invoiceId }) => keys.has(`${tenantId} ${invoiceId}`));
}

function toOwnItem({ invoice, kinds }: OwnInvoice): OwnInvoiceItem {
  const { invoiceId, type, documentType, billingCycle, periodStart, periodEnd, invoiceDate, currency } = invoice;
  const shown = { invoiceId, type, documentType, billingCycle, periodStart, periodEnd, invoiceDate, currency };
  return { ...shown, lineItems: kinds };
}
