import type { routes } from '../contracts/routes.ts';
import { pageOfRuns } from '../pipeline/list-runs.ts';
import { retryWork } from '../pipeline/retry-work.ts';
import { HttpError, notFound } from './http-error.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllRuns: RouteHandler<typeof routes.listRuns> = async (ports, { page }) =>
  page.answer(await pageOfRuns(ports, page));

export const retryRun: RouteHandler<typeof routes.retryRun> = async (ports, { params }) => {
  const outcome = await retryWork(ports, params.runId);
  switch (outcome.kind) {
    case 'restarted':
      return { status: 202 };
    case 'unknown':
      throw notFound('run');
    case 'notFailed':
      throw new HttpError(409, 'NotFailed', 'This work has not failed');
    case 'refused':
      throw new HttpError(
        409,
        'DamagedInput',
        `The same files would be refused again; have other ones delivered. ${outcome.message}`,
      );
  }
};
