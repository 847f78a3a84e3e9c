import { z } from 'zod';
import { auditItem } from '../audit.ts';
import { grantItem, grantScope } from '../grants.ts';
import { defineRoute } from '../route.ts';
import { noFilters, operatorOnly, pageOf } from '../route-values.ts';

const params = {
  tenantId: z.guid().toLowerCase().describe('The tenant of the person or app (`tid` of their tokens)'),
  objectId: z.guid().toLowerCase().describe('Their object id there (`oid` of their tokens)'),
};

export const grantRoutes = {
  listGrants: defineRoute({
    method: 'GET',
    path: 'grants',
    tag: 'Grants',
    summary: 'Who sees what resellers and customers see',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'A page of grants, ordered by principal', body: pageOf(grantItem) } },
  }),
  getGrant: defineRoute({
    method: 'GET',
    path: 'grants/{tenantId}/{objectId}',
    tag: 'Grants',
    summary: 'What one person or app was granted',
    callers: operatorOnly,
    params,
    query: noFilters,
    answers: { 200: { description: 'The grant', body: grantItem, headers: ['etag'] } },
  }),
  putGrant: defineRoute({
    method: 'PUT',
    path: 'grants/{tenantId}/{objectId}',
    tag: 'Grants',
    summary: 'Let a person or an app see what a reseller or a customer sees',
    description:
      'In place of what they were granted before, which `If-Match` names. Roles of the CSP’s own people are app roles of Entra, not grants.',
    callers: operatorOnly,
    params,
    query: noFilters,
    body: grantScope,
    preconditions: ['if-match'],
    answers: {
      200: { description: 'The grant, changed', body: grantItem, headers: ['etag'] },
      201: { description: 'The grant, which is new', body: grantItem, headers: ['etag'] },
    },
    errors: [412, 428],
  }),
  deleteGrant: defineRoute({
    method: 'DELETE',
    path: 'grants/{tenantId}/{objectId}',
    tag: 'Grants',
    summary: 'Take a grant back; it opens nothing any more after five seconds',
    callers: operatorOnly,
    params,
    query: noFilters,
    preconditions: ['if-match'],
    answers: { 204: { description: 'The grant is taken back' } },
    errors: [412, 428],
  }),
  listAudit: defineRoute({
    method: 'GET',
    path: 'audit',
    tag: 'Grants',
    summary: 'Who changed grants and tolerance policies, when, and what they were before',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'A page of changes, the newest first', body: pageOf(auditItem) } },
  }),
};
