import type { GrantScope } from '../contracts/grants.ts';
import type { routes } from '../contracts/routes.ts';
import { uuidOf } from '../domain/content-hash.ts';
import { principalIdOf, putGrant } from '../pipeline/edit-grants.ts';
import { notFound } from './http-error.ts';
import { localTenantId, localTokenSeconds } from './local-sign-in.ts';
import type { StepPorts } from './on-queue-message.ts';
import type { RouteHandler } from './serve-route.ts';

export const getMe: RouteHandler<typeof routes.getMe> = async (_ports, { caller }) => ({ jsonBody: caller });

/**
 * A token for whoever asks. Its reseller or customer has a grant like anybody else: what the API does with it locally
 * is what it does in Azure.
 */
export const signInLocally: RouteHandler<typeof routes.signInLocally> = async (ports, { body, http }) => {
  const { localSignIn } = ports.identity;
  if (localSignIn === undefined || !isNameOfLaptop(new URL(http.url).hostname)) throw notFound('path');
  const objectId = uuidOf(['local sign-in', JSON.stringify(body)]);
  const isOfCsp = body.role === 'csp.operator' || body.role === 'csp.reader';
  if (!isOfCsp) await grantLocally(ports, objectId, body);
  const jsonBody = {
    accessToken: await localSignIn.issue(objectId, isOfCsp ? [body.role] : []),
    tokenType: 'Bearer',
    expiresInSeconds: localTokenSeconds,
    principalId: principalIdOf({ tenantId: localTenantId, objectId }),
  };
  return { jsonBody };
};

/**
 * A page of the internet whose name was made to lead to this machine (DNS rebinding) asks under that name, and could sign
 * in as anybody. Names without a domain are those of this machine and of its neighbours in a network of containers.
 */
function isNameOfLaptop(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || /^[a-z][a-z0-9-]*$/.test(hostname);
}

/** Others may sign in as the same at the same moment. */
const triesMax = 5;

async function grantLocally(ports: StepPorts, objectId: string, scope: GrantScope): Promise<void> {
  const principal = { tenantId: localTenantId, objectId };
  const principalId = principalIdOf(principal);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const etag = (await ports.grants.get(principalId))?.etag;
    const outcome = await putGrant(ports, { ...principal, etag, by: principalId }, scope);
    ports.identity.grantReader.forget();
    if (outcome === 'done') return;
  }
  throw new Error('The grant of a local sign-in kept changing');
}
