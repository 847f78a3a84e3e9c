import { issueBody, issueDetail, issueEditBody, issueFilter, issueItem } from '../issues.ts';
import { defineRoute } from '../route.ts';
import { identity, noFilters, pageOf } from '../route-values.ts';

const issueId = identity.describe('The id of the issue');
const operators = ['csp.operator'] as const;
const readers = ['csp.operator', 'csp.reader'] as const;

export const issueRoutes = {
  reportIssue: defineRoute({
    method: 'POST',
    path: 'issues',
    tag: 'Issues',
    summary: 'Report a run, a subscription, a meter line or a line item, with its evidence',
    description:
      'One target has one issue: asking again answers the one that there is. The evidence is gathered afterwards; the address in Operation-Location tells when it is there.',
    callers: operators,
    params: {},
    query: noFilters,
    body: issueBody,
    answers: {
      200: { description: 'The issue that there is of this target', body: issueDetail },
      201: { description: 'The new issue', body: issueDetail },
    },
  }),
  listIssues: defineRoute({
    method: 'GET',
    path: 'issues',
    tag: 'Issues',
    summary: 'The reported issues, the oldest first',
    callers: readers,
    params: {},
    query: issueFilter,
    isPaged: true,
    answers: { 200: { description: 'A page of issues', body: pageOf(issueItem) } },
  }),
  getIssue: defineRoute({
    method: 'GET',
    path: 'issues/{issueId}',
    tag: 'Issues',
    summary: 'One issue, with its history',
    callers: readers,
    params: { issueId },
    query: noFilters,
    answers: { 200: { description: 'The issue', body: issueDetail } },
  }),
  editIssue: defineRoute({
    method: 'PATCH',
    path: 'issues/{issueId}',
    tag: 'Issues',
    summary: 'Move an issue on, give it an owner, or add a note',
    description: 'If-Match has to name the version that was seen.',
    callers: operators,
    params: { issueId },
    query: noFilters,
    body: issueEditBody,
    answers: { 200: { description: 'The issue as it is now', body: issueDetail } },
  }),
  getIssueEvidence: defineRoute({
    method: 'GET',
    path: 'issues/{issueId}/evidence',
    tag: 'Issues',
    summary: 'The evidence of an issue, as a zip',
    callers: readers,
    params: { issueId },
    query: noFilters,
    answers: { 200: { description: 'The zip', contentTypes: ['application/zip'] } },
  }),
};
