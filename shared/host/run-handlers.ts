import type { routes } from '../contracts/routes.ts';
import { pageOfRuns } from '../pipeline/list-runs.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllRuns: RouteHandler<typeof routes.listRuns> = async (ports, { page }) =>
  page.answer(await pageOfRuns(ports, page));
