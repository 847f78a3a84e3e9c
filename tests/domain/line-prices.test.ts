import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarginRule } from '../../shared/domain/catalogue.ts';
import { isLineOf } from '../../shared/domain/catalogue-directory.ts';
import {
  add,
  compareDecimals,
  type Decimal,
  decimal,
  divide,
  isZero,
  multiply,
  roundHalfAwayFromZero,
  toText,
  zero,
} from '../../shared/domain/decimal.ts';
import type { OnetimeLine } from '../../shared/domain/file-columns-onetime.ts';
import {
  type BuyerPrices,
  type LineOutcome,
  type PricedLine,
  priceInvoiceLine,
  priceLegacyUsage,
  priceLicenseLine,
  priceRatedUsage,
  pricingBy,
} from '../../shared/domain/line-prices.ts';
import {
  anyCatalogue,
  anyLine,
  catalogueOf,
  legacyUsageLine,
  licenseLine,
  ratedUsageLine,
  rule,
  seatLine,
  usageLine,
} from './sold-lines.ts';

const toReseller = (fields: Partial<MarginRule>) => rule('to reseller', { buyer: 'reseller', ...fields });
const toCustomer = (fields: Partial<MarginRule>) => rule('to customer', fields);
const pricing = (...rules: readonly MarginRule[]) => pricingBy(catalogueOf(...rules));

function priced<Prices extends BuyerPrices>(outcome: LineOutcome<Prices>): PricedLine<Prices> {
  if (outcome.kind !== 'priced') throw new Error(JSON.stringify(outcome));
  return outcome;
}
const four = ({ unitPrice, subtotal, taxTotal, total }: BuyerPrices) => [unitPrice, subtotal, taxTotal, total];

describe('priceInvoiceLine', () => {
  it('sells through a reseller in two steps, each explained', () => {
    const sold = priced(
      priceInvoiceLine(
        pricing(
          toReseller({ kind: 'split', value: '0.4' }),
          toCustomer({ kind: 'markup', value: '0.2', guards: ['markupLimit', 'discountLimit'] }),
        ),
        usageLine,
      ),
    );
    expect(sold.reseller && four(sold.reseller)).toEqual(['0.091', '91', '20.93', '111.93']);
    expect(four(sold.customer)).toEqual(['0.1', '100', '23', '123']);
    expect(sold.explain).toEqual([
      {
        seller: 'csp',
        buyer: 'reseller',
        cost: '0.085',
        listPrice: '0.1',
        rule: { id: 'to reseller', level: 'default', kind: 'split', value: '0.4', guards: [] },
        guards: [],
        unchecked: [],
        price: '0.091',
      },
      {
        seller: 'reseller',
        buyer: 'customer',
        cost: '0.091',
        listPrice: '0.1',
        rule: {
          id: 'to customer',
          level: 'default',
          kind: 'markup',
          value: '0.2',
          guards: ['markupLimit', 'discountLimit'],
        },
        guards: ['markupLimit'],
        unchecked: [],
        price: '0.1',
      },
    ]);
  });

  it.each(['', '0', '-1', '\u20131'])("sells to the customer itself where the reseller is '%s'", (resellerMpnId) => {
    const sold = priced(
      priceInvoiceLine(pricing(toReseller({ value: '0.5' }), toCustomer({})), { ...usageLine, resellerMpnId }),
    );
    expect(sold.reseller).toBeUndefined();
    expect(sold.explain.map(({ seller, buyer }) => `${seller} to ${buyer}`)).toEqual(['csp to customer']);
    expect(four(sold.customer)).toEqual(['0.0935', '93.5', '21.51', '115.01']);
  });

  it('passes prices on as they are where there are no rules', () => {
    const sold = priced(priceInvoiceLine(pricing(), usageLine));
    expect(four(sold.customer)).toEqual(['0.085', '85', '19.55', '104.55']);
    expect(sold.explain[0]?.rule.id).toBe('passed-on');
  });

  it('rounds once: one third of a cent is not lost between the steps', () => {
    const line = { ...usageLine, effectiveUnitPrice: '3', unitPrice: '4', subtotal: '0.01', taxTotal: '0' };
    const sold = priced(priceInvoiceLine(pricing(toReseller({ value: '0.4' }), toCustomer({ value: '0.1' })), line));
    expect([sold.reseller?.subtotal, sold.customer.subtotal]).toEqual(['0.01', '0.02']);
  });

  it('refunds a prorated seat at what it was sold for', () => {
    const discount = toCustomer({
      kind: 'erpMinusDiscount',
      value: '0.1',
      guards: ['markupLimit', 'belowCostAllowed'],
    });
    const part = { ...seatLine, resellerMpnId: '', chargeStartDate: '2026-06-20', chargeEndDate: '2026-07-09' };
    const refund = { ...part, effectiveUnitPrice: '-6.6666666667', subtotal: '-66.66', taxTotal: '0' };
    const charge = { ...part, effectiveUnitPrice: '6.6666666667', subtotal: '99.99', taxTotal: '0' };
    expect(four(priced(priceInvoiceLine(pricing(discount), refund)).customer)).toEqual([
      '-6.00000000003',
      '-59.99',
      '0',
      '-59.99',
    ]);
    expect(priced(priceInvoiceLine(pricing(discount), charge)).customer.subtotal).toBe('89.99');
  });

  it('refuses to sell below cost without a word, and names the rule, no amount and no margin', () => {
    const below = { ...usageLine, resellerMpnId: '', unitPrice: '0.09', effectiveUnitPrice: '0.085' };
    const discount = { kind: 'erpMinusDiscount', value: '0.1' } as const;
    expect(priceInvoiceLine(pricing(toCustomer(discount)), below)).toEqual({
      kind: 'refused',
      code: 'belowCost',
      ruleId: 'to customer',
      message:
        "Margin rule 'to customer' sells the line to the customer below cost; expected another margin, the guard discountLimit, or belowCostAllowed where that is meant",
    });
    const limited = priced(priceInvoiceLine(pricing(toCustomer({ ...discount, guards: ['discountLimit'] })), below));
    expect([limited.customer.unitPrice, limited.explain[0]?.guards]).toEqual(['0.085', ['discountLimit']]);
    const meant = priced(priceInvoiceLine(pricing(toCustomer({ ...discount, guards: ['belowCostAllowed'] })), below));
    expect([meant.customer.unitPrice, meant.explain[0]?.guards]).toEqual(['0.081', ['belowCostAllowed']]);
    const refund = { ...below, effectiveUnitPrice: '-0.085', subtotal: '-85', taxTotal: '-19.55' };
    expect(priced(priceInvoiceLine(pricing(toCustomer(discount)), refund)).customer.subtotal).toBe('-81');
  });

  it('refuses a second step below what the reseller pays', () => {
    const outcome = priceInvoiceLine(
      pricing(toReseller({ value: '0.5' }), toCustomer({ kind: 'erpMinusDiscount', value: '0.1' })),
      usageLine,
    );
    expect(outcome).toMatchObject({ kind: 'refused', code: 'belowCost', ruleId: 'to customer' });
  });

  it('sells a free meter for nothing', () => {
    for (const kind of ['markup', 'erpMinusDiscount', 'split'] as const) {
      const line = { ...usageLine, effectiveUnitPrice: '0', subtotal: '0', taxTotal: '0' };
      const sold = priced(priceInvoiceLine(pricing(toReseller({ kind }), toCustomer({ kind })), line));
      expect([...four(sold.customer), sold.explain[1]?.note]).toEqual(['0', '0', '0', '0', 'nothingToSell']);
    }
  });

  it('sells an amount whose unit costs nothing by mark-up alone', () => {
    const line = { ...usageLine, effectiveUnitPrice: '0', subtotal: '10', taxTotal: '2' };
    const markups = pricing(toReseller({ value: '0.1' }), toCustomer({ value: '-0.5', guards: ['discountLimit'] }));
    const sold = priced(priceInvoiceLine(markups, line));
    expect([sold.reseller?.subtotal, sold.customer.subtotal, sold.customer.taxTotal]).toEqual(['11', '11', '2.2']);
    expect(sold.explain[1]?.guards).toEqual(['discountLimit']);
    expect(priceInvoiceLine(pricing(toCustomer({ kind: 'split' })), line)).toMatchObject({
      kind: 'refused',
      code: 'noUnitPrice',
      ruleId: 'to customer',
    });
  });

  it('takes no tax where there is no subtotal', () => {
    const sold = priced(priceInvoiceLine(pricing(), { ...usageLine, subtotal: '0.00', taxTotal: '1.23' }));
    expect(four(sold.customer)).toEqual(['0.085', '0', '0', '0']);
  });

  it.each([
    ['a service credit', { creditReasonCode: 'SLA' }, '-5', 'creditPassedOn'],
    ['an Azure credit, which offsets a charge', { creditReasonCode: 'Azure Credit Offer' }, '-9', undefined],
  ])('discounts %s as what it stands for', (_, fields, subtotal, note) => {
    const line = {
      ...usageLine,
      resellerMpnId: '',
      chargeType: 'customerCredit',
      effectiveUnitPrice: note === undefined ? '-0.1' : '-0.05',
      subtotal: note === undefined ? '-10' : '-5',
      ...fields,
    };
    const sold = priced(priceInvoiceLine(pricing(toCustomer({ kind: 'erpMinusDiscount' })), line));
    expect([sold.customer.subtotal, sold.explain[0]?.note]).toEqual([subtotal, note]);
  });

  it.each([
    ['noListPrice', { unitPrice: '0' }],
    ['noListPrice', { billingFrequency: '', chargeEndDate: '2026-06-20', termAndBillingCycle: 'One-Year commitment' }],
    ['noCustomer', { customerId: ' ' }],
    ['noDay', { chargeStartDate: '', orderDate: '' }],
  ])('refuses by name: %s', (code, fields) => {
    const discount = toCustomer({ kind: 'erpMinusDiscount' });
    expect(priceInvoiceLine(pricing(discount), { ...usageLine, resellerMpnId: '', ...fields })).toMatchObject({
      kind: 'refused',
      code,
    });
  });

  it('prices a line without a day on the day for such lines', () => {
    const old = rule('old', { to: '2026-10-01', value: '1' });
    const dated = pricingBy(catalogueOf(old), '2026-09-30');
    const line = { ...usageLine, resellerMpnId: '', chargeStartDate: '', orderDate: '' };
    expect(priced(priceInvoiceLine(dated, line)).customer.subtotal).toBe('170');
  });

  it('agrees with the formulas, worked out another way', () => {
    fc.assert(
      fc.property(anyCatalogue, anyLine, (catalogue, line) => {
        const outcome = priceInvoiceLine(pricingBy(catalogue), line);
        if (outcome.kind !== 'priced') return;
        let cost = decimal(line.effectiveUnitPrice);
        for (const step of outcome.explain) {
          expect(step.cost).toBe(toText(cost));
          cost = judged(step, cost);
          const prices = step.buyer === 'reseller' ? outcome.reseller : outcome.customer;
          expect(prices && four(prices)).toEqual(judgedAmounts(line, cost));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** The price of a step by its own account of itself, in signed decimals. */
function judged({ rule: { kind, value, guards }, listPrice }: PricedLine['explain'][number], cost: Decimal): Decimal {
  const one = decimal('1');
  const minus = (from: Decimal, what: Decimal) => add(from, multiply(what, decimal('-1')));
  const sign = decimal(compareDecimals(cost, zero) < 0 ? '-1' : '1');
  const size = multiply(cost, sign);
  const list = decimal(listPrice ?? '0');
  const share = decimal(value);
  let price =
    kind === 'markup'
      ? multiply(size, add(one, share))
      : kind === 'split'
        ? add(size, multiply(share, minus(list, size)))
        : multiply(list, minus(one, share));
  if (guards.includes('markupLimit') && listPrice !== undefined && compareDecimals(price, list) > 0) price = list;
  if (guards.includes('discountLimit') && compareDecimals(price, size) < 0) price = size;
  return multiply(price, sign);
}

function judgedAmounts(line: OnetimeLine, price: Decimal): string[] {
  const [subtotal, tax] = [decimal(line.subtotal), decimal(line.taxTotal)];
  const sold = divide(multiply(subtotal, price), decimal(line.effectiveUnitPrice), 2);
  const taxed = isZero(subtotal) ? zero : divide(multiply(sold, tax), subtotal, 2);
  return [price, sold, taxed, roundHalfAwayFromZero(add(sold, taxed), 2)].map(toText);
}

describe('priceLicenseLine', () => {
  const marked = pricing(toCustomer({ value: '0.1' }));

  it('sells unit price times quantity', () => {
    const { customer } = priced(
      priceLicenseLine(marked, { ...licenseLine, quantity: '3', amount: '39.33', subtotal: '39.33', tax: '5' }),
    );
    expect(customer).toEqual({
      unitPrice: '14.421',
      subtotal: '43.26',
      taxTotal: '5.5',
      total: '48.76',
      amount: '43.26',
      totalOtherDiscount: '0',
    });
  });

  it("keeps Microsoft's discount to the CSP, as the formula says", () => {
    const line = {
      ...licenseLine,
      unitPrice: '10',
      quantity: '2',
      amount: '20',
      totalOtherDiscount: '3',
      subtotal: '17',
      tax: '3.4',
    };
    const { customer } = priced(priceLicenseLine(marked, line));
    expect([customer.subtotal, customer.taxTotal, customer.totalOtherDiscount]).toEqual(['22', '4.4', '0']);
  });

  it.each([
    [
      'a prorated line',
      { unitPrice: '4', quantity: '2', amount: '3.1', subtotal: '3.1', tax: '0.62' },
      ['3.41', '0.68', '3.41', '0'],
    ],
    [
      'a refund',
      { unitPrice: '4', quantity: '1', amount: '-4', subtotal: '-4', tax: '-0.8' },
      ['-4.4', '-0.88', '-4.4', '0'],
    ],
    [
      'a discount on a prorated line',
      { unitPrice: '6.82', quantity: '2', amount: '13.32', subtotal: '11', tax: '0' },
      ['12.1', '0', '14.65', '2.55'],
    ],
  ])("keeps Microsoft's own amount of %s in proportion", (_, fields, expected) => {
    const { customer } = priced(priceLicenseLine(marked, { ...licenseLine, ...fields }));
    expect([customer.subtotal, customer.taxTotal, customer.amount, customer.totalOtherDiscount]).toEqual(expected);
    expect(customer.unitPrice).toBe(toText(multiply(decimal(fields.unitPrice), decimal('1.1'))));
  });

  it('refuses rules that start from a list price: a licence line has none', () => {
    const outcome = priceLicenseLine(pricing(toCustomer({ kind: 'split' })), licenseLine);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'noListPrice', ruleId: 'to customer' });
  });

  it('gives what the unit price of the file comes to, for every mark-up', () => {
    const units = fc.integer({ min: -99_999, max: 99_999 });
    fc.assert(
      fc.property(
        units,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 999 }),
        (cents, quantity, markup) => {
          const unitPrice = toText(divide(decimal(String(cents)), decimal('100'), 2));
          const amount = toText(multiply(decimal(unitPrice), decimal(String(quantity))));
          const value = `0.${String(markup).padStart(3, '0')}`;
          const line = { ...licenseLine, unitPrice, quantity: String(quantity), amount, subtotal: amount };
          const { customer } = priced(priceLicenseLine(pricing(toCustomer({ value })), line));
          const expected = roundHalfAwayFromZero(multiply(decimal(customer.unitPrice), decimal(line.quantity)), 2);
          expect(customer.subtotal).toBe(toText(expected));
          expect(customer.unitPrice).toBe(toText(multiply(decimal(unitPrice), add(decimal('1'), decimal(value)))));
        },
      ),
    );
  });
});

describe('priceLegacyUsage', () => {
  it('starts from the list price that the charges were made by, not from the rounded rate', () => {
    const limited = pricing(toCustomer({ value: '0', guards: ['markupLimit'] }));
    const sold = priced(priceLegacyUsage(limited, legacyUsageLine));
    expect(four(sold.customer)).toEqual(['0.085', '63.33', '14.57', '77.9']);
    expect(sold.explain.flatMap(({ guards }) => guards)).toEqual([]);
  });

  it('starts from the rate where the charges are below list price', () => {
    const line = { ...legacyUsageLine, pretaxCharges: '50', taxAmount: '10', pretaxEffectiveRate: '0.067' };
    const sold = priced(priceLegacyUsage(pricing(toCustomer({ kind: 'erpMinusDiscount', value: '0' })), line));
    expect([sold.explain[1]?.cost, ...four(sold.customer)]).toEqual(['0.067', '0.085', '63.43', '12.69', '76.12']);
  });

  it('says that a daily row has no money', () => {
    const daily = { ...legacyUsageLine, kind: 'daily' as const, pretaxCharges: '', listPrice: '' };
    expect(priceLegacyUsage(pricing(), daily)).toEqual({ kind: 'withoutMoney' });
  });
});

describe('priceRatedUsage', () => {
  it('keeps every digit of a day that is passed on', () => {
    expect(four(priced(priceRatedUsage(pricing(), ratedUsageLine)).customer)).toEqual([
      '0.27744',
      '7.48359270818142',
      '0',
      '7.48359270818142',
    ]);
  });

  it('does not round a day of pennies to nothing', () => {
    const sold = priced(
      priceRatedUsage(pricing(toCustomer({ kind: 'erpMinusDiscount' })), { ...ratedUsageLine, cost: '0.0011' }),
    );
    expect(sold.customer.subtotal).toBe('0.0011647059');
  });

  it("takes the Azure subscription's rule before its plan's", () => {
    const plan = rule('plan', { level: 'subscription', targetId: 'plan', value: '0.2' });
    const entitlement = rule('entitlement', { level: 'subscription', targetId: 'entitlement', value: '0.3' });
    const ruleIds = (...rules: MarginRule[]) =>
      priced(priceRatedUsage(pricing(...rules), ratedUsageLine)).explain.map(({ rule: { id } }) => id);
    expect(ruleIds(plan, entitlement)).toEqual(['passed-on', 'entitlement']);
    expect(ruleIds(plan)).toEqual(['passed-on', 'plan']);
  });
});

describe('the totals of a month', () => {
  it('add up: customers to their reseller, resellers and direct customers to the CSP, to the last digit', () => {
    fc.assert(
      fc.property(anyCatalogue, fc.array(anyLine, { minLength: 1, maxLength: 40 }), (catalogue, lines) => {
        const month = pricingBy(catalogue);
        const outcomes = lines.map((line) => ({ line, sold: priceInvoiceLine(month, line) }));
        const sales = outcomes.flatMap(({ line, sold }) => (sold.kind === 'priced' ? [{ line, sold }] : []));
        const mpnIds = ['4649221', '5555', '777'];
        const customerIds = ['contoso', 'fabrikam', 'tailspin'];
        for (const field of ['subtotal', 'taxTotal', 'total'] as const) {
          for (const currency of ['EUR', 'USD']) {
            const of = (rows: typeof sales) => rows.filter(({ line }) => line.currency === currency);
            const toResellers = (rows: typeof sales) =>
              sum(of(rows).flatMap(({ sold }) => sold.reseller?.[field] ?? []));
            const toCustomers = (rows: typeof sales) => sum(of(rows).map(({ sold }) => sold.customer[field]));
            const direct = sales.filter(({ sold }) => sold.reseller === undefined);
            const resellerFiles = mpnIds.map((mpnId) =>
              sales.filter(({ line }) => isLineOf({ audience: 'reseller', mpnId }, line)),
            );
            const customerFiles = customerIds.map((customerId) =>
              sales.filter(({ line }) => isLineOf({ audience: 'customer', customerId }, line)),
            );
            for (const file of resellerFiles) {
              const byCustomer = customerFiles.map((customerFile) => customerFile.filter((row) => file.includes(row)));
              expect(toText(total(byCustomer.map(toCustomers)))).toBe(toText(toCustomers(file)));
            }
            const selling = sum(of(sales).map(({ sold }) => (sold.reseller ?? sold.customer)[field]));
            const billed = total([...resellerFiles.map(toResellers), toCustomers(direct)]);
            expect(toText(billed)).toBe(toText(selling));
            expect(toText(total(customerFiles.map(toCustomers)))).toBe(
              toText(total([...resellerFiles.map(toCustomers), toCustomers(direct)])),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function sum(texts: readonly string[]): Decimal {
  return total(texts.map((text) => decimal(text)));
}

function total(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce(add, zero);
}
