import type { HttpResponseInit } from '@azure/functions';
import type { routes } from '../contracts/routes.ts';
import { principalIdOf, putGrant, removeGrant } from '../pipeline/edit-grants.ts';
import type { StoredGrant } from '../pipeline/ports.ts';
import { notFound, versionChanged, versionMissing } from './http-error.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

export const listAllGrants: RouteHandler<typeof routes.listGrants> = async (ports, { page }) => {
  const items = (await ports.grants.list()).map(toItem);
  return page.answer(pageOfList(items, ({ principalId }) => principalId, page));
};

export const getOneGrant: RouteHandler<typeof routes.getGrant> = async (ports, { params }) => {
  const stored = await ports.grants.get(principalIdOf(params));
  if (stored === undefined) throw notFound('grant');
  return answerOf(stored);
};

export const putOneGrant: RouteHandler<typeof routes.putGrant> = async (ports, { caller, params, body, http }) => {
  const present = await ports.grants.get(principalIdOf(params));
  const etag = http.headers.get('if-match') ?? undefined;
  if (present !== undefined && etag === undefined) throw versionMissing('grant');
  const outcome = await putGrant(ports, { ...params, etag, by: caller.principalId }, body);
  ports.identity.grantReader.forget();
  if (outcome === 'conflict') throw versionChanged('grant');
  const written = await ports.grants.get(principalIdOf(params));
  // Somebody else may have taken it back in between; then what the caller did is over already.
  if (written === undefined) throw versionChanged('grant');
  return { status: present === undefined ? 201 : 200, ...answerOf(written) };
};

export const deleteOneGrant: RouteHandler<typeof routes.deleteGrant> = async (ports, { caller, params, http }) => {
  if ((await ports.grants.get(principalIdOf(params))) === undefined) throw notFound('grant');
  const etag = http.headers.get('if-match');
  if (etag === null) throw versionMissing('grant');
  const outcome = await removeGrant(ports, { ...params, etag, by: caller.principalId });
  ports.identity.grantReader.forget();
  if (outcome === 'conflict') throw versionChanged('grant');
  return { status: 204 };
};

export const listAuditEntries: RouteHandler<typeof routes.listAudit> = async (ports, { page }) => {
  const items = (await ports.audit.list()).map(({ version: _, ...entry }) => entry);
  return page.answer(pageOfList(items, ({ entryId }) => entryId, page));
};

function toItem({ grant, etag }: StoredGrant) {
  const { version: _, ...fields } = grant;
  return { ...fields, principalId: principalIdOf(grant), etag };
}

function answerOf(stored: StoredGrant): HttpResponseInit {
  return { headers: { etag: stored.etag }, jsonBody: toItem(stored) };
}
