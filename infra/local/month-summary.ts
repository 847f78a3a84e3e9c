import { cents, formatSubscriptions, formatTotals, type SubscriptionRow } from '../../cli/table.ts';
import type { InvoiceItem, ReconciliationItem, RunItem } from '../../shared/contracts/http.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import type { ComparisonSummary } from '../../shared/domain/summary.ts';

/** What became of the month, as `npm run demo -- --json` prints it. Amounts are exact decimal text. */
export type MonthSummary = {
  readonly invoices: readonly Pick<
    InvoiceItem,
    'invoiceId' | 'type' | 'billingCycle' | 'currency' | 'total' | 'reconciliation'
  >[];
  readonly comparisons: readonly {
    readonly runId: string;
    readonly comparedWith: string;
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
    comparisons: runs
      .flatMap((run) =>
        run.kind === 'comparison' && run.isCurrent && run.summary !== undefined
          ? [
              {
                runId: run.id,
                comparedWith: run.comparedWith,
                invoiceId: run.invoiceId,
                billingCycle: run.billingCycle,
                summary: run.summary,
              },
            ]
          : [],
      )
      .sort((left, right) => (keyOfRun(left) < keyOfRun(right) ? -1 : 1)),
    subscriptions: subscriptions.filter(({ comparedWith }) => comparedWith === 'costexport'),
    problems: runs.flatMap(problemsOf),
  };
}

/** Comparisons with the cost export come first, by their name. */
function keyOfRun({ comparedWith, invoiceId }: MonthSummary['comparisons'][number]): string {
  return `${comparedWith} ${invoiceId}`;
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

/** The summary as a table for a terminal. */
export function formatSummary(summary: MonthSummary): string {
  return [
    ...summary.invoices.map(formatInvoice),
    '',
    ...(summary.subscriptions.length === 0
      ? ['No comparison has been published.']
      : formatSubscriptions(summary.subscriptions.map(toRow))),
    ...summary.comparisons.flatMap((comparison) => [
      ...formatTotals(`${comparison.invoiceId}, ${comparison.comparedWith}`, comparison.summary),
      ...comparison.summary.totals.flatMap(({ currency, causes }) =>
        causes.map(({ cause, amount }) => `  ${cause.padEnd(20)} ${cents(amount).padStart(16)} ${currency}`),
      ),
    ]),
    ...(summary.problems.length === 0 ? [] : ['', 'Problems']),
    ...summary.problems.flatMap(({ source, state, problemCount, problems }) => [
      `  ${source} is ${state}, ${problemCount} problem${problemCount === 1 ? '' : 's'}:`,
      ...problems.map((problem) => `    ${problem.message}`),
    ]),
  ].join('\n');
}

function toRow({
  subscriptionId,
  subscriptionName,
  invoice,
  other,
  variance,
  status,
}: ReconciliationItem): SubscriptionRow {
  return { subscriptionId, name: subscriptionName, invoice, other, variance, status };
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
