import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { listAllRuns } from '../../shared/host/run-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('runs', serveRoute(routes.listRuns, listAllRuns));
