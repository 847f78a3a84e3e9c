import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  deletePolicy,
  getCurrentPolicy,
  getPolicy,
  keepPolicy,
  listPolicies,
  putCurrentPolicy,
} from '../../shared/host/policy-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('policies_list', serveRoute(routes.listPolicies, listPolicies));
functions.app.http('policies_current', serveRoute(routes.getCurrentPolicy, getCurrentPolicy));
functions.app.http('policies_put', serveRoute(routes.putCurrentPolicy, putCurrentPolicy));
functions.app.http('policies_get', serveRoute(routes.getPolicy, getPolicy));
functions.app.http('policies_keep', serveRoute(routes.keepPolicy, keepPolicy));
functions.app.http('policies_delete', serveRoute(routes.deletePolicy, deletePolicy));
