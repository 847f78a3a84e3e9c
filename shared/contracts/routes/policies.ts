import { z } from 'zod';
import { tolerancePolicy } from '../policies.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, noFilters, operatorOnly, pageOf } from '../route-values.ts';

const version = z.string().min(1).max(100).describe('The version of a policy: a name that people choose');

/** A policy that is offered, and whether comparisons are made with it. */
const policyItem = z.strictObject({ version: z.string(), isCurrent: z.boolean(), policy: tolerancePolicy });

export const policyRoutes = {
  listPolicies: defineRoute({
    method: 'GET',
    path: 'catalogue/policies',
    tag: 'Catalogue',
    summary: 'The tolerance policies that are kept, and which is the present one',
    callers: cspRoles,
    params: {},
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'A page of policies, ordered by version', body: pageOf(policyItem) } },
  }),
  getCurrentPolicy: defineRoute({
    method: 'GET',
    path: 'catalogue/policies/current',
    tag: 'Catalogue',
    summary: 'The tolerance policy that comparisons are made with',
    callers: cspRoles,
    params: {},
    query: noFilters,
    answers: { 200: { description: 'The policy', body: tolerancePolicy, headers: ['etag'] } },
  }),
  putCurrentPolicy: defineRoute({
    method: 'PUT',
    path: 'catalogue/policies/current',
    tag: 'Catalogue',
    summary: 'Put up another tolerance policy',
    description: 'Published comparisons are made again with it, beside those of before.',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    body: tolerancePolicy,
    checksOwnBody: true,
    preconditions: ['if-match'],
    answers: { 200: { description: 'The policy as it was put up', body: tolerancePolicy, headers: ['etag'] } },
    errors: [409, 412, 428],
  }),
  getPolicy: defineRoute({
    method: 'GET',
    path: 'catalogue/policies/{version}',
    tag: 'Catalogue',
    summary: 'One tolerance policy',
    callers: cspRoles,
    params: { version },
    query: noFilters,
    answers: { 200: { description: 'The policy', body: tolerancePolicy } },
  }),
  keepPolicy: defineRoute({
    method: 'PUT',
    path: 'catalogue/policies/{version}',
    tag: 'Catalogue',
    summary: 'Keep a tolerance policy, to try it or to put it up later',
    description: 'A policy never changes: what is different needs a version of its own.',
    callers: operatorOnly,
    params: { version },
    query: noFilters,
    body: tolerancePolicy,
    checksOwnBody: true,
    answers: { 200: { description: 'The policy as it is kept', body: tolerancePolicy } },
    errors: [409],
  }),
  deletePolicy: defineRoute({
    method: 'DELETE',
    path: 'catalogue/policies/{version}',
    tag: 'Catalogue',
    summary: 'Take a tolerance policy off the list',
    description: 'Runs that were made with it keep naming it. The present one and the default one stay.',
    callers: operatorOnly,
    params: { version },
    query: noFilters,
    answers: { 204: { description: 'It is not listed any more' } },
    errors: [409],
  }),
};
