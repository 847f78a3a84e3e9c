import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../shared/formats/exact-json.ts';

describe('parseExactJson', () => {
  it.each(['0.1234567890123456789012345678', '123456789012345678901234567890', '-0', '1E-28', '1e400', '1.50', '0.1'])(
    'keeps %s as it was written, however deep it stands',
    (text) => {
      expect(parseExactJson(text)).toBe(text);
      expect(parseExactJson(`{"a":[{"b":${text}},"${text}"]}`)).toEqual({ a: [{ b: text }, text] });
    },
  );

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'number' ? String(inner) : inner));
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{', "{'a':1}", '{"a":1,}', '01', 'NaN', '1 2', 'undefined'])('throws SyntaxError for %j', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });
});
