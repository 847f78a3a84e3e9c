import type { HttpRequest } from '@azure/functions';
import type { FileRecord } from '../contracts/files.ts';
import { apiVersion, type OperationItem } from '../contracts/http.ts';
import type { routes } from '../contracts/routes.ts';
import { isFileOf } from '../domain/caller-scope.ts';
import { notFound } from './http-error.ts';
import { fileItemFor } from './own-file-item.ts';
import type { RouteHandler } from './serve-route.ts';

/** How long the making of a file takes at least, mostly. */
const retryAfterSeconds = '1';

/** The headers of an answer that began the making of a file. */
export function fileOperationHeaders(http: HttpRequest, fileId: string): Record<string, string> {
  return { 'operation-location': apiUrl(http, `operations/file-${fileId}`), 'retry-after': retryAfterSeconds };
}

export const getOperation: RouteHandler<typeof routes.getOperation> = async (ports, { params, caller, http }) => {
  const record = await ports.files.get(params.operationId.slice('file-'.length));
  if (record === undefined || !isFileOf(caller, record)) throw notFound('operation');
  const item = fileOperation(fileItemFor(caller, record), apiUrl(http, `files/${record.fileId}`));
  const isEnded = item.status === 'succeeded' || item.status === 'failed';
  return { ...(isEnded ? {} : { headers: { 'retry-after': retryAfterSeconds } }), jsonBody: item };
};

function fileOperation(
  { fileId, state, reason }: Pick<FileRecord, 'fileId' | 'state' | 'reason'>,
  resourceLocation: string,
): OperationItem {
  const id = `file-${fileId}`;
  switch (state) {
    case 'queued':
      return { id, status: 'notStarted' };
    case 'processing':
      return { id, status: 'running' };
    case 'available':
      return { id, status: 'succeeded', resourceLocation };
    case 'failed':
      return { id, status: 'failed', error: { code: 'FileNotMade', message: reason ?? 'No reason was recorded' } };
  }
}

/** An address of the API as this caller reaches it. */
function apiUrl(http: HttpRequest, path: string): string {
  const url = new URL(http.url);
  const folder = url.pathname.slice(0, url.pathname.search(/\/(invoices|operations)\//i));
  return `${url.origin}${folder}/${path}?api-version=${apiVersion}`;
}
