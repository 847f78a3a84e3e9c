import functions from '@azure/functions';
import { notFound } from '../../shared/host/http-error.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { listInvoices } from '../../shared/pipeline/queries.ts';

functions.app.http('invoices', {
  route: 'invoices/{invoiceId?}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const { invoiceId } = request.params;
    const items = await listInvoices(
      ports,
      filtersOf(request, {
        tenant: /^[0-9a-f-]{36}$/i,
        type: /^(newCommerce|legacy)$/,
        billingCycle: /^\d{4}-(0[1-9]|1[0-2])$/,
      }),
    );
    if (!invoiceId) return pageResponse(request, items);
    const item = items.find((candidate) => candidate.invoiceId.toLowerCase() === invoiceId.toLowerCase());
    if (item === undefined) throw notFound('invoice');
    return { jsonBody: item };
  }),
});
