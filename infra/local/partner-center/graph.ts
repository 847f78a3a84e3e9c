import { z } from 'zod';
import { type Answer, jsonAnswer, withHeaders } from './answer.ts';
import { graphError } from './errors.ts';
import { type ExportOrder, type ManifestDeps, type ManifestRecord, manifestResource } from './manifests.ts';
import type { Route, StandInRequest } from './request.ts';
import type { BilledData, OperationFailure, ResourceLocationShape } from './script.ts';
import { callerOf, GRAPH_AUDIENCE, type Refusal } from './tokens.ts';

type Operation = {
  readonly id: string;
  readonly manifest: ManifestRecord;
  readonly shape: ResourceLocationShape;
  readonly failure: OperationFailure | undefined;
  readonly pollsUntilEnd: number;
  polls: number;
  endedAt: Date | undefined;
};

/** The exports of one run of the stand-in, in memory: Microsoft forgets them too, after a while. */
export type GraphState = {
  readonly operations: Map<string, Operation>;
  readonly manifests: Map<string, ManifestRecord>;
};

const BILLING = '/graph/v1.0/reports/partners/billing';

const ExportBody = z.object({ invoiceId: z.string().min(1), attributeSet: z.enum(['full', 'basic']).default('full') });

export function createGraphState(): GraphState {
  return { operations: new Map(), manifests: new Map() };
}

/** Source: "billedUsage: export", "billedReconciliation: export", "Get operation", "Get manifest" of Microsoft Graph. */
export function graphRoute(deps: ManifestDeps, state: GraphState, request: StandInRequest): Route | undefined {
  if (!request.path.startsWith(`${BILLING}/`)) return undefined;
  const [first, second, third, ...rest] = request.path.slice(BILLING.length + 1).split('/');
  if (first === 'operations' && second !== undefined && third === undefined) {
    return {
      group: 'operation',
      methods: ['GET'],
      answer: forCaller(deps, request, (tenantId) => answerOperation(deps, state, tenantId, second)),
    };
  }
  if (first === 'manifests' && second !== undefined && third === undefined) {
    return {
      group: 'manifest',
      methods: ['GET'],
      answer: forCaller(deps, request, (tenantId) => answerManifest(deps, state, tenantId, second)),
    };
  }
  const data = first === 'usage' ? 'dailyratedusage' : first === 'reconciliation' ? 'onetime' : undefined;
  if (data === undefined || third !== 'export' || rest.length > 0) return undefined;
  if (second !== 'billed' && second !== 'unbilled') return undefined;
  return {
    group: 'export',
    methods: ['POST'],
    answer: forCaller(deps, request, (tenantId) =>
      second === 'billed' ? answerExport(deps, state, { tenantId, data, body: request.body }) : answerUnbilled(deps),
    ),
  };
}

function forCaller(
  deps: ManifestDeps,
  request: StandInRequest,
  answer: (tenantId: string) => Promise<Answer>,
): () => Promise<Answer> {
  return async () => {
    const caller = callerOf(deps.context, request, GRAPH_AUDIENCE);
    if (caller.kind === 'caller') return answer(caller.tenantId);
    const refused = graphError(deps.context, 401, 'InvalidAuthenticationToken', REFUSALS[caller.why]);
    return withHeaders(refused, {
      'WWW-Authenticate': 'Bearer realm="", client_id="00000003-0000-0000-c000-000000000000"',
    });
  };
}

const REFUSALS = {
  missing: 'Access token is empty.',
  unknown: 'Access token validation failure. Invalid signature.',
  expired: 'Lifetime validation failed, the token is expired.',
  'wrong-audience': 'Access token validation failure. Invalid audience.',
} as const satisfies Record<Refusal, string>;

async function answerExport(
  deps: ManifestDeps,
  state: GraphState,
  asked: { readonly tenantId: string; readonly data: BilledData; readonly body: string },
): Promise<Answer> {
  const { context } = deps;
  const body = ExportBody.safeParse(parsedJson(asked.body));
  if (!body.success) {
    return graphError(
      context,
      400,
      'badRequest',
      `The body of the export is not valid: ${z.prettifyError(body.error)}`,
    );
  }
  const { invoiceId, attributeSet } = body.data;
  const invoice = await deps.folder.invoice(asked.tenantId, invoiceId);
  const order: ExportOrder = {
    tenantId: asked.tenantId,
    invoiceId,
    billingMonth: invoice?.billingMonth ?? '',
    data: asked.data,
    attributeSet,
  };
  const operation = await acceptExport(deps, state, order, invoice?.isLegacy);
  const link = `${context.graphUrl}/reports/partners/billing/operations/${operation.id}`;
  return {
    status: 202,
    headers: { [context.script.operationHeader]: link, 'Content-Length': '0', 'request-id': context.nextId('request') },
    body: { kind: 'none' },
  };
}

/** `isLegacy` is undefined for an invoice the tenant does not have. */
async function acceptExport(
  deps: ManifestDeps,
  state: GraphState,
  order: ExportOrder,
  isLegacy: boolean | undefined,
): Promise<Operation> {
  const { context } = deps;
  const shapes = context.script.locationShapes;
  const manifest: ManifestRecord = {
    id: context.nextId('manifest'),
    order,
    createdAt: context.now(),
    linkGeneration: context.script.linkGeneration,
  };
  const operation: Operation = {
    id: context.nextId('operation'),
    manifest,
    shape: shapes[state.operations.size % shapes.length] ?? 'navigation-link',
    failure: await failureOf(deps, order, isLegacy),
    pollsUntilEnd: context.script.runningPolls,
    polls: 0,
    endedAt: undefined,
  };
  state.operations.set(operation.id, operation);
  return operation;
}

/**
 * Graph takes every export and lets it fail later. An invoice of another partner fails like one that does not exist;
 * a legacy invoice, and one whose data is not there yet, with the same code and other words.
 */
async function failureOf(
  deps: ManifestDeps,
  order: ExportOrder,
  isLegacy: boolean | undefined,
): Promise<OperationFailure | undefined> {
  const { script } = deps.context;
  if (isLegacy === undefined) return { code: '5000', message: 'No data available' };
  const scripted = script.failureOf(order.invoiceId);
  if (scripted !== undefined) return scripted;
  if (isLegacy || script.takeNotReady(order.invoiceId)) {
    const message = `No reconciliation data available currently for Invoice ${order.invoiceId}. Please try again later.`;
    return { code: '5000', message };
  }
  const hasData = (await deps.folder.exportFolder(order.invoiceId, order.data)) !== undefined;
  const isReplaced = script.replacementsOf(order.invoiceId, order.data).length > 0;
  return hasData || isReplaced ? undefined : { code: '5000', message: 'No data available' };
}

/** Unbilled data changes daily and is no part of a monthly reconciliation: nothing here makes it up. */
async function answerUnbilled(deps: ManifestDeps): Promise<Answer> {
  return graphError(deps.context, 501, 'notImplemented', 'This stand-in has no unbilled data, only billed exports.');
}

async function answerOperation(deps: ManifestDeps, state: GraphState, tenantId: string, id: string): Promise<Answer> {
  const operation = state.operations.get(id);
  if (operation === undefined || operation.manifest.order.tenantId !== tenantId) return notFound(deps, 'operation', id);
  if (isGone(deps, operation.manifest)) return gone(deps, 'operation');
  operation.polls += 1;
  const { context } = deps;
  const common = {
    id: operation.id,
    createdDateTime: isoSeconds(operation.manifest.createdAt),
    lastActionDateTime: isoTicks(operation.endedAt ?? context.now()),
  };
  if (operation.polls <= operation.pollsUntilEnd) {
    const status = operation.polls === 1 && context.script.startsAsNotStarted ? 'notStarted' : 'running';
    const running = { '@odata.type': odataType('runningOperation'), ...common, status };
    return jsonAnswer(200, running, { 'Retry-After': String(context.script.pollAgainAfterSeconds) });
  }
  operation.endedAt ??= context.now();
  if (operation.failure !== undefined) {
    const error = { message: operation.failure.message, code: operation.failure.code };
    return jsonAnswer(200, { '@odata.type': odataType('failedOperation'), ...common, status: 'failed', error });
  }
  state.manifests.set(operation.manifest.id, operation.manifest);
  return jsonAnswer(200, {
    '@odata.type': odataType('exportSuccessOperation'),
    ...common,
    status: 'succeeded',
    ...(await resourceLocation(deps, operation)),
  });
}

async function resourceLocation(deps: ManifestDeps, operation: Operation): Promise<Record<string, unknown>> {
  const link = `${deps.context.graphUrl}/reports/partners/billing/manifests/${operation.manifest.id}`;
  switch (operation.shape) {
    case 'navigation-link':
      return { 'resourceLocation@odata.navigationLink': link };
    case 'embedded':
      return { resourceLocation: await manifestResource(deps, operation.manifest) };
    case 'url':
      return { resourceLocation: link };
  }
}

async function answerManifest(deps: ManifestDeps, state: GraphState, tenantId: string, id: string): Promise<Answer> {
  const record = state.manifests.get(id);
  if (record === undefined || record.order.tenantId !== tenantId) return notFound(deps, 'manifest', id);
  if (isGone(deps, record)) return gone(deps, 'manifest');
  return jsonAnswer(200, {
    '@odata.context': `${deps.context.graphUrl}/$metadata#reports/partners/billing/manifests/$entity`,
    ...(await manifestResource(deps, record)),
  });
}

function isGone(deps: ManifestDeps, record: ManifestRecord): boolean {
  const { context } = deps;
  const ageSeconds = (context.now().getTime() - record.createdAt.getTime()) / 1000;
  return record.linkGeneration !== context.script.linkGeneration || ageSeconds >= context.script.linkLifeSeconds;
}

function gone(deps: ManifestDeps, what: 'operation' | 'manifest'): Answer {
  return graphError(deps.context, 410, 'gone', `The link to this ${what} has expired. Submit a new request.`);
}

function notFound(deps: ManifestDeps, what: 'operation' | 'manifest', id: string): Answer {
  return graphError(deps.context, 404, 'itemNotFound', `There is no ${what} '${id}'.`);
}

function odataType(name: string): string {
  return `#microsoft.graph.partners.billing.${name}`;
}

/** Undefined for what is not JSON, which no schema here accepts. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isoSeconds(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/** Seven fraction digits, as .NET writes them. */
function isoTicks(moment: Date): string {
  return moment.toISOString().replace('Z', '0000Z');
}
