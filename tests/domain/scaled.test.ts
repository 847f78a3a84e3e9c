import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  compareDecimals,
  decimal,
  divide,
  multiply,
  roundHalfAwayFromZero,
  toText,
} from '../../shared/domain/decimal.ts';
import {
  compareScaled,
  plus,
  roundQuotient,
  roundScaled,
  scaled,
  scaledText,
  share,
  times,
} from '../../shared/domain/scaled.ts';
import { scaled as digits, textOf } from './scaled-integers.ts';

const text = digits.map(textOf);

describe('scaled', () => {
  it.each([
    ['1.50', '1.5'],
    ['-0', '0'],
    ['+007.10', '7.1'],
    ['1.2E-5', '0.000012'],
    ['-12e3', '-12000'],
    ['1.25e1', '12.5'],
    ['0.000', '0'],
  ])('reads %s', (written, plain) => {
    expect(scaledText(scaled(written))).toBe(plain);
  });

  it.each(['', ' ', '1,5', '1.', '.5', 'NaN', '1e', '(1)', '1e9999'])("refuses '%s'", (written) => {
    expect(() => scaled(written)).toThrow('Not a decimal');
  });

  it('agrees with Decimal', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 12 }), (left, right, places) => {
        const [a, b] = [scaled(left), scaled(right)];
        const [x, y] = [decimal(left), decimal(right)];
        expect(scaledText(a)).toBe(left);
        expect(scaledText(plus(a, b))).toBe(toText(add(x, y)));
        expect(scaledText(times(a, b))).toBe(toText(multiply(x, y)));
        expect(compareScaled(a, b)).toBe(compareDecimals(x, y));
        expect(scaledText(roundScaled(a, places))).toBe(toText(roundHalfAwayFromZero(x, places)));
        if (right === '0') return;
        expect(scaledText(roundQuotient(a, b, places))).toBe(toText(divide(x, y, places)));
        const third = share(a, { numerator: scaled('0.1'), denominator: b }, places);
        expect(scaledText(third)).toBe(toText(divide(multiply(x, decimal('0.1')), y, places)));
      }),
    );
  });

  it('does not divide by zero', () => {
    expect(() => roundQuotient(scaled('1'), scaled('0.00'), 2)).toThrow('Division by zero');
  });
});
