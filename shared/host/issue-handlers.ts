import { Readable } from 'node:stream';
import type { HttpResponseInit } from '@azure/functions';
import { apiVersion } from '../contracts/http.ts';
import type { IssueRecord } from '../contracts/issues.ts';
import type { routes } from '../contracts/routes.ts';
import { identityOf } from '../domain/content-hash.ts';
import { changeIssue } from '../pipeline/edit-issue.ts';
import { findIssues, issuePlace, toIssueDetail, toIssueItems } from '../pipeline/issue-items.ts';
import { reportIssue } from '../pipeline/report-issue.ts';
import { HttpError, notFound, versionChanged } from './http-error.ts';
import type { StepPorts } from './on-queue-message.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const reportOneIssue: RouteHandler<typeof routes.reportIssue> = async (ports, { body, caller, http }) => {
  const target =
    'subscriptionId' in body.target && body.target.subscriptionId === '-'
      ? { ...body.target, subscriptionId: '' }
      : body.target;
  const reported = await reportIssue(ports, { ...body, target }, caller.principalId);
  if (reported === undefined) throw notFound('run, subscription, meter line or line item to report');
  const { issue, kind } = reported;
  if (kind === 'created') ports.log.info('issue reported', { issueId: issue.issueId, by: caller.principalId });
  const location = new URL(`issues/${issue.issueId}?api-version=${apiVersion}`, http.url).href;
  const answer = await answerOf(ports, issue);
  const waits = issue.evidence.state === 'queued' ? { 'retry-after': '1' } : {};
  return {
    ...answer,
    status: kind === 'created' ? 201 : 200,
    headers: { ...answer.headers, location, ...waits },
  };
};

export const listAllIssues: RouteHandler<typeof routes.listIssues> = async (ports, { query, page }) => {
  const { items, next } = pageOfList(await findIssues(ports.issues, query), issuePlace, page);
  return page.answer({ items: await toIssueItems(ports, items), next });
};

export const getOneIssue: RouteHandler<typeof routes.getIssue> = async (ports, { params }) => {
  const issue = await ports.issues.get(params.issueId);
  if (issue === undefined) throw notFound('issue');
  return answerOf(ports, issue);
};

export const editOneIssue: RouteHandler<typeof routes.editIssue> = async (ports, { params, body, caller, http }) => {
  const { issueId } = params;
  if ((await ports.issues.get(issueId)) === undefined) throw notFound('issue');
  const ifMatch = http.headers.get('if-match');
  if (ifMatch === null) {
    throw new HttpError(428, 'PreconditionRequired', 'Say in If-Match which version of the issue you saw', 'If-Match');
  }
  // What stands after the dash is of the evidence and the break, which come and go without anybody's edit.
  const changes = Number(/^(?:W\/)?"(\d{1,6})-[0-9a-f]+"$/.exec(ifMatch)?.[1]);
  const outcome = await changeIssue(ports, { issueId, changes, edit: body, by: caller.principalId });
  switch (outcome?.kind) {
    case undefined:
      throw notFound('issue');
    case 'conflict':
      throw versionChanged('issue');
    case 'refused':
      throw refusalOf(outcome);
    case 'done':
      ports.log.info('issue changed', { issueId, state: outcome.issue.state, by: caller.principalId });
      return answerOf(ports, outcome.issue);
  }
};

function refusalOf({
  code,
  message,
}: {
  readonly code: 'wrongState' | 'noteNeeded' | 'tooManyChanges';
  message: string;
}) {
  switch (code) {
    case 'noteNeeded':
      return new HttpError(400, 'NoteNeeded', message, 'note');
    case 'wrongState':
      return new HttpError(409, 'WrongState', message, 'state');
    case 'tooManyChanges':
      return new HttpError(409, 'TooManyChanges', message);
  }
}

export const getEvidence: RouteHandler<typeof routes.getIssueEvidence> = async (ports, { params, http }) => {
  const issue = await ports.issues.get(params.issueId);
  if (issue === undefined) throw notFound('issue');
  const { issueId, evidence } = issue;
  if (evidence.state !== 'available') {
    const reason = evidence.reason === undefined ? '' : `: ${evidence.reason}`;
    throw new HttpError(409, 'EvidenceNotAvailable', `The evidence is ${evidence.state}${reason}`);
  }
  const headers = {
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="issue-${issueId}.zip"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    etag: `"${evidence.sha256 ?? ''}"`,
  };
  if (http.method === 'HEAD') return { headers };
  const bytes = await ports.issues.openEvidence(issueId);
  if (bytes === undefined) throw new Error(`The evidence of issue ${issueId} is gone`);
  return { headers, body: Readable.from(bytes) };
};

/** Its tag names the version that people edit by, and the answer as it is. */
async function answerOf(ports: StepPorts, issue: IssueRecord): Promise<HttpResponseInit> {
  const jsonBody = await toIssueDetail(ports, issue);
  const etag = `"${issue.changes}-${identityOf([JSON.stringify(jsonBody)]).slice(0, 16)}"`;
  return { headers: { etag, 'cache-control': 'no-store' }, jsonBody };
}
