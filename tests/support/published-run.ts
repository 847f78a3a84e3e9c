import type { RunRecord } from '../../shared/contracts/runs.ts';
import { compareMeters } from '../../shared/domain/comparison.ts';
import { engineVersion } from '../../shared/domain/engine-version.ts';
import { summarise } from '../../shared/domain/summary.ts';
import { type ComparedWith, defaultPolicy } from '../../shared/domain/tolerance.ts';
import { totalOf } from '../domain/meters.ts';
import type { World } from './world.ts';

const { subscriptionId } = totalOf();

export type RunOfOneMeter = {
  readonly runId: string;
  readonly cycle?: string;
  /** What the one meter is off by, of 10. */
  readonly off?: number;
  readonly order?: string;
  readonly invoiceId?: string;
  readonly comparedWith?: ComparedWith;
  readonly meterName?: string;
  readonly plannedAt?: string;
};

/** A run of one meter, compared and not published yet. */
export async function compareRunOf({ ports }: World, given: RunOfOneMeter) {
  const { runId, cycle = '2026-10', off = 3, order = '1', comparedWith = 'costexport', meterName = 'Meter' } = given;
  const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle } as const;
  const side = (cost: number) => [totalOf({ cost: String(cost), meterName })];
  const lines = compareMeters(side(10), side(10 - off), how);
  const summary = summarise(lines);
  const money = (amountOf: 'invoice' | 'other') =>
    summary.totals.map((totals) => ({ currency: totals.currency, amount: totals[amountOf] }));
  const run: RunRecord = {
    version: 1,
    runId,
    billingCycle: cycle,
    comparedWith,
    invoiceId: given.invoiceId ?? `G-${cycle}`,
    tenantId: 'tenant',
    invoiceDatasetIds: ['usage'],
    otherDatasetIds: ['export'],
    invoiceHash: 'usage',
    otherHashes: [`export ${order}`],
    policyVersion: defaultPolicy.version,
    engineVersion,
    order,
    plannedAt: given.plannedAt ?? ports.clock.now(),
    expectedSubscriptions: 1,
    invoiceRows: 1,
    otherRows: 1,
    invoiceMoney: money('invoice'),
    otherMoney: money('other'),
    state: 'comparing',
  };
  const names = { name: 'Subscription of a person', customerId: 'a-customer' };
  await ports.runs.create(run, { version: 1, runId, subscriptions: [{ subscriptionId, ...names }] });
  await ports.runs.putLines(runId, subscriptionId, lines);
  await ports.runs.putSubscription({ version: 1, runId, subscriptionId, summary });
  return { run, summary };
}

/** A run that readers see; its breaks and changes are not written yet, and nobody was told. */
export async function publishRunOf(world: World, given: RunOfOneMeter): Promise<RunRecord> {
  const { runs } = world.ports;
  const { run, summary } = await compareRunOf(world, given);
  const published: RunRecord = { ...run, state: 'published', summary };
  await runs.finish(published);
  await runs.movePointer(published, { version: 1, runId: published.runId, order: published.order });
  return published;
}
