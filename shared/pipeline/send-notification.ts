import type { SendNotificationMessage } from '../contracts/messages.ts';
import type { CauseAmount } from '../domain/cause.ts';
import { absolute, compareDecimals, decimal } from '../domain/decimal.ts';
import type { ComparisonSummary } from '../domain/summary.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { FailureStore, Log, RunStore } from './ports.ts';
import { failureIdOf } from './record-failure.ts';

/** What a run comes to, for people who do not look every day. */
export type RunDigest = {
  readonly runId: string;
  readonly billingCycle: string;
  readonly invoiceId: string;
  readonly comparedWith: string;
  readonly summary: ComparisonSummary;
  /** The three causes of the largest amounts, whichever their sign; amounts of different currencies stand side by side. */
  readonly largestCauses: readonly (CauseAmount & { readonly currency: string })[];
};

/** Where digests go. `id` is the same for every repeat of one digest, so that the receiver can tell. */
export interface Notifier {
  notify(id: string, digest: RunDigest): Promise<void>;
}

export type SendNotificationPorts = {
  readonly log: Log;
  readonly runs: RunStore;
  readonly failures: FailureStore;
  readonly notifier: Notifier | undefined;
};

/** Tells of a published run, once it is the one that readers see. Without an address for notifications it only says so in the log. */
export async function sendNotification(ports: SendNotificationPorts, message: SendNotificationMessage): Promise<void> {
  const run = await ports.runs.get(message.runId);
  if (run?.summary === undefined) throw new TerminalError(`Run ${message.runId} has no summary to tell of`);
  const pointer = await ports.runs.readPointer(run);
  if (pointer?.runId !== run.runId) return;
  const { runId, billingCycle, invoiceId, comparedWith, summary } = run;
  await ports.notifier?.notify(runId, {
    runId,
    billingCycle,
    invoiceId,
    comparedWith,
    summary,
    largestCauses: largestCauses(summary),
  });
  await ports.failures.remove(failureIdOf('sendNotification', { runId }));
  ports.log.info('run told of', { runId, notified: ports.notifier !== undefined });
}

const causesTold = 3;

function largestCauses({ totals }: ComparisonSummary): RunDigest['largestCauses'] {
  const size = (amount: string) => absolute(decimal(amount));
  return totals
    .flatMap(({ currency, causes }) => causes.map((cause) => ({ ...cause, currency })))
    .sort((left, right) => compareDecimals(size(right.amount), size(left.amount)))
    .slice(0, causesTold);
}
