import type { CompareSubscriptionMessage } from '../contracts/messages.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { assertNever } from '../domain/assert-never.ts';
import { type Comparing, compareMeters, type MeterLine } from '../domain/comparison.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { compareInvoiceSums } from '../domain/invoice-total.ts';
import { invoiceTotalLimits, invoiceTotalLines } from '../domain/invoice-total-lines.ts';
import { totalsForInvoices } from '../domain/meter-totals.ts';
import { totalsOfLines, totalsOfPlans } from '../domain/plan-lines.ts';
import { summarise } from '../domain/summary.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { TolerancePolicy } from '../domain/tolerance.ts';
import type { DatasetStore, Log, MeterStore, PlanStore, PolicyStore, RunStore } from './ports.ts';
import { readRowsForCauses } from './rows-for-causes.ts';
import { addSums } from './run-sides.ts';
import { sealOf } from './seal-of.ts';

export type CompareSubscriptionPorts = CompareLinesPorts & {
  readonly log: Log;
  readonly policies: PolicyStore;
  readonly runs: RunStore;
};

/** What lines are made from, without anything that is written. */
export type CompareLinesPorts = {
  readonly datasets: DatasetStore;
  readonly meters: MeterStore;
  readonly plans: PlanStore;
};

/**
 * Compares one unit of a run (a subscription, a plan, the whole invoice) and writes its lines, then its summary, which
 * says that it is done.
 */
export async function compareSubscription(
  ports: CompareSubscriptionPorts,
  message: CompareSubscriptionMessage,
): Promise<void> {
  const { runId, subscriptionId } = message;
  const run = await ports.runs.get(runId);
  if (run === undefined) throw new TerminalError(`There is no run ${runId}`);
  if (run.engineVersion !== engineVersion) {
    throw new TerminalError(
      `Run ${runId} was planned for engine ${run.engineVersion}; this is engine ${engineVersion}, and makes a run of its own`,
    );
  }
  const policy = await ports.policies.get(run.policyVersion);
  if (policy === undefined)
    throw new TerminalError(`Run ${runId} was planned with policy ${run.policyVersion}, which is not stored`);
  const lines = await linesOfUnit(ports, { run, subscriptionId, policy });
  await ports.runs.putLines(runId, subscriptionId, lines);
  await ports.runs.putSubscription({ version: 1, runId, subscriptionId, summary: summarise(lines) });
  ports.log.info('subscription compared', { runId, subscriptionId, lines: lines.length });
}

export type UnitOfRun = {
  readonly run: RunRecord;
  readonly subscriptionId: string;
  readonly policy: TolerancePolicy;
};

/** The lines of one unit of a run, under whatever policy. Writes nothing. */
export function linesOfUnit(ports: CompareLinesPorts, unit: UnitOfRun): Promise<readonly MeterLine[]> {
  const { comparedWith } = unit.run;
  switch (comparedWith) {
    case 'costexport':
      return meterLines(ports, unit);
    case 'invoicelines':
      return planLines(ports, unit);
    case 'invoicetotal':
      return totalLines(ports, unit);
    default:
      return assertNever(comparedWith);
  }
}

async function meterLines(ports: CompareLinesPorts, { run, subscriptionId, policy }: UnitOfRun) {
  const read = (datasetIds: readonly string[]) =>
    Promise.all(datasetIds.map((datasetId) => ports.meters.read(datasetId, subscriptionId)));
  const invoice = (await read(run.invoiceDatasetIds)).flat();
  const other = totalsForInvoices((await read(run.otherDatasetIds)).flat(), [run.invoiceId]);
  const how = howOf(run, policy);
  const fromTotals = compareMeters(invoice, other, how);
  const rowsOf = await readRowsForCauses(ports, { run, subscriptionId }, { invoice, other, lines: fromTotals });
  return rowsOf === undefined ? fromTotals : compareMeters(invoice, other, { ...how, rowsOf });
}

async function planLines({ plans }: CompareLinesPorts, { run, subscriptionId, policy }: UnitOfRun) {
  const read = <T>(datasetIds: readonly string[], of: (datasetId: string, planId: string) => Promise<readonly T[]>) =>
    Promise.all(datasetIds.map((datasetId) => of(datasetId, subscriptionId)));
  const usage = (await read(run.invoiceDatasetIds, plans.readUsage)).flat();
  const lines = (await read(run.otherDatasetIds, plans.readLines)).flat();
  const { billingCycle } = run;
  const how = howOf(run, policy);
  return compareMeters(totalsOfPlans(usage, billingCycle), totalsOfLines(lines, usage, billingCycle), how);
}

async function totalLines({ datasets }: CompareLinesPorts, { run, policy }: UnitOfRun) {
  const sums = addSums(await Promise.all(run.invoiceDatasetIds.map((datasetId) => sealOf(datasets, datasetId))));
  const { invoiceId, documents = [] } = run;
  const limitsOf = (currency: string) => invoiceTotalLimits(policy, currency);
  return compareInvoiceSums({ invoiceId, documents, sums, limitsOf }).flatMap((compared) =>
    invoiceTotalLines(compared, policy),
  );
}

function howOf({ comparedWith, billingCycle, gate }: RunRecord, policy: TolerancePolicy): Comparing {
  const how = { comparedWith, policy, cycle: billingCycle };
  if (gate === undefined) return how;
  return { ...how, notComparable: gate.kind === 'closed' ? 'all' : new Set(gate.currencies) };
}
