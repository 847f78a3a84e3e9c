import { z } from 'zod';
import { comparisons } from '../../domain/tolerance.ts';
import { changeSummary, lineChange } from '../breaks.ts';
import { detailItem, meterItem, reconciliationItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import {
  billingCycleFilter,
  cspRoles,
  identity,
  idFilter,
  noFilters,
  pageOf,
  subscriptionIdParam,
  wordFilter,
} from '../route-values.ts';

const runId = identity.describe('The id of a comparison run');
const subscriptionId = subscriptionIdParam.describe('The id of a subscription, or of a plan; `-` for what has none');

const changesPage = z.strictObject({ ...changeSummary.omit({ version: true }).shape, ...pageOf(lineChange).shape });

export const reconciliationRoutes = {
  listReconciliations: defineRoute({
    method: 'GET',
    path: 'reconciliations',
    tag: 'Reconciliations',
    summary: 'What the published comparisons say, by subscription and currency',
    callers: cspRoles,
    params: {},
    query: z.strictObject({
      billingCycle: billingCycleFilter.exactOptional(),
      subscriptionId: idFilter.exactOptional(),
      status: z
        .string()
        .toLowerCase()
        .pipe(z.enum(['matched', 'mismatched']))
        .exactOptional()
        .describe('Matched or Mismatched; letter case does not matter'),
      /** A list never mixes comparisons: their amounts are not of one kind. */
      comparedWith: z.enum(comparisons).default('costexport'),
      invoiceId: idFilter.exactOptional(),
    }),
    isPaged: true,
    answers: {
      200: {
        description: 'A page of subscriptions, ordered by billing cycle, invoice and subscription',
        body: pageOf(reconciliationItem),
      },
    },
  }),
  listMeters: defineRoute({
    method: 'GET',
    path: 'reconciliations/{runId}/subscriptions/{subscriptionId}/meters',
    tag: 'Reconciliations',
    summary: 'The meter lines of one subscription in a published run',
    callers: cspRoles,
    params: { runId, subscriptionId },
    query: z.strictObject({
      status: wordFilter.exactOptional(),
      severity: wordFilter.exactOptional(),
      trend: wordFilter.exactOptional(),
    }),
    isPaged: true,
    answers: { 200: { description: 'A page of meter lines, ordered by meter key', body: pageOf(meterItem) } },
  }),
  drillDown: defineRoute({
    method: 'GET',
    path: 'reconciliations/{runId}/subscriptions/{subscriptionId}/meters/{meterKey}',
    tag: 'Reconciliations',
    summary: 'What a meter line is made of: both sides by day and resource, with the source rows',
    description: 'Only for comparisons with a cost export: lines of the others stand for amounts of the invoice.',
    callers: cspRoles,
    params: { runId, subscriptionId, meterKey: identity.describe('The key of a meter line') },
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'A page of days and resources, in that order', body: pageOf(detailItem) } },
    errors: [409, 422],
  }),
  listChanges: defineRoute({
    method: 'GET',
    path: 'reconciliations/{runId}/changes',
    tag: 'Reconciliations',
    summary: 'What a run changed against the one before it, and why',
    callers: cspRoles,
    params: { runId },
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'The counts, and a page of the lines that differ', body: changesPage } },
  }),
};
