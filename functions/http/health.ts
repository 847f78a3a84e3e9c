import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getHealth } from '../../shared/host/health-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('health', serveRoute(routes.getHealth, getHealth));
