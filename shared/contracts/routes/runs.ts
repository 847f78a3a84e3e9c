import { runItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, noFilters, pageOf } from '../route-values.ts';

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
};
