import { type CryptoKey, importJWK } from 'jose';
import { type PublishedKey, publishedKeys } from '../contracts/access-token.ts';

/** A key that tokens may be signed with, and whose tokens: an issuer, with `{tenantid}` for any tenant. */
export type SigningKey = { readonly key: CryptoKey; readonly issuer: string | undefined };

export interface SigningKeys {
  /** @returns undefined when there is no such key. @throws KeysUnavailableError when that cannot be told now */
  find(kid: string): Promise<SigningKey | undefined>;
}

/** Thrown when the keys of the identity provider are not known and cannot be had: nobody is let in meanwhile. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super('The signing keys of the identity provider cannot be read', options);
    this.retryAfterMs = retryAfterMs;
  }
}

export const keyTimes = {
  /** After so long the keys are read again: keys that were withdrawn are gone then. */
  freshMs: 60 * 60_000,
  /** While they cannot be read, those that we know go on working so long, and then nobody is let in. */
  trustedMs: 24 * 60 * 60_000,
  /** A key that we do not know has them read again, but not more often than this, or forged key ids would hammer. */
  coolDownMs: 60_000,
  /** The pause after a read that failed. */
  failurePauseMs: 10_000,
  requestTimeoutMs: 5_000,
} as const;

/** Entra's document has some 20 KiB. */
const documentBytesMax = 512 * 1024;

type KnownKeys = { readonly keys: ReadonlyMap<string, SigningKey>; readonly readAtMs: number };

/** The keys that `url` publishes (RFC 7517), kept and read again as `keyTimes` says. Several requests share one read. */
export function remoteSigningKeys(url: string, nowMs: () => number = Date.now): SigningKeys {
  let known: KnownKeys | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<KnownKeys> | undefined;

  async function read(): Promise<KnownKeys> {
    try {
      known = { keys: await fetchKeys(url), readAtMs: nowMs() };
      failedAtMs = Number.NEGATIVE_INFINITY;
      return known;
    } catch (cause) {
      failedAtMs = nowMs();
      throw new KeysUnavailableError(keyTimes.failurePauseMs, { cause });
    } finally {
      reading = undefined;
    }
  }

  function readAgain(): Promise<KnownKeys> {
    const pauseMs = failedAtMs + keyTimes.failurePauseMs - nowMs();
    if (reading === undefined && pauseMs > 0) throw new KeysUnavailableError(pauseMs);
    reading ??= read();
    return reading;
  }

  return {
    find: async (kid) => {
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : nowMs() - known.readAtMs;
      const trusted = ageMs <= keyTimes.trustedMs ? known?.keys.get(kid) : undefined;
      if (trusted !== undefined && ageMs <= keyTimes.freshMs) return trusted;
      if (trusted === undefined && ageMs <= keyTimes.coolDownMs) return undefined;
      try {
        return (await readAgain()).keys.get(kid);
      } catch (error) {
        if (trusted !== undefined && error instanceof KeysUnavailableError) return trusted;
        throw error;
      }
    },
  };
}

async function fetchKeys(url: string): Promise<ReadonlyMap<string, SigningKey>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(keyTimes.requestTimeoutMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The address of the signing keys answered ${response.status}`);
  }
  const { keys } = publishedKeys.parse(JSON.parse(await limitedText(response)));
  const usable = keys.filter(isForSigning);
  if (usable.length === 0) throw new Error('The address of the signing keys has no RSA key for signatures');
  return new Map(await Promise.all(usable.map(async (key) => [key.kid, await toSigningKey(key)] as const)));
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > documentBytesMax) throw new Error(`The signing keys have more than ${documentBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** 2,048 bits, in base64url. */
const modulusCharactersMin = 342;

function isForSigning({ kty, use, alg, n = '', e = '' }: PublishedKey): boolean {
  const isRsa = kty === 'RSA' && n.length >= modulusCharactersMin && e !== '';
  return isRsa && use !== 'enc' && (alg === undefined || alg === 'RS256');
}

async function toSigningKey({ n = '', e = '', issuer }: PublishedKey): Promise<SigningKey> {
  const key = await importJWK({ kty: 'RSA', n, e }, 'RS256');
  if (key instanceof Uint8Array) throw new Error('A key for signatures is a shared secret; expected an RSA key');
  return { key, issuer };
}
