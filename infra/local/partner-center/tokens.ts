import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Answer, jsonAnswer } from './answer.ts';
import type { StandInContext } from './context.ts';
import type { DataFolder, Tenant } from './data-folder.ts';
import { entraError } from './errors.ts';
import { headerOf, type Route, type StandInRequest } from './request.ts';

export const GRAPH_AUDIENCE = 'https://graph.microsoft.com';
export const PARTNER_CENTER_AUDIENCE = 'https://api.partnercenter.microsoft.com';

/** Why a caller is not let in, in the terms both APIs know. */
export type Refusal = 'missing' | 'unknown' | 'expired' | 'wrong-audience';

export type Caller = { readonly kind: 'caller'; readonly tenantId: string };

const TOKEN_PATH = /^\/login\/([^/]+)\/oauth2\/v2\.0\/token$/;

const Claims = z.object({ aud: z.string(), tid: z.string(), exp: z.number(), generation: z.number() });

/** `POST /login/{tenant}/oauth2/v2.0/token`: client credentials with a shared secret, form encoded. */
export function tokenRoute(context: StandInContext, folder: DataFolder, request: StandInRequest): Route | undefined {
  const found = TOKEN_PATH.exec(request.path);
  if (found === null) return undefined;
  const tenantId = (found[1] ?? '').toLowerCase();
  return { group: 'token', methods: ['POST'], answer: () => answerToken(context, folder, tenantId, request) };
}

async function answerToken(
  context: StandInContext,
  folder: DataFolder,
  tenantId: string,
  request: StandInRequest,
): Promise<Answer> {
  const form = new URLSearchParams(request.body);
  const refused = formRefusal(context, form);
  if (refused !== undefined) return refused;
  const tenant = (await folder.tenants()).find((one) => one.tenantId === tenantId);
  if (tenant === undefined) {
    return entraError(context, 400, 'invalid_request', {
      code: 90002,
      text: `Tenant '${tenantId}' not found. Check to make sure you have the correct tenant ID.`,
    });
  }
  const clientRefused = clientRefusal(context, tenant, form);
  if (clientRefused !== undefined) return clientRefused;
  const audience = (form.get('scope') ?? '').slice(0, -'/.default'.length);
  if (audience !== GRAPH_AUDIENCE && audience !== PARTNER_CENTER_AUDIENCE) {
    return entraError(context, 400, 'invalid_resource', {
      code: 500011,
      text: `The resource principal named ${audience} was not found in the tenant named ${tenant.name}.`,
    });
  }
  const lifeSeconds = context.script.tokenLifeSeconds;
  return jsonAnswer(
    200,
    {
      token_type: 'Bearer',
      expires_in: lifeSeconds,
      ext_expires_in: lifeSeconds,
      access_token: issueToken(context, tenant, audience),
    },
    { 'Cache-Control': 'no-store, no-cache', Pragma: 'no-cache' },
  );
}

function formRefusal(context: StandInContext, form: URLSearchParams): Answer | undefined {
  const missing = ['grant_type', 'client_id', 'scope'].find((name) => (form.get(name) ?? '') === '');
  if (missing !== undefined) {
    return entraError(context, 400, 'invalid_request', {
      code: 900144,
      text: `The request body must contain the following parameter: '${missing}'.`,
    });
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return entraError(context, 400, 'unsupported_grant_type', {
      code: 70003,
      text: 'The app requested an unsupported grant type.',
    });
  }
  const scope = form.get('scope') ?? '';
  if (scope.includes(' ') || !scope.endsWith('/.default')) {
    return entraError(context, 400, 'invalid_scope', {
      code: 1002012,
      text: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    });
  }
  return undefined;
}

function clientRefusal(context: StandInContext, tenant: Tenant, form: URLSearchParams): Answer | undefined {
  const clientId = (form.get('client_id') ?? '').toLowerCase();
  if (clientId !== tenant.clientId) {
    return entraError(context, 400, 'unauthorized_client', {
      code: 700016,
      text: `Application with identifier '${clientId}' was not found in the directory '${tenant.name}'.`,
    });
  }
  const secret = form.get('client_secret');
  if (secret === null) {
    return entraError(context, 401, 'invalid_client', {
      code: 7000218,
      text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    });
  }
  if (secret !== tenant.clientSecret) {
    return entraError(context, 401, 'invalid_client', {
      code: 7000215,
      text: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    });
  }
  return undefined;
}

function issueToken(context: StandInContext, tenant: Tenant, audience: string): string {
  const nowSeconds = Math.floor(context.now().getTime() / 1000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenant.tenantId}/`,
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + context.script.tokenLifeSeconds,
    appid: tenant.clientId,
    tid: tenant.tenantId,
    roles: audience === GRAPH_AUDIENCE ? ['PartnerBilling.Read.All'] : [],
    uti: context.nextId('token'),
    generation: context.script.tokenGeneration,
  };
  const unsigned = `${base64url({ typ: 'JWT', alg: 'HS256' })}.${base64url(claims)}`;
  return `${unsigned}.${context.sign(unsigned).toString('base64url')}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

/** Who calls, from the bearer token; a token opens the API it was issued for, and its own tenant's data. */
export function callerOf(
  context: StandInContext,
  request: StandInRequest,
  audience: string,
): Caller | { readonly kind: 'refused'; readonly why: Refusal } {
  const token = /^Bearer (\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (token === undefined) return { kind: 'refused', why: 'missing' };
  const claims = claimsOf(context, token);
  if (claims === undefined || claims.generation !== context.script.tokenGeneration) {
    return { kind: 'refused', why: 'unknown' };
  }
  if (context.now().getTime() >= claims.exp * 1000) return { kind: 'refused', why: 'expired' };
  if (claims.aud !== audience) return { kind: 'refused', why: 'wrong-audience' };
  return { kind: 'caller', tenantId: claims.tid };
}

/** The claims of a token of ours; undefined for anything else, be it forged or not a token at all. */
function claimsOf(context: StandInContext, token: string): z.infer<typeof Claims> | undefined {
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const expected = context.sign(`${header}.${payload}`);
  const actual = Buffer.from(signature, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  return Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
}
