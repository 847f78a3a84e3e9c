import functions from '@azure/functions';
import { notFound } from '../../shared/host/http-error.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { listMeters, listReconciliations } from '../../shared/pipeline/queries.ts';

functions.app.http('reconciliations', {
  route: 'reconciliations',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const filter = filtersOf(request, ['billingCycle', 'subscriptionId', 'status', 'comparedWith', 'invoiceId']);
    return pageResponse(request, await listReconciliations(ports.runs, filter));
  }),
});

/** In an address, `-` stands for the rows that belong to no subscription. */
const noSubscription = '-';

functions.app.http('reconciliations_meters', {
  route: 'reconciliations/{runId}/subscriptions/{subscriptionId}/meters',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const { runId = '', subscriptionId = '' } = request.params;
    filtersOf(request, []);
    const items = await listMeters(ports.runs, runId, subscriptionId === noSubscription ? '' : subscriptionId);
    if (items === undefined) throw notFound('subscription in a published run');
    return pageResponse(request, items);
  }),
});
