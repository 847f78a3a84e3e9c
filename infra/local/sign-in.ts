import type { LocalSignInBody } from '../../shared/contracts/identity.ts';
import { localToken } from '../../shared/contracts/identity.ts';

/** How long before its end a token is not used any more. */
const renewBeforeMs = 60_000;

/** Signs in at the local stack. @returns what gives a token that is good for the next request */
export function localSignIn(apiUrl: string, as: LocalSignInBody = { role: 'csp.operator' }): () => Promise<string> {
  let kept: { readonly token: string; readonly renewAtMs: number } | undefined;
  return async () => {
    if (kept !== undefined && Date.now() < kept.renewAtMs) return kept.token;
    const response = await fetch(`${apiUrl}/local-sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(as),
    });
    if (!response.ok) throw new Error(`The local sign-in answered ${response.status}: ${await response.text()}`);
    const { accessToken, expiresInSeconds } = localToken.parse(await response.json());
    kept = { token: accessToken, renewAtMs: Date.now() + expiresInSeconds * 1_000 - renewBeforeMs };
    return accessToken;
  };
}

/** `fetch` as somebody who has signed in. */
export function fetchAs(tokenOf: () => Promise<string>): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await tokenOf()}`);
    return fetch(url, { ...init, headers });
  };
}
