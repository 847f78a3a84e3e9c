import type { DatasetRecord, DatasetSeal } from '../contracts/datasets.ts';
import type { PlanComparisonsMessage } from '../contracts/messages.ts';
import type { RunPlan, RunRecord } from '../contracts/runs.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { pairForCostExport, type RunInputs, runIdOf, runOrderOf, type SealedDataset } from '../domain/datasets.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { defaultPolicy } from '../domain/tolerance.ts';
import type { Clock, DatasetStore, Log, Outbox, RunStore } from './ports.ts';
import { firstPublishDelayMs } from './publish-run.ts';
import { request } from './requests.ts';
import { mergeNames } from './seal-dataset.ts';

export type PlanComparisonsPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly outbox: Outbox;
};

/**
 * A dataset is sealed: plans every comparison that the sealed datasets of its billing cycle make possible and that has
 * not been planned, and fans out one message per subscription.
 */
export async function planComparisons(ports: PlanComparisonsPorts, message: PlanComparisonsMessage): Promise<void> {
  const seal = await ports.datasets.readSeal(message.datasetId);
  if (seal === undefined) throw new Error(`Dataset ${message.datasetId} is not sealed yet`);
  const sealed = (await ports.datasets.listCycle(seal.billingCycle)).flatMap(toSealed);
  for (const inputs of pairForCostExport(sealed)) await planRun(ports, inputs, seal.billingCycle);
}

/** What pairing needs of a dataset's record; nothing unless it is sealed. */
export function toSealed(record: DatasetRecord): readonly SealedDataset[] {
  const { datasetId, kind, contentHash, sourceTime, sourceId, tenantIds, invoiceIds } = record;
  if (record.state !== 'sealed' || contentHash === undefined) return [];
  const isOpenMonth = record.isOpenMonth === true;
  return [{ datasetId, kind, contentHash, sourceTime, sourceId, tenantIds, invoiceIds, isOpenMonth }];
}

async function planRun(ports: PlanComparisonsPorts, inputs: RunInputs, billingCycle: string): Promise<void> {
  const runId = runIdOf(inputs, defaultPolicy.version);
  const existing = await ports.runs.get(runId);
  const order = runOrderOf(inputs);
  if (existing?.state === 'published') {
    // The data are what they were once before: their result is there, and is now the latest again.
    await ports.runs.movePointer(existing, { version: 1, runId, order });
    return;
  }
  if (existing?.state === 'failed') return;
  const seals = await Promise.all(
    [inputs.invoice, ...inputs.others].map((dataset) => sealOf(ports, dataset.datasetId)),
  );
  const [invoice, ...others] = seals;
  if (invoice === undefined) throw new Error(`Run ${runId} has no invoice side`);
  const plan: RunPlan = { version: 1, runId, subscriptions: mergeNames(seals.flatMap((seal) => seal.subscriptions)) };
  const record: RunRecord = existing ?? {
    version: 1,
    runId,
    billingCycle,
    comparedWith: inputs.comparedWith,
    invoiceId: inputs.invoiceId,
    invoiceDatasetId: invoice.datasetId,
    otherDatasetIds: others.map((seal) => seal.datasetId),
    policyVersion: defaultPolicy.version,
    engineVersion,
    order,
    plannedAt: ports.clock.now(),
    expectedSubscriptions: plan.subscriptions.length,
    invoiceRows: invoice.rows,
    otherRows: others.reduce((sum, seal) => sum + rowsFor(seal, inputs.invoiceId), 0),
    state: 'comparing',
  };
  await ports.runs.create(record, plan);
  await request(
    ports.outbox,
    'compareSubscription',
    plan.subscriptions.map(({ subscriptionId }) => ({ runId, subscriptionId })),
  );
  const notBefore = addMilliseconds(ports.clock.now(), firstPublishDelayMs);
  await request(ports.outbox, 'publishRun', [{ runId, attempt: 0 }], { notBefore });
  ports.log.info('comparison planned', {
    runId,
    invoiceId: inputs.invoiceId,
    subscriptions: plan.subscriptions.length,
  });
}

/** The rows of a cost export that stand against this invoice: those that name it, and those that name none. */
function rowsFor({ rowsByInvoice }: DatasetSeal, invoiceId: string): number {
  return (rowsByInvoice[''] ?? 0) + (rowsByInvoice[invoiceId] ?? 0);
}

async function sealOf(ports: PlanComparisonsPorts, datasetId: string): Promise<DatasetSeal> {
  const seal = await ports.datasets.readSeal(datasetId);
  if (seal === undefined) throw new Error(`Dataset ${datasetId} is recorded as sealed and has no seal`);
  return seal;
}
