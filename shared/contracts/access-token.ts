import { z } from 'zod';

/**
 * What we use of an Entra access token of version 2.0, after its signature was verified. Source: "Access token claims
 * reference", Microsoft identity platform.
 */
export const accessTokenClaims = z.object({
  /** Version 1.0 has another issuer and other names; the app registration asks for 2.0. */
  ver: z.literal('2.0'),
  iss: z.string(),
  aud: z.string(),
  sub: z.string().min(1),
  tid: z.guid(),
  oid: z.guid(),
  /** The client that the token was given to. An id token, which is meant for the client itself, has none. */
  azp: z.string().min(1),
  /** What the client may do for a person, in words between blanks. A token of an app alone has none. */
  scp: z.string().optional(),
  /** The app roles of the person or the app in the tenant of the token. */
  roles: z.array(z.string()).max(100).optional(),
  /** `app` where the API asks for this claim and no person is behind the token. */
  idtyp: z.string().optional(),
});
export type AccessTokenClaims = z.infer<typeof accessTokenClaims>;

/** A key as the identity provider publishes it; other kinds of keys may stand beside it. */
const publishedKey = z.object({
  kty: z.string(),
  kid: z.string().min(1).max(200),
  use: z.string().optional(),
  alg: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  /** Whose tokens it may sign, with `{tenantid}` for any tenant. */
  issuer: z.string().optional(),
});
export type PublishedKey = z.infer<typeof publishedKey>;

export const publishedKeys = z.object({ keys: z.array(publishedKey).max(100) });
