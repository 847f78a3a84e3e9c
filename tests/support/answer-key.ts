import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { apiVersion, type MeterItem, type ReconciliationItem } from '../../shared/contracts/http.ts';
import { checkedFetch } from './checked-api.ts';

/** One meter line in the words that the answer key and the product share. */
type KnownLine = {
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly status: string;
  readonly excludedBy: string | undefined;
  readonly sweep: string | undefined;
  readonly invoice: Side | undefined;
  readonly other: Side | undefined;
  readonly variance: { readonly quantity: string; readonly cost: string };
  readonly causes: MeterItem['causes'];
};
type Side = { readonly quantity: string; readonly cost: string; readonly rows: number };

export function linesOfKey(key: AnswerKey): readonly KnownLine[] {
  return inOrder(
    key.subscriptions.flatMap(({ subscriptionId, meters }) =>
      meters.map((meter) => ({
        subscriptionId,
        meterId: meter.meterId,
        region: meter.region,
        unit: meter.unit,
        currency: meter.currency,
        status: meter.status,
        excludedBy: meter.excludedBy,
        sweep: meter.sweep ?? undefined,
        invoice: meter.invoice ?? undefined,
        other: meter.other ?? undefined,
        variance: meter.variance,
        causes: meter.causes,
      })),
    ),
  );
}

/** Every meter line of the published runs, read over HTTP page by page. */
export async function linesOfApi(
  apiUrl: string,
  subscriptions: readonly ReconciliationItem[],
): Promise<readonly KnownLine[]> {
  const lines: KnownLine[] = [];
  for (const { runId, subscriptionId } of subscriptions) {
    let next: string | undefined =
      `${apiUrl}/reconciliations/${runId}/subscriptions/${subscriptionId || '-'}/meters?api-version=${apiVersion}&top=7`;
    while (next !== undefined) {
      const response = await checkedFetch(apiUrl)(next);
      if (!response.ok) throw new Error(`${next} answered ${response.status}: ${await response.text()}`);
      const page = (await response.json()) as { readonly value: readonly MeterItem[]; readonly nextLink?: string };
      lines.push(...page.value.map(toKnownLine));
      next = page.nextLink;
    }
  }
  return inOrder(lines);
}

function toKnownLine(item: MeterItem): KnownLine {
  const { subscriptionId, meterId, region, unit, currency, status, excludedBy, sweep, variance, causes } = item;
  return {
    subscriptionId,
    meterId,
    region,
    unit,
    currency,
    status,
    excludedBy,
    sweep,
    invoice: sideOf(item.invoice),
    other: sideOf(item.other),
    variance: { quantity: variance.quantity, cost: variance.cost },
    causes,
  };
}

function sideOf(side: MeterItem['invoice']): Side | undefined {
  return side === undefined ? undefined : { quantity: side.quantity, cost: side.cost, rows: side.rows };
}

function inOrder(lines: readonly KnownLine[]): readonly KnownLine[] {
  const keyOf = (line: KnownLine) =>
    JSON.stringify([
      line.subscriptionId,
      line.meterId,
      line.region,
      line.unit,
      line.currency,
      line.excludedBy ?? '',
      line.status,
    ]);
  return lines.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}
