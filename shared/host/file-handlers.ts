import { Readable } from 'node:stream';
import { apiVersion } from '../contracts/http.ts';
import { fileContentTypes } from '../contracts/routes/files.ts';
import type { routes } from '../contracts/routes.ts';
import { fileKinds } from '../domain/file-kinds.ts';
import { listFiles } from '../pipeline/list-files.ts';
import { toFileItem } from '../pipeline/queries.ts';
import { type FileRefusal, requestFile } from '../pipeline/request-file.ts';
import { HttpError, notFound } from './http-error.ts';
import { pageOfOrdered } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const askForFile: RouteHandler<typeof routes.requestFile> = async (ports, { params, body, http }) => {
  const kind = fileKinds.find((candidate) => candidate === params.kind);
  if (kind === undefined) {
    const message = `There is no kind of file '${params.kind}'; expected ${fileKinds.join(', ')}`;
    throw new HttpError(400, 'InvalidKind', message, 'kind');
  }
  const outcome = await requestFile(ports, { invoiceId: params.invoiceId.toUpperCase(), kind, ...body });
  if (outcome.kind === 'refused') throw refusalOf(outcome);
  const { record } = outcome;
  const location = new URL(`../../../files/${record.fileId}?api-version=${apiVersion}`, http.url).href;
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

export const listAllFiles: RouteHandler<typeof routes.listFiles> = async (ports, { query, page }) => {
  const items = await listFiles(ports.files, query);
  return page.answer(pageOfOrdered(items, page));
};

export const getFile: RouteHandler<typeof routes.getFile> = async (ports, { params }) => {
  const record = await ports.files.get(params.fileId);
  if (record === undefined) throw notFound('file');
  return { jsonBody: toFileItem(record) };
};

export const getFileContent: RouteHandler<typeof routes.getFileContent> = async (ports, { params }) => {
  const record = await ports.files.get(params.fileId);
  if (record === undefined) throw notFound('file');
  if (record.state !== 'available') throw new HttpError(409, 'FileNotAvailable', `The file is ${record.state}`);
  const bytes = await ports.files.openContent(record);
  if (bytes === undefined) throw new Error(`The content of file ${record.fileId} is gone`);
  return {
    headers: {
      'content-type': fileContentTypes[record.format],
      'content-disposition': `attachment; filename="${record.fileName}"`,
    },
    body: Readable.from(bytes),
  };
};
