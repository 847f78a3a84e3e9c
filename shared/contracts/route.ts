import type { z } from 'zod';
import type { Role } from '../domain/caller.ts';

export type RouteAnswer = {
  readonly description: string;
  /** JSON, unless `contentTypes` says otherwise; left out where there is no body. */
  readonly body?: z.ZodType;
  readonly contentTypes?: readonly string[];
};

/**
 * One route of the HTTP API: all that callers, the OpenAPI document, the checks of a request and the authorisation
 * matrix need to know. Errors have one shape everywhere and are not listed, but for those that a caller plans with.
 */
export type Route = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/`, with parameters as `{name}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Who may call it. What of it they see, the handler decides by the caller. */
  readonly callers: readonly Role[] | 'anyone';
  /** A value that does not fit is not found, as any that there is not. */
  readonly params: Readonly<Record<string, z.ZodType<string, string>>>;
  /** The filters. One that is not named here is refused: a misspelt filter would show more than was asked for. */
  readonly query: z.ZodObject;
  readonly body?: z.ZodType;
  /** The largest body; 64 KiB where it is not said. */
  readonly bodyBytesMax?: number;
  /** Answers pages of `{ value, nextLink }` and takes `top` and `continuation`. */
  readonly isPaged?: true;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
};

/** A route as it is written down, its parts' types kept. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}
