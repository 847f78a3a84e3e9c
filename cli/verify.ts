import type { ChargePair, LinePlace } from '../shared/domain/charge-pairs.ts';
import { identityOf } from '../shared/domain/content-hash.ts';
import { engineVersion } from '../shared/domain/engine-version.ts';
import { type ArithmeticTotals, verifyInvoiceLines } from '../shared/domain/invoice-arithmetic.ts';
import type { InvoiceLine } from '../shared/domain/invoice-line.ts';
import type { LineVerdict } from '../shared/domain/line-verdict.ts';
import type { Problem } from '../shared/domain/problem.ts';
import type { Detection } from '../shared/formats/detect.ts';
import type { DomainRow } from '../shared/formats/domain-rows.ts';
import { readDomainRows } from '../shared/formats/domain-rows.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { givenTwice } from './file-problems.ts';
import { readFile } from './inspect.ts';
import { RowProgress } from './row-progress.ts';

type VerifiedFile = {
  readonly name: string;
  readonly sha256: string;
  readonly dataset: 'onetime';
  readonly schemaVersion: string;
  readonly rows: number;
};

type FilePlace = { readonly file: string; readonly line: number };

/** A line as `verify` tells it: where it stands in the files that were given, and what its arithmetic comes to. */
export type FileLineVerdict = FilePlace & Omit<LineVerdict, 'part'>;

/** The lines of one event in the files that were given. */
export type FileChargePair = Omit<ChargePair, 'refunds' | 'charges'> & {
  readonly refunds: readonly FilePlace[];
  readonly charges: readonly FilePlace[];
};

/** The result of `verify`, as `--format json` prints it. Amounts are exact decimal text. */
export type Verification = {
  readonly runId: string;
  readonly engineVersion: string;
  readonly files: readonly VerifiedFile[];
  readonly invoiceIds: readonly string[];
  readonly totals: readonly ArithmeticTotals[];
  readonly pairs: readonly FileChargePair[];
  readonly lines: readonly FileLineVerdict[];
  readonly refused: readonly Problem[];
};

/** How many refused rows of one file are shown. */
const problemsMax = 100;

/** Recomputes the lines of files on disk. A refused file or row is listed, and then nothing is told: half is no invoice. */
export async function verify(paths: readonly string[], say: (line: string) => void): Promise<Verification> {
  const files: VerifiedFile[] = [];
  const lines: InvoiceLine[] = [];
  const refused: Problem[] = [];
  for (const [part, path] of paths.entries()) {
    const read = await readLines(path, part, say);
    for (const line of read.lines) lines.push(line);
    refused.push(...read.problems);
    if (read.file === undefined) continue;
    const { name, sha256, rows } = read.file;
    const same = files.find((file) => file.sha256 === sha256 && rows > 0);
    if (same !== undefined) refused.push(givenTwice(name, same.name, 'lines'));
    files.push(read.file);
  }
  const { totals, pairs, lines: told } = verifyInvoiceLines(refused.length > 0 ? [] : lines);
  const inFile = ({ part, line }: LinePlace): FilePlace => ({ file: paths[part] ?? '', line });
  return {
    runId: identityOf(['verify', ...files.map((file) => file.sha256).sort(), engineVersion]),
    engineVersion,
    files,
    invoiceIds: [...new Set(told.map((line) => line.invoiceId))].filter((id) => id !== '').sort(),
    totals,
    pairs: pairs.map((pair) => ({ ...pair, refunds: pair.refunds.map(inFile), charges: pair.charges.map(inFile) })),
    lines: told.map(({ part, line, ...verdict }) => ({ ...inFile({ part, line }), ...verdict })),
    refused,
  };
}

type ReadLines = {
  readonly file?: VerifiedFile;
  readonly lines: readonly InvoiceLine[];
  readonly problems: readonly Problem[];
};

async function readLines(path: string, part: number, say: (line: string) => void): Promise<ReadLines> {
  const lines: InvoiceLine[] = [];
  const problems: Problem[] = [];
  const progress = new RowProgress(path, say);
  let detection: Detection | undefined;
  let refusedRows = 0;
  try {
    const { rows, sha256 } = await readFile(path, (file) => {
      detection = file.detection;
      return readDomainRows(
        file,
        { part, view: 'actual' },
        {
          onRow: (row) => {
            lines.push({ ...lineOf(path, row, file.detection), part });
            progress.at(lines.length + refusedRows);
          },
          onRefused: (problem) => {
            refusedRows += 1;
            if (problems.length < problemsMax) problems.push(problem);
          },
        },
      );
    });
    progress.end(rows);
    const { dataset, schemaVersion = '' } = detection ?? {};
    if (dataset !== 'onetime') return { lines: [], problems: [wrongDataset(path, dataset)] };
    say(`${path}: ${rows} rows, ${refusedRows} refused`);
    return { file: { name: path, sha256, dataset, schemaVersion, rows }, lines, problems };
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    return { lines: [], problems: [error.problem] };
  }
}

/** @throws FileRefusedError at the first row of a file that holds something else, so that it is not read to its end */
function lineOf(path: string, row: DomainRow, detection: Detection | undefined): InvoiceLine {
  if (row.kind === 'invoiceLine') return row.row;
  throw new FileRefusedError(wrongDataset(path, detection?.dataset));
}

const datasetNames = {
  dailyratedusage: 'daily rated usage',
  onetime: 'line items of a new-commerce invoice',
  license: 'licence line items of a legacy invoice',
  usage: 'usage line items of a legacy invoice',
  costexport: 'a cost export',
} as const satisfies Record<Detection['dataset'], string>;

function wrongDataset(path: string, dataset: Detection['dataset'] | undefined): Problem {
  const found = dataset === undefined ? 'nothing that can be verified' : datasetNames[dataset];
  return {
    code: 'wrongDataset',
    file: path,
    message: `${path}: the file holds ${found}; expected ${datasetNames.onetime}`,
  };
}
