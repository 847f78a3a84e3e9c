import type { routes } from '../contracts/routes.ts';
import { drillDownRowsMax } from '../pipeline/drill-down.ts';
import { pageOfReconciliations } from '../pipeline/list-reconciliations.ts';
import { pageOfChanges, pageOfMeters } from '../pipeline/queries.ts';
import { startComparison } from '../pipeline/start-comparison.ts';
import { HttpError, notFound } from './http-error.ts';
import { runOperationHeaders } from './operation-handlers.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllReconciliations: RouteHandler<typeof routes.listReconciliations> = async (ports, { query, page }) =>
  page.answer(await pageOfReconciliations(ports.runs, query, page));

export const startReconciliation: RouteHandler<typeof routes.startReconciliation> = async (ports, { body, http }) => {
  const invoiceId = body.invoiceId.toUpperCase();
  const outcome = await startComparison(ports, { ...body, invoiceId });
  switch (outcome.kind) {
    case 'unknownInvoice':
      throw notFound('invoice');
    case 'unknownPolicy':
      throw new HttpError(
        400,
        'UnknownPolicy',
        `There is no policy of the version '${body.policyVersion}'; PUT /catalogue/policies/{version} keeps one`,
        'policyVersion',
      );
    case 'notReady':
      throw new HttpError(409, 'NotReady', outcome.message, 'invoiceId');
    case 'started': {
      const { runId, state, policyVersion, isTryOut } = outcome.run;
      return {
        status: 202,
        headers: runOperationHeaders(http, runId),
        jsonBody: { runId, state, policyVersion, ...(isTryOut === undefined ? {} : { isTryOut }) },
      };
    }
  }
};

export const listSubscriptionMeters: RouteHandler<typeof routes.listMeters> = async (
  ports,
  { params, query, page },
) => {
  const found = await pageOfMeters(ports, { of: params, filter: query, page });
  if (found === undefined) throw notFound('subscription in a published run');
  return page.answer(found);
};

export const openMeter: RouteHandler<typeof routes.drillDown> = async (ports, { params, page }) => {
  const found = await ports.openMeter(ports, params);
  switch (found?.kind) {
    case undefined:
      throw notFound('meter line of a comparison with a cost export in a published run');
    case 'rowsNotKept':
      throw new HttpError(409, 'RowsNotKept', 'The rows of this month were read before rows were kept by subscription');
    case 'tooManyRows':
      throw new HttpError(
        422,
        'TooManyRows',
        `The meter line has ${found.rows} rows; expected at most ${drillDownRowsMax} to be opened`,
      );
    case 'opened':
      return page.answer(pageOfList(found.items, ({ usageDate, resourceId }) => `${usageDate} ${resourceId}`, page));
  }
};

export const listRunChanges: RouteHandler<typeof routes.listChanges> = async (ports, { params, page }) => {
  const found = await pageOfChanges(ports, params.runId, page);
  if (found === undefined) throw notFound('run with another before it');
  const { version: _, ...summary } = found.summary;
  return { jsonBody: { ...summary, ...page.answer(found.page).jsonBody } };
};
