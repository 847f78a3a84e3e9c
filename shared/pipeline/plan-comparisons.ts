import type { DatasetRecord } from '../contracts/datasets.ts';
import type { InvoiceRecord } from '../contracts/invoices.ts';
import type { PlanComparisonsMessage } from '../contracts/messages.ts';
import type { RunPlan, RunRecord } from '../contracts/runs.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import {
  allPairs,
  type InvoiceDocument,
  invoiceHashOf,
  type RunInputs,
  runIdOf,
  runOrderOf,
  type SealedDataset,
} from '../domain/datasets.ts';
import { engineVersion } from '../domain/engine-version.ts';
import type { TolerancePolicy } from '../domain/tolerance.ts';
import type { Clock, DatasetStore, InvoiceStore, Log, Outbox, PolicyStore, RunStore } from './ports.ts';
import { firstPublishDelayMs } from './publish-run.ts';
import { request } from './requests.ts';
import { runSidesOf } from './run-sides.ts';
import { sealOf } from './seal-of.ts';

export type PlanComparisonsPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly invoices: InvoiceStore;
  readonly policies: PolicyStore;
  readonly runs: RunStore;
  readonly outbox: Outbox;
};

/**
 * A dataset is sealed: plans every comparison that the sealed datasets of its billing cycle make possible and that has
 * not been planned, and fans out one message per subscription, plan or invoice total.
 */
export async function planComparisons(ports: PlanComparisonsPorts, message: PlanComparisonsMessage): Promise<void> {
  const seal = await ports.datasets.readSeal(message.datasetId);
  if (seal === undefined) throw new Error(`Dataset ${message.datasetId} is not sealed yet`);
  const sealed = (await ports.datasets.listCycle(seal.billingCycle)).flatMap(toSealed);
  const documents = (await ports.invoices.list()).map(toDocument);
  const current = await ports.policies.current();
  for (const inputs of allPairs(sealed, documents)) {
    const { policy, ordinal } = current;
    await planRun(ports, { inputs, billingCycle: seal.billingCycle, policy, order: runOrderOf(inputs, ordinal) });
  }
}

/** What pairing needs of a dataset's record; nothing unless it is sealed. */
export function toSealed(record: DatasetRecord): readonly SealedDataset[] {
  const { datasetId, kind, contentHash, sourceTime, sourceId, tenantIds, invoiceIds } = record;
  if (record.state !== 'sealed' || contentHash === undefined) return [];
  const isOpenMonth = record.isOpenMonth === true;
  return [{ datasetId, kind, contentHash, sourceTime, sourceId, tenantIds, invoiceIds, isOpenMonth }];
}

/** What pairing needs of an invoice that Partner Center lists. */
export function toDocument(record: InvoiceRecord): InvoiceDocument {
  const { tenantId, type, invoiceId, documentType, billingCycle, currency, total, amendsInvoiceId } = record;
  const amends = amendsInvoiceId === undefined ? {} : { amendsInvoiceId };
  return { tenantId, type, invoiceId, documentType, billingCycle, currency, total, ...amends };
}

/** One comparison to be made: of what, by which policy, and whether readers are to see it. */
export type PlannedRun = {
  readonly inputs: RunInputs;
  readonly billingCycle: string;
  readonly policy: TolerancePolicy;
  readonly order: string;
  readonly isTryOut?: true;
};

/**
 * Starts a comparison, unless it is there already: the same inputs are the same run. Of a published one that readers do
 * not see any more, it is made the latest again. @returns its id
 */
export async function planRun(ports: PlanComparisonsPorts, planned: PlannedRun): Promise<string> {
  const { inputs, billingCycle, policy, order, isTryOut } = planned;
  const runId = isTryOut === true ? tryOutIdOf(inputs, policy.version) : runIdOf(inputs, policy.version);
  const existing = await ports.runs.get(runId);
  if (existing?.state === 'published' && isTryOut === undefined) {
    // The data are what they were once before: their result is there, and is now the latest again.
    await ports.runs.movePointer(existing, { version: 1, runId, order });
    // Of a run that was brought back, breaks have to follow again.
    if (order !== existing.order) await request(ports.outbox, 'publishRun', [{ runId, attempt: 0 }], { wave: order });
  }
  if (existing !== undefined && existing.state !== 'comparing') return runId;
  const sides = await sidesOf(ports, inputs, billingCycle);
  const plan: RunPlan = { version: 1, runId, subscriptions: sides.units };
  const { units: _, ...read } = sides;
  const record: RunRecord = existing ?? {
    version: 1,
    runId,
    billingCycle,
    comparedWith: inputs.comparedWith,
    invoiceId: inputs.invoiceId,
    tenantId: inputs.invoice.tenantIds[0] ?? '',
    invoiceDatasetIds: [inputs.invoice, ...(inputs.moreOfInvoice ?? [])].map(({ datasetId }) => datasetId),
    otherDatasetIds: inputs.others.map(({ datasetId }) => datasetId),
    invoiceHash: invoiceHashOf(inputs),
    otherHashes: otherHashesOf(inputs),
    ...(inputs.documents === undefined ? {} : { documents: inputs.documents }),
    policyVersion: policy.version,
    engineVersion,
    order,
    plannedAt: ports.clock.now(),
    expectedSubscriptions: plan.subscriptions.length,
    ...read,
    ...(isTryOut === undefined ? {} : { isTryOut }),
    state: 'comparing',
  };
  await ports.runs.create(record, plan);
  await requestUnits(ports, plan);
  ports.log.info('comparison planned', {
    runId,
    comparedWith: inputs.comparedWith,
    invoiceId: inputs.invoiceId,
    units: plan.subscriptions.length,
  });
  return runId;
}

/** Asks for every unit of a run, and for its publishing. `wave` tells a further attempt from the one before. */
export async function requestUnits(
  { clock, outbox }: Pick<PlanComparisonsPorts, 'clock' | 'outbox'>,
  { runId, subscriptions }: RunPlan,
  wave?: string,
): Promise<void> {
  const again = wave === undefined ? {} : { wave };
  const units = subscriptions.map(({ subscriptionId }) => ({ runId, subscriptionId }));
  await request(outbox, 'compareSubscription', units, again);
  const notBefore = addMilliseconds(clock.now(), firstPublishDelayMs);
  await request(outbox, 'publishRun', [{ runId, attempt: 0 }], { notBefore, ...again });
}

/** A try-out is a run beside the one that the same policy would make if it were put up. */
function tryOutIdOf(inputs: RunInputs, policyVersion: string): string {
  return identityOf(['tryOut', runIdOf(inputs, policyVersion)]);
}

async function sidesOf(ports: PlanComparisonsPorts, inputs: RunInputs, billingCycle: string) {
  const { comparedWith, invoiceId, documents = [] } = inputs;
  const invoice = await Promise.all(
    [inputs.invoice, ...(inputs.moreOfInvoice ?? [])].map(({ datasetId }) => sealOf(ports.datasets, datasetId)),
  );
  const others = await Promise.all(inputs.others.map(({ datasetId }) => sealOf(ports.datasets, datasetId)));
  return runSidesOf({ comparedWith, invoiceId, billingCycle, invoice, others, documents });
}

function otherHashesOf({ others, documents }: RunInputs): readonly string[] {
  const hashes = others.map(({ contentHash }) => contentHash);
  return documents === undefined ? hashes : documents.map((document) => JSON.stringify(document));
}
