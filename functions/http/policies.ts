import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getPolicy, putPolicy } from '../../shared/host/policy-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('policies', serveRoute(routes.getPolicy, getPolicy));
functions.app.http('policies_put', serveRoute(routes.putPolicy, putPolicy));
