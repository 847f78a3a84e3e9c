import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import { z } from 'zod';

/** How the pipeline proves to a partner tenant that it may read its billing. */
export type PartnerCredential =
  /** The managed identity of the app, trusted by the partner's app registration. No secret anywhere. */
  | { readonly kind: 'federatedIdentity'; readonly clientId: string; readonly managedIdentityClientId: string }
  | { readonly kind: 'certificate'; readonly clientId: string; readonly certificatePath: string }
  | { readonly kind: 'secret'; readonly clientId: string; readonly clientSecret: string }
  /** Client credentials at any OAuth 2.0 token endpoint. */
  | {
      readonly kind: 'tokenEndpoint';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly tokenUrl: string;
    };

export type TokenSource = { token(scope: string): Promise<string> };

export function entraTokenSource(tenantId: string, credential: PartnerCredential): TokenSource {
  if (credential.kind === 'tokenEndpoint') return tokenEndpointSource(credential);
  const azureCredential = toAzureCredential(tenantId, credential);
  return {
    token: async (scope) => {
      const token = await azureCredential.getToken(scope);
      if (token === null) throw new Error(`No token for ${scope} in tenant ${tenantId}`);
      return token.token;
    },
  };
}

function toAzureCredential(
  tenantId: string,
  credential: Exclude<PartnerCredential, { kind: 'tokenEndpoint' }>,
): TokenCredential {
  switch (credential.kind) {
    case 'federatedIdentity': {
      const identity = new ManagedIdentityCredential({ clientId: credential.managedIdentityClientId });
      return new ClientAssertionCredential(tenantId, credential.clientId, async () => {
        return (await identity.getToken('api://AzureADTokenExchange/.default')).token;
      });
    }
    case 'certificate':
      return new ClientCertificateCredential(tenantId, credential.clientId, {
        certificatePath: credential.certificatePath,
      });
    case 'secret':
      return new ClientSecretCredential(tenantId, credential.clientId, credential.clientSecret);
  }
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.coerce.number() });

/** A token is renewed before it runs out, so that no request is under way with an expired one. */
const renewBeforeMs = 60_000;

function tokenEndpointSource(credential: Extract<PartnerCredential, { kind: 'tokenEndpoint' }>): TokenSource {
  const kept = new Map<string, { readonly token: string; readonly renewAtMs: number }>();
  return {
    token: async (scope) => {
      const known = kept.get(scope);
      if (known !== undefined && Date.now() < known.renewAtMs) return known.token;
      const { clientId, clientSecret, tokenUrl } = credential;
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope,
      });
      const response = await fetch(tokenUrl, { method: 'POST', body: form, signal: AbortSignal.timeout(30_000) });
      if (!response.ok) throw new Error(`The token endpoint answered ${response.status}`);
      const answer = tokenAnswer.parse(await response.json());
      kept.set(scope, {
        token: answer.access_token,
        renewAtMs: Date.now() + answer.expires_in * 1_000 - renewBeforeMs,
      });
      return answer.access_token;
    },
  };
}
