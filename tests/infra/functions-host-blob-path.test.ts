import { describe, expect, test } from 'vitest';
import { parseBlobPath } from '../../infra/local/functions-host/blob-path.ts';
import type { Registration } from '../../infra/local/functions-host/function-app.ts';

const registration: Registration = {
  name: 'onBlob',
  file: 'on-blob.ts',
  metadata: { name: 'onBlob', bindings: {} },
  trigger: { name: 'trigger', type: 'blobTrigger', direction: 'in' },
  retry: undefined,
  callback: () => undefined,
};

describe('a blob path', () => {
  test.each([
    { path: 'c0n/{name}', blob: 'a/b.json', captured: { name: 'a/b.json' } },
    { path: 'c0n/{dir}/{name}.json', blob: 'a/b/c.json', captured: { dir: 'a/b', name: 'c' } },
    { path: 'c0n/in/{name}', blob: 'out/x', captured: undefined },
    { path: 'c0n/in/{name}', blob: 'IN/x', captured: undefined },
    { path: 'c0n/{path}manifest.json', blob: 'manifest.json', captured: { path: '' } },
    { path: 'c0n/{path}manifest.json', blob: 'a/manifestxjson', captured: undefined },
    { path: 'c0n/{{20}}-{name}', blob: '{20}-x', captured: { name: 'x' } },
    { path: 'c0n/fixed+name', blob: 'fixed+name', captured: {} },
    { path: 'c0n/fixed+name', blob: 'fixeddname', captured: undefined },
    { path: 'c0n', blob: 'anything/at/all', captured: {} },
  ])('$path and $blob', ({ path, blob, captured }) => {
    expect(parseBlobPath(path, registration).capture(blob)).toEqual(captured);
  });

  test('only blobs that begin with the literal beginning are listed', () => {
    expect(parseBlobPath('c0n/a/b-{name}', registration).prefix).toBe('a/b-');
    expect(parseBlobPath('c0n/{name}', registration).prefix).toBe('');
  });

  test.each([
    { path: 'c0n/{a}/{a}', reason: "has the parameter 'a' twice" },
    { path: 'c0n/{a', reason: 'has an unbalanced brace' },
    { path: 'c0n/{}', reason: "has the invalid parameter name ''" },
    { path: 'c0n/{a-b}', reason: "has the invalid parameter name 'a-b'" },
    { path: '{container}/x', reason: 'does not begin with a container name' },
  ])('$path is refused', ({ path, reason }) => {
    expect(() => parseBlobPath(path, registration)).toThrow(
      `Function 'onBlob' in on-blob.ts: the blob path '${path}' ${reason}`,
    );
  });
});
