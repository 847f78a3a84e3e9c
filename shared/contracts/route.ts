import type { z } from 'zod';
import type { Role } from '../domain/caller.ts';

export type RouteAnswer = {
  readonly description: string;
  /** As JSON; left out where there is no body, or another kind of it. */
  readonly body?: z.ZodType;
  /** Bodies that are not JSON. */
  readonly contentTypes?: readonly string[];
  readonly headers?: readonly AnswerHeader[];
  /** Those that only some of the answers have. */
  readonly headersAtTimes?: readonly AnswerHeader[];
};

export type AnswerHeader = 'content-disposition' | 'etag' | 'location' | 'operation-location' | 'retry-after';

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
  /** The handler checks the JSON of the body itself, because it can say better what is wrong with it. */
  readonly checksOwnBody?: true;
  /** The largest body; 64 KiB where it is not said. */
  readonly bodyBytesMax?: number;
  /** Answers pages of `{ value, nextLink }` and takes `top` and `continuation`. */
  readonly isPaged?: true;
  /** Headers in which the caller says which version it saw. */
  readonly preconditions?: readonly ('if-match' | 'if-none-match')[];
  /** May be called without `api-version`, by what knows no version of it. */
  readonly isUnversioned?: true;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Errors of the route's own work, beside those that its other fields bring with them. */
  readonly errors?: readonly (404 | 409 | 412 | 422 | 428)[];
};

/** A route as it is written down, its parts' types kept. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}
