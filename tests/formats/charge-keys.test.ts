import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowScan } from '../../shared/formats/row-scan.ts';

const keySpans = 3;

/** Loads a day, two amounts and the spans of a key, with `between` around each. */
function loadCharge(scan: RowScan, key: readonly string[], between: string): void {
  const spans: number[] = [];
  let text = between;
  for (const value of ['2026-10-01', '1', '2', ...key]) {
    spans.push(Buffer.byteLength(text), Buffer.byteLength(text + value));
    text += value + between;
  }
  scan.load(Buffer.from(text, 'utf8'));
  scan.spans.set(spans);
}

/** The number of the key, which is learned where it is new. */
function numberOf(scan: RowScan, key: readonly string[], next: number, between: string): number {
  loadCharge(scan, key, between);
  const known = scan.wasm.charge(keySpans);
  if (known !== -1) return known;
  if (scan.wasm.learnDay(0, 0, 1) === -1) throw new Error('No room for a day');
  if (scan.wasm.learnKey(next, keySpans, 0, 0) <= 0) throw new Error('No room for a key, or it was known');
  return next;
}

describe('keys of charges in WebAssembly', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 40 });
  const key = fc.array(value, { minLength: keySpans, maxLength: keySpans });

  it('are the same where all their spans have the same bytes, and no others, whatever stands around them', () => {
    const near = key.chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: keySpans })));
    fc.assert(
      fc.property(fc.array(fc.oneof(near, fc.tuple(key, key)), { maxLength: 40 }), (pairs) => {
        const scan = new RowScan();
        const numbers = new Map<string, number>();
        for (const [index, one] of pairs.flat().entries()) {
          const text = one.join('|');
          const expected = numbers.get(text) ?? numbers.size;
          expect(numberOf(scan, one, numbers.size, index % 2 === 0 ? ',' : 'xyz')).toBe(expected);
          numbers.set(text, expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are told from keys whose spans are cut elsewhere', () => {
    const scan = new RowScan();
    const sixteen = 'x'.repeat(16);
    const keys = [
      [sixteen, '', ''],
      ['', sixteen, ''],
      ['', '', sixteen],
      ['ab', 'c', ''],
      ['a', 'bc', ''],
      ['abc', '', ''],
      ['', '', ''],
    ];
    for (const pass of [1, 2]) {
      for (const [number, one] of keys.entries())
        expect([pass, numberOf(scan, one, number, ',')]).toEqual([pass, number]);
    }
  });

  it('are found again after their table and their memory have grown, and forgotten when they are to be', () => {
    const scan = new RowScan();
    const keyAt = (number: number) => [`subscription ${number % 7}`, 'y'.repeat(number % 90), `${number}`];
    for (let number = 0; number < 9000; number += 1) expect(numberOf(scan, keyAt(number), number, ',')).toBe(number);
    for (let number = 0; number < 9000; number += 1) expect(numberOf(scan, keyAt(number), -7, ',')).toBe(number);
    scan.wasm.forgetKeys();
    loadCharge(scan, keyAt(5), ',');
    expect(scan.wasm.charge(keySpans)).toBe(-1);
    expect(numberOf(scan, keyAt(5), 0, ',')).toBe(0);
  });

  it('that there is no room for are not learned', () => {
    const scan = new RowScan();
    loadCharge(scan, ['a', 'b', 'c'], ',');
    expect(scan.wasm.learnDay(0, 0, 1)).toBe(1);
    const [, , , , , , start = 0] = scan.spans;
    // Far more than its memory has.
    scan.spans.set([start, start + 1_000_000], 6);
    expect(scan.wasm.charge(keySpans)).toBe(-1);
    expect(scan.wasm.learnKey(0, keySpans, 0, 0)).toBe(-1);
  });
});
