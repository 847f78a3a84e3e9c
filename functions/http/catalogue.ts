import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  deleteRecord,
  getRecord,
  importRecords,
  listRecords,
  putRecordAt,
} from '../../shared/host/catalogue-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('catalogue_list', serveRoute(routes.listRecords, listRecords));
functions.app.http('catalogue_get', serveRoute(routes.getRecord, getRecord));
functions.app.http('catalogue_put', serveRoute(routes.putRecord, putRecordAt));
functions.app.http('catalogue_delete', serveRoute(routes.deleteRecord, deleteRecord));
functions.app.http('catalogue_import', serveRoute(routes.importRecords, importRecords));
