import functions from '@azure/functions';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';
import { listRuns } from '../../shared/pipeline/queries.ts';

functions.app.http('runs', {
  route: 'runs',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    filtersOf(request, {});
    return pageResponse(request, await listRuns(ports));
  }),
});
