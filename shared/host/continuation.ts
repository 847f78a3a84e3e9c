import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

/** Longer than any position of ours makes one. */
const tokenCharactersMax = 2_048;
const tagBytes = 16;
/** Positions of a list are filled up to a multiple of this: how long a number in one is would tell of others' lines. */
const positionCharacters = 256;
const hourMs = 3_600_000;
/** A list is read on within a day. */
const hoursMax = 24;

const contents = z.tuple([z.literal(1), z.int(), z.string()]);

export type Continuations = {
  /** A token that leads on from `position`, for whoever asks the same as `binding` says. */
  seal(binding: string, position: string): string;
  /** @returns undefined for any token that was not sealed so, by this key, within a day */
  open(binding: string, token: string): string | undefined;
};

/**
 * Continuation tokens. A position may name a row that its reader must not know of, so it is not only signed (HMAC-SHA256)
 * but hidden as well: the signature, over what the token is bound to and what it says, is the initial vector of the
 * cipher (the construction of RFC 5297), and all tokens of a list are as long. The same page has the same token for an hour, so that its ETag is the same.
 */
export function continuations(key: Uint8Array, now: string): Continuations {
  const hour = Math.floor(Temporal.Instant.from(now).epochMilliseconds / hourMs);
  const { signingKey, cipherKey } = keysOf(key);
  const tagOf = (binding: string, text: string) =>
    createHmac('sha256', signingKey)
      .update(JSON.stringify([binding, text]))
      .digest()
      .subarray(0, tagBytes);
  return {
    seal: (binding, position) => {
      const text = filledUp(JSON.stringify([1, hour, position] satisfies z.infer<typeof contents>));
      const tag = tagOf(binding, text);
      const cipher = createCipheriv('aes-256-ctr', cipherKey, tag);
      return Buffer.concat([tag, cipher.update(text, 'utf8'), cipher.final()]).toString('base64url');
    },
    open: (binding, token) => {
      if (token.length > tokenCharactersMax || !/^[\w-]+$/.test(token)) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length <= tagBytes) return undefined;
      const tag = bytes.subarray(0, tagBytes);
      const decipher = createDecipheriv('aes-256-ctr', cipherKey, tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(tagBytes)), decipher.final()]).toString('utf8');
      if (!timingSafeEqual(tag, tagOf(binding, text))) return undefined;
      const parsed = contents.safeParse(JSON.parse(text));
      if (!parsed.success) return undefined;
      const [, sealedHour, position] = parsed.data;
      return sealedHour <= hour && hour - sealedHour <= hoursMax ? position : undefined;
    },
  };
}

/** JSON takes blanks behind it. */
function filledUp(text: string): string {
  return text.padEnd(Math.ceil(text.length / positionCharacters) * positionCharacters);
}

type Keys = { readonly signingKey: Buffer; readonly cipherKey: Buffer };

/** By the key that they come from: to derive them takes as long as the rest of a token. */
const derived = new WeakMap<Uint8Array, Keys>();

function keysOf(key: Uint8Array): Keys {
  const known = derived.get(key);
  if (known !== undefined) return known;
  const keys = { signingKey: derivedKey(key, 'sign'), cipherKey: derivedKey(key, 'cipher') };
  derived.set(key, keys);
  return keys;
}

function derivedKey(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `csp-reconcile continuation ${purpose}`, 32));
}
