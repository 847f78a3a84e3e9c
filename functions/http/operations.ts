import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getOperation } from '../../shared/host/operation-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('operations', serveRoute(routes.getOperation, getOperation));
