import { z } from 'zod';
import { roles } from '../../domain/caller.ts';
import { operationItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import { noFilters } from '../route-values.ts';

export const operationRoutes = {
  getOperation: defineRoute({
    method: 'GET',
    path: 'operations/{operationId}',
    tag: 'Operations',
    summary: 'How far long work is',
    description: 'The address of it stands in `Operation-Location` of the answer that began the work.',
    callers: roles,
    params: {
      operationId: z
        .string()
        .regex(/^file-[0-9a-f]{32}$/)
        .describe('The id of the work'),
    },
    query: noFilters,
    answers: {
      200: {
        description: 'The work as it stands; while it has not ended, `Retry-After` says when to ask again',
        body: operationItem,
        headersAtTimes: ['retry-after'],
      },
    },
  }),
};
