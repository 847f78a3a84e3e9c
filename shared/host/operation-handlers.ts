import type { HttpRequest } from '@azure/functions';
import type { FileRecord } from '../contracts/files.ts';
import { apiVersion, type OperationItem } from '../contracts/http.ts';
import type { routes } from '../contracts/routes.ts';
import type { RunRecord } from '../contracts/runs.ts';
import type { Caller } from '../domain/caller.ts';
import { isFileOf, isOfCsp } from '../domain/caller-scope.ts';
import { notFound } from './http-error.ts';
import type { StepPorts } from './on-queue-message.ts';
import { fileItemFor } from './own-file-item.ts';
import type { RouteHandler } from './serve-route.ts';

/** How long the making of a file takes at least, mostly. */
const retryAfterSeconds = '1';

/** The headers of an answer that began the making of a file. */
export function fileOperationHeaders(http: HttpRequest, fileId: string): Record<string, string> {
  return operationHeaders(http, `file-${fileId}`);
}

/** The headers of an answer that began a comparison. */
export function runOperationHeaders(http: HttpRequest, runId: string): Record<string, string> {
  return operationHeaders(http, `run-${runId}`);
}

function operationHeaders(http: HttpRequest, id: string): Record<string, string> {
  return { 'operation-location': apiUrl(http, `operations/${id}`), 'retry-after': retryAfterSeconds };
}

export const getOperation: RouteHandler<typeof routes.getOperation> = async (ports, { params, caller, http }) => {
  const item = await operationOf(ports, { id: params.operationId, caller, http });
  if (item === undefined) throw notFound('operation');
  const isEnded = item.status === 'succeeded' || item.status === 'failed';
  return { ...(isEnded ? {} : { headers: { 'retry-after': retryAfterSeconds } }), jsonBody: item };
};

type AskedOperation = { readonly id: string; readonly caller: Caller; readonly http: HttpRequest };

async function operationOf(ports: StepPorts, { id, caller, http }: AskedOperation): Promise<OperationItem | undefined> {
  const [kind, own = ''] = id.split('-');
  if (kind === 'file') {
    const record = await ports.files.get(own);
    if (record === undefined || !isFileOf(caller, record)) return undefined;
    return fileOperation(fileItemFor(caller, record), apiUrl(http, `files/${record.fileId}`));
  }
  if (!isOfCsp(caller)) return undefined;
  const run = await ports.runs.get(own);
  return run === undefined ? undefined : runOperation(run, `${apiUrl(http, 'reconciliations')}&runId=${own}`);
}

function runOperation({ runId, state, problem }: RunRecord, resourceLocation: string): OperationItem {
  const id = `run-${runId}`;
  switch (state) {
    case 'comparing':
      return { id, status: 'running' };
    case 'published':
      return { id, status: 'succeeded', resourceLocation };
    case 'failed':
      return { id, status: 'failed', error: { code: 'NotCompared', message: problem ?? 'No reason was recorded' } };
  }
}

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
  const folder = url.pathname.slice(0, url.pathname.search(/\/(invoices|operations|reconciliations)(\/|$)/i));
  return `${url.origin}${folder}/${path}?api-version=${apiVersion}`;
}
