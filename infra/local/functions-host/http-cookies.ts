import type { Cookie } from '@azure/functions';

/** A `Set-Cookie` header. Source: RFC 6265, section 4.1.1. */
export function serializeCookie(cookie: Cookie): string {
  const expires = typeof cookie.expires === 'number' ? new Date(cookie.expires) : cookie.expires;
  const attributes = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.maxAge === undefined ? '' : `Max-Age=${Math.floor(cookie.maxAge)}`,
    cookie.domain === undefined ? '' : `Domain=${cookie.domain}`,
    cookie.path === undefined ? '' : `Path=${cookie.path}`,
    expires === undefined ? '' : `Expires=${expires.toUTCString()}`,
    cookie.httpOnly === true ? 'HttpOnly' : '',
    cookie.secure === true ? 'Secure' : '',
    cookie.sameSite === undefined ? '' : `SameSite=${cookie.sameSite}`,
  ];
  return attributes.filter((attribute) => attribute !== '').join('; ');
}
