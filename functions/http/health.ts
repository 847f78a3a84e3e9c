import functions from '@azure/functions';
import { getDeps } from '../../shared/host/deps.ts';

functions.app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (_request, context) => {
    try {
      await getDeps().failures.list();
      return { jsonBody: { status: 'healthy' } };
    } catch (error) {
      context.error('storage does not answer', error);
      return { status: 503, jsonBody: { status: 'unhealthy', reason: 'storage does not answer' } };
    }
  },
});
