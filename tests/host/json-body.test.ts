import functions from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { readJsonBody } from '../../shared/host/json-body.ts';

function requestOf(body: string) {
  return new functions.HttpRequest({ method: 'POST', url: 'https://api.example/api/things', body: { string: body } });
}

describe('a body', () => {
  it('is read as JSON', async () => {
    expect(await readJsonBody(requestOf('{"a":["ü"]}'))).toEqual({ a: ['ü'] });
  });

  it.each(['', '{"a":', 'a=b'])('that is no JSON is refused: %j', async (body) => {
    await expect(readJsonBody(requestOf(body))).rejects.toMatchObject({
      status: 400,
      code: 'InvalidBody',
      target: 'body',
    });
  });

  it('that is too large is refused', async () => {
    const fits = JSON.stringify('x'.repeat(64 * 1024 - 2));
    expect(await readJsonBody(requestOf(fits))).toHaveLength(64 * 1024 - 2);
    await expect(readJsonBody(requestOf(`${fits} `))).rejects.toMatchObject({ status: 413, code: 'BodyTooLarge' });
  });
});
