import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPieces } from '../../cli/json-pieces.ts';

describe('JSON in pieces', () => {
  it('is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined))), (value) => {
        expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value));
      }),
    );
  });

  it('has a piece for each item of a list', () => {
    expect([...jsonPieces({ a: [{ b: 1 }, 2] })]).toContain('{"b":1}');
  });
});
