import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { InvoiceLine } from '../shared/domain/invoice-line.ts';
import type { LineItem } from '../shared/domain/line-item.ts';
import type { Problem } from '../shared/domain/problem.ts';
import { isParquetName } from '../shared/formats/detected-file.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { type PartContents, readPart } from '../shared/formats/part-reader.ts';
import { fileBytesInTurns } from './file-bytes.ts';
import { givenTwice, otherDataset } from './file-problems.ts';
import { isFolder, withPieces } from './part-files.ts';
import type { FileOfSide, Reading } from './read-side.ts';

/** The line items of an invoice, read. */
export type InvoiceSide = {
  readonly files: readonly FileOfSide[];
  readonly lines: readonly InvoiceLine[];
  /** What plans are called, by their id. */
  readonly names: ReadonlyMap<string, string>;
  readonly refusedRows: number;
  readonly refused: readonly Problem[];
  readonly isRefused: boolean;
};

/** How many refused rows of one file are shown. */
const problemsMax = 100;

/** Reads files of line items, of which there are few, into memory. */
export async function readInvoiceLines(
  paths: readonly string[],
  { refusedRowsMax, say }: Pick<Reading, 'refusedRowsMax' | 'say'>,
): Promise<InvoiceSide> {
  const files: FileOfSide[] = [];
  const lines: InvoiceLine[] = [];
  const refused: Problem[] = [];
  let refusedRows = 0;
  let isRefused = false;
  for (const [part, path] of paths.entries()) {
    const hash = createHash('sha256');
    try {
      const contents = await readFile(path, hash, part);
      const { rows, problems, detection } = contents;
      for (const line of contents.lines) if (isInvoiceLine(line)) lines.push(line);
      const sha256 = hash.digest('hex');
      const same = files.find((file) => file.sha256 === sha256 && rows > 0);
      refused.push(...problems, ...(same === undefined ? [] : [givenTwice(path, same.name)]));
      refusedRows += contents.refusedRows;
      isRefused ||= same !== undefined || contents.refusedRows > refusedRowsMax;
      files.push({
        name: basename(path),
        sha256,
        dataset: 'onetime',
        schemaVersion: detection?.schemaVersion ?? '',
        rows,
      });
      say(`${path}: ${rows} rows, ${contents.refusedRows} refused`);
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      refused.push(error.problem.code === 'otherDataset' ? renamed(path, error.problem) : error.problem);
      isRefused = true;
    }
  }
  return { files, lines: isRefused ? [] : lines, names: namesOf(lines), refusedRows, refused, isRefused };
}

async function readFile(path: string, hash: ReturnType<typeof createHash>, part: number): Promise<PartContents> {
  const options = { kind: 'onetime', part, problemsMax } as const;
  if (await isFolder(path)) {
    const message = `${path}: this is a folder; expected the files of line items in it, by name`;
    throw new FileRefusedError({ code: 'isFolder', file: path, message });
  }
  if (!isParquetName(path)) return readPart({ name: path, bytes: hashed(path, hash) }, options);
  for await (const _ of hashed(path, hash));
  return withPieces({ path, name: path }, (file) => readPart(file, options));
}

async function* hashed(path: string, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of fileBytesInTurns(path)) {
    hash.update(chunk);
    yield chunk;
  }
}

/** The same words as for the files of the other options. */
function renamed(path: string, problem: Problem): Problem {
  const found = (['dailyratedusage', 'costexport', 'license', 'usage'] as const).find((kind) => kind === problem.value);
  return found === undefined ? problem : otherDataset(path, found, 'onetime');
}

function isInvoiceLine(line: LineItem): line is InvoiceLine {
  return 'billableQuantity' in line;
}

/** Of several names the first in the alphabet, so that the order of lines does not matter. */
function namesOf(lines: readonly InvoiceLine[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { subscriptionId, subscriptionDescription, customerName } of lines) {
    const name = [customerName, subscriptionDescription].filter((text) => text !== '').join(', ');
    const id = subscriptionId.toLowerCase();
    const known = names.get(id);
    if (known === undefined || name < known) names.set(id, name);
  }
  return names;
}
