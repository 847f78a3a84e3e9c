import functions from '@azure/functions';
import { HttpError, notFound } from '../../shared/host/http-error.ts';
import { identityParam } from '../../shared/host/identity-param.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { drillDown, drillDownRowsMax } from '../../shared/pipeline/drill-down.ts';

/** A subscription's id is a GUID; `-` stands for the rows that belong to no subscription. */
const subscriptionIdForm = /^[^/]{1,100}$/;

functions.app.http('drillDown', {
  route: 'reconciliations/{runId}/subscriptions/{subscriptionId}/meters/{meterKey}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const what = 'meter line of a comparison with a cost export in a published run';
    const runId = identityParam(request, 'runId', what);
    const meterKey = identityParam(request, 'meterKey', what);
    const { subscriptionId = '' } = request.params;
    if (!subscriptionIdForm.test(subscriptionId)) throw notFound(what);
    filtersOf(request, {});
    const meter = { runId, subscriptionId: subscriptionId === '-' ? '' : subscriptionId, meterKey };
    const found = await drillDown(ports, meter);
    switch (found?.kind) {
      case undefined:
        throw notFound(what);
      case 'rowsNotKept':
        throw new HttpError(
          409,
          'RowsNotKept',
          'The rows of this month were read before rows were kept by subscription',
        );
      case 'tooManyRows':
        throw new HttpError(
          422,
          'TooManyRows',
          `The meter line has ${found.rows} rows; expected at most ${drillDownRowsMax} to be opened`,
        );
      case 'opened':
        return pageResponse(request, found.items);
    }
  }),
});
