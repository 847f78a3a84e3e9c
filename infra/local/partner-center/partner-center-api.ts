import { type Answer, withHeaders } from './answer.ts';
import type { StandInContext } from './context.ts';
import { partnerCenterError } from './errors.ts';
import { answerInvoice, answerInvoices, type PartnerCenterDeps } from './invoices.ts';
import { answerLineItems } from './line-items.ts';
import { headerOf, type Route, type StandInRequest } from './request.ts';
import { callerOf, PARTNER_CENTER_AUDIENCE } from './tokens.ts';

const INVOICES = '/partner-center/v1/invoices';

/** Source: "Get a collection of invoices", "Get invoice by ID", "Get invoice line items" of the Partner Center REST API. */
export function partnerCenterRoute(deps: PartnerCenterDeps, request: StandInRequest): Route | undefined {
  const path = request.path.replace(/\/$/, '');
  if (path === INVOICES) {
    return route(deps, request, 'invoices', (tenantId) => answerInvoices(deps, tenantId, request));
  }
  if (!path.startsWith(`${INVOICES}/`)) return undefined;
  const [id, second, ...rest] = path.slice(INVOICES.length + 1).split('/');
  if (id === undefined) return undefined;
  if (second === undefined) {
    return route(deps, request, 'invoices', (tenantId) => answerInvoice(deps, tenantId, plainId(id)));
  }
  // Either `lineitems?provider=…&invoicelineitemtype=…` or `lineitems/{provider}/{type}`.
  if (second !== 'lineitems' || (rest.length !== 0 && rest.length !== 2)) return undefined;
  return route(deps, request, 'line-items', (tenantId) =>
    answerLineItems(deps, { tenantId, invoiceId: plainId(id), pathParts: rest }, request),
  );
}

/** The links inside an invoice call it `Recurring-D…` or `OneTime-G…`. */
function plainId(id: string): string {
  return id.replace(/^(Recurring|OneTime)-/i, '');
}

function route(
  deps: PartnerCenterDeps,
  request: StandInRequest,
  group: 'invoices' | 'line-items',
  answer: (tenantId: string) => Promise<Answer>,
): Route {
  return {
    group,
    methods: ['GET'],
    answer: async () => {
      const caller = callerOf(deps.context, request, PARTNER_CENTER_AUDIENCE);
      if (caller.kind === 'caller') return answer(caller.tenantId);
      const refused =
        caller.why === 'missing'
          ? partnerCenterError(401, '800001', 'Partner Token missing in request context')
          : partnerCenterError(401, '400', 'Access denied');
      return withHeaders(refused, { 'WWW-Authenticate': 'OAuth realm=urn:cpsvc:cpid:stand-in' });
    },
  };
}

/** Partner Center names every answer, by the caller's ids where the caller sent some. */
export function withPartnerCenterHeaders(context: StandInContext, request: StandInRequest, answer: Answer): Answer {
  return withHeaders(answer, {
    'MS-RequestId': headerOf(request, 'ms-requestid') ?? context.nextId('request'),
    'MS-CorrelationId': headerOf(request, 'ms-correlationid') ?? context.nextId('correlation'),
  });
}
