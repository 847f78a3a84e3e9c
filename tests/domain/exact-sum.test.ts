import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal, toText } from '../../shared/domain/decimal.ts';
import { DigitGroups, ExactSums } from '../../shared/domain/exact-sum.ts';
import { addScaled, type Scaled, textOf } from './scaled-integers.ts';

/** Adds a text as a reader would: by groups of digits, or where they do not fit as a decimal. */
function addText(sums: ExactSums, index: number, text: string): boolean {
  const groups = new DigitGroups();
  const bytes = Buffer.from(`9${text}9`, 'utf8');
  const fits = groups.read(bytes, 1, bytes.length - 1);
  if (fits) sums.add(index, groups);
  else {
    const value = parseDecimal(text);
    if (value === undefined) throw new Error(`Not a decimal: ${text}`);
    sums.addDecimal(index, value);
  }
  return fits;
}

const written: fc.Arbitrary<Scaled> = fc.record({
  units: fc.oneof(
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  ),
  places: fc.integer({ min: 0, max: 30 }),
});

describe('exact sums', () => {
  it('are what BigInt comes to, in any order, whatever fits and whatever does not', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), written), { maxLength: 30 }), (additions) => {
        const sums = new ExactSums();
        for (const [index, value] of additions) addText(sums, index, textOf(value));
        for (const index of [0, 1, 2]) {
          const expected = additions
            .filter(([at]) => at === index)
            .reduce((sum, [, value]) => addScaled(sum, value), { units: 0n, places: 0 });
          expect(toText(sums.sum(index))).toBe(textOf(expected));
          expect(toText(sums.sum(index))).toBe(textOf(expected));
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['0.123456789012345678901234567', true],
    ['0.1234567890123456789012345678', false],
    ['999999999.9', true],
    ['1000000000', false],
    ['1234567890123456789012345678901234567890', false],
    ['-0', true],
    ['-0.000', true],
    ['+7.25', true],
    ['5e-7', false],
    ['1E+3', false],
    ['007', true],
  ])('read %s, by groups of digits: %s', (text, fits) => {
    const sums = new ExactSums();
    expect(addText(sums, 3, text)).toBe(fits);
    expect(toText(sums.sum(3))).toBe(toText(parseDecimal(text) ?? fail(text)));
    expect(toText(sums.sum(2))).toBe('0');
  });

  it.each(['', '.', '5.', '.5', '-', '+', '--1', '1.2.3', '1,5', ' 1', '1 ', 'NaN', '١', '1_0', '0x1', '1e', '/', ':'])(
    'leave %j, which is no decimal, to parseDecimal',
    (text) => {
      const bytes = Buffer.from(text, 'utf8');
      expect(new DigitGroups().read(bytes, 0, bytes.length)).toBe(false);
    },
  );

  it('read nothing but what parseDecimal reads', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.+-e '), maxLength: 45 });
    fc.assert(
      fc.property(text, (candidate) => {
        const groups = new DigitGroups();
        const bytes = Buffer.from(candidate, 'utf8');
        if (!groups.read(bytes, 0, bytes.length)) return;
        const sums = new ExactSums();
        sums.add(0, groups);
        expect(toText(sums.sum(0))).toBe(toText(parseDecimal(candidate) ?? fail(candidate)));
      }),
      { numRuns: 3000 },
    );
  });

  it('stay exact over ten millions of the largest values, beyond what doubles hold', () => {
    const sums = new ExactSums();
    const groups = new DigitGroups();
    const text = '-999999999.999999999999999999999999999';
    expect(groups.read(Buffer.from(text), 0, text.length)).toBe(true);
    for (let count = 0; count < 10_000_000; count += 1) sums.add(0, groups);
    expect(toText(sums.sum(0))).toBe('-9999999999999999.99999999999999999999');
  });

  it('are kept apart, however many there are, and begin anew when they are cleared', () => {
    const sums = new ExactSums();
    for (let index = 0; index < 2000; index += 1) addText(sums, index, `${index}.5`);
    expect(toText(sums.sum(1999))).toBe('1999.5');
    expect(toText(sums.sum(255))).toBe('255.5');
    addText(sums, 7, '1e10');
    sums.clear();
    expect(toText(sums.sum(7))).toBe('0');
    expect(toText(sums.sum(8))).toBe('0');
  });
});

function fail(text: string): never {
  throw new Error(`Not a decimal: ${text}`);
}
