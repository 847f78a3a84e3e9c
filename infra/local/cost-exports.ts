import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import resources from '../../shared/resources.json' with { type: 'json' };
import type { Azurite } from './azurite.ts';

/** Does what Cost Management does: writes each run's files into the container, and its manifest last. */
export async function uploadCostExports(azurite: Azurite, folder: string): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    resources.containers.costExports,
  );
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort((left, right) => Number(isManifest(left)) - Number(isManifest(right)))) {
    const blob = container.getBlockBlobClient(
      file
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
    );
    if (!(await blob.exists())) await blob.uploadFile(file);
  }
}

function isManifest(file: string): boolean {
  return file.endsWith('manifest.json');
}
