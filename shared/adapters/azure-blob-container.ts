import { createHash, randomUUID } from 'node:crypto';
import { type BlockBlobClient, type ContainerClient, RestError } from '@azure/storage-blob';
import type { BlobContainer, BlobFacts } from './blob-container.ts';

/** Size of a staged block; a blob may have 50,000 of them, so files up to 200 GB fit. */
const blockSizeBytes = 4 * 1024 * 1024;

/** A container of Azure Blob Storage. */
export function azureBlobContainer(client: ContainerClient): BlobContainer {
  return {
    find: (name) => findBlob(client.getBlockBlobClient(name)),
    open: async (name) => {
      const response = await unlessMissing(() => client.getBlockBlobClient(name).download());
      return response?.readableStreamBody as AsyncIterable<Uint8Array> | undefined;
    },
    openRange: async (name, offset, length) => {
      const blob = client.getBlockBlobClient(name);
      const response = await unlessMissing(() => unlessBeyondEnd(() => blob.download(offset, length)));
      return response === 'beyondEnd'
        ? nothing()
        : (response?.readableStreamBody as AsyncIterable<Uint8Array> | undefined);
    },
    readText: async (name) => {
      const bytes = await unlessMissing(() => client.getBlockBlobClient(name).downloadToBuffer());
      return bytes?.toString('utf8');
    },
    create: (name, bytes) => createBlob(client.getBlockBlobClient(name), bytes),
    list: async function* (prefix) {
      for await (const item of client.listBlobsFlat({ prefix, includeMetadata: true })) {
        yield toFacts(item.name, { ...item.properties, metadata: item.metadata });
      }
    },
  };
}

async function findBlob(blob: BlockBlobClient): Promise<BlobFacts | undefined> {
  const properties = await unlessMissing(() => blob.getProperties());
  return properties === undefined ? undefined : toFacts(blob.name, properties);
}

/**
 * Stages the bytes in blocks and commits them on the condition that there is no such blob. Nothing is visible before
 * the commit. Block ids are of this attempt alone, so that two writers never mix their blocks.
 */
async function createBlob(blob: BlockBlobClient, bytes: AsyncIterable<Uint8Array>): Promise<BlobFacts> {
  const existing = await findBlob(blob);
  if (existing !== undefined) return contentOf(existing);
  const attempt = randomUUID();
  const hash = createHash('sha256');
  const blockIds: string[] = [];
  let sizeBytes = 0;
  for await (const block of blocksOf(bytes)) {
    hash.update(block);
    sizeBytes += block.length;
    const blockId = Buffer.from(`${attempt}-${String(blockIds.length).padStart(6, '0')}`).toString('base64');
    await blob.stageBlock(blockId, block, block.length);
    blockIds.push(blockId);
  }
  const sha256 = hash.digest('hex');
  try {
    await blob.commitBlockList(blockIds, { metadata: { sha256 }, conditions: { ifNoneMatch: '*' } });
    return { name: blob.name, sizeBytes, sha256 };
  } catch (error) {
    // Another writer was first: its commit also discarded our blocks, so the answer may be any of several codes.
    const winner = await findBlob(blob);
    if (winner === undefined) throw error;
    return contentOf(winner);
  }
}

/** What both writers of one blob are told: its bytes, not which of them wrote it. */
function contentOf({ name, sizeBytes, sha256 }: BlobFacts): BlobFacts {
  return { name, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }) };
}

async function* blocksOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of bytes) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes >= blockSizeBytes) {
      yield Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}

type BlobProperties = {
  readonly contentLength?: number;
  readonly metadata?: Record<string, string> | undefined;
  readonly etag?: string;
  readonly lastModified?: Date;
};

function toFacts(name: string, { contentLength = 0, metadata, etag, lastModified }: BlobProperties): BlobFacts {
  const sha256 = metadata?.['sha256'];
  return {
    name,
    sizeBytes: contentLength,
    ...(sha256 === undefined ? {} : { sha256 }),
    // Listings leave out the quotes that properties have.
    ...(etag === undefined ? {} : { etag: etag.replaceAll('"', '') }),
    ...(lastModified === undefined ? {} : { writtenAt: lastModified.toISOString() }),
  };
}

/** Azure answers a range that begins at or after the end of a blob with an error. */
async function unlessBeyondEnd<T>(request: () => Promise<T>): Promise<T | 'beyondEnd'> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 416) return 'beyondEnd';
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function unlessMissing<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return undefined;
    throw error;
  }
}
