import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, parseDecimal, toText } from '../../shared/domain/decimal.ts';
import { MeterTotals } from '../../shared/domain/meter-totals.ts';
import { ChargeTally } from '../../shared/formats/charge-tally.ts';
import { RowScan } from '../../shared/formats/row-scan.ts';
import { addScaled, type Scaled, textOf } from '../domain/scaled-integers.ts';

const day = '2026-10-01';
const fits = 0;

/** A tally that knows one key, to which amounts are added as a file would write them. */
class OneSum {
  readonly scan = new RowScan();
  readonly #totals = new MeterTotals();
  readonly #tally = new ChargeTally(this.#totals, this.scan, 1);

  constructor() {
    const bytes = this.#load('0');
    const place = { subscriptionId: 's', meterId: 'm', region: '', unit: 'u', currency: 'EUR' };
    const names = { meterName: '', meterCategory: '', meterSubCategory: '' };
    const [unitPrice, nothing] = [decimal('1'), decimal('0')];
    const line = this.#totals.lineOf({
      ...place,
      ...names,
      usageDate: day,
      unitPrice,
      quantity: nothing,
      cost: nothing,
    });
    this.#tally.learn(
      { charge: { line, unitPrice, subscriptionId: 's' }, day, quantity: nothing, cost: nothing },
      bytes,
    );
  }

  /** @returns false when it must be read field by field */
  add(amount: string): boolean {
    return this.#tally.add(this.#load(amount)) !== undefined;
  }

  /** How WebAssembly takes it: −2 where it does not fit. */
  charge(amount: string): number {
    this.#load(amount);
    return this.scan.wasm.charge(1);
  }

  sums(): readonly [quantity: string | undefined, cost: string | undefined] {
    this.#tally.flush();
    const [total] = this.#totals.sorted();
    return [total?.quantity, total?.cost];
  }

  /** Other digits stand around the amount. */
  #load(amount: string): Uint8Array {
    const bytes = this.scan.load(Buffer.from(`${day}9${amount}9`, 'utf8'));
    if (bytes === undefined) throw new Error('The text is too long');
    const span = [11, bytes.length - 1] as const;
    this.scan.spans.set([0, 10, ...span, ...span, 0, 4]);
    return bytes;
  }
}

const written: fc.Arbitrary<Scaled> = fc.record({
  units: fc.oneof(
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  ),
  places: fc.integer({ min: 0, max: 30 }),
});

describe('sums of charges', () => {
  it('are what BigInt comes to, in any order, whatever fits and whatever does not', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 30 }), (additions) => {
        const sum = new OneSum();
        for (const value of additions) expect(sum.add(textOf(value))).toBe(true);
        const expected = textOf(additions.reduce(addScaled, { units: 0n, places: 0 }));
        expect(sum.sums()).toEqual([expected, expected]);
      }),
      { numRuns: 300 },
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
    ['"-7.25"', true],
    ['5e-7', false],
    ['1E+3', false],
    ['007', true],
  ])('read %s, by groups of digits: %s', (text, isFitting) => {
    const sum = new OneSum();
    expect(sum.charge(text) === fits).toBe(isFitting);
    if (!isFitting) expect(sum.add(text)).toBe(true);
    const expected = toText(parseDecimal(text.replaceAll('"', '')) ?? fail(text));
    expect(sum.sums()).toEqual([expected, expected]);
  });

  it.each([
    '',
    '.',
    '5.',
    '.5',
    '-',
    '+',
    '--1',
    '+-1',
    '-+1',
    '1.2.3',
    '1,5',
    ' 1',
    '1 ',
    'NaN',
    '١',
    '1_0',
    '0x1',
    '1e',
    '/',
    ':',
    '"',
    '""',
    '"-"',
    'null',
  ])('leave %j, which is no decimal, to the reader of rows', (text) => {
    const sum = new OneSum();
    expect(sum.charge(text)).toBe(-2);
    expect(sum.add(text)).toBe(false);
    expect(sum.sums()).toEqual(['0', '0']);
  });

  it('read nothing but what parseDecimal reads', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.+-e '), maxLength: 45 });
    fc.assert(
      fc.property(text, (candidate) => {
        const sum = new OneSum();
        if (sum.charge(candidate) !== fits) return;
        const expected = toText(parseDecimal(candidate) ?? fail(candidate));
        expect(sum.sums()).toEqual([expected, expected]);
      }),
      { numRuns: 2000 },
    );
  });

  it('stay exact over ten millions of the largest values, beyond what doubles hold', () => {
    const sum = new OneSum();
    expect(sum.charge('-999999999.999999999999999999999999999')).toBe(fits);
    for (let count = 1; count < 10_000_000; count += 1) sum.scan.wasm.charge(1);
    expect(sum.sums()[0]).toBe('-9999999999999999.99999999999999999999');
  });
});

function fail(text: string): never {
  throw new Error(`Not a decimal: ${text}`);
}
