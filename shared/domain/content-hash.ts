import { createHash } from 'node:crypto';

/** SHA-256 of UTF-8 text, 64 hex digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An identity made of its inputs: the same parts give the same 32 hex digits, and no two lists share a spelling. */
export function identityOf(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 32);
}

/** The same, written as a version 8 UUID (RFC 9562: "custom" UUIDs) for readers that expect a GUID. */
export function uuidOf(parts: readonly string[]): string {
  const hex = identityOf(parts);
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
