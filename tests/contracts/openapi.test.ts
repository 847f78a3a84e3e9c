import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../shared/contracts/openapi.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { checkAnswer } from '../support/checked-api.ts';

const file = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

describe('the OpenAPI document', () => {
  it('is what the routes say; `npm run openapi` writes it anew', () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApiDocument('/api'))));
  });

  it('has nothing that Redocly’s recommended rules find fault with', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: readFileSync(file, 'utf8'), absoluteRef: file, config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it('is not lenient: the same rules find a fault that is put in', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const broken = JSON.parse(readFileSync(file, 'utf8'));
    delete broken.paths['/invoices'].get.operationId;
    const problems = await lintFromString({ source: JSON.stringify(broken), absoluteRef: file, config });
    expect(problems.map(({ ruleId }) => ruleId)).toContain('operation-operationId');
  });

  it('knows every route that is served, and every route is', () => {
    const folder = fileURLToPath(new URL('../../functions/http/', import.meta.url));
    const served = readdirSync(folder).flatMap((name) => {
      const text = readFileSync(`${folder}${name}`, 'utf8');
      const registered = text.match(/functions\.app\.http\(/g)?.length ?? 0;
      const names = [...text.matchAll(/serveRoute\(routes\.(\w+),/g)].map((match) => match[1] ?? '');
      expect(names.length, name).toBe(name === 'unknown.ts' ? 0 : registered);
      return names;
    });
    expect(served.toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  it('knows every route once, with who may call it', () => {
    const document = JSON.parse(readFileSync(file, 'utf8'));
    const operations = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>).flatMap(
      (path) => Object.values(path).map(({ operationId }) => operationId),
    );
    expect(operations.toSorted()).toEqual(Object.keys(routes).toSorted());
    for (const [path, methods] of Object.entries(
      document.paths as Record<string, Record<string, { security: object[] }>>,
    ))
      for (const [method, { security }] of Object.entries(methods)) {
        const route = Object.values(routes).find(
          (each) => `/${each.path}` === path && each.method.toLowerCase() === method,
        );
        expect(security, path).toEqual(route?.callers === 'anyone' ? [] : [{ bearer: [] }]);
      }
  });
});

describe('an answer that is held to the document', () => {
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  const json =
    (status: number, body: unknown, more: Record<string, string> = {}, path = '/health') =>
    () =>
      checkAnswer({
        method: 'GET',
        path,
        status,
        headers: new Headers({ ...headers, 'content-type': 'application/json', etag: '"a"', ...more }),
        body: Buffer.from(JSON.stringify(body)),
      });
  const error = { error: { code: 'NotFound', message: 'no' } };

  it('passes when it is as promised', () => {
    expect(json(200, { status: 'healthy' })).not.toThrow();
    expect(json(404, error, { 'x-ms-error-code': 'NotFound' }, '/files/x')).not.toThrow();
    expect(json(404, error, { 'x-ms-error-code': 'NotFound' }, '/no/such/path')).not.toThrow();
  });

  it.each([
    ['with a status that is not there', json(418, { status: 'healthy' }), /does not know/],
    ['with a field more', json(200, { status: 'healthy', more: 1 }), /additional properties/],
    ['with a wrong value', json(200, { status: 'well' }), /allowed values/],
    ['without a promised header', json(404, error, {}, '/files/x'), /x-ms-error-code/],
    ['with another code in the header', json(404, error, { 'x-ms-error-code': 'Other' }, '/files/x'), /another/],
    ['of another type', json(200, { status: 'healthy' }, { 'content-type': 'text/html' }), /text\/html/],
    ['of a path that is not there', json(200, {}, {}, '/no/such/path'), /does not know it/],
    ['that may be kept', json(200, { status: 'healthy' }, { 'cache-control': 'public' }), /no-store/],
  ])('fails %s', (_what, check, message) => {
    expect(check).toThrow(message);
  });
});
