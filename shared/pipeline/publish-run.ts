import type { PublishRunMessage } from '../contracts/messages.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { addSummaries, coverageGap, emptySummary } from '../domain/summary.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { followIssues } from './follow-issues.ts';
import { type FollowRunPorts, followRun, followTryOut } from './follow-run.ts';
import type { Clock, IssueStore, Log, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type PublishRunPorts = FollowRunPorts & {
  readonly clock: Clock;
  readonly issues: Pick<IssueStore, 'list' | 'update'>;
  readonly log: Log;
  readonly outbox: Outbox;
};

/** A run is asked after first soon, then ever more rarely, until its deadline. */
export const firstPublishDelayMs = 1_000;
const publishDelayMaxMs = 30_000;
const runDeadlineMs = 6 * 60 * 60 * 1000;

/**
 * Publishes a run when all its subscriptions are there and every row that was read is accounted for; until then asks
 * itself to look again. Publishing is one conditional write of the pointer: readers see the old run or the new one.
 * Breaks, changes and the issues that are about breaks follow it, by moments. Of a try-out nothing follows but what it
 * would change.
 */
export async function publishRun(ports: PublishRunPorts, message: PublishRunMessage): Promise<void> {
  const run = await ports.runs.get(message.runId);
  if (run === undefined) throw new TerminalError(`There is no run ${message.runId}`);
  if (run.state === 'failed') return;
  if (run.state === 'published') return showToReaders(ports, run);
  const results = await ports.runs.listSubscriptions(run.runId);
  if (results.length < run.expectedSubscriptions) return lookAgain(ports, run, message.attempt, results.length);
  const summary = results.reduce((sum, result) => addSummaries(sum, result.summary), emptySummary);
  const gap = coverageGap(summary, run);
  if (gap !== undefined) return fail(ports, { ...run, summary }, `The result does not account for every row: ${gap}`);
  const published: RunRecord = { ...run, state: 'published', summary };
  await ports.runs.finish(published);
  await showToReaders(ports, published);
}

async function showToReaders(ports: PublishRunPorts, run: RunRecord): Promise<void> {
  if (run.isTryOut === true) return followTryOut(ports, run);
  const outcome = await ports.runs.movePointer(run, { version: 1, runId: run.runId, order: run.order });
  await followRun(ports, run);
  await followIssues(ports, run);
  await request(ports.outbox, 'sendNotification', [{ runId: run.runId }]);
  ports.log.info('run published', {
    runId: run.runId,
    comparedWith: run.comparedWith,
    invoiceId: run.invoiceId,
    billingCycle: run.billingCycle,
    outcome,
  });
}

async function lookAgain(ports: PublishRunPorts, run: RunRecord, attempt: number, done: number): Promise<void> {
  const now = ports.clock.now();
  if (now > addMilliseconds(run.plannedAt, runDeadlineMs)) {
    return fail(
      ports,
      run,
      `${run.expectedSubscriptions - done} of ${run.expectedSubscriptions} subscriptions were not compared within 6 hours`,
    );
  }
  const waitMs = Math.min(firstPublishDelayMs * 2 ** Math.min(attempt, 10), publishDelayMaxMs);
  await request(ports.outbox, 'publishRun', [{ runId: run.runId, attempt: attempt + 1 }], {
    notBefore: addMilliseconds(now, waitMs),
  });
  ports.log.info('run in progress', { runId: run.runId, done, expected: run.expectedSubscriptions });
}

async function fail(ports: PublishRunPorts, run: RunRecord, problem: string): Promise<void> {
  await ports.runs.finish({ ...run, state: 'failed', problem });
  ports.log.warn('run failed', { runId: run.runId, problem });
}
