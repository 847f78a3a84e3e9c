import type { FileArchive, RawArchive, StoredFile } from '../pipeline/ports.ts';
import type { BlobContainer, BlobFacts } from './blob-container.ts';
import { openRandomAccess } from './blob-random-access.ts';

export function blobFileArchive(container: BlobContainer): FileArchive {
  return {
    find: async (blobName) => {
      const facts = await container.find(blobName);
      return facts === undefined ? undefined : toStoredFile(facts);
    },
    open: (blobName) => container.open(blobName),
    openRandomAccess: (blobName) => openRandomAccess(container, blobName),
    readText: (blobName) => container.readText(blobName),
    list: (prefix) => Array.fromAsync(container.list(prefix), toStoredFile),
  };
}

export function blobRawArchive(container: BlobContainer): RawArchive {
  return {
    ...blobFileArchive(container),
    create: async (blobName, bytes) => toStoredFile(await container.create(blobName, bytes)),
  };
}

export function toStoredFile(facts: BlobFacts): StoredFile {
  const { name, ...rest } = facts;
  return { blobName: name, ...rest };
}
