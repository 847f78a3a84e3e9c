import { roles } from '../../domain/caller.ts';
import { callerItem, localSignInBody, localToken } from '../identity.ts';
import { defineRoute } from '../route.ts';
import { noFilters } from '../route-values.ts';

export const identityRoutes = {
  getMe: defineRoute({
    method: 'GET',
    path: 'me',
    tag: 'Identity',
    summary: 'Who you are to this API, and whose data you see',
    callers: roles,
    params: {},
    query: noFilters,
    answers: { 200: { description: 'You', body: callerItem } },
  }),
  signInLocally: defineRoute({
    method: 'POST',
    path: 'local-sign-in',
    tag: 'Local',
    summary: 'A token for any role, on a laptop',
    description: 'Only there with the setting `LocalSignIn`, which Azure refuses; anywhere else it is not found.',
    callers: 'anyone',
    isUnversioned: true,
    params: {},
    query: noFilters,
    body: localSignInBody,
    answers: { 200: { description: 'A token of an hour', body: localToken } },
  }),
};
