import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, decimal, multiply, toText, zero } from '../../shared/domain/decimal.ts';
import { verifyInvoiceLines, wrongLines } from '../../shared/domain/invoice-arithmetic.ts';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { verifyInvoiceLine } from '../../shared/domain/line-verdict.ts';
import { charging, seatLine, usageLine } from './invoice-line-samples.ts';

const verdictOf = (line: InvoiceLine) => {
  const { verdict, reason } = verifyInvoiceLine(line);
  return reason === undefined ? verdict : reason;
};

/** The example of the product: ten seats from June 10, and five more on June 20. */
const changed = { ...seatLine, referenceId: 'a0000000-0000-4000-8000-000000000002', chargeStartDate: '2023-06-20' };
const refund = charging({ ...changed, line: 3, chargeType: 'addQuantity', effectiveUnitPrice: '-6.666666' }, '-66.66');
const recharge = charging(
  {
    ...changed,
    line: 4,
    chargeType: 'addQuantity',
    billableQuantity: '15',
    quantity: '15',
    effectiveUnitPrice: '6.666666',
  },
  '99.99',
);

describe('the seats of June', () => {
  it('come out: refund 66.66, charge 99.99, 133.33 in all', () => {
    const { lines, pairs, totals } = verifyInvoiceLines([seatLine, refund, recharge]);
    expect(lines.map(({ verdict, expected, formula }) => [verdict, expected, formula])).toEqual([
      ['asExpected', '100', '10 × 10, cut to cents = 100'],
      ['asExpected', '-66.66', 'refund of 10 × 10 × 20 of 30 days, cut to cents = -66.66'],
      ['asExpected', '99.99', '15 × 10 × 20 of 30 days, cut to cents = 99.99'],
    ]);
    expect(totals).toMatchObject([{ currency: 'USD', lines: 3, subtotal: '133.33', total: '133.33' }]);
    expect(pairs).toEqual([
      {
        referenceId: changed.referenceId,
        currency: 'USD',
        refunds: [{ part: 0, line: 3 }],
        charges: [{ part: 0, line: 4 }],
        seatsBefore: '10',
        seatsAfter: '15',
        refunded: '-66.66',
        recharged: '99.99',
        net: '33.33',
        verdict: 'asExpected',
        expected: '33.33',
        difference: '0',
        findings: [],
      },
    ]);
  });

  it('are wrong one cent beyond a cent per seat and one more, and not before', () => {
    expect(verdictOf(charging(recharge, '100.15'))).toBe('asExpected');
    expect(verdictOf(charging(recharge, '100.16'))).toBe('overcharged');
    expect(verdictOf(charging(recharge, '99.83'))).toBe('asExpected');
    expect(verdictOf(charging(recharge, '99.82'))).toBe('undercharged');
    expect(verifyInvoiceLine(charging(recharge, '100.16'))).toMatchObject({
      check: 'proration',
      charged: '100.16',
      expected: '99.99',
      difference: '0.17',
      tolerance: '0.16',
    });
  });

  it('refunded too little are overcharged, and refunded too much undercharged', () => {
    expect(verdictOf(charging(refund, '-60'))).toBe('overcharged');
    expect(verdictOf(charging(refund, '-70'))).toBe('undercharged');
    expect(verdictOf(charging(refund, '66.66'))).toBe('overcharged');
  });
});

describe('a seat line', () => {
  it('is charged by the days of the month in which its cycle starts, not of the one that it is charged in', () => {
    const july = { ...seatLine, chargeStartDate: '2023-07-15', chargeEndDate: '2023-08-09', unitPrice: '31' };
    // From July 15 to August 9 are 26 days; the cycle starts on July 10, and July has 31.
    expect(verdictOf(charging({ ...july, effectiveUnitPrice: '26' }, '260'))).toBe('asExpected');
    expect(verdictOf(charging({ ...july, effectiveUnitPrice: '26.8667' }, '268.66'))).toBe('overcharged');
  });

  it('whose list price went into the amount, but not the days, is overcharged', () => {
    const line = charging({ ...recharge, effectiveUnitPrice: '10' }, '150');
    expect(verifyInvoiceLine(line)).toMatchObject({ verdict: 'overcharged', check: 'proration', difference: '50.01' });
  });

  it('whose own price and quantity do not make its amount is wrong even where the list price does', () => {
    const line = { ...recharge, effectiveUnitPrice: '5.5' };
    expect(verifyInvoiceLine(line)).toMatchObject({
      verdict: 'overcharged',
      check: 'effectivePrice',
      expected: '82.5',
    });
  });

  it('whose total is not amount and tax is wrong by the least digit', () => {
    const line = { ...seatLine, taxTotal: '19', total: '119.01' };
    expect(verifyInvoiceLine(line)).toMatchObject({
      verdict: 'overcharged',
      check: 'total',
      charged: '119.01',
      expected: '119',
      difference: '0.01',
    });
    expect(verdictOf({ ...line, total: '119' })).toBe('asExpected');
  });

  it('of a trial costs nothing', () => {
    const trial = { ...seatLine, termAndBillingCycle: 'One-Month commitment for trial', effectiveUnitPrice: '0' };
    expect(verdictOf(charging(trial, '0'))).toBe('asExpected');
    expect(verdictOf(charging(trial, '12'))).toBe('overcharged');
    const qualified = { ...seatLine, productQualifiers: '["AddOn","Trial"]', effectiveUnitPrice: '0' };
    expect(verdictOf(charging(qualified, '0'))).toBe('asExpected');
    expect(verdictOf({ ...seatLine, productQualifiers: '["Trial"]' })).toBe('asExpected');
  });

  it('with a stated discount is charged less by it', () => {
    const line = { ...seatLine, priceAdjustmentDescription: '["20.0% Promotion discount"]', effectiveUnitPrice: '8' };
    expect(verifyInvoiceLine(charging(line, '80'))).toMatchObject({
      verdict: 'asExpected',
      formula: '10 × 10 less 20.0 %, cut to cents = 80',
    });
    expect(verdictOf(charging({ ...line, effectiveUnitPrice: '10' }, '100'))).toBe('overcharged');
  });

  it('billed in another currency is converted', () => {
    const line = { ...recharge, currency: 'EUR', exchangeRate: '0.9' };
    expect(verifyInvoiceLine(charging(line, '89.99'))).toMatchObject({
      verdict: 'asExpected',
      formula: '15 × 10 × 20 of 30 days × 0.9 USD→EUR, cut to cents = 89.99',
    });
    expect(verdictOf(charging(line, '99.99'))).toBe('overcharged');
  });

  it('of a changed billing plan is charged by months or by days', () => {
    const yearly = {
      ...seatLine,
      chargeType: 'changeBillingPlan',
      billingFrequency: 'Annual',
      unitPrice: '250',
      chargeStartDate: '2023-05-10',
      chargeEndDate: '2024-04-09',
    };
    // Microsoft's example: 11 of 12 months of 250 for ten seats is 2,291.60, ours is 2,291.66.
    expect(verdictOf(charging({ ...yearly, effectiveUnitPrice: '229.16' }, '2291.6'))).toBe('asExpected');
    // 336 of 366 days.
    expect(verdictOf(charging({ ...yearly, effectiveUnitPrice: '229.508196' }, '2295.08'))).toBe('asExpected');
    expect(verdictOf(charging({ ...yearly, effectiveUnitPrice: '250' }, '2500'))).toBe('overcharged');
  });

  it('paid at once for its term is given back for the days that are left', () => {
    const term = { ...seatLine, billingFrequency: 'OneTime', unitPrice: '366', chargeEndDate: '2024-04-09' };
    expect(verdictOf(charging({ ...term, chargeStartDate: '2023-04-10', effectiveUnitPrice: '366' }, '3660'))).toBe(
      'asExpected',
    );
    const back = { ...term, chargeType: 'cancelImmediate', chargeStartDate: '2023-04-15', effectiveUnitPrice: '-361' };
    expect(verdictOf(charging(back, '-3610'))).toBe('asExpected');
  });
});

describe('a seat line is not verifiable', () => {
  const off = charging({ ...recharge, effectiveUnitPrice: '5' }, '75');

  it.each([
    ['noListPrice', { ...recharge, unitPrice: '0' }],
    ['noExchangeRate', { ...recharge, currency: 'EUR', exchangeRate: '' }],
    ['noChargePeriod', { ...recharge, chargeStartDate: '' }],
    ['noChargePeriod', { ...recharge, chargeEndDate: '' }],
    ['noCycle', { ...recharge, chargeEndDate: '2023-07-03' }],
    ['priceAdjustment', { ...off, priceAdjustmentDescription: '["Goodwill"]' }],
    ['priceAdjustment', { ...off, priceAdjustmentDescription: '["10% Partner","50% Tier 1"]' }],
    ['promotion', { ...off, promotionId: 'CFQ7TTC0LDPB:1:CFQ7TTC0GZQJ' }],
    ['severalCycles', { ...off, billingFrequency: '', chargeStartDate: '2024-03-20', chargeEndDate: '2024-04-09' }],
    [
      'monthEndCycle',
      { ...off, subscriptionStartDate: '2023-01-31', chargeStartDate: '2023-02-10', chargeEndDate: '2023-02-27' },
    ],
  ] as const)('for the reason %s', (reason, line) => {
    expect(verdictOf(line)).toBe(reason);
  });

  it('only while its amount follows from its own price: else it is wrong', () => {
    const line = { ...off, promotionId: 'CFQ7TTC0LDPB:1:CFQ7TTC0GZQJ', effectiveUnitPrice: '3' };
    expect(verifyInvoiceLine(line)).toMatchObject({ verdict: 'overcharged', check: 'effectivePrice' });
  });

  it('for a promotion only when it is cheaper than the list', () => {
    const line = charging({ ...recharge, effectiveUnitPrice: '10', promotionId: 'CFQ7:1:CFQ7' }, '150');
    expect(verdictOf(line)).toBe('overcharged');
  });

  it('but is as expected where it comes out all the same', () => {
    const sure = { ...recharge, promotionId: 'CFQ7:1:CFQ7', priceAdjustmentDescription: '["Goodwill"]' };
    expect(verdictOf(sure)).toBe('asExpected');
  });
});

describe('a line of usage', () => {
  /* Units, list price and 15 % credit: the cost, and the price per unit that Microsoft makes of it. */
  it.each([
    ['29', '21.39', '0.7375862068965517241379310345'],
    ['210.950039', '155.63', '0.7377576261078576998983157334'],
    ['555.950039', '410.17', '0.7377821229004356630686377198'],
    ['29', '21.39', '0.737586'],
  ])('of %s units comes to %s, cut off twice', (billableQuantity, subtotal, effectiveUnitPrice) => {
    const line = { ...usageLine, billableQuantity, effectiveUnitPrice, exchangeRate: '1', currency: 'USD' };
    expect(verdictOf(charging(line, subtotal))).toBe('asExpected');
    expect(verdictOf(charging(line, toText(add(decimal(subtotal), decimal('0.05')))))).toBe('overcharged');
  });

  it('of a tier that Microsoft rounded half up is as expected, a cent off', () => {
    const tier = {
      ...usageLine,
      exchangeRate: '',
      currency: 'USD',
      effectiveUnitPrice: '2.5415',
      billableQuantity: '32',
    };
    expect(verifyInvoiceLine(charging(tier, '81.33'))).toMatchObject({ verdict: 'asExpected', expected: '81.32' });
    expect(verdictOf(charging({ ...tier, effectiveUnitPrice: '0', billableQuantity: '5' }, '0'))).toBe('asExpected');
  });

  it('is cut off in either currency', () => {
    // 100 × 0.03825 = 3.825, cut to 3.82; × 0.846202666 = 3.2324…, cut to 3.23.
    expect(verifyInvoiceLine(charging(usageLine, '3.23'))).toMatchObject({ verdict: 'asExpected', expected: '3.23' });
    expect(verdictOf(charging(usageLine, '3.26'))).toBe('overcharged');
    expect(verdictOf(charging(usageLine, '3.2'))).toBe('undercharged');
  });

  it('with an amount and no price cannot be told, as with credits', () => {
    const credit = { ...usageLine, chargeType: 'customerCredit', effectiveUnitPrice: '0' };
    expect(verdictOf(charging(credit, '-35.5'))).toBe('noEffectivePrice');
    expect(verdictOf(charging({ ...credit, effectiveUnitPrice: '-0.03825' }, '-3.23'))).toBe('asExpected');
  });

  it('is not held to a cent per unit', () => {
    expect(verdictOf(charging({ ...usageLine, billableQuantity: '100000' }, '3240'))).toBe('overcharged');
  });
});

describe('a purchase', () => {
  it.each(['1 Year Reservation', '1 Year Subscription', ''])('of term "%s" is its price, converted', (term) => {
    const end = term === '' ? '' : '2024-06-09';
    const line = { ...usageLine, termAndBillingCycle: term, chargeEndDate: end, effectiveUnitPrice: '1186.4' };
    const bought = { ...line, billableQuantity: '1' };
    expect(verifyInvoiceLine(charging(bought, '1003.93'))).toMatchObject({ kind: 'purchase', verdict: 'asExpected' });
    expect(verdictOf(charging(bought, '1004'))).toBe('overcharged');
  });
});

describe('the lines of one event', () => {
  it('are refund and charge of the same days and price, or it is said what is odd', () => {
    const findings = (...lines: InvoiceLine[]) =>
      verifyInvoiceLines(lines).pairs.map((pair) => [pair.verdict, ...pair.findings]);
    expect(findings(refund)).toEqual([['notVerifiable', 'chargeMissing']]);
    expect(findings(recharge)).toEqual([['notVerifiable', 'refundMissing']]);
    const later = charging({ ...recharge, chargeStartDate: '2023-06-30', effectiveUnitPrice: '3.333333' }, '49.99');
    expect(findings(refund, later)).toEqual([['asExpected', 'differentPeriod']]);
    const dearer = charging({ ...recharge, unitPrice: '20', effectiveUnitPrice: '13.333333' }, '199.99');
    expect(findings(refund, dearer)).toEqual([['asExpected', 'differentPrice']]);
    expect(findings(refund, charging(recharge, '105'))).toEqual([['overcharged']]);
    expect(findings(charging(refund, '-70'), recharge)).toEqual([['undercharged']]);
  });

  it('of two currencies never meet', () => {
    const other = { ...recharge, currency: 'EUR', pricingCurrency: 'EUR' };
    expect(verifyInvoiceLines([refund, other]).pairs.map(({ findings }) => findings)).toEqual([
      ['refundMissing'],
      ['chargeMissing'],
    ]);
  });

  it('may be two and two: products such as E5 stand on two lines that differ in price only', () => {
    const half = (line: InvoiceLine, price: string, eup: string, amount: string) =>
      charging({ ...line, unitPrice: price, effectiveUnitPrice: eup }, amount);
    const lines = [
      half(refund, '8', '-5.333332', '-53.33'),
      half(refund, '2', '-1.333332', '-13.33'),
      half(recharge, '8', '5.333332', '79.99'),
      half(recharge, '2', '1.333332', '19.99'),
    ].map((line, index) => ({ ...line, line: index + 2 }));
    const { pairs } = verifyInvoiceLines(lines);
    expect(pairs).toMatchObject([{ verdict: 'asExpected', net: '33.32', findings: [], seatsBefore: '20' }]);
  });

  it('of a cancellation stand together; a charge alone is no event', () => {
    const cancelled = charging(
      {
        ...seatLine,
        line: 9,
        chargeType: 'cancelImmediate',
        chargeStartDate: '2023-06-12',
        effectiveUnitPrice: '-9.3333324',
      },
      '-93.33',
    );
    expect(verifyInvoiceLines([seatLine, cancelled]).pairs).toMatchObject([{ verdict: 'asExpected', net: '6.67' }]);
    expect(verifyInvoiceLines([seatLine]).pairs).toEqual([]);
  });
});

describe('tax', () => {
  it('that stands on no line is no break, and the lines without it are counted', () => {
    const free = charging({ ...seatLine, line: 7, effectiveUnitPrice: '0', unitPrice: '0' }, '0');
    const { totals } = verifyInvoiceLines([seatLine, free, { ...refund, taxTotal: '-6.66', total: '-73.32' }]);
    expect(totals).toMatchObject([{ taxTotal: '-6.66', untaxedLines: 1, verdicts: { asExpected: { lines: 3 } } }]);
  });
});

describe('all lines', () => {
  const line = fc
    .record({
      base: fc.constantFrom(seatLine, refund, recharge, usageLine),
      amount: fc.integer({ min: -200_000, max: 200_000 }),
      currency: fc.constantFrom('EUR', 'USD'),
      promotionId: fc.constantFrom('', 'p'),
    })
    .map(({ base, amount, currency, promotionId }) =>
      charging({ ...base, currency, promotionId }, toText(decimal(`${amount}e-2`))),
    );
  const many = fc.array(line, { maxLength: 30 }).map((lines) => lines.map((each, at) => ({ ...each, line: at + 2 })));

  it('are told the same in any order', () => {
    fc.assert(
      fc.property(many, fc.infiniteStream(fc.integer()), (lines, noise) => {
        const shuffled = lines
          .map((each) => ({ each, rank: noise.next().value }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ each }) => each);
        expect(verifyInvoiceLines(shuffled)).toEqual(verifyInvoiceLines(lines));
      }),
    );
  });

  it('are in one of four verdicts, whose lines and amounts add up to all', () => {
    fc.assert(
      fc.property(many, (lines) => {
        const { totals, lines: told } = verifyInvoiceLines(lines);
        expect(told).toHaveLength(lines.length);
        expect(totals.reduce((count, each) => count + each.lines, 0)).toBe(lines.length);
        for (const each of totals) {
          const sums = Object.values(each.verdicts);
          expect(sums.reduce((count, own) => count + own.lines, 0)).toBe(each.lines);
          expect(toText(sums.reduce((sum, own) => add(sum, decimal(own.subtotal)), zero))).toBe(each.subtotal);
        }
        const wrong = told.filter(({ verdict }) => verdict === 'overcharged' || verdict === 'undercharged');
        expect(wrongLines(totals)).toBe(wrong.length);
      }),
    );
  });

  it('have a difference that is charged minus expected, and a verdict that follows from it', () => {
    fc.assert(
      fc.property(line, (each) => {
        const { verdict, charged, expected, difference, tolerance } = verifyInvoiceLine(each);
        if (expected === undefined || difference === undefined || tolerance === undefined) {
          expect(verdict).toBe('notVerifiable');
          return;
        }
        expect(toText(add(decimal(expected), decimal(difference)))).toBe(charged);
        const isNear = decimal(difference).abs().lessThanOrEqualTo(decimal(tolerance));
        expect(verdict).toBe(isNear ? 'asExpected' : difference.startsWith('-') ? 'undercharged' : 'overcharged');
      }),
    );
  });

  it('of a whole cycle scale: so many times the seats and the amount is so many times the difference', () => {
    const cents = fc.integer({ min: -100_000, max: 100_000 }).map((amount) => toText(decimal(`${amount}e-2`)));
    fc.assert(
      fc.property(cents, fc.integer({ min: 1, max: 1000 }), (amount, factor) => {
        const times = (text: string) => toText(multiply(decimal(text), decimal(String(factor))));
        const one = verifyInvoiceLine(charging({ ...seatLine, effectiveUnitPrice: '0.1' }, amount));
        const many = { ...seatLine, effectiveUnitPrice: '0.1', billableQuantity: times(seatLine.billableQuantity) };
        const scaled = verifyInvoiceLine(charging(many, times(amount)));
        if (one.check !== scaled.check || one.verdict === 'asExpected') return;
        expect(scaled.difference).toBe(times(one.difference ?? ''));
        expect(scaled.verdict).toBe(one.verdict);
      }),
    );
  });

  it('that take back what they charge come to nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 11, max: 30 }), (seats, day) => {
        const chargeStartDate = `2023-06-${day}`;
        const part = { ...changed, chargeType: 'addQuantity', billableQuantity: String(seats), chargeStartDate };
        const { expected = '' } = verifyInvoiceLine(part);
        const price = toText(multiply(decimal('0.3333333'), decimal(String(40 - day))));
        const pair = [
          charging({ ...part, line: 3, effectiveUnitPrice: `-${price}` }, `-${expected}`),
          charging({ ...part, line: 4, effectiveUnitPrice: price }, expected),
        ];
        const told = { verdict: 'asExpected', net: '0', expected: '0', difference: '0', findings: [] };
        expect(verifyInvoiceLines(pair).pairs).toMatchObject([told]);
      }),
    );
  });
});
