import { createHash } from 'node:crypto';
import type { BlobContainer, BlobFacts } from '../../shared/adapters/blob-container.ts';

type StoredBlob = {
  readonly bytes: Buffer;
  readonly hash: string;
  readonly isHashKnown: boolean;
  readonly writtenAt: string;
};

/** Everything in a container at one moment. */
export type BlobsState = ReadonlyMap<string, StoredBlob>;

/** A container in memory, held to the same suite as the real one. `put` places a blob as somebody else would. */
export function memoryBlobContainer(from: BlobsState = new Map()): BlobContainer & {
  dump(): string;
  state(): BlobsState;
  /** At once, as a host sees what is there; `list` takes its turn as every call of the outside world. */
  names(): readonly string[];
  put(name: string, bytes: Uint8Array, writtenAt?: string): void;
  remove(name: string): void;
  /** How often the blob's bytes or text were asked for. */
  reads(name: string): number;
} {
  const blobs = new Map(from);
  const reads = new Map<string, number>();
  const countRead = (name: string) => reads.set(name, (reads.get(name) ?? 0) + 1);
  const factsOf = (name: string): BlobFacts | undefined => {
    const blob = blobs.get(name);
    if (blob === undefined) return undefined;
    return {
      name,
      sizeBytes: blob.bytes.length,
      ...(blob.isHashKnown ? { sha256: blob.hash } : {}),
      etag: blob.hash,
      writtenAt: blob.writtenAt,
    };
  };
  return {
    find: async (name) => factsOf(name),
    open: async (name) => {
      countRead(name);
      const blob = blobs.get(name);
      return blob === undefined ? undefined : chunksOf(blob.bytes);
    },
    openRange: async (name, offset, length) => {
      const blob = blobs.get(name);
      return blob === undefined ? undefined : chunksOf(blob.bytes.subarray(offset, offset + length));
    },
    readText: async (name) => {
      countRead(name);
      return blobs.get(name)?.bytes.toString('utf8');
    },
    create: async (name, bytes) => {
      const chunks: Uint8Array[] = [];
      if (!blobs.has(name)) for await (const chunk of bytes) chunks.push(chunk);
      if (!blobs.has(name)) {
        const whole = Buffer.concat(chunks);
        blobs.set(name, { bytes: whole, hash: hashOf(whole), isHashKnown: true, writtenAt: someTime });
      }
      const facts = factsOf(name);
      if (facts === undefined) throw new Error('unreachable: the blob was just written');
      const { name: _, sizeBytes, sha256 } = facts;
      return { name, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }) };
    },
    list: async function* (prefix) {
      for (const name of [...blobs.keys()].sort()) {
        const facts = name.startsWith(prefix) ? factsOf(name) : undefined;
        if (facts !== undefined) yield facts;
      }
    },
    put: (name, content, writtenAt = someTime) => {
      const bytes = Buffer.from(content);
      blobs.set(name, { bytes, hash: hashOf(bytes), isHashKnown: false, writtenAt });
    },
    remove: (name) => blobs.delete(name),
    reads: (name) => reads.get(name) ?? 0,
    state: () => new Map(blobs),
    names: () => [...blobs.keys()].sort(),
    dump: () =>
      [...blobs.keys()]
        .sort()
        .map((name) => `${name} ${blobs.get(name)?.hash}`)
        .join('\n'),
  };
}

/** When every blob was written unless told otherwise: nothing may depend on when a test runs. */
const someTime = '2026-11-08T04:30:00.000Z';

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Small chunks, so that readers meet every kind of boundary. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const sizeBytes = 1000;
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}
