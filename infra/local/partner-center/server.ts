import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Answer, jsonAnswer, sendAnswer, withHeaders } from './answer.ts';
import { createBlobReader } from './blob-content.ts';
import { blobRoute } from './blobs.ts';
import { createContext, type StandInContext } from './context.ts';
import { checkDataFolder, createDataFolder } from './data-folder.ts';
import { faultAnswer, graphError, partnerCenterError, storageError } from './errors.ts';
import { createGraphState, type GraphState, graphRoute } from './graph.ts';
import type { ManifestDeps } from './manifests.ts';
import { partnerCenterRoute, withPartnerCenterHeaders } from './partner-center-api.ts';
import { type Route, readRequest, type StandInRequest } from './request.ts';
import { PartnerCenterScript } from './script.ts';
import { tokenRoute } from './tokens.ts';

/** Microsoft Entra's token endpoint, Microsoft Graph partner billing, its blobs, and Partner Center REST v1, in one. */
export type PartnerCenterStandIn = {
  readonly url: string;
  /** Ends in `/graph/v1.0`. */
  readonly graphUrl: string;
  /** The base to which `/v1/invoices` is added. */
  readonly partnerCenterUrl: string;
  /** The token endpoint is `${loginUrl}/{tenantId}/oauth2/v2.0/token`. */
  readonly loginUrl: string;
  readonly script: PartnerCenterScript;
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
};

/** What was asked, in the order of the answers. Only parameters known to be harmless are kept: no token, no SAS. */
export type RecordedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
};

type Running = {
  readonly deps: ManifestDeps;
  readonly graph: GraphState;
  readonly requests: RecordedRequest[];
  readonly onDefect: (error: Error) => void;
};

/** Only the last ones are kept, for a stack that runs for days. */
const RECORDED_REQUESTS_LIMIT = 10_000;

const HARMLESS_PARAMETERS: ReadonlySet<string> = new Set([
  'size',
  'offset',
  'provider',
  'invoicelineitemtype',
  'seekoperation',
]);

/**
 * Serves `folder` on a free port of this machine, or on `port`.
 * @throws Error when the folder is not one that can be served
 */
export async function startPartnerCenter(options: {
  readonly folder: string;
  readonly port?: number;
  readonly script?: PartnerCenterScript;
  readonly now?: () => Date;
  /** Told of every defect of the stand-in or of its folder; what clients do wrong is answered instead. */
  readonly onDefect?: (error: Error) => void;
}): Promise<PartnerCenterStandIn> {
  await checkDataFolder(options.folder);
  const script = options.script ?? new PartnerCenterScript();
  const server = createServer();
  const url = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  const context = createContext({ folder: options.folder, script, now: options.now ?? (() => new Date()), url });
  const running: Running = {
    deps: {
      context,
      folder: createDataFolder(options.folder),
      readBlob: createBlobReader(),
      directories: new Map(),
    },
    graph: createGraphState(),
    requests: [],
    onDefect: options.onDefect ?? ((error) => process.stderr.write(`Partner Center stand-in: ${error.stack}\n`)),
  };
  server.on('request', (message, response) => {
    serve(running, message, response).catch((error: unknown) => {
      running.onDefect(asError(error));
      response.destroy();
    });
  });
  return {
    url,
    graphUrl: context.graphUrl,
    partnerCenterUrl: `${url}/partner-center`,
    loginUrl: `${url}/login`,
    script,
    requests: running.requests,
    close: () => close(server),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port'));
      else resolve(address.port);
    });
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

async function serve(running: Running, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await readRequest(message).catch((error: unknown) => asError(error));
  if (request instanceof Error) {
    // The rest of the request is not read, so the connection cannot be used again.
    const refused = jsonAnswer(request instanceof RangeError ? 413 : 400, { error: request.message });
    await sendAnswer(response, withHeaders(refused, { Connection: 'close' }), false);
    return;
  }
  const answer = await answerOf(running, request).catch((error: unknown) => {
    // No answer of Microsoft's, and it says so.
    running.onDefect(asError(error));
    return jsonAnswer(500, { standInDefect: asError(error).message });
  });
  record(running.requests, request, answer);
  await sendAnswer(response, answer, request.method === 'HEAD');
}

async function answerOf(running: Running, request: StandInRequest): Promise<Answer> {
  const { context } = running.deps;
  const route = routeOf(running, request);
  const answer = route === undefined ? unknownAnswer(context, request) : await routeAnswer(context, route, request);
  if (request.path.startsWith('/partner-center/')) return withPartnerCenterHeaders(context, request, answer);
  return answer;
}

function routeOf(running: Running, request: StandInRequest): Route | undefined {
  const { deps } = running;
  return (
    tokenRoute(deps.context, deps.folder, request) ??
    graphRoute(deps, running.graph, request) ??
    blobRoute(deps, request) ??
    partnerCenterRoute(deps, request)
  );
}

async function routeAnswer(context: StandInContext, route: Route, request: StandInRequest): Promise<Answer> {
  if (!route.methods.includes(request.method)) {
    return jsonAnswer(405, { error: `${request.method} is not allowed here` }, { Allow: route.methods.join(', ') });
  }
  const fault = context.script.takeFault(route.group);
  return fault === undefined ? await route.answer() : faultAnswer(context, route.group, fault);
}

function unknownAnswer(context: StandInContext, request: StandInRequest): Answer {
  if (request.path.startsWith('/graph/')) {
    return graphError(context, 404, 'itemNotFound', `Resource not found for the path '${request.path}'.`);
  }
  if (request.path.startsWith('/blobs')) {
    return storageError(context, {
      status: 404,
      code: 'ResourceNotFound',
      message: 'The specified resource does not exist.',
    });
  }
  return partnerCenterError(404, '1000', `Not found. There is nothing at '${request.path}'.`);
}

function record(requests: RecordedRequest[], request: StandInRequest, answer: Answer): void {
  const harmless = [...request.query].filter(([name]) => HARMLESS_PARAMETERS.has(name.toLowerCase()));
  requests.push({
    method: request.method,
    path: request.path,
    query: new URLSearchParams(harmless).toString(),
    status: answer.status,
  });
  if (requests.length > RECORDED_REQUESTS_LIMIT) requests.shift();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
