import type { routes } from '../contracts/routes.ts';
import { type LineView, lineViewOf } from '../domain/caller-scope.ts';
import type { AudienceTable } from '../domain/file-columns.ts';
import { type FileKind, isCustomerFileKind } from '../domain/file-kinds.ts';
import { notPriced } from '../domain/line-explanation.ts';
import { type ListedLine, listLines } from '../pipeline/list-lines.ts';
import { viewOrThrow } from './caller-view.ts';
import { HttpError, notFound } from './http-error.ts';
import type { RouteHandler } from './serve-route.ts';

type LineItemHandler = RouteHandler<typeof routes.listOnetimeLineItems>;

export const listOnetimeLineItems = lineItemsOf('onetime');
export const listLicenseLineItems = lineItemsOf('license');
export const listUsageLineItems = lineItemsOf('usage');
export const listDailyRatedUsageLineItems = lineItemsOf('dailyratedusage');

function lineItemsOf(kind: FileKind): LineItemHandler {
  return async (ports, { caller, params, query, page }) => {
    const all = viewOrThrow(caller, lineViewOf(caller, {}));
    const view = viewOrThrow(caller, lineViewOf(caller, query));
    if (view.audience === 'customer' && !isCustomerFileKind(kind)) {
      const message = `Customers see no ${kind} lines; expected onetime or license`;
      throw new HttpError(400, 'KindNotForAudience', message, 'audience');
    }
    const invoiceId = params.invoiceId.toUpperCase();
    const found = await listLines(ports, { invoiceId, kind, all, view, subscriptionId: query.subscriptionId }, page);
    switch (found.kind) {
      case 'notFound':
        throw notFound(`invoice with ${kind} lines`);
      case 'badPosition':
        throw new HttpError(400, 'InvalidContinuation', 'The continuation is none of this list', 'continuation');
      case 'rowsNotKept':
        throw new HttpError(409, 'RowsNotKept', 'The rows of this month were read before rows were kept');
      case 'badCatalogue':
        throw badCatalogue(view, found.message);
      case 'page': {
        const { columns, lines, next } = found;
        return page.answer({ items: lines.map((line) => toItem(columns, line, view)), next });
      }
    }
  };
}

/** What is wrong with a catalogue is for those who keep it. */
function badCatalogue({ audience }: LineView, message: string): HttpError {
  const reason = audience === 'csp' ? `: ${message}` : '';
  return new HttpError(409, 'BadCatalogue', `No line is priced by the present catalogue${reason}`);
}

function toItem(columns: AudienceTable, { cells, refusal, source }: ListedLine, { audience }: LineView) {
  const named = Object.keys(columns).flatMap((name, at) => (cells[at] ? [[name, cells[at]] as const] : []));
  const isForCsp = audience === 'csp';
  const reason = refusal === undefined || isForCsp ? refusal : notPriced;
  return {
    ...Object.fromEntries(named),
    ...(isForCsp ? { source } : {}),
    ...(reason === undefined ? {} : { unpriced: { code: reason.code, message: reason.message } }),
  };
}
