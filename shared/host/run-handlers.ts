import type { routes } from '../contracts/routes.ts';
import { listRuns } from '../pipeline/queries.ts';
import { pageOfOrdered } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllRuns: RouteHandler<typeof routes.listRuns> = async (ports, { page }) =>
  page.answer(pageOfOrdered(await listRuns(ports), page));
