import type { InvoiceItem, ReconciliationItem, RunItem } from '../../shared/contracts/http.ts';
import { decimal, divide, isZero, multiply, roundHalfAwayFromZero, toText } from '../../shared/domain/decimal.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import type { ComparisonSummary, CurrencyTotals } from '../../shared/domain/summary.ts';

/** What became of the month, as `npm run demo -- --json` prints it. Amounts are exact decimal text. */
export type MonthSummary = {
  readonly invoices: readonly Pick<
    InvoiceItem,
    'invoiceId' | 'type' | 'billingCycle' | 'currency' | 'total' | 'reconciliation'
  >[];
  readonly comparisons: readonly {
    readonly runId: string;
    readonly invoiceId: string;
    readonly billingCycle: string;
    readonly summary: ComparisonSummary;
  }[];
  readonly subscriptions: readonly ReconciliationItem[];
  readonly problems: readonly {
    readonly source: string;
    readonly state: string;
    readonly problemCount: number;
    readonly problems: readonly Problem[];
  }[];
};

export function monthSummary(
  invoices: readonly InvoiceItem[],
  subscriptions: readonly ReconciliationItem[],
  runs: readonly RunItem[],
): MonthSummary {
  return {
    invoices: invoices.map(({ invoiceId, type, billingCycle, currency, total, reconciliation }) => {
      return { invoiceId, type, billingCycle, currency, total, reconciliation };
    }),
    comparisons: runs.flatMap((run) =>
      run.kind === 'comparison' && run.isCurrent && run.summary !== undefined
        ? [{ runId: run.id, invoiceId: run.invoiceId, billingCycle: run.billingCycle, summary: run.summary }]
        : [],
    ),
    subscriptions,
    problems: runs.flatMap(problemsOf),
  };
}

function problemsOf(run: RunItem): MonthSummary['problems'] {
  switch (run.kind) {
    case 'dataset':
      return run.problemCount === 0
        ? []
        : [{ source: run.id, state: run.state, problemCount: run.problemCount, problems: run.problems }];
    case 'failure':
      return [
        { source: run.step, state: 'failed', problemCount: 1, problems: [{ code: 'givenUp', message: run.reason }] },
      ];
    case 'download':
    case 'comparison':
      return run.problem === undefined
        ? []
        : [{ source: run.id, state: run.state, problemCount: 1, problems: [{ code: 'failed', message: run.problem }] }];
  }
}

/** The summary as a table for a terminal. Amounts are rounded to cents for reading; `--json` has every digit. */
export function formatSummary(summary: MonthSummary): string {
  return [
    ...summary.invoices.map(formatInvoice),
    '',
    ...formatSubscriptions(summary.subscriptions),
    ...summary.comparisons.flatMap(formatComparison),
    ...(summary.problems.length === 0 ? [] : ['', 'Problems']),
    ...summary.problems.flatMap(({ source, state, problemCount, problems }) => [
      `  ${source} is ${state}, ${problemCount} problem${problemCount === 1 ? '' : 's'}:`,
      ...problems.map((problem) => `    ${problem.message}`),
    ]),
  ].join('\n');
}

function formatInvoice({
  invoiceId,
  type,
  billingCycle,
  currency,
  total,
  reconciliation,
}: MonthSummary['invoices'][number]): string {
  const kind = type === 'newCommerce' ? 'new commerce' : 'legacy';
  const reason = reconciliation.reason === undefined ? '' : ` — ${reconciliation.reason}`;
  return `Invoice ${invoiceId} (${kind}, ${billingCycle}, ${cents(total)} ${currency}): ${reconciliation.state}${reason}`;
}

const columns = [
  { title: 'Subscription', width: 38, right: false },
  { title: 'Invoice', width: 14, right: true },
  { title: 'Cost export', width: 14, right: true },
  { title: 'Variance', width: 13, right: true },
  { title: 'Status', width: 10, right: false },
] as const;

function formatSubscriptions(subscriptions: readonly ReconciliationItem[]): readonly string[] {
  if (subscriptions.length === 0) return ['No comparison has been published.'];
  return [
    toRow(columns.map((column) => column.title)),
    toRow(columns.map((column) => '─'.repeat(column.width))),
    ...subscriptions.map((item) =>
      toRow([nameOf(item), cents(item.invoice), cents(item.other), cents(item.variance), item.status]),
    ),
  ];
}

/** Names repeat from customer to customer; the first digits of the id tell them apart. */
function nameOf({ subscriptionId, subscriptionName }: ReconciliationItem): string {
  if (subscriptionId === '') return '(rows without a subscription)';
  return subscriptionName === '' ? subscriptionId : `${subscriptionName} (${subscriptionId.slice(0, 8)})`;
}

function formatComparison({ invoiceId, summary }: MonthSummary['comparisons'][number]): readonly string[] {
  return summary.totals.flatMap((totals) => [
    toRow(columns.map((column) => '─'.repeat(column.width))),
    toRow([
      `Total ${invoiceId}, ${totals.currency}`,
      cents(totals.invoice),
      cents(totals.other),
      cents(totals.variance),
      '',
    ]),
    '',
    formatMatchRate(totals),
    `Meter lines: ${Object.entries(summary.lines)
      .map(([status, count]) => `${count} ${status}`)
      .join(', ')}`,
  ]);
}

function formatMatchRate(totals: CurrencyTotals): string {
  const byCount = percent(String(totals.matchedLines), String(totals.comparableLines));
  const byAmount = percent(totals.matchedAmount, totals.comparableAmount);
  return `Match rate: ${byCount} by count (${totals.matchedLines} of ${totals.comparableLines} meter lines), ${byAmount} by amount`;
}

function percent(part: string, whole: string): string {
  if (isZero(decimal(whole))) return 'none to compare';
  return `${toText(divide(multiply(decimal(part), decimal('100')), decimal(whole), 1))} %`;
}

/** Rounded half away from zero, always with two places. */
function cents(amount: string): string {
  const text = toText(roundHalfAwayFromZero(decimal(amount), 2));
  const [whole = '', fraction = ''] = text.split('.');
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
