import { z } from 'zod';
import type { TokenPrincipal } from '../adapters/access-tokens.ts';

/** What App Service's authentication says of a caller. Source: "Work with user identities in App Service authentication". */
const clientPrincipal = z.object({
  auth_typ: z.literal('aad'),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })).max(500),
  role_typ: z.string().optional(),
});

const headerCharactersMax = 32 * 1024;

/** The platform gives some claims longer names. */
const names = {
  tenantId: ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'],
  objectId: ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'],
  audience: ['aud'],
  issuer: ['iss'],
  expiry: ['exp'],
  roles: ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'],
} as const;

export type PlatformRules = {
  readonly audiences: readonly string[];
  readonly authorityUrl: string;
  readonly nowMs: number;
};

/**
 * The principal that `X-MS-CLIENT-PRINCIPAL` names, for an app that has the platform's authentication in front: it has
 * verified the signature, and it takes the header away from whoever sends it from outside. What it says of audience,
 * issuer and expiry has to fit ours all the same. @returns undefined when the header is not such a principal
 */
export function readPlatformPrincipal(header: string, rules: PlatformRules): TokenPrincipal | undefined {
  if (header.length > headerCharactersMax || !/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return undefined;
  const parsed = clientPrincipal.safeParse(jsonOf(header));
  if (!parsed.success) return undefined;
  const { claims, role_typ: roleType = 'roles' } = parsed.data;
  const valuesOf = (wanted: readonly string[]) =>
    claims.filter(({ typ }) => wanted.includes(typ)).map(({ val }) => val);
  const tenantId = onlyGuid(valuesOf(names.tenantId));
  const objectId = onlyGuid(valuesOf(names.objectId));
  if (tenantId === undefined || objectId === undefined) return undefined;
  const issuers = [`${rules.authorityUrl}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`];
  const fits =
    valuesOf(names.audience).every((audience) => rules.audiences.includes(audience)) &&
    valuesOf(names.issuer).every((issuer) => issuers.includes(issuer)) &&
    valuesOf(names.expiry).every((text) => /^\d{1,12}$/.test(text) && Number(text) * 1_000 > rules.nowMs);
  return fits ? { tenantId, objectId, roles: valuesOf([...names.roles, roleType]) } : undefined;
}

function jsonOf(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The one id that the claims agree on. */
function onlyGuid(values: readonly string[]): string | undefined {
  const [id, ...others] = new Set(values.map((value) => value.toLowerCase()));
  return id !== undefined && others.length === 0 && z.guid().safeParse(id).success ? id : undefined;
}
