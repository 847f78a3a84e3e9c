import type { routes } from '../contracts/routes.ts';
import type { RouteHandler } from './serve-route.ts';

export const getHealth: RouteHandler<typeof routes.getHealth> = async (ports) => {
  try {
    await ports.policies.current();
    return { jsonBody: { status: 'healthy' } };
  } catch (error) {
    ports.log.warn('storage does not answer', { error: String(error) });
    return { status: 503, jsonBody: { status: 'unhealthy', reason: 'storage does not answer' } };
  }
};
