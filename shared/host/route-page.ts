import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Route } from '../contracts/route.ts';
import type { Caller } from '../domain/caller.ts';
import type { Clock, PageKeyStore } from '../pipeline/ports.ts';
import type { Page } from '../pipeline/take-page.ts';
import { continuations } from './continuation.ts';
import { HttpError } from './http-error.ts';

const topDefault = 100;
const topMax = 1000;

/** What a route of pages takes in its address. */
export const pageParameters: readonly string[] = ['top', 'continuation'];

/** Which page is asked for: `top` items after `position`, in the order of the list. */
export type PageRequest = {
  readonly top: number;
  /** Where the page before ended, in words of the list's own; undefined for the first. */
  readonly position: string | undefined;
  /** The answer of a page, with a link to the next while there is one. */
  answer(page: Page<unknown>): HttpResponseInit;
};

/** A page of a list that is read whole, ordered by a key of its own: stable while items come and go. */
export function pageOfList<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { top, position }: Pick<PageRequest, 'top' | 'position'>,
): Page<T> {
  const keyed = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
  const rest = position === undefined ? keyed : keyed.filter(({ key }) => key > position);
  const own = rest.slice(0, top);
  return { items: own.map(({ item }) => item), ...(rest.length > own.length ? { next: own.at(-1)?.key } : {}) };
}

/** A page of files in an order of their own; what is added at its head meanwhile moves nothing to another page. */
export function pageOfOrdered<T extends { readonly fileId: string }>(
  items: readonly T[],
  { top, position }: Pick<PageRequest, 'top' | 'position'>,
): Page<T> {
  const behind = position === undefined ? -1 : items.findIndex(({ fileId }) => fileId === position);
  if (position !== undefined && behind < 0) throw invalidContinuation();
  const own = items.slice(behind + 1, behind + 1 + top);
  return { items: own, ...(behind + 1 + top < items.length ? { next: own.at(-1)?.fileId } : {}) };
}

/** What a page request needs of the world. */
export type PagePorts = { readonly pageKeys: PageKeyStore; readonly clock: Clock };

/** @throws HttpError 400 for a `top` out of bounds and for any continuation that is not from this very list */
export async function pageRequestOf(
  ports: PagePorts,
  route: Route,
  http: HttpRequest,
  caller: Caller | undefined,
): Promise<PageRequest> {
  if (route.isPaged !== true) return noPages;
  const { seal, open } = continuations(await ports.pageKeys.read(), ports.clock.now());
  const binding = bindingOf(route, http, caller);
  const token = http.query.get('continuation');
  const position = token === null ? undefined : open(binding, token);
  if (token !== null && position === undefined) throw invalidContinuation();
  return {
    top: topOf(http),
    position,
    answer: ({ items, next }) => {
      if (next === undefined) return { jsonBody: { value: items } };
      const link = new URL(http.url);
      link.searchParams.set('continuation', seal(binding, next));
      return { jsonBody: { value: items, nextLink: link.href } };
    },
  };
}

const noPages: PageRequest = {
  top: topDefault,
  position: undefined,
  answer: () => {
    throw new Error('The route has no pages');
  },
};

/** The same list: the same route, ids and filters, asked by the same caller with the same rights. */
function bindingOf(route: Route, http: HttpRequest, caller: Caller | undefined): string {
  const filters = [...http.query].filter(([name]) => !pageParameters.includes(name)).sort();
  const ids = Object.keys(route.params).map((name) => http.params[name]);
  return JSON.stringify([route.method, route.path, ids, filters, caller]);
}

function invalidContinuation(): HttpError {
  const message = 'The continuation does not lead on in this list; begin again without it';
  return new HttpError(400, 'InvalidContinuation', message, 'continuation');
}

function topOf(http: HttpRequest): number {
  const text = http.query.get('top');
  if (text === null) return topDefault;
  const top = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (top > 0 && top <= topMax) return top;
  const message = `The query parameter top is '${text.slice(0, 50)}'; expected a whole number from 1 to ${topMax}`;
  throw new HttpError(400, 'InvalidParameter', message, 'top');
}
