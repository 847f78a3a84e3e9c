import type { HttpFunctionOptions, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { apiVersion } from '../contracts/http.ts';
import type { Route } from '../contracts/route.ts';
import type { Caller } from '../domain/caller.ts';
import { getDeps } from './deps.ts';
import { finishAnswer } from './finish-answer.ts';
import { errorResponse, HttpError, notFound } from './http-error.ts';
import { admitAnyone, identifyCaller } from './identify-caller.ts';
import { invocationLog } from './invocation-log.ts';
import { readJsonBody } from './json-body.ts';
import type { StepPorts } from './on-queue-message.ts';
import { type PageRequest, pageParameters, pageRequestOf } from './route-page.ts';
import { wrongBody } from './wrong-body.ts';

/** A request that has passed every check that its route states. */
export type RouteRequest<R extends Route> = {
  /** Undefined on a route that anyone may call. */
  readonly caller: R['callers'] extends 'anyone' ? undefined : Caller;
  readonly params: { readonly [name in keyof R['params']]: z.infer<R['params'][name]> };
  readonly query: z.infer<R['query']>;
  readonly body: R['checksOwnBody'] extends true
    ? unknown
    : R['body'] extends z.ZodType
      ? z.infer<R['body']>
      : undefined;
  readonly page: PageRequest;
  /** For headers, and for the address that the caller used. */
  readonly http: HttpRequest;
};

export type RouteHandler<R extends Route> = (ports: StepPorts, request: RouteRequest<R>) => Promise<HttpResponseInit>;

/**
 * An HTTP-triggered function for one route of the contracts: who calls, whether they may, the API version, the address,
 * the filters and the body are checked, in this order, before the handler runs, and every error gets the same shape.
 * What is not an `HttpError` is our own trouble: it is logged, and the caller learns no more than that.
 */
export function serveRoute<R extends Route>(route: R, handler: RouteHandler<R>): HttpFunctionOptions {
  return {
    route: route.path,
    methods: route.method === 'GET' ? ['GET', 'HEAD'] : [route.method],
    // Who may call is decided here, by tokens; keys of the Functions host are not used.
    authLevel: 'anonymous',
    handler: async (http, context) => {
      try {
        return finishAnswer(http, await answer(route, handler, { http, context }));
      } catch (error) {
        if (error instanceof HttpError) return finishAnswer(http, errorResponse(error));
        context.error('request failed', error);
        return finishAnswer(http, errorResponse(internalError()));
      }
    },
  };
}

async function answer<R extends Route>(
  route: R,
  handler: RouteHandler<R>,
  { http, context }: { readonly http: HttpRequest; readonly context: InvocationContext },
): Promise<HttpResponseInit> {
  const ports = { ...getDeps(), log: invocationLog(context) };
  const caller = route.callers === 'anyone' ? admitAnyone(ports, http) : await identifyCaller(ports, http);
  if (caller !== undefined && !(route.callers as readonly string[]).includes(caller.role)) {
    throw new HttpError(403, 'Forbidden', `This is not open to the role ${caller.role}`);
  }
  if (route.isUnversioned !== true) requireApiVersion(http);
  const request = {
    caller,
    params: paramsOf(route, http),
    query: queryOf(route, http),
    body: await bodyOf(route, http),
    page: await pageRequestOf(ports, route, http, caller),
    http,
  };
  // The parts were checked by the schemas that their types come from.
  return handler(ports, request as unknown as RouteRequest<R>);
}

function requireApiVersion(http: HttpRequest): void {
  const version = http.query.get('api-version');
  if (version === apiVersion) return;
  const found = version === null ? 'is missing' : `is '${version.slice(0, 50)}'`;
  const message = `The query parameter api-version ${found}; expected ${apiVersion}`;
  throw new HttpError(400, 'InvalidApiVersion', message, 'api-version');
}

function paramsOf(route: Route, http: HttpRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(route.params).map(([name, schema]) => {
      const parsed = schema.safeParse(http.params[name]);
      if (!parsed.success) throw notFound(name.replace(/Id$|Key$/, ''));
      return [name, parsed.data];
    }),
  );
}

function queryOf(route: Route, http: HttpRequest): unknown {
  const names = Object.keys(route.query.shape);
  const common = ['api-version', ...(route.isPaged === true ? pageParameters : [])];
  const given = new Map<string, string>();
  for (const [name, value] of http.query) {
    if (given.has(name)) throw invalidParameter(name.slice(0, 50), 'is there more than once');
    if (!names.includes(name) && !common.includes(name)) {
      throw invalidParameter(name.slice(0, 50), `is not known; expected ${[...names, ...common].join(', ')}`);
    }
    given.set(name, value);
  }
  const parsed = route.query.safeParse(Object.fromEntries([...given].filter(([name]) => names.includes(name))));
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0] ?? '');
  throw invalidParameter(name, `is '${(given.get(name) ?? '').slice(0, 50)}', which it cannot be`);
}

async function bodyOf({ body, bodyBytesMax, checksOwnBody }: Route, http: HttpRequest): Promise<unknown> {
  if (body === undefined) return undefined;
  const json = await readJsonBody(http, { bytesMax: bodyBytesMax });
  if (checksOwnBody === true) return json;
  const parsed = body.safeParse(json);
  if (!parsed.success) throw wrongBody('InvalidBody', parsed.error);
  return parsed.data;
}

function invalidParameter(name: string, reason: string): HttpError {
  return new HttpError(400, 'InvalidParameter', `The query parameter ${name} ${reason}`, name);
}

function internalError(): HttpError {
  return new HttpError(500, 'InternalError', 'Something went wrong on our side; the log has the details');
}
