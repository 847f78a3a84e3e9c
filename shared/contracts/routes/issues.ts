import { issueBody, issueDetail, issueEditBody, issueFilter, issueItem } from '../issues.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, identity, noFilters, operatorOnly, pageOf } from '../route-values.ts';

const issueId = identity.describe('The id of the issue');

/** While its evidence is gathered, `Retry-After` says when to look again. */
const reported = { headers: ['etag', 'location'], headersAtTimes: ['retry-after'] } as const;

export const issueRoutes = {
  reportIssue: defineRoute({
    method: 'POST',
    path: 'issues',
    tag: 'Issues',
    summary: 'Report a run, a subscription, a meter line or a line item, with its evidence',
    description:
      'One target has one issue: asking again answers the one that there is. The evidence is gathered afterwards: the issue, at `Location`, tells when it is there.',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    body: issueBody,
    answers: {
      200: { description: 'The issue that there is of this target', body: issueDetail, ...reported },
      201: { description: 'The new issue', body: issueDetail, ...reported },
    },
    errors: [404],
  }),
  listIssues: defineRoute({
    method: 'GET',
    path: 'issues',
    tag: 'Issues',
    summary: 'The reported issues, the oldest first',
    callers: cspRoles,
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
    callers: cspRoles,
    params: { issueId },
    query: noFilters,
    answers: { 200: { description: 'The issue', body: issueDetail, headers: ['etag'] } },
  }),
  editIssue: defineRoute({
    method: 'PATCH',
    path: 'issues/{issueId}',
    tag: 'Issues',
    summary: 'Move an issue on, give it an owner, or add a note',
    description: 'If-Match has to name the version that was seen.',
    callers: operatorOnly,
    params: { issueId },
    query: noFilters,
    body: issueEditBody,
    preconditions: ['if-match'],
    answers: { 200: { description: 'The issue as it is now', body: issueDetail, headers: ['etag'] } },
    errors: [409, 412, 428],
  }),
  getIssueEvidence: defineRoute({
    method: 'GET',
    path: 'issues/{issueId}/evidence',
    tag: 'Issues',
    summary: 'The evidence of an issue, as a zip',
    callers: cspRoles,
    params: { issueId },
    query: noFilters,
    answers: {
      200: { description: 'The zip', contentTypes: ['application/zip'], headers: ['content-disposition', 'etag'] },
    },
    errors: [409],
  }),
};
