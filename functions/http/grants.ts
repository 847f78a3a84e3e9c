import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  deleteOneGrant,
  getOneGrant,
  listAllGrants,
  listAuditEntries,
  putOneGrant,
} from '../../shared/host/grant-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('grants_list', serveRoute(routes.listGrants, listAllGrants));
functions.app.http('grants_get', serveRoute(routes.getGrant, getOneGrant));
functions.app.http('grants_put', serveRoute(routes.putGrant, putOneGrant));
functions.app.http('grants_delete', serveRoute(routes.deleteGrant, deleteOneGrant));
functions.app.http('grants_audit', serveRoute(routes.listAudit, listAuditEntries));
