import { tolerancePolicy } from '../policies.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, noFilters, operatorOnly } from '../route-values.ts';

export const policyRoutes = {
  getPolicy: defineRoute({
    method: 'GET',
    path: 'catalogue/policies',
    tag: 'Catalogue',
    summary: 'The tolerance policy that comparisons are made with',
    callers: cspRoles,
    params: {},
    query: noFilters,
    answers: { 200: { description: 'The policy', body: tolerancePolicy, headers: ['etag'] } },
  }),
  putPolicy: defineRoute({
    method: 'PUT',
    path: 'catalogue/policies',
    tag: 'Catalogue',
    summary: 'Put up another tolerance policy',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    body: tolerancePolicy,
    checksOwnBody: true,
    preconditions: ['if-match'],
    answers: { 200: { description: 'The policy as it was put up', body: tolerancePolicy, headers: ['etag'] } },
    errors: [409, 412, 428],
  }),
};
