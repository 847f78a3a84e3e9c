import pLimit from 'p-limit';
import type { RunRecord } from '../contracts/runs.ts';
import { isBroken } from '../domain/breaks.ts';
import { meterStatuses } from '../domain/comparison.ts';
import { addNews, type BreakNews, breakNewsOf, digestOf, noNews, type RunDigest } from '../domain/run-digest.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { BreakStore, RunStore } from './ports.ts';

export type GatherDigestPorts = {
  readonly runs: RunStore;
  readonly breaks: BreakStore;
  /** Where people look at a run; undefined when there is no such address. */
  readonly portalUrl: string | undefined;
};

/** Units whose lines and breaks are read at once. */
const unitsAtOnce = 8;

/**
 * What a published run comes to, with its breaks.
 * @throws Error while its breaks are not written: they follow a run by moments
 */
export async function gatherDigest(ports: GatherDigestPorts, run: RunRecord): Promise<RunDigest> {
  const { summary } = run;
  if (summary === undefined) throw new TerminalError(`Run ${run.runId} has no summary to tell of`);
  const breaks = run.comparedWith === 'invoicetotal' ? undefined : await gatherNews(ports, run);
  return digestOf({ ...run, summary }, breaks, linkOf(ports.portalUrl, run));
}

async function gatherNews({ runs, breaks }: GatherDigestPorts, run: RunRecord): Promise<BreakNews> {
  const { runId, tenantId, comparedWith } = run;
  const broken = (await runs.listSubscriptions(runId)).filter(({ summary }) =>
    meterStatuses.some((status) => summary.lines[status] > 0 && isBroken({ status })),
  );
  const limit = pLimit(unitsAtOnce);
  const newsOf = async (subscriptionId: string): Promise<BreakNews> => {
    const lines = await runs.readLines(runId, subscriptionId);
    const news = breakNewsOf(run, lines, await breaks.read({ tenantId, comparedWith, subscriptionId }));
    if (news === undefined) throw new Error(`The breaks of run ${runId} are not all written yet`);
    return news;
  };
  const outcomes = await Promise.allSettled(broken.map(({ subscriptionId }) => limit(() => newsOf(subscriptionId))));
  return outcomes.reduce((all, outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return addNews(all, outcome.value);
  }, noNews);
}

/** The page of the portal that lists what this run came to. */
function linkOf(portalUrl: string | undefined, run: RunRecord): string | undefined {
  if (portalUrl === undefined) return undefined;
  const { billingCycle, comparedWith, invoiceId, runId } = run;
  return `${portalUrl}/reconciliation?${new URLSearchParams({ billingCycle, comparedWith, invoiceId, runId })}`;
}
