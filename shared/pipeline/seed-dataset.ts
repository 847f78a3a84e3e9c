import type { DatasetDefinition, DatasetSeal, SubscriptionName } from '../contracts/datasets.ts';
import { planLine } from '../contracts/invoice-lines.ts';
import { isMeterKind } from '../domain/datasets.ts';
import type { LineItem } from '../domain/line-item.ts';
import { LineOwners } from '../domain/line-owners.ts';
import { amountsOfItem, LineTally } from '../domain/line-sums.ts';
import { addTotals, type MeterTotal, type Money, meterTotalKey, sumTexts } from '../domain/meter-totals.ts';
import type { PlanLine } from '../domain/plan-lines.ts';
import {
  addPlanTotals,
  type CostOfRows,
  type PlanTotal,
  planTotalKey,
  unplannedTotals,
} from '../domain/plan-totals.ts';
import { mergeSorted } from './merge-sorted.ts';
import type { DatasetStore, LineStore, MeterStore, PlanStore } from './ports.ts';

export type SeedDatasetPorts = {
  readonly datasets: DatasetStore;
  readonly meters: MeterStore;
  readonly lines: LineStore;
  readonly plans: PlanStore;
};

/** What a dataset turns out to come to while it is seeded. */
export type SeededFacts = Pick<DatasetSeal, 'plans' | 'moneyByInvoice' | 'amounts' | 'owners'>;

/** Puts what the shards of a dataset add up to into the tables that comparisons read. Twice is once. */
export async function seedDataset(ports: SeedDatasetPorts, definition: DatasetDefinition): Promise<SeededFacts> {
  return isMeterKind(definition.kind) ? seedMeters(ports, definition) : seedLines(ports, definition);
}

async function seedMeters(ports: SeedDatasetPorts, definition: DatasetDefinition): Promise<SeededFacts> {
  const { datasetId, kind } = definition;
  const parts = [...definition.parts.keys()];
  const money = new MoneyTally();
  async function* counted(): AsyncGenerator<MeterTotal> {
    const shards = parts.map((part) => ports.datasets.readShardTotals(datasetId, part));
    for await (const total of mergeSorted(shards, meterTotalKey, addTotals)) {
      money.add(total.invoiceId ?? '', total);
      yield total;
    }
  }
  await ports.meters.seed(datasetId, counted());
  const moneyByInvoice = money.byInvoice();
  const plans = kind === 'dailyratedusage' ? await seedUsageOfPlans(ports, datasetId, parts, money) : [];
  return { plans, moneyByInvoice, amounts: [], owners: [] };
}

/**
 * What daily rated usage adds up to by plan. Rows that name no plan, and what they cost, stand under the empty one: no
 * row of usage is left out of the comparison with the lines of the invoice.
 */
async function seedUsageOfPlans(
  { datasets, plans }: SeedDatasetPorts,
  datasetId: string,
  parts: readonly number[],
  money: MoneyTally,
): Promise<readonly SubscriptionName[]> {
  const names = new Set<string>();
  const planned = new MoneyTally();
  async function* counted(): AsyncGenerator<PlanTotal> {
    const shards = parts.map((part) => datasets.readShardPlans(datasetId, part));
    for await (const total of mergeSorted(shards, planTotalKey, addPlanTotals)) {
      planned.add('', total);
      names.add(total.planId.toLowerCase());
      yield total;
    }
  }
  await plans.seedUsage(datasetId, counted());
  const rest = unplannedTotals(money.ofAll(), planned.ofAll());
  await plans.seedUsage(datasetId, asStream(rest));
  if (rest.length > 0) names.add('');
  return [...names].sort().map((subscriptionId) => ({ subscriptionId, name: '', customerId: '' }));
}

async function seedLines(ports: SeedDatasetPorts, definition: DatasetDefinition): Promise<SeededFacts> {
  const { datasetId, kind } = definition;
  const parts = [...definition.parts.keys()];
  const tally = new LineTally();
  const owners = new LineOwners();
  async function* counted(): AsyncGenerator<LineItem> {
    for await (const line of linesOf(ports.datasets, datasetId, parts)) {
      const amounts = amountsOfItem(line);
      if (amounts !== undefined) tally.add(amounts);
      owners.add(line);
      yield line;
    }
  }
  await ports.lines.seed(datasetId, counted());
  const plans = kind === 'onetime' ? await seedLinesOfPlans(ports, datasetId, parts) : [];
  return { plans, moneyByInvoice: {}, amounts: tally.sorted(), owners: owners.sorted() };
}

async function seedLinesOfPlans(
  { datasets, plans }: SeedDatasetPorts,
  datasetId: string,
  parts: readonly number[],
): Promise<readonly SubscriptionName[]> {
  const names = new Map<string, SubscriptionName>();
  async function* counted(): AsyncGenerator<PlanLine> {
    for await (const line of linesOf(datasets, datasetId, parts)) {
      if (!('billableQuantity' in line))
        throw new Error(`Dataset ${datasetId} holds lines that are not of new commerce`);
      const subscriptionId = line.subscriptionId.toLowerCase();
      const own = { subscriptionId, name: line.subscriptionDescription, customerId: line.customerId };
      names.set(subscriptionId, firstName(names.get(subscriptionId), own));
      yield planLine.strip().parse(line);
    }
  }
  await plans.seedLines(datasetId, counted());
  return [...names.values()].sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1));
}

/** Of several names the first in the alphabet, so that the order of lines does not matter. */
function firstName(known: SubscriptionName | undefined, own: SubscriptionName): SubscriptionName {
  if (known === undefined) return own;
  const order = (name: SubscriptionName) => `${name.name} ${name.customerId}`;
  return order(known) <= order(own) ? known : own;
}

/** The line items of the parts of a dataset, in order. */
export async function* linesOf(
  datasets: DatasetStore,
  datasetId: string,
  parts: readonly number[],
): AsyncGenerator<LineItem> {
  for (const part of parts) yield* datasets.readShardLines(datasetId, part);
}

async function* asStream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** What totals cost, by the invoice that they name and by currency. */
class MoneyTally {
  readonly #costs = new Map<string, Map<string, { cost: string; rows: number }>>();

  add(invoiceId: string, { currency, cost, rows }: CostOfRows): void {
    const own = this.#costs.get(invoiceId) ?? new Map<string, { cost: string; rows: number }>();
    this.#costs.set(invoiceId, own);
    const known = own.get(currency) ?? { cost: '0', rows: 0 };
    own.set(currency, { cost: sumTexts([known.cost, cost]), rows: known.rows + rows });
  }

  byInvoice(): Readonly<Record<string, readonly Money[]>> {
    const entries = [...this.#costs].map(([invoiceId, own]) => [
      invoiceId,
      [...own].map(([currency, { cost }]) => ({ currency, amount: cost })).sort(byCurrency),
    ]);
    return Object.fromEntries(entries.sort(([left], [right]) => ((left ?? '') < (right ?? '') ? -1 : 1)));
  }

  /** By currency, whatever the invoice. */
  *ofAll(): Generator<CostOfRows> {
    for (const own of this.#costs.values())
      for (const [currency, { cost, rows }] of own) yield { currency, cost, rows };
  }
}

function byCurrency(left: Money, right: Money): number {
  return left.currency < right.currency ? -1 : 1;
}
