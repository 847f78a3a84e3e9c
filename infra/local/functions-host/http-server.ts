import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import functions, { type HttpResponse } from '@azure/functions';
import type { FunctionApp } from './function-app.ts';
import { serializeCookie } from './http-cookies.ts';
import { matchRoute, type Route, type RouteParameters, sortRoutes } from './http-routes.ts';
import { invoke } from './invocation.ts';
import type { WorkTracker } from './work-tracker.ts';

/** Headers that belong to one connection and are not the function's to set. Source: RFC 9110, section 7.6.1. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

export type HttpServerParts = {
  readonly app: FunctionApp;
  readonly routes: readonly Route[];
  readonly work: WorkTracker;
};

/** Serves the HTTP functions on the loopback interface. Bodies are streams in both directions, never whole in memory. */
export class HttpServer {
  readonly #app: FunctionApp;
  readonly #routes: readonly Route[];
  readonly #work: WorkTracker;
  readonly #server: Server;
  #isStopping = false;

  constructor({ app, routes, work }: HttpServerParts) {
    this.#app = app;
    this.#routes = sortRoutes(routes);
    this.#work = work;
    this.#server = createServer((request, response) => {
      void this.#work.run(() => this.#answer(request, response));
    });
  }

  /** Resolves with the address, without a slash at its end. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('The HTTP server listens but has no port');
    }
    return `http://127.0.0.1:${address.port}`;
  }

  /** Takes no new connection; requests under way go on. */
  stop(): void {
    this.#isStopping = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Cuts what is still connected. */
  dispose(): void {
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#report(request, error);
      if (response.headersSent) {
        // The status is out already; a cut connection is the only way left to say that the body is not whole.
        response.destroy();
      } else {
        endEmpty(response, 500);
      }
    } finally {
      // A body that the function left unread would block the next request of this connection.
      request.resume();
    }
  }

  #report(request: IncomingMessage, error: unknown): void {
    const isCallerGone = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    const [level, what] = isCallerGone
      ? ['information', 'the caller went away']
      : ['error', 'it could not be answered'];
    this.#app.onLog({ level, message: `${request.method} ${pathOf(request)}: ${what}`, args: [error] });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    const method = request.method ?? 'GET';
    if (this.#isStopping) {
      // The next request of a connection that was busy when the host began to close.
      response.setHeader('connection', 'close');
      endEmpty(response, 503);
      return;
    }
    if (url === undefined) {
      endEmpty(response, 400);
      return;
    }
    let match: ReturnType<typeof matchRoute>;
    try {
      match = matchRoute(this.#routes, method, url.pathname);
    } catch (error) {
      if (!(error instanceof URIError)) {
        throw error;
      }
      endEmpty(response, 400);
      return;
    }
    if (match.kind === 'notFound') {
      endEmpty(response, 404);
    } else if (match.kind === 'methodNotAllowed') {
      response.setHeader('allow', match.allow.join(', '));
      endEmpty(response, 405);
    } else {
      await this.#invoke({ request, response, url, route: match.route, parameters: match.parameters });
    }
  }

  async #invoke({ request, response, url, route, parameters }: Exchange): Promise<void> {
    const { registration } = route;
    const traceParent = request.headers['traceparent'];
    let returned: unknown;
    try {
      returned = await invoke(this.#app, registration, {
        reason: 'This function was programmatically called via the host APIs.',
        data: { http: { nativeRequest: toNativeRequest(request, url), params: parameters } },
        ...(typeof traceParent === 'string' ? { traceParent } : {}),
      });
    } catch {
      // The failure is in the log, with its cause; the caller learns nothing of it.
      endEmpty(response, 500);
      return;
    }
    const result = toHttpResponse(returned);
    await sendResponse(result, response, request.method === 'HEAD');
  }
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly route: Route;
  readonly parameters: RouteParameters;
};

function requestUrl(request: IncomingMessage): URL | undefined {
  const base = `http://${request.headers.host ?? '127.0.0.1'}`;
  return URL.canParse(request.url ?? '/', base) ? new URL(request.url ?? '/', base) : undefined;
}

/** Without the query: it may carry what does not belong in a log. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/';
}

function toNativeRequest(request: IncomingMessage, url: URL): Request {
  const headers = new Headers();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    for (const value of values ?? []) {
      headers.append(name, value);
    }
  }
  const method = request.method ?? 'GET';
  if (method === 'GET' || method === 'HEAD') {
    return new Request(url, { method, headers });
  }
  return new Request(url, { method, headers, body: Readable.toWeb(request), duplex: 'half' });
}

/** Nothing returned means 204; the library makes a response out of anything else, or throws. */
function toHttpResponse(returned: unknown): HttpResponse | undefined {
  if (returned === undefined || returned === null) {
    return undefined;
  }
  if (typeof returned !== 'object') {
    throw new TypeError(
      'The HTTP response must be an object with optional properties "body", "status", "headers", and "cookies".',
    );
  }
  return returned instanceof functions.HttpResponse ? returned : new functions.HttpResponse(returned);
}

async function sendResponse(
  result: HttpResponse | undefined,
  response: ServerResponse,
  isHead: boolean,
): Promise<void> {
  if (result === undefined) {
    endEmpty(response, 204);
    return;
  }
  response.statusCode = result.status;
  for (const [name, value] of result.headers) {
    if (!CONNECTION_HEADERS.has(name) && name !== 'set-cookie') {
      response.setHeader(name, value);
    }
  }
  const cookies = [...result.headers.getSetCookie(), ...result.cookies.map(serializeCookie)];
  if (cookies.length > 0) {
    response.setHeader('set-cookie', cookies);
  }
  if (result.body === null || isHead) {
    await result.body?.cancel();
    response.end();
    return;
  }
  await pipeline(Readable.fromWeb(result.body), response);
}

function endEmpty(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}
