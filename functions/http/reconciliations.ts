import functions from '@azure/functions';
import { notFound } from '../../shared/host/http-error.ts';
import { identityParam } from '../../shared/host/identity-param.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { listMeters, listReconciliations, metersOf, readChanges } from '../../shared/pipeline/queries.ts';

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
    return pageResponse(request, metersOf(items, filter));
  }),
});

functions.app.http('reconciliations_changes', {
  route: 'reconciliations/{runId}/changes',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    filtersOf(request, {});
    const found = await readChanges(ports, identityParam(request, 'runId', 'run'));
    if (found === undefined) throw notFound('run with another before it');
    const { version: _, ...summary } = found.summary;
    const page = pageResponse(request, found.lines);
    return { jsonBody: { ...summary, ...page.jsonBody } };
  }),
});
