import type { FileTotals, InspectedFile } from './inspection.ts';

const agreements = {
  mpa: 'Microsoft Partner Agreement',
  cspSubscription: 'subscription of a partner’s customer',
  mca: 'Microsoft Customer Agreement',
  ea: 'Enterprise Agreement',
  payAsYouGo: 'pay-as-you-go',
} as const satisfies Record<NonNullable<InspectedFile['agreement']>, string>;

const scopes = {
  billing: 'billing: the prices of the invoice',
  retail: 'RETAIL: public prices, not those of the invoice',
  unknown: 'unknown: no row tells whose prices these are',
} as const satisfies Record<NonNullable<InspectedFile['scope']>, string>;

/** How many names a line of the listing repeats. */
const shownNamesMax = 5;

/** What a file is and holds, for people: one fact a line. Amounts have every digit. */
export function formatInspected(file: InspectedFile): readonly string[] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['dataset', file.dataset],
    ['schema version', file.schemaVersion],
    ['agreement', file.agreement === undefined ? undefined : agreements[file.agreement]],
    ['scope', file.scope === undefined ? undefined : scopes[file.scope]],
    ['costs', file.costView],
    ['rows', file.rows === undefined ? undefined : String(file.rows)],
    ['period', file.period === undefined ? undefined : `${file.period.firstDay} to ${file.period.lastDay}`],
    ['invoices', file.invoiceIds === undefined ? undefined : listed(file.invoiceIds, 'none named')],
    ['subscriptions', file.subscriptions === undefined ? undefined : String(file.subscriptions)],
    ...(file.totals ?? []).map((totals) => [`total ${totals.currency}`, formatTotals(totals)] as const),
    ['unknown columns', file.unknownColumns === undefined ? undefined : listed(file.unknownColumns, 'none')],
    ['do instead', file.advice],
    ['problems', file.problemCount === 0 ? 'none' : String(file.problemCount)],
  ];
  return [
    file.name,
    ...facts.flatMap(([label, text]) => (text === undefined ? [] : [`  ${label.padEnd(16)}${text}`])),
    ...file.problems.map((problem) => `    ${problem.code}: ${problem.message}`),
  ];
}

function formatTotals({ cost, tax, total }: FileTotals): string {
  return tax === undefined ? cost : `${cost} before tax, tax ${tax}, total ${total}`;
}

function listed(names: readonly string[], none: string): string {
  if (names.length === 0) return none;
  const more = names.length > shownNamesMax ? ` and ${names.length - shownNamesMax} more` : '';
  return `${names.slice(0, shownNamesMax).join(', ')}${more}`;
}
