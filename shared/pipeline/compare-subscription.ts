import type { CompareSubscriptionMessage } from '../contracts/messages.ts';
import { compareMeters } from '../domain/comparison.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { totalsForInvoices } from '../domain/meter-totals.ts';
import { summarise } from '../domain/summary.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { defaultPolicy } from '../domain/tolerance.ts';
import type { DatasetStore, Log, MeterStore, RunStore } from './ports.ts';
import { readRowsForCauses } from './rows-for-causes.ts';

export type CompareSubscriptionPorts = {
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly meters: MeterStore;
  readonly runs: RunStore;
};

/** Compares one subscription of a run and writes its meter lines, then its summary, which says that it is done. */
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
  if (run.policyVersion !== defaultPolicy.version) {
    throw new TerminalError(
      `Run ${runId} was planned with policy ${run.policyVersion}, which is not the present one, ${defaultPolicy.version}`,
    );
  }
  const invoice = await ports.meters.read(run.invoiceDatasetId, subscriptionId);
  const others = await Promise.all(
    run.otherDatasetIds.map((datasetId) => ports.meters.read(datasetId, subscriptionId)),
  );

  const other = totalsForInvoices(others.flat(), [run.invoiceId]);
  const how = { comparedWith: run.comparedWith, policy: defaultPolicy, cycle: run.billingCycle };
  const fromTotals = compareMeters(invoice, other, how);
  const rowsOf = await readRowsForCauses(ports, { run, subscriptionId }, { invoice, other, lines: fromTotals });
  const lines = rowsOf === undefined ? fromTotals : compareMeters(invoice, other, { ...how, rowsOf });

  await ports.runs.putLines(runId, subscriptionId, lines);
  await ports.runs.putSubscription({ version: 1, runId, subscriptionId, summary: summarise(lines) });
  ports.log.info('subscription compared', { runId, subscriptionId, lines: lines.length });
}
