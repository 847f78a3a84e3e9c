import { Readable } from 'node:stream';
import functions from '@azure/functions';
import { z } from 'zod';
import { apiVersion, fileRequestBody } from '../../shared/contracts/http.ts';
import { HttpError, notFound } from '../../shared/host/http-error.ts';
import { identityParam } from '../../shared/host/identity-param.ts';
import { readJsonBody } from '../../shared/host/json-body.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { toFileItem } from '../../shared/pipeline/queries.ts';
import { requestFile } from '../../shared/pipeline/request-file.ts';

functions.app.http('files_request', {
  route: 'invoices/{invoiceId}/files/{kind}',
  methods: ['PUT'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const { invoiceId = '', kind } = request.params;
    if (kind !== 'onetime')
      throw new HttpError(400, 'InvalidKind', `The kind of file '${kind}' is not made yet; expected onetime`, 'kind');
    const body = fileRequestBody.safeParse(await readJsonBody(request));
    if (!body.success) throw new HttpError(400, 'InvalidBody', z.prettifyError(body.error), 'body');
    const record = await requestFile(ports, { invoiceId: invoiceId.toUpperCase(), kind, ...body.data });
    if (record === undefined) throw notFound('invoice with line items of this customer');
    const location = new URL(`../../../files/${record.fileId}?api-version=${apiVersion}`, request.url).href;
    return {
      status: 202,
      headers: { 'operation-location': location, 'retry-after': '1' },
      jsonBody: toFileItem(record),
    };
  }),
});

functions.app.http('files', {
  route: 'files/{fileId}',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const record = await ports.files.get(identityParam(request, 'fileId', 'file'));
    if (record === undefined) throw notFound('file');
    return { jsonBody: toFileItem(record) };
  }),
});

functions.app.http('files_content', {
  route: 'files/{fileId}/content',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    const record = await ports.files.get(identityParam(request, 'fileId', 'file'));
    if (record === undefined) throw notFound('file');
    if (record.state !== 'available') throw new HttpError(409, 'FileNotAvailable', `The file is ${record.state}`);
    const bytes = await ports.files.openContent(record);
    if (bytes === undefined) throw new Error(`The content of file ${record.fileId} is gone`);
    return {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${record.fileName}"`,
        'cache-control': 'no-store',
      },
      body: Readable.from(bytes),
    };
  }),
});
