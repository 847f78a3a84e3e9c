import { decimal, divide, isZero, multiply, roundHalfAwayFromZero, toText } from '../shared/domain/decimal.ts';
import type { ComparisonSummary, CurrencyTotals } from '../shared/domain/summary.ts';

/* A comparison for a terminal of 100 columns. Amounts are rounded to cents for reading; JSON has every digit. */

export type SubscriptionRow = {
  readonly subscriptionId: string;
  readonly name: string;
  readonly invoice: string;
  readonly other: string;
  readonly variance: string;
  readonly status: string;
};

const columns = [
  { title: 'Subscription', width: 38, right: false },
  { title: 'Invoice', width: 14, right: true },
  { title: 'Cost export', width: 14, right: true },
  { title: 'Variance', width: 13, right: true },
  { title: 'Status', width: 10, right: false },
] as const;

const rule = toRow(columns.map((column) => '─'.repeat(column.width)));

export function formatSubscriptions(rows: readonly SubscriptionRow[]): readonly string[] {
  return [
    toRow(columns.map((column) => column.title)),
    rule,
    ...rows.map((row) => toRow([nameOf(row), cents(row.invoice), cents(row.other), cents(row.variance), row.status])),
    rule,
  ];
}

/** The totals of one comparison under the table of its subscriptions. `label` says what is added up. */
export function formatTotals(label: string, summary: Pick<ComparisonSummary, 'totals' | 'lines'>): readonly string[] {
  return [
    ...summary.totals.map((totals) =>
      toRow([`${label}, ${totals.currency}`, cents(totals.invoice), cents(totals.other), cents(totals.variance), '']),
    ),
    '',
    ...summary.totals.map(formatMatchRate),
    `Meter lines: ${Object.entries(summary.lines)
      .map(([status, count]) => `${count} ${status}`)
      .join(', ')}`,
  ];
}

/** Names repeat from customer to customer; the first digits of the id tell them apart. */
function nameOf({ subscriptionId, name }: SubscriptionRow): string {
  if (subscriptionId === '') return '(rows without a subscription)';
  return name === '' ? subscriptionId : `${name.slice(0, 27)} (${subscriptionId.slice(0, 8)})`;
}

function formatMatchRate(totals: CurrencyTotals): string {
  const byCount = percent(String(totals.matchedLines), String(totals.comparableLines));
  const byAmount = percent(totals.matchedAmount, totals.comparableAmount);
  return `Match rate ${totals.currency}: ${byCount} by count (${totals.matchedLines} of ${totals.comparableLines} meter lines), ${byAmount} by amount`;
}

export function percent(part: string, whole: string): string {
  if (isZero(decimal(whole))) return 'nothing to compare';
  return `${toText(divide(multiply(decimal(part), decimal('100')), decimal(whole), 1))} %`;
}

/** Rounded half away from zero, always with two places. */
export function cents(amount: string): string {
  const [whole = '', fraction = ''] = toText(roundHalfAwayFromZero(decimal(amount), 2)).split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}

function toRow(cells: readonly string[]): string {
  return columns
    .map(({ width, right }, index) => {
      const cell = (cells[index] ?? '').slice(0, width);
      return right ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ')
    .trimEnd();
}
