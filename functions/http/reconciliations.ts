import functions from '@azure/functions';
import { notFound } from '../../shared/host/http-error.ts';
import { identityParam } from '../../shared/host/identity-param.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { listMeters, listReconciliations } from '../../shared/pipeline/queries.ts';

functions.app.http('reconciliations', {
  route: 'reconciliations',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const filter = filtersOf(request, {
      billingCycle: /^\d{4}-(0[1-9]|1[0-2])$/,
      subscriptionId: /^.{1,100}$/,
      status: /^(Matched|Mismatched)$/i,
      comparedWith: /^(costexport|invoicelines|invoicetotal)$/,
      invoiceId: /^.{1,100}$/,
    });
    return pageResponse(request, await listReconciliations(ports.runs, filter));
  }),
});

/** A subscription's id is a GUID; nothing much longer can be one. */
const subscriptionIdLengthMax = 100;

/** In an address, `-` stands for the rows that belong to no subscription. */
const noSubscription = '-';

functions.app.http('reconciliations_meters', {
  route: 'reconciliations/{runId}/subscriptions/{subscriptionId}/meters',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const runId = identityParam(request, 'runId', 'run');
    const { subscriptionId = '' } = request.params;
    if (subscriptionId.length > subscriptionIdLengthMax) throw notFound('subscription in a published run');
    const filter = filtersOf(request, {
      status: /^[a-z]{1,30}$/i,
      severity: /^[a-z]{1,30}$/i,
      trend: /^[a-z]{1,30}$/i,
    });
    const items = await listMeters(ports, runId, subscriptionId === noSubscription ? '' : subscriptionId);
    if (items === undefined) throw notFound('subscription in a published run');
    const wanted = items.filter(
      (item) =>
        isWanted(filter.status, item.status) &&
        isWanted(filter.severity, item.severity) &&
        isWanted(filter.trend, item.break?.trend),
    );
    return pageResponse(request, wanted);
  }),
});

function isWanted(wanted: string | undefined, found: string | undefined): boolean {
  return wanted === undefined || wanted.toLowerCase() === found?.toLowerCase();
}
