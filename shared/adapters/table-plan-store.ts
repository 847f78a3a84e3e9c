import { planTotal } from '../contracts/datasets.ts';
import { planLine } from '../contracts/invoice-lines.ts';
import { identityOf } from '../domain/content-hash.ts';
import type { PlanLine } from '../domain/plan-lines.ts';
import { type PlanTotal, planTotalKey } from '../domain/plan-totals.ts';
import type { PlanStore } from '../pipeline/ports.ts';
import { groupsOf } from './groups.ts';
import type { Table } from './table.ts';
import { inParallel } from './table-meter-store.ts';

/** Lines that are sorted by plan at once: a download has them by customer, and a batch goes to one plan. */
const sortedAtOnce = 20_000;

export function tablePlanStore(tables: { readonly planTotals: Table; readonly planLines: Table }): PlanStore {
  return {
    seedUsage: (datasetId, totals) =>
      inParallel(
        groupsOf(totals, (total) => planOf(total.planId)),
        (group, planId) =>
          tables.planTotals.putMany(
            partitionOf(datasetId, planId),
            group.map((total) => ({ rowKey: identityOf([planTotalKey(total)]), value: total })),
          ),
      ),
    readUsage: async (datasetId, planId) => {
      const rows = tables.planTotals.list(partitionOf(datasetId, planOf(planId)));
      const totals = await Array.fromAsync(rows, (row): PlanTotal => planTotal.parse(row.value));
      return totals.sort((left, right) => (planTotalKey(left) < planTotalKey(right) ? -1 : 1));
    },
    seedLines: (datasetId, lines) =>
      inParallel(
        groupsOf(byPlan(lines), (line) => planOf(line.subscriptionId)),
        (group, planId) =>
          tables.planLines.putMany(
            partitionOf(datasetId, planId),
            group.map((line) => ({ rowKey: lineKey(line), value: line })),
          ),
      ),
    readLines: (datasetId, planId) =>
      Array.fromAsync(
        tables.planLines.list(partitionOf(datasetId, planOf(planId))),
        (row): PlanLine => planLine.parse(row.value),
      ),
  };
}

async function* byPlan(lines: AsyncIterable<PlanLine>): AsyncGenerator<PlanLine> {
  let held: PlanLine[] = [];
  const sorted = () =>
    held.sort((left, right) => (planOf(left.subscriptionId) < planOf(right.subscriptionId) ? -1 : 1));
  for await (const line of lines) {
    held.push(line);
    if (held.length < sortedAtOnce) continue;
    yield* sorted();
    held = [];
  }
  yield* sorted();
}

/** Ids of plans are compared without regard to letter case. */
function planOf(planId: string): string {
  return planId.toLowerCase();
}

function lineKey({ part, line }: PlanLine): string {
  return `${String(part).padStart(5, '0')}-${String(line).padStart(9, '0')}`;
}

function partitionOf(datasetId: string, planId: string): string {
  return `${datasetId}|${planId}`;
}
