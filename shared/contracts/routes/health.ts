import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { noFilters } from '../route-values.ts';

const health = z.strictObject({ status: z.enum(['healthy', 'unhealthy']), reason: z.string().exactOptional() });

export const healthRoutes = {
  getHealth: defineRoute({
    method: 'GET',
    path: 'health',
    tag: 'Service',
    summary: 'Whether the API can do its work',
    callers: 'anyone',
    isUnversioned: true,
    params: {},
    query: noFilters,
    answers: {
      200: { description: 'It can', body: health },
      503: { description: 'It cannot: what it needs does not answer', body: health },
    },
  }),
};
