import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldId } from '../../shared/domain/ids.ts';
import { meterSieve } from '../../shared/formats/row-sieve.ts';

const wanted = '0f8fad5b-d9cb-469f-a165-70867728950e';
const alsoWanted = '7544c4d1-f876-405f-9202-013d7c03642d';
/** Ends as the wanted one does but for its last digit; begins as it does. */
const nearMiss = '0f8fad5b-d9cb-469f-a165-70867728950f';
const other = 'a0b1c2d3-0000-4000-8000-abcdefabcdef';

const json = { format: 'jsonLines' } as const;
const csv = { format: 'csv', header: 'MeterId,ResourceId' } as const;

/** Any letter of `text` in either case. */
function inAnyCase(text: string): fc.Arbitrary<string> {
  return fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
}

const spelling = fc
  .tuple(
    fc.constantFrom(wanted, alsoWanted, nearMiss, other, 'METER-1', ''),
    fc.constantFrom(
      (id: string) => id,
      (id: string) => `{${id}}`,
      (id: string) => id.replaceAll('-', ''),
      (id: string) => ` ${id} `,
    ),
  )
  .chain(([id, write]) => inAnyCase(write(id)));

const filler = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  spelling.map((id) => `/subscriptions/${id}/vm`),
  fc.constantFrom('\\u0061', '\\', 'C:\\users', 'İ'.repeat(40), '\u{1f642}'.repeat(20)),
);
const draft = fc.record({ meterId: spelling, before: filler, after: filler, escaped: fc.constantFrom(0, 0, 0, 1, 3) });
type Draft = typeof draft extends fc.Arbitrary<infer T> ? T : never;

function jsonRow({ meterId, before, after, escaped }: Draft): string {
  const escapedLetter = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const id = [...meterId]
    .map((letter, at) => (escaped > 0 && at % escaped === 0 ? escapedLetter(letter) : letter))
    .join('');
  return `{"tags":${JSON.stringify(before)},"meterid":"${id}","x":${JSON.stringify(after)}}`;
}

function csvRow({ meterId, before, after }: Draft): string {
  return [before, meterId, after].map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
}

/** Whether each row has a place that the sieve finds, all rows standing in one piece of bytes as in a member. */
function passed(sieve: ReturnType<typeof meterSieve>, rows: readonly string[]): readonly boolean[] {
  if (sieve === undefined) throw new Error('There is nothing to sieve by');
  const pieces = rows.map((row, line) => ({ head: Buffer.from(`${line} 1\n`), row: Buffer.from(row) }));
  const next = sieve(Buffer.concat(pieces.flatMap(({ head, row }) => [head, row, Buffer.from('\n')])));
  let at = 0;
  return pieces.map(({ head, row }) => {
    const start = at + head.length;
    at = start + row.length + 1;
    return next(start) < start + row.length;
  });
}

describe('a sieve for meters', () => {
  it.each([
    ['JSON lines', json, jsonRow],
    ['CSV', csv, csvRow],
  ] as const)('passes each row of a wanted meter, however its id is written: %s', (_, layout, write) => {
    const counts = { wanted: 0, refused: 0 };
    const ids = new Set([wanted, alsoWanted]);
    fc.assert(
      fc.property(fc.array(draft, { minLength: 1, maxLength: 30 }), (drafts) => {
        const rows = drafts.map(write);
        const passing = passed(meterSieve(ids, layout), rows);
        for (const [index, { meterId }] of drafts.entries()) {
          const row = rows[index] ?? '';
          const parsed = layout.format === 'csv' ? meterId : String(JSON.parse(row).meterid);
          const isWanted = ids.has(foldId(parsed));
          if (isWanted) expect(passing[index]).toBe(true);
          const holds =
            /70867728950e|013d7c03642d/i.test(row) || (layout.format === 'jsonLines' && row.includes('\\u'));
          expect(passing[index]).toBe(holds);
          counts.wanted += isWanted ? 1 : 0;
          counts.refused += passing[index] === true ? 0 : 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(counts.wanted).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(300);
  });

  it('finds an id wherever it stands in a member of many pieces', () => {
    const sieve = meterSieve(new Set([wanted]), csv);
    for (const edge of [65_536, 131_072]) {
      for (let start = edge - 14; start <= edge + 2; start += 1) {
        const bytes = Buffer.alloc(200_000, 'é');
        bytes.write('70867728950E', start, 'latin1');
        expect(sieve?.(bytes)(0)).toBe(start);
        expect(sieve?.(bytes)(start)).toBe(start);
        expect(sieve?.(bytes)(start + 1)).toBe(Number.POSITIVE_INFINITY);
        expect(sieve?.(bytes.subarray(0, start + 11))(0)).toBe(Number.POSITIVE_INFINITY);
      }
    }
  });

  it('is there only where ids are GUIDs as they are folded, and few; for no meter nothing passes', () => {
    expect(meterSieve(new Set([wanted, 'meter-1']), json)).toBeUndefined();
    expect(meterSieve(new Set(['']), csv)).toBeUndefined();
    expect(meterSieve(new Set([wanted.toUpperCase()]), csv)).toBeUndefined();
    const many = Array.from({ length: 9 }, (_, index) => `${wanted.slice(0, -2)}${index + 10}`);
    expect(meterSieve(new Set(many), json)).toBeUndefined();
    expect(meterSieve(new Set(many.slice(1)), json)).toBeDefined();
    expect(passed(meterSieve(new Set(), json), [`{"meterid":"${wanted}"}`])).toEqual([false]);
  });
});
