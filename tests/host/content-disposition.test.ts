import { describe, expect, it } from 'vitest';
import { contentDisposition } from '../../shared/host/content-disposition.ts';

describe('the name under which an answer is saved', () => {
  it.each([
    ['onetime-G1-csp.csv', 'attachment; filename="onetime-G1-csp.csv"'],
    ['a"b\\c.csv', `attachment; filename="a_b_c.csv"; filename*=UTF-8''a%22b%5Cc.csv`],
    ['Größe (1).csv', `attachment; filename="Gr__e (1).csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%281%29.csv`],
    [
      'a\r\nset-cookie: x.csv',
      `attachment; filename="a__set-cookie: x.csv"; filename*=UTF-8''a%0D%0Aset-cookie%3A%20x.csv`,
    ],
  ])('%j is written as readers take it', (name, expected) => {
    expect(contentDisposition(name)).toBe(expected);
    expect(() => new Headers({ 'content-disposition': contentDisposition(name) })).not.toThrow();
  });
});
