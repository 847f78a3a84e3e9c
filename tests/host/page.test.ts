import functions from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { HttpError } from '../../shared/host/http-error.ts';
import { readJsonBody } from '../../shared/host/json-body.ts';
import { filtersOf, pageResponse } from '../../shared/host/page.ts';

const items = Array.from({ length: 250 }, (_, index) => index);

function requestOf(query: string, body?: string) {
  const url = `https://api.example/api/things?api-version=1&${query}`;
  const init = { method: 'POST', url, query: Object.fromEntries(new URL(url).searchParams) };
  return new functions.HttpRequest(body === undefined ? init : { ...init, body: { string: body } });
}

type Page = { readonly value: readonly number[]; readonly nextLink?: string };

function page(query: string, all: readonly number[] = items): Page {
  return pageResponse(requestOf(query), all).jsonBody as Page;
}

function errorOf(work: () => unknown): HttpError {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpError) return error;
  }
  throw new Error('This should have been refused');
}

describe('a page', () => {
  it('has 100 items unless asked otherwise, and a link to the next', () => {
    const first = page('');
    expect(first.value).toEqual(items.slice(0, 100));
    const next = new URL(first.nextLink ?? '');
    expect(next.origin + next.pathname).toBe('https://api.example/api/things');
    expect(Object.fromEntries(next.searchParams)).toEqual({ 'api-version': '1', skip: '100', top: '100' });
  });

  it.each([1, 7, 100, 249, 250, 251, 1000])('leads with top=%i through all items, each once', (top) => {
    const seen: number[] = [];
    let query: string | undefined = `top=${top}&status=Matched`;
    for (let pages = 0; query !== undefined; pages += 1) {
      expect(pages).toBeLessThanOrEqual(250);
      const { value, nextLink }: Page = page(query);
      expect(value.length).toBeLessThanOrEqual(top);
      seen.push(...value);
      query = nextLink === undefined ? undefined : new URL(nextLink).search.slice(1);
      if (query !== undefined) expect(query).toContain('status=Matched');
    }
    expect(seen).toEqual(items);
  });

  it.each([
    ['after the end', 'skip=250', items],
    ['far after the end', 'skip=999999999', items],
    ['of nothing', '', []],
  ])('%s is empty and the last', (_what, query, all) => {
    expect(page(query, all)).toEqual({ value: [] });
  });

  it('that ends exactly at the last item leads nowhere', () => {
    expect(page('skip=150')).toEqual({ value: items.slice(150) });
  });

  it.each([
    'top=0',
    'top=1001',
    'top=-1',
    'top=1.5',
    'top=abc',
    'top=',
    'top=1e2',
    'skip=-1',
    'skip=x',
    'skip=9999999999',
  ])('is refused for %s', (query) => {
    const error = errorOf(() => page(query));
    const [name] = query.split('=');
    expect(error).toMatchObject({ status: 400, code: 'InvalidParameter', target: name });
  });
});

describe('filters', () => {
  it('are those that are named, and pages and version are none', () => {
    const filters = filtersOf(requestOf('status=Matched&top=5&skip=1&invoiceId='), {
      status: /^(Matched|Mismatched)$/,
      invoiceId: /^.*$/,
      tenant: /^x$/,
    });
    expect(filters).toEqual({ status: 'Matched', invoiceId: '' });
  });

  it.each(['state=Matched', 'Status=Matched', '__proto__=x', 'constructor=x'])(
    'that are not known are refused: %s',
    (query) => {
      const error = errorOf(() => filtersOf(requestOf(query), { status: /^Matched$/ }));
      expect(error).toMatchObject({ status: 400, code: 'InvalidParameter', target: query.split('=')[0] });
      expect(error.message).toContain('expected status');
    },
  );
});

it('a filter with a value that it cannot have is refused', () => {
  const error = errorOf(() => filtersOf(requestOf('status=bogus'), { status: /^Matched$/ }));
  expect(error).toMatchObject({ status: 400, code: 'InvalidParameter', target: 'status' });
});

describe('a body', () => {
  it('is read as JSON', async () => {
    expect(await readJsonBody(requestOf('', '{"a":["ü"]}'))).toEqual({ a: ['ü'] });
  });

  it.each(['', '{"a":', 'a=b'])('that is no JSON is refused: %j', async (body) => {
    await expect(readJsonBody(requestOf('', body))).rejects.toMatchObject({
      status: 400,
      code: 'InvalidBody',
      target: 'body',
    });
  });

  it('that is too large is refused', async () => {
    const fits = JSON.stringify('x'.repeat(64 * 1024 - 2));
    expect(await readJsonBody(requestOf('', fits))).toHaveLength(64 * 1024 - 2);
    await expect(readJsonBody(requestOf('', `${fits} `))).rejects.toMatchObject({ status: 413, code: 'BodyTooLarge' });
  });
});
