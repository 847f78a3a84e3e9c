import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absolute,
  add,
  compareDecimals,
  decimal,
  divide,
  isZero,
  multiply,
  parseDecimal,
  roundHalfAwayFromZero,
  subtract,
  toText,
} from '../../shared/domain/decimal.ts';
import { addScaled, divideScaled, multiplyScaled, scaled, textOf } from './scaled-integers.ts';

describe('parseDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['0e9999', '0'],
    ['+1', '1'],
    ['-1', '-1'],
    ['007', '7'],
    ['1.50', '1.5'],
    ['100', '100'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['-2.5e-7', '-0.00000025'],
    ['1E-28', '0.0000000000000000000000000001'],
    ['0.1234567890123456789012345678', '0.1234567890123456789012345678'],
    ['1234567890123456789012345678901234567890', '1234567890123456789012345678901234567890'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['1e80', `1${'0'.repeat(80)}`],
    ['1e-80', `0.${'0'.repeat(79)}1`],
    ['9'.repeat(80), '9'.repeat(80)],
    [`1${'0'.repeat(80)}`, `1${'0'.repeat(80)}`],
    [`${'0'.repeat(199)}7`, '7'],
  ])('reads %s as %s', (text, expected) => {
    const value = parseDecimal(text);
    expect(value === undefined ? 'refused' : toText(value)).toBe(expected);
  });

  it.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['a leading blank', ' 1'],
    ['a trailing blank', '1 '],
    ['a trailing line feed', '1\n'],
    ['a non-breaking blank', '1\u00a0'],
    ['a decimal comma', '1,5'],
    ['thousands of en-US', '1,234.5'],
    ['thousands of de-DE', '1.234,5'],
    ['thousands of de-CH', "1'234.5"],
    ['thousands of fr-FR', '1\u202f234'],
    ['two points', '1.2.3'],
    ['no digit before the point', '.5'],
    ['no digit after the point', '5.'],
    ['a point alone', '.'],
    ['a sign alone', '-'],
    ['two signs', '--1'],
    ['a sign behind', '1-'],
    ['a typographic minus', '\u22121'],
    ['parentheses for negatives', '(1)'],
    ['a currency sign', '€1'],
    ['a currency behind', '1 EUR'],
    ['a percent sign', '1%'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['hexadecimal', '0x10'],
    ['binary', '0b1'],
    ['a numeric separator', '1_000'],
    ['a BigInt', '1n'],
    ['full-width digits', '\uff11\uff12'],
    ['Arabic-Indic digits', '\u0661'],
    ['an exponent without digits', '1e'],
    ['a broken exponent', '1e1.5'],
    ['an exponent of five digits', '1e00001'],
    ['a word', 'null'],
    ['81 significant digits', '9'.repeat(81)],
    ['81 significant digits after the point', `0.${'1'.repeat(81)}`],
    ['a number of 10^81', '1e81'],
    ['a number of 10^-81', '1e-81'],
    ['a number that a double has not', '1e9999'],
    ['201 characters', `${'0'.repeat(200)}7`],
  ])('refuses %s', (_, text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('reads no text that it would write as another number', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789+-.,eE _\u00a0') }), (text) => {
        const value = parseDecimal(text);
        expect(value === undefined || Number(text) === Number(toText(value))).toBe(true);
      }),
    );
  });
});

describe('decimal', () => {
  it.each(['', ' 1', '1,5', 'NaN', '.5', '1\n'])('throws for %j, which we never store', (text) => {
    expect(() => decimal(text)).toThrow(/Not a decimal/);
  });
});

describe('toText', () => {
  it('gives back every digit that was read', () => {
    fc.assert(
      fc.property(scaled, (value) => {
        expect(toText(decimal(textOf(value)))).toBe(textOf(value));
      }),
    );
  });

  it('writes numbers of any size without exponent, so that they can be read again', () => {
    fc.assert(
      fc.property(scaled, fc.integer({ min: -40, max: 40 }), (value, exponent) => {
        const read = parseDecimal(`${textOf(value)}e${exponent}`);
        const text = read === undefined ? 'refused' : toText(read);
        expect(text).toMatch(/^-?\d+(\.\d*[1-9])?$/);
        expect(toText(decimal(text))).toBe(text);
      }),
    );
  });

  it('never writes a negative zero', () => {
    expect(toText(multiply(decimal('-1'), decimal('0')))).toBe('0');
    expect(toText(roundHalfAwayFromZero(decimal('-0.004'), 2))).toBe('0');
  });
});

describe('exact arithmetic', () => {
  it('adds, subtracts and multiplies as integers do', () => {
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const [left, right] = [decimal(textOf(a)), decimal(textOf(b))];
        expect(toText(add(left, right))).toBe(textOf(addScaled(a, b)));
        expect(toText(subtract(left, right))).toBe(textOf(addScaled(a, { ...b, units: -b.units })));
        expect(toText(multiply(left, right))).toBe(textOf(multiplyScaled(a, b)));
      }),
    );
  });

  it('sums long lists as integers do, in any order', () => {
    const lists = fc.array(scaled, { maxLength: 50 });
    fc.assert(
      fc.property(lists, (values) => {
        const judge = textOf(values.reduce(addScaled, { units: 0n, places: 0 }));
        const sumOf = (texts: readonly string[]) => toText(texts.map(decimal).reduce(add, decimal('0')));
        expect(sumOf(values.map(textOf))).toBe(judge);
        expect(sumOf(values.map(textOf).reverse())).toBe(judge);
      }),
    );
  });

  it('loses no digit between the largest and the smallest product of three inputs', () => {
    const large = { units: 10n ** 81n - 10n, places: 0 };
    const small = { units: 10n ** 80n - 1n, places: 159 };
    const cube = (text: string) => multiply(multiply(decimal(text), decimal(text)), decimal(text));
    const cubeOf = (value: typeof large) => multiplyScaled(multiplyScaled(value, value), value);
    expect(parseDecimal(textOf(large))).toBeDefined();
    expect(parseDecimal(textOf(small))).toBeDefined();
    expect(toText(add(cube(textOf(large)), cube(textOf(small))))).toBe(textOf(addScaled(cubeOf(large), cubeOf(small))));
  });

  it('does what doubles do not: 0.1 + 0.2 is 0.3', () => {
    expect(toText(add(decimal('0.1'), decimal('0.2')))).toBe('0.3');
  });

  it('orders, and takes sizes, by value', () => {
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const difference = addScaled(a, { ...b, units: -b.units }).units;
        const order = compareDecimals(decimal(textOf(a)), decimal(textOf(b)));
        expect(Math.sign(order)).toBe(difference === 0n ? 0 : difference < 0n ? -1 : 1);
        expect(isZero(decimal(textOf(a)))).toBe(a.units === 0n);
        expect(toText(absolute(decimal(textOf(a))))).toBe(textOf(a).replace('-', ''));
      }),
    );
  });
});

describe('rounding', () => {
  it.each([
    ['0.005', 2, '0.01'],
    ['-0.005', 2, '-0.01'],
    ['0.0049999999999999999999999999', 2, '0'],
    ['1.015', 2, '1.02'],
    ['2.5', 0, '3'],
    ['-2.5', 0, '-3'],
    ['3.5', 0, '4'],
    ['1.2', 5, '1.2'],
    ['-119.065', 2, '-119.07'],
  ])('takes %s at %i places to %s: half away from zero', (text, places, expected) => {
    expect(toText(roundHalfAwayFromZero(decimal(text), places))).toBe(expected);
  });

  it('divides as integers do, half away from zero', () => {
    fc.assert(
      fc.property(scaled, scaled, fc.integer({ min: 0, max: 20 }), (a, b, places) => {
        fc.pre(b.units !== 0n);
        const quotient = divide(decimal(textOf(a)), decimal(textOf(b)), places);
        expect(toText(quotient)).toBe(textOf(divideScaled(a, b, places)));
      }),
    );
  });

  it.each([
    ['1', '8', 2, '0.13'],
    ['-1', '8', 2, '-0.13'],
    ['1', '-8', 2, '-0.13'],
    ['2', '3', 4, '0.6667'],
    ['0', '3', 4, '0'],
  ])('divides %s by %s to %i places: %s', (dividend, divisor, places, expected) => {
    expect(toText(divide(decimal(dividend), decimal(divisor), places))).toBe(expected);
  });

  it('does not divide by zero', () => {
    expect(() => divide(decimal('1'), decimal('0'), 2)).toThrow('Division by zero');
    expect(() => divide(decimal('0'), decimal('-0'), 2)).toThrow('Division by zero');
  });
});
