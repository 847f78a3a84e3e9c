import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CostExportManifest } from '../shared/formats/cost-export-manifest.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import type { RandomAccessFile } from '../shared/formats/random-access-file.ts';
import { isFileError } from './file-error.ts';

/** Whether `path` is a folder. What is not there is none: reading it as a file tells what is wrong. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (!isFileError(error)) throw error;
    return false;
  }
}

/** One run of an export in a folder: its manifest, and each file that the manifest names, beside it. */
export type ExportFolder = {
  readonly manifest: CostExportManifest;
  readonly files: readonly { readonly path: string; readonly promised: CostExportManifest['blobs'][number] }[];
};

/** @throws FileRefusedError when the folder has no manifest, or one that cannot be used */
export async function readExportFolder(folder: string): Promise<ExportFolder> {
  const names = await readdir(folder);
  const manifestName = ['manifest.json', '_manifest.json'].find((name) => names.includes(name));
  if (manifestName === undefined) {
    const message = `${folder}: the folder has no manifest.json; expected one, or name the files`;
    throw new FileRefusedError({ code: 'missingManifest', file: folder, message });
  }
  const path = resolve(folder, manifestName);
  const writtenAt = (await stat(path)).mtime.toISOString();
  // Only where there is a folder: what checks its manifest takes 10 MB.
  const { readCostExportManifest } = await import('../shared/formats/cost-export-manifest.ts');
  const manifest = readCostExportManifest(path, await readFile(path, 'utf8'), { writtenAt });
  if ('code' in manifest) throw new FileRefusedError(manifest);
  const files = manifest.blobs.map((promised) => ({ path: join(folder, basename(promised.blobName)), promised }));
  return { manifest, files };
}

/** Hands `use` a file of which any piece can be read, and closes it afterwards. */
export async function withPieces<T>(
  { path, name }: { readonly path: string; readonly name: string },
  use: (file: RandomAccessFile) => Promise<T>,
): Promise<T> {
  const handle = await open(path);
  try {
    return await use(await piecesOf(handle, name));
  } finally {
    await handle.close();
  }
}

/** The same for what comes as a stream: the file is closed when the stream ends. */
export async function* withOpenPieces<T>(
  path: string,
  use: (file: RandomAccessFile) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const handle = await open(path);
  try {
    yield* use(await piecesOf(handle, path));
  } finally {
    await handle.close();
  }
}

async function piecesOf(handle: FileHandle, name: string): Promise<RandomAccessFile> {
  const { size: sizeBytes } = await handle.stat();
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const { buffer, bytesRead } = await handle.read({ buffer: new Uint8Array(end - start), position: start });
    return buffer.subarray(0, bytesRead);
  };
  return { name, sizeBytes, read };
}
