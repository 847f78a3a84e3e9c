import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guards, type MarginRule, marginKinds } from '../../shared/domain/catalogue.ts';
import { type BuyerPrices, priceInvoiceLine, pricingBy } from '../../shared/domain/line-prices.ts';
import { sellUnit } from '../../shared/domain/margin.ts';
import { scaled, scaledText } from '../../shared/domain/scaled.ts';
import { catalogueOf, rule, usageLine } from './sold-lines.ts';

/* The worked examples of docs/margins.md come out as it says. */

const text = readFileSync(new URL('../../docs/margins.md', import.meta.url), 'utf8');

/** The rows of the table whose header begins so, each cell trimmed. */
function tableOf(header: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.indexOf(header);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return start === -1
    ? []
    : rows.slice(0, end).map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
}

const kindOf = (word: string) => {
  const kind = marginKinds.find((one) => one === word);
  if (kind === undefined) throw new Error(`No kind of margin: ${word}`);
  return kind;
};
const guardsOf = (words: string) => guards.filter((guard) => words.split(' ').includes(guard));

const units = tableOf('| kind | value | guards | cost | list price | price | guard that bit |');
const lines = tableOf(
  "| | cost | list price | Subtotal | TaxTotal | reseller's rule | customer's rule | for reseller | for customer |",
);

describe('docs/margins.md', () => {
  it('has examples', () => {
    expect([units.length, lines.length]).toEqual([8, 5]);
  });

  it.each(units)(
    'prices a unit: %s %s %s',
    (kind = '', value = '', held = '', cost = '', list = '', price = '', bit = '') => {
      const sale = sellUnit(
        { kind: kindOf(kind), value, guards: guardsOf(held) },
        { cost: scaled(cost), list: scaled(list) },
      );
      const came = sale.kind === 'sold' ? [scaledText(sale.price), sale.bit.join(' ')] : [sale.kind, ''];
      expect(came).toEqual([price, bit]);
    },
  );

  it.each(lines)(
    'prices a line: %s',
    (_, cost = '', list = '', subtotal = '', taxTotal = '', first = '', second = '', ...sold) => {
      const ruleOf = (words: string, buyer: MarginRule['buyer']): MarginRule[] => {
        const [kind = '', value = ''] = words.split(' ');
        return words === '' ? [] : [rule(buyer, { buyer, kind: kindOf(kind), value })];
      };
      const pricing = pricingBy(catalogueOf(...ruleOf(first, 'reseller'), ...ruleOf(second, 'customer')));
      const outcome = priceInvoiceLine(pricing, {
        ...usageLine,
        resellerMpnId: first === '' ? '0' : usageLine.resellerMpnId,
        effectiveUnitPrice: cost,
        unitPrice: list,
        subtotal,
        taxTotal,
      });
      if (outcome.kind !== 'priced') throw new Error(JSON.stringify(outcome));
      const written = (prices: BuyerPrices | undefined) =>
        prices === undefined ? '' : [prices.unitPrice, prices.subtotal, prices.taxTotal, prices.total].join(', ');
      expect([written(outcome.reseller), written(outcome.customer)]).toEqual(sold);
    },
  );
});
