import { z } from 'zod';
import { runItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, noFilters, operatorOnly, pageOf } from '../route-values.ts';

export const runRoutes = {
  listRuns: defineRoute({
    method: 'GET',
    path: 'runs',
    tag: 'Runs',
    summary: 'The pipeline’s work and what became of it: downloads, datasets, comparisons and failures',
    callers: cspRoles,
    params: {},
    query: noFilters,
    isPaged: true,
    answers: { 200: { description: 'A page of pieces of work, kind by kind', body: pageOf(runItem) } },
  }),
  retryRun: defineRoute({
    method: 'POST',
    path: 'runs/{runId}/retry',
    tag: 'Runs',
    summary: 'Start failed work again',
    description:
      'By the id under which `GET /runs` tells of it: a comparison that failed, a download that was given up, a dataset ' +
      'that was given up while it was read, a failure. A dataset whose files are damaged is refused (409): it would be ' +
      'refused again, until the source delivers other files.',
    callers: operatorOnly,
    params: {
      runId: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,200}$/)
        .describe('The id of a piece of work'),
    },
    query: noFilters,
    answers: { 202: { description: 'It is under way again; `GET /runs` tells how far' } },
    errors: [409],
  }),
};
