import type { RandomAccessFile } from '../formats/random-access-file.ts';
import type { BlobContainer } from './blob-container.ts';

/** A blob of which any piece can be read. @returns undefined when there is no such blob */
export async function openRandomAccess(container: BlobContainer, name: string): Promise<RandomAccessFile | undefined> {
  const facts = await container.find(name);
  if (facts === undefined) return undefined;
  return {
    name,
    sizeBytes: facts.sizeBytes,
    read: async (start, end) => {
      const bytes = await container.openRange(name, start, end - start);
      if (bytes === undefined) throw new Error(`${name} has gone since it was opened`);
      return Buffer.concat(await Array.fromAsync(bytes));
    },
  };
}
