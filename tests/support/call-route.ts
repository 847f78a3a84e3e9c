import { HttpRequest, type HttpResponseInit } from '@azure/functions';
import type { Route } from '../../shared/contracts/route.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import { finishAnswer } from '../../shared/host/finish-answer.ts';
import { errorResponse, HttpError } from '../../shared/host/http-error.ts';
import type { RouteHandler, RouteRequest } from '../../shared/host/serve-route.ts';
import type { World } from './world.ts';

export const operator: Caller = { principalId: 'tenant/operator', role: 'csp.operator' };
export const reader: Caller = { principalId: 'tenant/reader', role: 'csp.reader' };
export const reseller = (...resellerMpnIds: string[]): Caller => ({
  principalId: 'tenant/reseller',
  role: 'reseller',
  resellerMpnIds,
});
export const customer = (...customerIds: string[]): Caller => ({
  principalId: 'tenant/customer',
  role: 'customer',
  customerIds,
});

export type RouteCall = {
  readonly caller: Caller;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly top?: number;
  readonly position?: string | undefined;
  readonly method?: 'GET' | 'HEAD' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
};

export type RouteAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
  readonly text: string;
  /** Where the next page goes on. */
  readonly next: string | undefined;
};

/**
 * The answer of a route's handler over a world in memory: the route's own schemas and roles apply, and what a handler
 * answers with success must be what its contract says.
 */
export async function callRoute<R extends Route>(
  world: World,
  [route, handler]: readonly [R, RouteHandler<R>],
  call: RouteCall,
): Promise<RouteAnswer> {
  const { caller, params = {}, query = {}, body, top = 100, position, method = 'GET', headers: sent = {} } = call;
  const http = new HttpRequest({
    method,
    headers: { ...sent },
    url: `https://api.example/api/${filled(route.path, params)}`,
  });
  let next: string | undefined;
  const request = {
    caller,
    params,
    query: route.query.parse(query),
    body: route.body?.parse(body),
    page: {
      top,
      position,
      answer: (page: { readonly items: readonly unknown[]; readonly next?: string | undefined }): HttpResponseInit => {
        next = page.next;
        return { jsonBody: { value: page.items } };
      },
    },
    http,
  } as unknown as RouteRequest<R>;
  const ports = world.ports as unknown as Parameters<RouteHandler<R>>[0];
  const answer = await answerOf(route, caller, () => handler(ports, request));
  const finished = finishAnswer(http, answer);
  const headers = new Headers(finished.headers);
  const text = await textOf(finished);
  const isJson =
    headers.get('content-type')?.startsWith('application/json') === true || finished.jsonBody !== undefined;
  const json: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
  const status = finished.status ?? 200;
  if (json !== undefined && status < 300) route.answers[status]?.body?.parse(json);
  return { status, headers, json, text, next };
}

async function answerOf(
  { callers }: Route,
  caller: Caller,
  handle: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  try {
    if (!(callers as readonly string[]).includes(caller.role)) throw new HttpError(403, 'Forbidden', 'not open');
    return await handle();
  } catch (error) {
    if (error instanceof HttpError) return errorResponse(error);
    throw error;
  }
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

async function textOf({ body, jsonBody }: HttpResponseInit): Promise<string> {
  if (jsonBody !== undefined) return JSON.stringify(jsonBody);
  if (body === undefined || body === null) return '';
  return typeof body === 'string' ? body : new Response(body as ConstructorParameters<typeof Response>[0]).text();
}

/** The items of all pages, read one after the other, and how many pages there were. */
export async function allPages<R extends Route>(
  world: World,
  of: readonly [R, RouteHandler<R>],
  call: RouteCall,
): Promise<{ readonly items: readonly unknown[]; readonly pages: number; readonly texts: readonly string[] }> {
  const items: unknown[] = [];
  const texts: string[] = [];
  let position: string | undefined;
  for (let pages = 1; pages < 10_000; pages += 1) {
    const { status, json, text, next } = await callRoute(world, of, { ...call, position });
    if (status !== 200) throw new Error(`${status}: ${text}`);
    items.push(...(json as { readonly value: readonly unknown[] }).value);
    texts.push(text);
    if (next === undefined) return { items, pages, texts };
    position = next;
  }
  throw new Error('The pages do not end');
}
