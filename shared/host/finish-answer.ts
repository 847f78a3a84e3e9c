import { Readable } from 'node:stream';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { sha256 } from '../domain/content-hash.ts';

/** What an answer says is somebody's business: nothing between us and the caller keeps it, or takes it for a page. */
const securityHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/**
 * An answer as it goes out: with the headers that all have, and, where it is read, with the tag of what is read and
 * without a body when the caller has that already or asks for no body.
 */
export function finishAnswer(http: HttpRequest, response: HttpResponseInit): HttpResponseInit {
  const isRead = http.method === 'GET' || http.method === 'HEAD';
  const answer = isRead && (response.status ?? 200) === 200 ? withTag(response) : response;
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(securityHeaders)) if (!headers.has(name)) headers.set(name, value);
  const etag = headers.get('etag');
  if (isRead && etag !== null && (answer.status ?? 200) === 200 && isKnownTo(http, etag)) {
    headers.delete('content-type');
    return { status: 304, headers };
  }
  if (http.method !== 'HEAD') return { ...answer, headers };
  const { body, jsonBody: _, ...rest } = answer;
  // What nobody reads is let go of, or its connection would stay open.
  if (body instanceof Readable) body.destroy();
  return { ...rest, headers };
}

/** A record that is edited has a tag of its own; anything else is told by its bytes, in a weak one. */
function withTag(response: HttpResponseInit): HttpResponseInit {
  const { jsonBody, ...rest } = response;
  const body = jsonBody === undefined ? response.body : JSON.stringify(jsonBody);
  if (typeof body !== 'string') return response;
  const headers = new Headers(response.headers);
  if (jsonBody !== undefined) headers.set('content-type', 'application/json');
  if (!headers.has('etag')) headers.set('etag', `W/"${sha256(body).slice(0, 32)}"`);
  return { ...rest, headers, body };
}

/** Whether the caller has what `etag` stands for. Compared weakly, as reading asks for (RFC 9110, 13.1.2). */
export function isKnownTo(http: HttpRequest, etag: string): boolean {
  const known = http.headers.get('if-none-match');
  if (known === null) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return known.trim() === '*' || known.split(',').some((tag) => opaque(tag) === opaque(etag));
}
