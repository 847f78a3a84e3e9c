import type { IssueRecord, IssueSubject } from '../contracts/issues.ts';
import { type Break, type BreakState, stateOf } from '../domain/breaks.ts';
import { followBreaks } from '../domain/issue.ts';
import type { BreakKey, BreakStore, Clock, IssueStore } from './ports.ts';

export type FollowIssuesPorts = {
  readonly clock: Clock;
  readonly breaks: Pick<BreakStore, 'read'>;
  readonly issues: Pick<IssueStore, 'list' | 'update'>;
};

/**
 * Brings issues up to their breaks: what closed with its break is resolved, what opened anew says so. Asked after every
 * run that readers see, and by the sweep; twice is once.
 * @returns how many issues were changed
 */
export async function followIssues(
  ports: FollowIssuesPorts,
  only: Partial<Pick<BreakKey, 'tenantId' | 'comparedWith'>> = {},
): Promise<number> {
  const linked = (await ports.issues.list()).filter(
    ({ breaks, subject }) =>
      breaks !== undefined &&
      (only.tenantId === undefined || only.tenantId === subject.tenantId) &&
      (only.comparedWith === undefined || only.comparedWith === subject.comparedWith),
  );
  const reader = breakReader(ports.breaks);
  let changed = 0;
  for (const issue of linked) {
    const known = await reader(issue);
    if (issue.breaks === undefined || known === undefined) continue;
    const seen = seenOf(issue.breaks.breakIds, known);
    if (seen === issue.breaks.seen) continue;
    const at = ports.clock.now();
    await ports.issues.update(issue.issueId, (present) => followBreaks(present, seen, at));
    changed += 1;
  }
  return changed;
}

/** Reads the breaks of issues, those of one subscription once. */
export function breakReader(
  breaks: Pick<BreakStore, 'read'>,
): (issue: Pick<IssueRecord, 'subject'>) => Promise<readonly Break[] | undefined> {
  const read = new Map<string, Promise<readonly Break[]>>();
  return async ({ subject }) => {
    const key = keyOf(subject);
    if (key === undefined) return undefined;
    const name = JSON.stringify(key);
    const found = read.get(name) ?? breaks.read(key);
    read.set(name, found);
    return found;
  };
}

/** How the breaks of a new issue stand. */
export async function breaksSeen(
  breaks: Pick<BreakStore, 'read'>,
  { subject, breakIds }: { readonly subject: IssueSubject; readonly breakIds: readonly string[] },
): Promise<BreakState> {
  const known = await breakReader(breaks)({ subject });
  return seenOf(breakIds, known ?? []);
}

/** Open while one of them is. A break that is not known yet follows its run by moments, and is open. */
function seenOf(breakIds: readonly string[], known: readonly Break[]): BreakState {
  const byId = new Map(known.map((one) => [one.breakId, one]));
  const isOpen = (breakId: string) => {
    const one = byId.get(breakId);
    return one === undefined || stateOf(one) === 'open';
  };
  return breakIds.some(isOpen) ? 'open' : 'closed';
}

function keyOf({ tenantId, comparedWith, subscriptionId }: IssueSubject): BreakKey | undefined {
  if (comparedWith === undefined || subscriptionId === undefined) return undefined;
  return { tenantId, comparedWith, subscriptionId };
}
