import functions from '@azure/functions';
import { askForFile, getFile, getFileContent, listAllFiles } from '../../shared/host/file-handlers.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';

functions.app.http('files_request', {
  route: 'invoices/{invoiceId}/files/{kind}',
  methods: ['PUT'],
  authLevel: 'function',
  handler: onHttpRequest(askForFile),
});

functions.app.http('files', {
  route: 'files',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(listAllFiles),
});

functions.app.http('files_one', {
  route: 'files/{fileId}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(getFile),
});

functions.app.http('files_content', {
  route: 'files/{fileId}/content',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(getFileContent),
});
