import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readDomainRows } from '../shared/formats/domain-rows.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { isFileError } from './file-error.ts';
import { type InspectedFile, Inspection } from './inspection.ts';
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
  for (const path of paths) files.push(await inspectFile(path, say));
  return files;
}

async function inspectFile(path: string, say: (line: string) => void): Promise<InspectedFile> {
  const inspection = new Inspection();
  const progress = new RowProgress(path, say);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Uint8Array);
      sizeBytes += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  }
  try {
    const rows = await readDomainRows(
      { name: path, bytes: bytes() },
      { part: 0, view: 'actual' },
      {
        onDetected: (detection) => inspection.detected(detection),
        onRow: (row) => {
          inspection.row(row);
          progress.row();
        },
        onRefused: (problem) => {
          inspection.refused(problem);
          progress.row();
        },
      },
    );
    progress.end(rows);
    return { ...inspection.contents(path), sha256: hash.digest('hex'), sizeBytes, rows };
  } catch (error) {
    if (error instanceof FileRefusedError) {
      inspection.refused(error.problem);
      return inspection.contents(path);
    }
    if (!isFileError(error)) throw error;
    const message = `${path}: cannot be read (${error.message})`;
    return { name: path, problemCount: 1, problems: [{ code: 'cannotRead', file: path, message }] };
  }
}
