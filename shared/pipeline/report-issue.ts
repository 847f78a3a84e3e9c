import type { IssueBody, IssueRecord } from '../contracts/issues.ts';
import { identityOf } from '../domain/content-hash.ts';
import { engineVersion } from '../domain/engine-version.ts';
import { breaksSeen } from './follow-issues.ts';
import { type FoundTarget, findTarget, type IssueTargetPorts } from './issue-target.ts';
import type { BreakStore, Clock, IssueStore, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type ReportIssuePorts = IssueTargetPorts & {
  readonly clock: Clock;
  readonly breaks: BreakStore;
  readonly issues: IssueStore;
  readonly outbox: Outbox;
};

export type ReportedIssue = { readonly kind: 'created' | 'known'; readonly issue: IssueRecord };

/**
 * Makes the issue of a target, and asks for its evidence. A target has one issue, however often and by how many it is
 * reported: the first report is kept.
 * @returns undefined when there is no such target in a published run or sealed data
 */
export async function reportIssue(
  ports: ReportIssuePorts,
  body: IssueBody,
  reportedBy: string,
): Promise<ReportedIssue | undefined> {
  const found = await findTarget(ports, body.target);
  if (found === undefined) return undefined;
  const issueId = identityOf(['issue', ...found.identity]);
  const known = await ports.issues.get(issueId);
  if (known !== undefined) return withEvidenceAsked(ports, { kind: 'known', issue: known });
  const issue = await newIssue(ports, found, { issueId, body, reportedBy });
  if ((await ports.issues.create(issue)) === 'created') return withEvidenceAsked(ports, { kind: 'created', issue });
  const winner = await ports.issues.get(issueId);
  if (winner === undefined) throw new Error(`The issue ${issueId} was there and is gone`);
  return withEvidenceAsked(ports, { kind: 'known', issue: winner });
}

async function withEvidenceAsked(ports: ReportIssuePorts, reported: ReportedIssue): Promise<ReportedIssue> {
  const { issueId, evidence } = reported.issue;
  if (evidence.state === 'queued') await request(ports.outbox, 'attachEvidence', [{ issueId }]);
  return reported;
}

async function newIssue(
  ports: ReportIssuePorts,
  { target, subject, breakIds }: FoundTarget,
  { issueId, body, reportedBy }: { readonly issueId: string; readonly body: IssueBody; readonly reportedBy: string },
): Promise<IssueRecord> {
  const at = ports.clock.now();
  const owned = body.owner === undefined ? {} : { owner: body.owner };
  const noted = body.note === undefined ? {} : { note: body.note };
  const seen = breakIds.length === 0 ? undefined : await breaksSeen(ports.breaks, { subject, breakIds });
  return {
    version: 1,
    issueId,
    target,
    subject,
    engineVersion,
    reportedAt: at,
    reportedBy,
    ...(body.note === undefined ? {} : { reportedNote: body.note }),
    state: 'open',
    ...owned,
    ...(seen === undefined
      ? {}
      : { breaks: { breakIds, seen, ...(seen === 'closed' ? { hasClosed: true as const } : {}) } }),
    evidence: { state: 'queued' },
    changes: 1,
    latest: { at, by: reportedBy, kind: 'created', state: 'open', ...owned, ...noted },
  };
}
