import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, toText } from '../../shared/domain/decimal.ts';
import { type Ratio, type Scaled, scaled, scaledText, share } from '../../shared/domain/scaled.ts';
import { CostBytes, soldRatio } from '../../shared/formats/sold-amounts.ts';

const anyScaled = (max: bigint, min: bigint): fc.Arbitrary<Scaled> =>
  fc.record({ units: fc.bigInt({ min, max }), places: fc.integer({ min: 0, max: 12 }) });
/** Of mark-ups, whose numbers are small, and of quotients of any two prices. */
const anyRatio: fc.Arbitrary<Ratio> = fc.oneof(
  fc.record({
    numerator: fc.bigInt({ min: 0n, max: 2000n }).map((units) => ({ units, places: 3 })),
    denominator: fc.constant(scaled('1')),
  }),
  fc.record({ numerator: anyScaled(10n ** 15n, -(10n ** 15n)), denominator: anyScaled(10n ** 15n, 1n) }),
  fc.record({ numerator: anyScaled(50n, 0n), denominator: anyScaled(50n, 1n) }),
);
const anyCost = fc
  .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.integer({ min: 0, max: 24 }), fc.nat({ max: 3 }))
  .map(([units, places, zeros]) => {
    const text = scaledText({ units, places });
    return text.includes('.') ? text + '0'.repeat(zeros) : text;
  });

/** What a cost sells for, as plain digits without zeros that say nothing; undefined where it is not read. */
function sold(cost: string, ratio: Ratio): string | undefined {
  const bytes = Buffer.from(`x,${cost},9`);
  const of = new CostBytes();
  if (!of.read(bytes, 2, bytes.length - 2)) return undefined;
  return toText(decimal(of.text.toString('latin1', of.write(soldRatio(ratio)))));
}

describe('what a cost sells for, from its bytes', () => {
  it('is the share of the cost, rounded once, half away from zero', () => {
    let read = 0;
    let small = 0;
    fc.assert(
      fc.property(anyCost, anyRatio, (cost, ratio) => {
        const value = scaled(toText(decimal(cost)));
        const found = sold(cost, ratio);
        if (found === undefined) {
          expect(cost.length).toBeGreaterThan(30);
          return;
        }
        expect(found).toBe(scaledText(share(value, ratio, Math.max(10, value.places))));
        read += 1;
        if (soldRatio(ratio).small !== undefined) small += 1;
      }),
      { numRuns: 3000 },
    );
    expect(small).toBeGreaterThan(500);
    expect(read - small).toBeGreaterThan(500);
  });

  it.each([
    ['0.0000000001', '0.5', '0.0000000001'],
    ['-0.0000000001', '0.5', '-0.0000000001'],
    ['0.0000000001', '0.4999999', '0'],
    ['9999999.9999999', '1.00000000000001', '10000000'],
    ['24.000000', '1.1', '26.4'],
  ])('of %s times %s is %s', (cost, factor, expected) => {
    expect(sold(cost, { numerator: scaled(factor), denominator: scaled('1') })).toBe(expected);
  });

  it.each(['', '-', '.5', '5.', '1,5', '1e3', '+1', ' 1', '1.2.3', '--1', '1'.repeat(31)])('does not read %j', (cost) =>
    expect(sold(cost, { numerator: scaled('1'), denominator: scaled('1') })).toBeUndefined(),
  );

  it.each(['0', '-0', '0.000', '000'])('is nothing for %j', (cost) => {
    const of = new CostBytes();
    const bytes = Buffer.from(cost);
    expect(of.read(bytes, 0, bytes.length)).toBe(true);
    expect(of.isZero).toBe(true);
  });
});
