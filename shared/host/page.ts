import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { HttpError } from './http-error.ts';

const pageSizeDefault = 100;
const pageSizeMax = 1000;

/** Answers one page of `items`: `top` says how many, `nextLink` leads on while there are more. */
export function pageResponse(request: HttpRequest, items: readonly unknown[]): HttpResponseInit {
  const top = numberOf(request, 'top', pageSizeDefault, pageSizeMax);
  const skip = numberOf(request, 'skip', 0, Number.MAX_SAFE_INTEGER);
  const value = items.slice(skip, skip + top);
  if (skip + top >= items.length) return { jsonBody: { value } };
  const next = new URL(request.url);
  next.searchParams.set('skip', String(skip + top));
  next.searchParams.set('top', String(top));
  next.searchParams.delete('code'); // A key is not handed out, not even back to its owner.
  return { jsonBody: { value, nextLink: next.href } };
}

function numberOf(request: HttpRequest, name: string, whenAbsent: number, max: number): number {
  const text = request.query.get(name);
  if (text === null) return whenAbsent;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value > max || (name === 'top' && value === 0)) {
    throw new HttpError(
      400,
      'InvalidParameter',
      `The query parameter ${name} is '${text}'; expected a whole number up to ${max}`,
      name,
    );
  }
  return value;
}

/** What every route takes; `code` is the function key, which Azure lets callers put here. */
const commonParameters: readonly string[] = ['api-version', 'top', 'skip', 'code'];

/**
 * The filters that a request names, of those that are allowed, with the form that each must have. A filter that is not
 * known, or a value that cannot be one, is refused: a misspelt filter would show more than was asked for.
 */
export function filtersOf<K extends string>(
  request: HttpRequest,
  allowed: { readonly [name in K]: RegExp },
): { readonly [name in K]?: string } {
  const filters: { [name in K]?: string } = {};
  const names = Object.keys(allowed) as K[];
  for (const [name, value] of request.query) {
    if (commonParameters.includes(name)) continue;
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) throw invalid(name, `is not known; expected ${names.join(', ')}`);
    if (!allowed[known].test(value)) throw invalid(name, `is '${value.slice(0, 50)}', which it cannot be`);
    filters[known] = value;
  }
  return filters;
}

function invalid(name: string, reason: string): HttpError {
  return new HttpError(400, 'InvalidParameter', `The query parameter ${name} ${reason}`, name);
}
