import { type MeterTotal, type Money, mainMonth, moneyOf } from '../shared/domain/meter-totals.ts';
import type { TotalsBySubscription } from './read-side.ts';

/** The totals of one side of a comparison, and what they are in all. */
export type SideTotals = {
  readonly bySubscription: TotalsBySubscription;
  readonly rows: number;
  readonly money: readonly Money[];
  /** The month that most rows are of; nothing where there are none. */
  readonly mainMonth: string | undefined;
  /** Of the totals that no rule sets aside. */
  readonly months: ReadonlySet<string>;
  readonly currencies: ReadonlySet<string>;
};

export const noTotals: TotalsBySubscription = new Map();

export function bySubscription(totals: readonly MeterTotal[]): TotalsBySubscription {
  const byId = Map.groupBy(totals, (total) => total.subscriptionId);
  return new Map([...byId].map(([subscriptionId, own]) => [subscriptionId, () => own]));
}

/** Goes through the totals once, one subscription at a time. */
export function sideTotals(bySubscription: TotalsBySubscription): SideTotals {
  let rows = 0;
  let money: readonly Money[] = [];
  const rowsOfMonths = new Map<string, number>();
  const months = new Set<string>();
  const currencies = new Set<string>();
  for (const totalsOf of bySubscription.values()) {
    const totals = totalsOf();
    money = moneyOf([...money.map(({ currency, amount }) => ({ currency, cost: amount })), ...totals]);
    for (const total of totals) {
      rows += total.rows;
      rowsOfMonths.set(total.usageMonth, (rowsOfMonths.get(total.usageMonth) ?? 0) + total.rows);
      if (total.excludedBy !== undefined) continue;
      months.add(total.usageMonth);
      currencies.add(total.currency);
    }
  }
  const monthRows = [...rowsOfMonths].map(([usageMonth, count]) => ({ usageMonth, rows: count }));
  return { bySubscription, rows, money, mainMonth: mainMonth(monthRows), months, currencies };
}
