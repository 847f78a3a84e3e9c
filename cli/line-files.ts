import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { FileKind } from '../shared/domain/file-kinds.ts';
import type { FileLine } from '../shared/domain/file-lines.ts';
import { isParquetName } from '../shared/formats/detected-file.ts';
import { isCsvName } from '../shared/formats/file-head.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import type { UsageSource } from '../shared/formats/rated-usage-csv.ts';
import { sourceLines } from '../shared/formats/source-lines.ts';
import { fileBytesInTurns } from './file-bytes.ts';
import { isFileError } from './file-error.ts';
import { isFolder, withOpenPieces } from './part-files.ts';

/** The lines of a file, or of all parts of a folder with a manifest.json, in their order. */
export async function* linesOf(path: string, kind: FileKind): AsyncGenerator<FileLine> {
  for (const [part, file] of (await lineFilesOf(path, kind)).entries()) {
    if (!isParquetName(file.path)) yield* sourceLines(kind, { name: file.path, bytes: checkedBytesOf(file) }, part);
    else yield* withOpenPieces(file.path, (pieces) => sourceLines(kind, pieces, part));
  }
}

/**
 * The same as files of daily rated usage, for what reads them by their bytes. @returns undefined where a part is Parquet,
 * which is read by its pieces
 */
export async function usageFilesOf(path: string): Promise<readonly UsageSource[] | undefined> {
  const files = await lineFilesOf(path, 'dailyratedusage');
  if (files.some((file) => isParquetName(file.path))) return undefined;
  return files.map((file) => ({
    // Only what is scanned is done with a chunk before it asks for the next.
    file: { name: file.path, bytes: checkedBytesOf(file, isCsvName(file.path) ? fileBytesInTurns : freshBytesOf) },
    placeOf: (line) => `${file.path}, line ${line}`,
  }));
}

/** A file of lines, and what a manifest says of it. */
type LineFile = { readonly path: string; readonly sizeBytes?: number; readonly sha256?: string };

/** Our own, of a download; and that of Microsoft Graph, beside the blobs that it names. */
const ownManifest = z.object({
  kind: z.string(),
  parts: z.array(z.object({ blobName: z.string(), sizeBytes: z.int(), sha256: z.string() })).min(1),
});
const graphManifest = z.object({ blobs: z.array(z.object({ name: z.string() })).min(1) });

async function lineFilesOf(path: string, kind: FileKind): Promise<readonly LineFile[]> {
  if (!(await isFolder(path))) return [{ path }];
  const manifestPath = join(path, 'manifest.json');
  if (!(await readdir(path)).includes('manifest.json')) {
    throw refused('missingManifest', path, 'the folder has no manifest.json; expected one, or name the file');
  }
  const manifest = manifestOf(manifestPath, await readFile(manifestPath, 'utf8'));
  if (manifest.kind !== undefined && manifest.kind !== kind) {
    throw refused('otherDataset', manifestPath, `is of ${manifest.kind}; expected ${kind}`);
  }
  const names = manifest.files.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refused('duplicateFile', manifestPath, `names ${twice} twice; it would count twice`);
  const files = manifest.files.map(({ name, ...promised }) => ({ path: join(path, name), ...promised }));
  for (const file of files) await checkSize(file, manifestPath);
  return files;
}

type Manifest = {
  readonly kind?: string;
  readonly files: readonly { readonly name: string; readonly sizeBytes?: number; readonly sha256?: string }[];
};

function manifestOf(path: string, text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused('badManifest', path, 'is no JSON', error);
  }
  const own = ownManifest.safeParse(value);
  if (own.success) {
    const { kind, parts } = own.data;
    return { kind, files: parts.map(({ blobName, ...promised }) => ({ name: basename(blobName), ...promised })) };
  }
  const graph = graphManifest.safeParse(value);
  if (graph.success) return { files: graph.data.blobs.map(({ name }) => ({ name: basename(name) })) };
  throw refused(
    'badManifest',
    path,
    'names no files of lines; expected "parts" of a download or "blobs" of Microsoft Graph',
  );
}

async function checkSize({ path, sizeBytes }: LineFile, manifestPath: string): Promise<void> {
  try {
    const { size } = await stat(path);
    if (sizeBytes === undefined || size === sizeBytes) return;
    throw refused('wrongSize', path, `has ${size} bytes; ${manifestPath} says ${sizeBytes}`);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw refused('missingFile', path, `is not there; ${manifestPath} names it`, error);
  }
}

/** Opens the file when it is read, so that one that is not there is told by the reader. */
async function* checkedBytesOf({ path, sha256 = '' }: LineFile, bytesOf = freshBytesOf): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(path)) {
    if (sha256 !== '') hash.update(chunk);
    yield chunk;
  }
  if (sha256 === '' || hash.digest('hex') === sha256.toLowerCase()) return;
  throw refused('changedFile', path, 'its bytes are not those that were downloaded (SHA-256 differs)');
}

async function* freshBytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 256 * 1024 });
}

function refused(code: string, file: string, found: string, cause?: unknown): FileRefusedError {
  return new FileRefusedError({ code, file, message: `${file}: ${found}` }, cause === undefined ? {} : { cause });
}
