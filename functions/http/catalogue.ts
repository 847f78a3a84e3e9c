import functions from '@azure/functions';
import {
  deleteRecord,
  getRecord,
  importRecords,
  listRecords,
  putRecordAt,
} from '../../shared/host/catalogue-handlers.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';

functions.app.http('catalogue_list', {
  route: 'catalogue/{kind}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(listRecords),
});

functions.app.http('catalogue_get', {
  route: 'catalogue/{kind}/{id}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(getRecord),
});

functions.app.http('catalogue_put', {
  route: 'catalogue/{kind}/{id}',
  methods: ['PUT'],
  authLevel: 'function',
  handler: onHttpRequest(putRecordAt),
});

functions.app.http('catalogue_delete', {
  route: 'catalogue/{kind}/{id}',
  methods: ['DELETE'],
  authLevel: 'function',
  handler: onHttpRequest(deleteRecord),
});

functions.app.http('catalogue_import', {
  route: 'catalogue/import',
  methods: ['POST'],
  authLevel: 'function',
  handler: onHttpRequest(importRecords),
});
