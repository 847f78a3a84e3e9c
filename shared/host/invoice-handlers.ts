import type { routes } from '../contracts/routes.ts';
import { listInvoices } from '../pipeline/queries.ts';
import { notFound } from './http-error.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllInvoices: RouteHandler<typeof routes.listInvoices> = async (ports, { query, page }) => {
  const items = await listInvoices(ports, query);
  return page.answer(pageOfList(items, ({ invoiceId }) => invoiceId, page));
};

export const getInvoice: RouteHandler<typeof routes.getInvoice> = async (ports, { params }) => {
  const wanted = params.invoiceId.toUpperCase();
  const item = (await listInvoices(ports, {})).find(({ invoiceId }) => invoiceId.toUpperCase() === wanted);
  if (item === undefined) throw notFound('invoice');
  return { jsonBody: item };
};
