import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  listAllReconciliations,
  listRunChanges,
  listSubscriptionMeters,
  openMeter,
} from '../../shared/host/reconciliation-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('reconciliations', serveRoute(routes.listReconciliations, listAllReconciliations));
functions.app.http('reconciliations_meters', serveRoute(routes.listMeters, listSubscriptionMeters));
functions.app.http('reconciliations_drillDown', serveRoute(routes.drillDown, openMeter));
functions.app.http('reconciliations_changes', serveRoute(routes.listChanges, listRunChanges));
