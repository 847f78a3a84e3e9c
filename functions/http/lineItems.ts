import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  listDailyRatedUsageLineItems,
  listLicenseLineItems,
  listOnetimeLineItems,
  listUsageLineItems,
} from '../../shared/host/line-item-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('lineItems_onetime', serveRoute(routes.listOnetimeLineItems, listOnetimeLineItems));
functions.app.http('lineItems_license', serveRoute(routes.listLicenseLineItems, listLicenseLineItems));
functions.app.http('lineItems_usage', serveRoute(routes.listUsageLineItems, listUsageLineItems));
functions.app.http(
  'lineItems_dailyratedusage',
  serveRoute(routes.listDailyRatedUsageLineItems, listDailyRatedUsageLineItems),
);
