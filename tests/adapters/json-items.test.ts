import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawItemsOf } from '../../shared/adapters/json-items.ts';

describe('rawItemsOf', () => {
  it('keeps every digit and every escape of an item', () => {
    const text =
      '{ "totalCount": 2, "items" : [ {"a":1.2300000000000000000000001,"b":"]}\\"," } , {"a":1e-9} ], "links":{"items":[]} }';
    expect(rawItemsOf(text)).toEqual(['{"a":1.2300000000000000000000001,"b":"]}\\"," }', '{"a":1e-9}']);
  });

  it('finds the items wherever they stand, and no others of that name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.nat({ max: 3 }),
        (items, others, indent) => {
          const { items: _, ...rest } = others;
          const text = JSON.stringify(
            { ...rest, nested: { items: [1] }, items, after: '"items":[' },
            undefined,
            indent,
          );
          expect(rawItemsOf(text).map((item) => JSON.parse(item))).toEqual(
            items.map((item) => JSON.parse(JSON.stringify(item))),
          );
        },
      ),
    );
  });

  it.each(['', '[]', '{}', '{"items":{}}', '{"items":[1', '{"items":[1]} x', 'null', '{"nested":{"items":[1]}}'])(
    'refuses %s',
    (text) => {
      expect(() => rawItemsOf(text)).toThrow(SyntaxError);
    },
  );
});
