import { Readable } from 'node:stream';
import type { FileRecord } from '../contracts/files.ts';
import { fileContentTypes } from '../contracts/routes/files.ts';
import type { routes } from '../contracts/routes.ts';
import type { Caller } from '../domain/caller.ts';
import { fileOwnerOf, isFileOf, isOfCsp } from '../domain/caller-scope.ts';
import { fileKinds } from '../domain/file-kinds.ts';
import { explainLine } from '../pipeline/explain-line.ts';
import { listFiles } from '../pipeline/list-files.ts';
import { type FileRefusal, requestFile } from '../pipeline/request-file.ts';
import { refusalError } from './caller-view.ts';
import { contentDisposition } from './content-disposition.ts';
import { isKnownTo } from './finish-answer.ts';
import { HttpError, notFound } from './http-error.ts';
import { fileOperationHeaders } from './operation-handlers.ts';
import { fileItemFor, fileNameFor } from './own-file-item.ts';
import { pageOfOrdered } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

/** When to ask again for a file that must wait for another. */
const busyRetryAfterSeconds = '5';

export const askForFile: RouteHandler<typeof routes.requestFile> = async (ports, { caller, params, body, http }) => {
  const kind = fileKinds.find((candidate) => candidate === params.kind);
  if (kind === undefined) {
    const message = `There is no kind of file '${params.kind}'; expected ${fileKinds.join(', ')}`;
    throw new HttpError(400, 'InvalidKind', message, 'kind');
  }
  const { format, culture, ...whose } = body;
  const outcome = fileOwnerOf(caller, whose);
  if (outcome.kind === 'notFound') throw notFound('invoice with such lines');
  if (outcome.kind !== 'owner') throw refusalError(caller, outcome);
  const invoiceId = params.invoiceId.toUpperCase();
  const requested = await requestFile(ports, { invoiceId, kind, format, culture, ...outcome.owner });
  if (requested.kind === 'refused') throw refusalOf(caller, requested);
  const { record } = requested;
  return { status: 202, headers: fileOperationHeaders(http, record.fileId), jsonBody: fileItemFor(caller, record) };
};

function refusalOf(caller: Caller, { code, message }: FileRefusal): HttpError {
  switch (code) {
    case 'notForAudience':
      return new HttpError(400, 'KindNotForAudience', message, 'audience');
    case 'notFound':
      return isOfCsp(caller) ? new HttpError(404, 'NotFound', message) : notFound('invoice with such lines');
    case 'badCatalogue':
      // What is wrong with a catalogue is for those who keep it.
      return new HttpError(409, 'BadCatalogue', isOfCsp(caller) ? message : 'No file can be made at present');
    case 'busy':
      return new HttpError(409, 'FileInProgress', message, undefined, [], { 'retry-after': busyRetryAfterSeconds });
  }
}

export const listAllFiles: RouteHandler<typeof routes.listFiles> = async (ports, { caller, query, page }) => {
  // Who sells to a customer is not for the customer to find out by asking for the files of one after the other.
  if (caller.role === 'customer' && query.resellerMpnId !== undefined)
    throw refusalError(caller, { kind: 'notOpen', parameter: 'resellerMpnId' });
  const records = (await listFiles(ports.files, query)).filter((record) => isFileOf(caller, record));
  const { items, next } = pageOfOrdered(records, page);
  return page.answer({ items: items.map((record) => fileItemFor(caller, record)), next });
};

export const getFile: RouteHandler<typeof routes.getFile> = async (ports, { caller, params }) => ({
  jsonBody: fileItemFor(caller, await ownFile(ports, caller, params.fileId)),
});

export const getFileContent: RouteHandler<typeof routes.getFileContent> = async (ports, { caller, params, http }) => {
  const record = await ownFile(ports, caller, params.fileId);
  if (record.state !== 'available') throw new HttpError(409, 'FileNotAvailable', `The file is ${record.state}`);
  const etag = `"${record.sha256 ?? record.fileId}"`;
  const headers = {
    'content-type': fileContentTypes[record.format],
    'content-disposition': contentDisposition(fileNameFor(caller, record)),
    ...(record.sizeBytes === undefined ? {} : { 'content-length': String(record.sizeBytes) }),
    'accept-ranges': 'none',
    etag,
  };
  // Who asks for no bytes, or has them, causes none to be fetched.
  if (http.method === 'HEAD' || isKnownTo(http, etag)) return { headers };
  const bytes = await ports.files.openContent(record);
  if (bytes === undefined) throw new Error(`The content of file ${record.fileId} is gone`);
  return { headers, body: Readable.from(bytes) };
};

export const explainFileLine: RouteHandler<typeof routes.explainLine> = async (ports, { caller, params, query }) => {
  const record = await ports.files.get(params.fileId);
  if (record === undefined || !isFileOf(caller, record)) throw notFound('line of a file');
  const audience = isOfCsp(caller) ? 'csp' : 'reseller';
  const outcome = await explainLine(ports, { ...params, ...query, audience });
  if (outcome.kind === 'explained') return { jsonBody: outcome.explanation };
  throw notFound('line of a file');
};

type Ports = Parameters<RouteHandler<typeof routes.getFile>>[0];

async function ownFile({ files }: Ports, caller: Caller, fileId: string): Promise<FileRecord> {
  const record = await files.get(fileId);
  if (record === undefined || !isFileOf(caller, record)) throw notFound('file');
  return record;
}
