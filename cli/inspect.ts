import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { isMeterKind } from '../shared/domain/datasets.ts';
import { MeterTotals } from '../shared/domain/meter-totals.ts';
import type { Problem } from '../shared/domain/problem.ts';
import { type DetectedFile, detectParquet, detectText, isParquetName } from '../shared/formats/detected-file.ts';
import { readDomainRows } from '../shared/formats/domain-rows.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { readCharges } from '../shared/formats/read-charges.ts';
import { fileErrorText, isFileError } from './file-error.ts';
import { brokenPromises } from './file-problems.ts';
import { type InspectedFile, Inspection } from './inspection.ts';
import { isFolder, readExportFolder, withPieces } from './part-files.ts';
import { RowProgress } from './row-progress.ts';

/**
 * Tells of each file what it is and holds, one after the other. A file that cannot be read or is refused is told with
 * the reason, and the next one is looked at.
 */
export async function inspect(
  paths: readonly string[],
  say: (line: string) => void,
): Promise<readonly InspectedFile[]> {
  const files: InspectedFile[] = [];
  for (const path of paths) {
    if (await isFolder(path)) files.push(...(await inspectFolder(path, say)));
    else files.push(await inspectFile(path, say));
  }
  return files;
}

/** A folder that holds one run of an export: every file that its manifest names. */
async function inspectFolder(folder: string, say: (line: string) => void): Promise<readonly InspectedFile[]> {
  const files: InspectedFile[] = [];
  try {
    for (const { path, promised } of (await readExportFolder(folder)).files) {
      const inspected = await inspectFile(path, say);
      // A file that is refused has no rows, perhaps no size: it has told its own reason.
      files.push(brokenPromises(inspected.name, promised, inspected).reduce(addProblem, inspected));
    }
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    return [withProblem(error.problem.file ?? folder, error.problem)];
  }
  return files;
}

function addProblem(file: InspectedFile, problem: Problem): InspectedFile {
  return { ...file, problemCount: file.problemCount + 1, problems: [...file.problems, problem] };
}

function withProblem(name: string, problem: Problem): InspectedFile {
  return { name, problemCount: 1, problems: [problem] };
}

async function inspectFile(path: string, say: (line: string) => void): Promise<InspectedFile> {
  const inspection = new Inspection();
  const progress = new RowProgress(path, say);
  try {
    // What is not there is told as that, whatever its name ends in.
    await access(path);
    const { rows, ...identity } = await readFile(path, (file) => readInto(file, inspection, progress));
    progress.end(rows);
    return { ...inspection.contents(path), ...identity, rows };
  } catch (error) {
    if (error instanceof FileRefusedError) {
      inspection.refused(error.problem);
      return inspection.contents(path);
    }
    if (!isFileError(error)) throw error;
    return withProblem(path, { code: 'cannotRead', file: path, message: fileErrorText(error) });
  }
}

/** Charges are added up as the pipeline does it; line items, of which there are few, are looked at one by one. */
async function readInto(file: DetectedFile, inspection: Inspection, progress: RowProgress): Promise<number> {
  inspection.detected(file.detection);
  const onRefused = (problem: Problem) => inspection.refused(problem);
  if (isMeterKind(file.detection.dataset)) {
    const totals = new MeterTotals();
    const { rows, costView } = await readCharges(file, {
      totals,
      onRefused,
      onCharge: (charge, owner) => inspection.charge(charge, owner),
      onProgress: (read) => progress.at(read),
    });
    inspection.charges(totals.sorted(), costView);
    return rows;
  }
  let read = 0;
  const count = (): void => {
    read += 1;
    progress.at(read);
  };
  return readDomainRows(
    file,
    { part: 0, view: 'actual' },
    {
      onRow: (row) => {
        inspection.row(row);
        count();
      },
      onRefused: (problem) => {
        onRefused(problem);
        count();
      },
    },
  );
}

type ReadFile = { readonly rows: number; readonly sha256: string; readonly sizeBytes: number };
type ReadDetected = (file: DetectedFile) => Promise<number>;

/** Reads a file of any kind by `read`, and tells its size and hash as well. */
export function readFile(path: string, read: ReadDetected): Promise<ReadFile> {
  return isParquetName(path) ? readParquet(path, read) : readText(path, read);
}

async function readText(path: string, read: ReadDetected): Promise<ReadFile> {
  const bytes = new HashedBytes(path);
  const rows = await read(await detectText({ name: path, bytes: bytes.read() }));
  return { rows, ...bytes.identity() };
}

async function readParquet(path: string, read: ReadDetected): Promise<ReadFile> {
  const bytes = new HashedBytes(path);
  for await (const _ of bytes.read());
  const identity = bytes.identity();
  return withPieces({ path, name: path }, async (file) => ({
    rows: await read(await detectParquet(file)),
    ...identity,
  }));
}

/** Hashes and counts the bytes of a file as they are read. */
class HashedBytes {
  readonly #path: string;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(this.#path, { highWaterMark: 1024 * 1024 })) {
      this.#hash.update(chunk as Uint8Array);
      this.#sizeBytes += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  }

  identity(): { readonly sha256: string; readonly sizeBytes: number } {
    return { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
  }
}
