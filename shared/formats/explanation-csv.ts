import type { CultureName } from '../domain/culture-names.ts';
import type { ExplainedStep, LineExplanation } from '../domain/line-explanation.ts';
import { csvFile } from './csv-writer.ts';
import { cultureNamed } from './culture.ts';
import type { FileColumn } from './file-columns.ts';

/** One row for each step of each line; where a line has no price, one that says why. */
const columns = [
  { name: 'Line', type: 'text' },
  { name: 'CustomerId', type: 'id' },
  { name: 'SubscriptionId', type: 'id' },
  { name: 'ResellerMpnId', type: 'id' },
  { name: 'Outcome', type: 'text' },
  { name: 'Seller', type: 'text' },
  { name: 'Buyer', type: 'text' },
  { name: 'PricingCurrency', type: 'text' },
  { name: 'Cost', type: 'decimal' },
  { name: 'ListPrice', type: 'decimal' },
  { name: 'RuleId', type: 'text' },
  { name: 'RuleLevel', type: 'text' },
  { name: 'RuleKind', type: 'text' },
  { name: 'RuleValue', type: 'decimal' },
  { name: 'RuleGuards', type: 'text' },
  { name: 'GuardsApplied', type: 'text' },
  { name: 'GuardsUnchecked', type: 'text' },
  { name: 'Note', type: 'text' },
  { name: 'Price', type: 'decimal' },
  { name: 'Currency', type: 'text' },
  { name: 'Subtotal', type: 'decimal' },
  { name: 'TaxTotal', type: 'decimal' },
  { name: 'Total', type: 'decimal' },
] as const satisfies readonly FileColumn[];

/** The explanations as CSV in a regional format. */
export function explanationCsv(
  explanations: AsyncIterable<LineExplanation>,
  culture: CultureName,
): AsyncGenerator<Uint8Array> {
  async function* rows(): AsyncGenerator<readonly string[]> {
    for await (const explanation of explanations) yield* rowsOf(explanation);
  }
  return csvFile(columns, rows(), cultureNamed(culture));
}

function rowsOf(explanation: LineExplanation): readonly (readonly string[])[] {
  const { place, customerId, subscriptionId, resellerMpnId, outcome, pricingCurrency, currency } = explanation;
  const line = [place, customerId, subscriptionId, resellerMpnId, outcome];
  if (explanation.outcome === 'priced') {
    return explanation.steps.map((step) => [...line, ...cellsOf(step, pricingCurrency, currency)]);
  }
  const note = explanation.outcome === 'refused' ? explanation.refusal.message : '';
  return [columns.map(({ name }, index) => line[index] ?? (name === 'Note' ? note : ''))];
}

function cellsOf(step: ExplainedStep, pricingCurrency: string, currency: string): readonly string[] {
  const { seller, buyer, cost, listPrice = '', rule, guards, unchecked, note = '', price, amounts } = step;
  return [
    ...[seller, buyer, pricingCurrency, cost, listPrice],
    ...[rule.id, rule.level, rule.kind, rule.value, rule.guards.join(' ')],
    ...[guards.join(' '), unchecked.join(' '), note, price],
    ...[currency, amounts.subtotal, amounts.taxTotal, amounts.total],
  ];
}
