import functions from '@azure/functions';
import { notFound } from '../../shared/host/http-error.ts';
import { identityParam } from '../../shared/host/identity-param.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { readChanges } from '../../shared/pipeline/queries.ts';

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
