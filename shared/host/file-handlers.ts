import { Readable } from 'node:stream';
import { z } from 'zod';
import { apiVersion, fileRequestBody } from '../contracts/http.ts';
import { type FileFormat, fileKinds } from '../domain/file-kinds.ts';
import { listFiles } from '../pipeline/list-files.ts';
import { toFileItem } from '../pipeline/queries.ts';
import { type FileRefusal, requestFile } from '../pipeline/request-file.ts';
import { HttpError, notFound } from './http-error.ts';
import { identityParam } from './identity-param.ts';
import { readJsonBody } from './json-body.ts';
import type { HttpHandler } from './on-http-request.ts';
import { filtersOf, pageResponse } from './page.ts';

const invoiceIdLengthMax = 100;

export const askForFile: HttpHandler = async (ports, request) => {
  const { invoiceId = '', kind: written = '' } = request.params;
  const kind = fileKinds.find((candidate) => candidate === written);
  if (kind === undefined) {
    const message = `There is no kind of file '${written.slice(0, 50)}'; expected ${fileKinds.join(', ')}`;
    throw new HttpError(400, 'InvalidKind', message, 'kind');
  }
  if (invoiceId.length > invoiceIdLengthMax) throw notFound('invoice');
  const body = fileRequestBody.safeParse(await readJsonBody(request));
  if (!body.success) throw new HttpError(400, 'InvalidBody', z.prettifyError(body.error), 'body');
  const outcome = await requestFile(ports, { invoiceId: invoiceId.toUpperCase(), kind, ...body.data });
  if (outcome.kind === 'refused') throw refusalOf(outcome);
  const { record } = outcome;
  const location = new URL(`../../../files/${record.fileId}?api-version=${apiVersion}`, request.url).href;
  return {
    status: 202,
    headers: { 'operation-location': location, 'retry-after': '1' },
    jsonBody: toFileItem(record),
  };
};

function refusalOf({ code, message }: FileRefusal): HttpError {
  switch (code) {
    case 'notForAudience':
      return new HttpError(400, 'KindNotForAudience', message, 'audience');
    case 'notFound':
      return new HttpError(404, 'NotFound', message);
    case 'badCatalogue':
      return new HttpError(409, 'BadCatalogue', message);
  }
}

export const listAllFiles: HttpHandler = async (ports, request) => {
  const filter = filtersOf(request, {
    invoiceId: /^.{1,100}$/,
    kind: new RegExp(`^(${fileKinds.join('|')})$`),
    audience: /^(csp|reseller|customer)$/,
    customerId: /^.{1,100}$/,
    resellerMpnId: /^\d{1,20}$/,
  });
  return pageResponse(request, await listFiles(ports.files, filter));
};

export const getFile: HttpHandler = async (ports, request) => {
  const record = await ports.files.get(identityParam(request, 'fileId', 'file'));
  if (record === undefined) throw notFound('file');
  return { jsonBody: toFileItem(record) };
};

const contentTypes = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
} as const satisfies Record<FileFormat, string>;

export const getFileContent: HttpHandler = async (ports, request) => {
  const record = await ports.files.get(identityParam(request, 'fileId', 'file'));
  if (record === undefined) throw notFound('file');
  if (record.state !== 'available') throw new HttpError(409, 'FileNotAvailable', `The file is ${record.state}`);
  const bytes = await ports.files.openContent(record);
  if (bytes === undefined) throw new Error(`The content of file ${record.fileId} is gone`);
  return {
    headers: {
      'content-type': contentTypes[record.format],
      'content-disposition': `attachment; filename="${record.fileName}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: Readable.from(bytes),
  };
};
