import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, decimal, multiply, toText } from '../../shared/domain/decimal.ts';
import { customerPriceOf, defaultMarginRule } from '../../shared/domain/selling-price.ts';
import { addScaled, divideScaled, multiplyScaled, type Scaled, textOf } from './scaled-integers.ts';

const markup = (text: string) => ({ kind: 'markup', markup: text }) as const;
const line = (effectiveUnitPrice: string, subtotal: string, taxTotal: string) => ({
  effectiveUnitPrice,
  subtotal,
  taxTotal,
});

describe('customerPriceOf', () => {
  it.each([
    ['at cost', line('0.1', '3.08', '0.71'), '0', ['0.1', '3.08', '0.71', '3.79']],
    ['at cost plus a tenth', line('0.1', '3.08', '0.71'), '0.1', ['0.11', '3.39', '0.78', '4.17']],
    ['half a cent up', line('1', '0.05', '0'), '0.1', ['1.1', '0.06', '0', '0.06']],
    ['half a cent down, for a refund', line('1', '-0.05', '0'), '0.1', ['1.1', '-0.06', '0', '-0.06']],
    ['a refund with tax', line('10', '-66.66', '-15.33'), '0', ['10', '-66.66', '-15.33', '-81.99']],
    ['a line of nothing', line('10', '0', '0'), '0.1', ['11', '0', '0', '0']],
    ['tax on a line of nothing', line('10', '0.00', '1.23'), '0.1', ['11', '0', '0', '0']],
    ['a line too small to sell', line('0.000001', '0.004', '0.001'), '0', ['0.000001', '0', '0', '0']],
    ['a discount', line('10', '100', '23'), '-0.15', ['8.5', '85', '19.55', '104.55']],
  ])('prices %s', (_, cost, rule, [unitPrice, subtotal, taxTotal, total]) => {
    expect(customerPriceOf(cost, markup(rule))).toEqual({ unitPrice, subtotal, taxTotal, total });
  });

  it('does not round the unit price', () => {
    const price = customerPriceOf(line('0.1234567890123456789012345678', '1', '0'), markup('0.1'));
    expect(price.unitPrice).toBe('0.13580246791358024679135802458');
  });

  it('passes prices on as they are until margins are defined', () => {
    expect(customerPriceOf(line('2.5', '10', '2.3'), defaultMarginRule)).toEqual({
      unitPrice: '2.5',
      subtotal: '10',
      taxTotal: '2.3',
      total: '12.3',
    });
  });

  const cents: fc.Arbitrary<Scaled> = fc.record({
    units: fc.bigInt({ min: -10_000_000n, max: 10_000_000n }),
    places: fc.constant(2),
  });
  const share: fc.Arbitrary<Scaled> = fc.record({
    units: fc.bigInt({ min: -9000n, max: 30_000n }),
    places: fc.constant(4),
  });

  it('rounds as integers do, half away from zero, each amount once', () => {
    fc.assert(
      fc.property(cents, cents, share, (subtotal, tax, rule) => {
        const one = { units: 1n, places: 0 };
        const sold = divideScaled(multiplyScaled(subtotal, addScaled(one, rule)), one, 2);
        const taxed =
          subtotal.units === 0n ? { units: 0n, places: 2 } : divideScaled(multiplyScaled(sold, tax), subtotal, 2);
        const price = customerPriceOf(line('1', textOf(subtotal), textOf(tax)), markup(textOf(rule)));
        expect(price.subtotal).toBe(textOf(sold));
        expect(price.taxTotal).toBe(textOf(taxed));
        expect(price.total).toBe(toText(add(decimal(price.subtotal), decimal(price.taxTotal))));
      }),
    );
  });

  it('sells the refund of a line for what the line was sold', () => {
    fc.assert(
      fc.property(cents, cents, share, (subtotal, tax, rule) => {
        const negative = (value: Scaled) => textOf({ ...value, units: -value.units });
        const price = customerPriceOf(line('1', textOf(subtotal), textOf(tax)), markup(textOf(rule)));
        const refund = customerPriceOf(line('1', negative(subtotal), negative(tax)), markup(textOf(rule)));
        const negated = (text: string) => toText(multiply(decimal(text), decimal('-1')));
        expect([refund.subtotal, refund.taxTotal, refund.total]).toEqual(
          [price.subtotal, price.taxTotal, price.total].map(negated),
        );
      }),
    );
  });
});
