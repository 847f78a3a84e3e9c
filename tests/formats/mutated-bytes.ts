import fc from 'fast-check';

/* Files that are damaged in the ways that matter to a reader, and cut into chunks at any byte. */

const pieces = [
  '"',
  '""',
  ',',
  '\n',
  '\r',
  '\r\n',
  '\u0000',
  '\\',
  '{',
  '}',
  ':',
  ' ',
  '\ufeff',
  'é',
  '🙂',
  '1e2',
  '-',
  '0',
];
/** Bytes that are no UTF-8: a lone continuation, a cut character, an overlong one, a surrogate, beyond the last one. */
const badBytes = [[0x80], [0xc3], [0xf0, 0x9f], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff]];

const inserted: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...pieces).map((text) => Buffer.from(text, 'utf8')) },
  { weight: 1, arbitrary: fc.constantFrom(...badBytes).map((bytes) => Uint8Array.from(bytes)) },
);

type Mutation = { readonly at: number; readonly removed: number; readonly inserted: Uint8Array };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  removed: fc.nat({ max: 3 }),
  inserted: fc.oneof(inserted, fc.constant(new Uint8Array(0))),
});

/** `bytes` with at most two places changed. */
export function mutatedBytes(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bytes, fc.array(mutation, { maxLength: 2 })).map(([whole, mutations]) =>
    mutations.reduce<Uint8Array>((changed, { at, removed, inserted }) => {
      const place = at % (changed.length + 1);
      return Buffer.concat([changed.subarray(0, place), inserted, changed.subarray(place + removed)]);
    }, whole),
  );
}

/** Bytes in chunks of 1 to `longest` bytes, or whole. */
export function chunksOf(bytes: Uint8Array, longest: number): readonly Uint8Array[] {
  if (longest === 0) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / longest) }, (_, index) =>
    bytes.subarray(index * longest, (index + 1) * longest),
  );
}
