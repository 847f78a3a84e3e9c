import type { HttpRequest } from '@azure/functions';
import { notFound } from './http-error.ts';

/** An id of ours in the address: 32 hex digits. What cannot be one is not found, like any that there is not. */
export function identityParam(request: HttpRequest, name: string, what: string): string {
  const id = request.params[name] ?? '';
  if (!/^[0-9a-f]{32}$/.test(id)) throw notFound(what);
  return id;
}
