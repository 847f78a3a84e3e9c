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
  operatorOnly,
  pageOf,
  subscriptionIdParam,
  wordFilter,
} from '../route-values.ts';

const runId = identity.describe('The id of a comparison run');
const subscriptionId = subscriptionIdParam.describe('The id of a subscription, or of a plan; `-` for what has none');

const changesPage = z.strictObject({ ...changeSummary.omit({ version: true }).shape, ...pageOf(lineChange).shape });

/** What to compare, and by which policy. */
const comparisonBody = z.strictObject({
  invoiceId: idFilter,
  comparedWith: z.enum(comparisons).default('costexport'),
  /** A policy to try: the run is made beside the one that readers see, and only its id leads to it. */
  policyVersion: z.string().min(1).max(100).exactOptional(),
});

const comparisonStarted = z.strictObject({
  runId: identity,
  state: z.enum(['comparing', 'published', 'failed']),
  policyVersion: z.string(),
  isTryOut: z.literal(true).exactOptional(),
});

export const reconciliationRoutes = {
  startReconciliation: defineRoute({
    method: 'POST',
    path: 'reconciliations',
    tag: 'Reconciliations',
    summary: 'Compare an invoice now, or try a tolerance policy on it',
    description:
      'The same inputs are the same run: one that is there is answered as it stands, one that failed is started again. ' +
      'With the version of another policy than the present one the run is a try-out: its lines, causes and changes are ' +
      'read by its id, and nothing else shows or follows from it.',
    callers: operatorOnly,
    params: {},
    query: noFilters,
    body: comparisonBody,
    answers: {
      202: {
        description: 'The run; follow `Operation-Location` until it is done',
        body: comparisonStarted,
        headers: ['operation-location', 'retry-after'],
      },
    },
    errors: [404, 409],
  }),
  listReconciliations: defineRoute({
    method: 'GET',
    path: 'reconciliations',
    tag: 'Reconciliations',
    summary: 'What the published comparisons say, by subscription and currency',
    description:
      'Without `comparedWith` those with a cost export: a list never mixes comparisons, since their amounts are not of ' +
      'one kind. With `runId` that run alone, an earlier one or a try-out too.',
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
      comparedWith: z.enum(comparisons).exactOptional(),
      invoiceId: idFilter.exactOptional(),
      runId: runId.exactOptional(),
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
