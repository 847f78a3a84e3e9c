import { z } from 'zod';
import { roles } from '../../domain/caller.ts';
import { invoiceItem, ownInvoiceItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import { billingCycleFilter, idFilter, noFilters, pageOf } from '../route-values.ts';

/** The CSP's own view, or that of a reseller or customer, who sees the invoices that have lines of its own. */
const shownInvoice = z.union([invoiceItem, ownInvoiceItem]);

const invoiceId = idFilter.describe('The number of the invoice, as Microsoft writes it; letter case does not matter');

export const invoiceRoutes = {
  listInvoices: defineRoute({
    method: 'GET',
    path: 'invoices',
    tag: 'Invoices',
    summary: 'The invoices that we know of, and how far each is reconciled',
    callers: roles,
    params: {},
    query: z.strictObject({
      tenant: z.guid().exactOptional(),
      type: z.enum(['newCommerce', 'legacy']).exactOptional(),
      billingCycle: billingCycleFilter.exactOptional(),
      customerId: z.guid().exactOptional().describe('Only invoices with lines of this customer'),
      resellerMpnId: z
        .string()
        .regex(/^\d{1,20}$/)
        .exactOptional()
        .describe('Only invoices with lines that this reseller sold; not open to customers'),
    }),
    isPaged: true,
    answers: { 200: { description: 'A page of invoices, ordered by number', body: pageOf(shownInvoice) } },
  }),
  getInvoice: defineRoute({
    method: 'GET',
    path: 'invoices/{invoiceId}',
    tag: 'Invoices',
    summary: 'One invoice',
    callers: roles,
    params: { invoiceId },
    query: noFilters,
    answers: { 200: { description: 'The invoice', body: shownInvoice } },
  }),
};
