import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { fileRecord } from './files.ts';
import {
  apiVersion,
  detailItem,
  errorBody,
  fileItem,
  invoiceItem,
  meterItem,
  operationItem,
  reconciliationItem,
  runItem,
} from './http.ts';
import { tolerancePolicy } from './policies.ts';
import { problem } from './problem.ts';
import type { AnswerHeader, Route, RouteAnswer } from './route.ts';
import { routes } from './routes.ts';
import { comparisonSummary, meterLine } from './runs.ts';

/** The shapes that readers of the document meet again and again, by name. */
const namedShapes = {
  ComparisonSummary: comparisonSummary,
  DetailItem: detailItem,
  Error: errorBody,
  File: fileItem,
  FileState: fileRecord.shape.state,
  Invoice: invoiceItem,
  Meter: meterItem,
  MeterLine: meterLine,
  Operation: operationItem,
  Problem: problem,
  Reconciliation: reconciliationItem,
  Run: runItem,
  TolerancePolicy: tolerancePolicy,
} as const;

const tags: Readonly<Record<string, string>> = {
  Invoices: 'Microsoft’s invoices and how far each is reconciled',
  Reconciliations: 'What the comparisons say, down to the source rows',
  Files: 'Reconciliation files for the CSP, its resellers and its customers',
  Catalogue: 'Resellers, customers, subscriptions, margins and the tolerance policy',
  Runs: 'The pipeline’s work and what became of it',
  Operations: 'Long work, followed until it has ended',
  Service: 'The API itself',
};

const headers: Readonly<Record<AnswerHeader | 'x-ms-error-code' | 'www-authenticate' | 'allow', string>> = {
  allow: 'The methods that the path knows',
  'content-disposition': 'The name of the file',
  etag: 'The version of what is answered, for If-Match and If-None-Match',
  location: 'Where what was made is found',
  'operation-location': 'Where the work is followed until it has ended',
  'retry-after': 'How many seconds to wait before asking again',
  'www-authenticate': 'What kind of token is expected',
  'x-ms-error-code': 'The code of the error, as in the body',
};

const errorDescriptions: Readonly<Record<number, string>> = {
  400: 'The request is not one that can be answered: its version, a filter, a page or the body',
  401: 'There is no valid token',
  403: 'The caller’s role may not do this',
  404: 'There is none, or none that is the caller’s',
  408: 'The body did not come in time',
  409: 'It cannot be done as things stand',
  412: 'It is not the version that the caller saw',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'There is too much of it for one answer',
  428: 'Say in If-Match which version you saw',
  429: 'Too many requests',
  500: 'Our own trouble',
  503: 'Nobody can be let in at present',
};

/** The OpenAPI 3.1 document of every route, as served at `serverUrl`. */
export function openApiDocument(serverUrl: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [operationId, route] of Object.entries(routes as Readonly<Record<string, Route>>)) {
    const path = `/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(operationId, route) };
  }
  const used = new Set(Object.values(routes).map(({ tag }) => tag as string));
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'CSP reconcile',
      version: apiVersion,
      description:
        'Lists are pages `{ value, nextLink }`. Amounts are exact decimals as text beside a currency. Every GET may be a HEAD. What is unknown and what is not the caller’s answer alike.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    tags: Object.entries(tags)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: namedShapes,
      responses: errorResponses(),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, description]) => [
          name,
          { description, required: true, schema: { type: name === 'retry-after' ? 'integer' : 'string' } },
        ]),
      ),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A Microsoft Entra access token' },
      },
    },
  });
  return withoutUnused(document);
}

/** Headers and errors are written down for all routes together; a document names only those that it uses. */
function withoutUnused(document: ReturnType<typeof createDocument>): ReturnType<typeof createDocument> {
  const text = JSON.stringify(document);
  for (const kind of ['responses', 'headers'] as const) {
    const named = document.components?.[kind] ?? {};
    for (const name of Object.keys(named)) {
      if (!text.includes(`"#/components/${kind}/${name}"`)) delete named[name];
    }
  }
  return document;
}

function operationOf(operationId: string, route: Route): ZodOpenApiOperationObject {
  const { summary, description, tag, params, body, callers } = route;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: callers === 'anyone' ? [] : [{ bearer: [] }],
    requestParams: {
      ...(Object.keys(params).length === 0 ? {} : { path: z.object(params) }),
      query: queryOf(route),
      ...headersOf(route),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: responsesOf(route),
  };
}

function queryOf({ query, isPaged, isUnversioned }: Route): z.ZodObject {
  return z.object({
    ...(isUnversioned === true
      ? {}
      : {
          'api-version': z
            .literal(apiVersion)
            .meta({ description: 'The version of the API', param: { example: apiVersion } }),
        }),
    ...query.shape,
    ...(isPaged === true
      ? {
          top: z.int().min(1).max(1000).default(100).describe('The most items of a page'),
          continuation: z.string().exactOptional().describe('From `nextLink`; nobody makes one up'),
        }
      : {}),
  });
}

const preconditionDescriptions = {
  'if-match': 'The ETag of the version that the caller saw',
  'if-none-match': '`*`: only if there is none yet',
} as const;

function headersOf(route: Route): { header?: z.ZodObject } {
  const conditions: Record<string, z.ZodType> = Object.fromEntries(
    (route.preconditions ?? []).map((name) => [
      name,
      z.string().exactOptional().describe(preconditionDescriptions[name]),
    ]),
  );
  if (isTagged(route)) {
    conditions['if-none-match'] = z.string().exactOptional().describe('ETags of answers that the caller has already');
  }
  return Object.keys(conditions).length === 0 ? {} : { header: z.object(conditions) };
}

/** What is read as JSON carries a tag. */
function isTagged({ method, answers }: Route): boolean {
  return method === 'GET' && answers[200]?.body !== undefined;
}

function responsesOf(route: Route): ZodOpenApiResponsesObject {
  const answers = Object.entries(route.answers).map(([status, answer]): [string, ZodOpenApiResponseObject] => {
    const names = new Set<AnswerHeader>(answer.headers);
    if (status === '200' && isTagged(route)) names.add('etag');
    const content = Object.fromEntries([
      ...(answer.body === undefined ? [] : [['application/json', { schema: answer.body }]]),
      ...(answer.contentTypes ?? []).map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
    ]);
    return [
      status,
      {
        description: answer.description,
        ...(names.size === 0 && answer.headersAtTimes === undefined
          ? {}
          : { headers: { ...headerRefs([...names]), ...headersAtTimes(answer) } }),
        ...(Object.keys(content).length === 0 ? {} : { content }),
      },
    ];
  });
  const unchanged: [string, ZodOpenApiResponseObject][] = isTagged(route)
    ? [['304', { description: 'The caller has it already', headers: headerRefs(['etag']) }]]
    : [];
  const errors = errorStatusesOf(route).map((status) => [
    String(status),
    { $ref: `#/components/responses/${errorName(status)}` },
  ]);
  return Object.fromEntries([...answers, ...unchanged, ...errors]);
}

/** Every error that a route may answer, each once. */
function errorResponses(): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    Object.entries(errorDescriptions).map(([status, description]) => [
      errorName(Number(status)),
      {
        description,
        headers: headerRefs([
          'x-ms-error-code',
          ...(status === '429' ? (['retry-after'] as const) : []),
          ...(status === '401' ? (['www-authenticate'] as const) : []),
        ]),
        content: { 'application/json': { schema: errorBody } },
      },
    ]),
  );
}

function errorName(status: number): string {
  return `Error${status}`;
}

function errorStatusesOf({ callers, params, body, errors }: Route): readonly number[] {
  return [
    400,
    ...(callers === 'anyone' ? [] : [401, 403]),
    ...(Object.keys(params).length === 0 ? [] : [404]),
    ...(body === undefined ? [] : [408, 413, 415]),
    ...(errors ?? []),
    429,
    500,
    ...(callers === 'anyone' ? [] : [503]),
  ].sort((left, right) => left - right);
}

function headersAtTimes({ headersAtTimes: names = [] }: RouteAnswer) {
  return Object.fromEntries(
    names.map((name) => [name, { description: headers[name], schema: { type: 'string' as const } }]),
  );
}

function headerRefs(names: readonly (keyof typeof headers)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` as const }]));
}
