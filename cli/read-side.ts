import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type MeterTotal, MeterTotals } from '../shared/domain/meter-totals.ts';
import type { PlanTotal } from '../shared/domain/plan-totals.ts';
import type { Problem } from '../shared/domain/problem.ts';
import { ChargeSpill, type SpilledRow } from '../shared/formats/charge-spill.ts';
import type { LearnedCharge } from '../shared/formats/charge-tally.ts';
import type { Detection } from '../shared/formats/detect.ts';
import { type DetectedFile, detectParquet, detectText, isParquetName } from '../shared/formats/detected-file.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { type HeldCosts, readCharges } from '../shared/formats/read-charges.ts';
import { fileBytesInTurns } from './file-bytes.ts';
import { brokenPromises, type FileSize, givenTwice, otherDataset } from './file-problems.ts';
import { isFolder, readExportFolder, withPieces } from './part-files.ts';
import { RowProgress } from './row-progress.ts';
import { openSpillFile } from './spill-file.ts';

/** A file as a result names it. */
export type FileOfSide = {
  readonly name: string;
  readonly sha256: string;
  readonly dataset: Detection['dataset'];
  /** Empty where the file holds nothing at all. */
  readonly schemaVersion: string;
  readonly rows: number;
};

/** The totals of each subscription. */
export type TotalsBySubscription = ReadonlyMap<string, () => readonly MeterTotal[]>;

/** One side of a comparison, read: what its charges add up to, and its rows for who wants to look again. */
export type Side = {
  readonly files: readonly FileOfSide[];
  /** By subscription; made when they are asked for. Empty where nothing may be compared. */
  readonly totals: TotalsBySubscription;
  /** What was ordered; made when it is asked for. */
  readonly plans: () => readonly PlanTotal[];
  readonly names: ReadonlyMap<string, string>;
  readonly invoiceIds: ReadonlySet<string>;
  readonly refusedRows: number;
  /** What was refused; where `isRefused`, nothing may be compared. */
  readonly refused: readonly Problem[];
  readonly isRefused: boolean;
  /** One pass over the rows that were kept. Rows of formats that are not told row by row are not among them. */
  readonly rows: (isWanted: (charge: LearnedCharge) => boolean) => Iterable<SpilledRow>;
  readonly close: () => void;
};

export type Reading = {
  readonly dataset: 'dailyratedusage' | 'costexport';
  /** How many rows of a file may be refused and the others still be used. */
  readonly refusedRowsMax: number;
  readonly say: (line: string) => void;
};

/** How many refused rows of one file are shown. */
const problemsMax = 100;

/** Reads the files of one side, one after the other. What is wrong with a file is told, and the next one is read. */
export async function readSide(paths: readonly string[], reading: Reading): Promise<Side> {
  const spillFile = openSpillFile();
  try {
    const gathered = new Gathered(new ChargeSpill(spillFile), reading);
    for (const path of await filesOf(paths, gathered)) await gathered.read(path);
    return gathered.side(() => spillFile.close());
  } catch (error) {
    spillFile.close();
    throw error;
  }
}

/** Folders with a manifest stand for the files that it names; what is wrong with one is a refusal. */
async function filesOf(paths: readonly string[], gathered: Gathered): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      files.push(path);
      continue;
    }
    await gathered.orRefuse(async () => {
      for (const file of (await readExportFolder(path)).files) {
        gathered.promise(file.path, file.promised);
        files.push(file.path);
      }
    });
  }
  return files;
}

/** What the files of one side come to, as they are read. */
class Gathered {
  readonly #spill: ChargeSpill;
  readonly #reading: Reading;
  readonly #totals = new MeterTotals();
  readonly #files: FileOfSide[] = [];
  readonly #names = new Map<string, string>();
  readonly #invoiceIds = new Set<string>();
  readonly #promised = new Map<string, FileSize>();
  readonly #refused: Problem[] = [];
  #refusedRows = 0;
  #isRefused = false;

  constructor(spill: ChargeSpill, reading: Reading) {
    this.#spill = spill;
    this.#reading = reading;
  }

  /** The manifest says how large a file is. */
  promise(path: string, promised: FileSize): void {
    this.#promised.set(path, promised);
  }

  async orRefuse(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      this.#refuse(error.problem);
    }
  }

  async read(path: string): Promise<void> {
    await this.orRefuse(async () => {
      const bytes = new HashedBytes(path);
      const file = await openFile(bytes, (detected) => this.#readDetected(path, detected));
      const rows = file?.rows ?? 0;
      const sha256 = bytes.sha256();
      const same = this.#files.find((other) => other.sha256 === sha256 && rows > 0);
      if (same !== undefined) this.#refuse(givenTwice(path, same.name));
      for (const problem of brokenPromises(path, this.#promised.get(path) ?? {}, {
        rows,
        sizeBytes: bytes.sizeBytes,
      })) {
        this.#refuse(problem);
      }
      const { dataset } = this.#reading;
      this.#files.push({ name: basename(path), sha256, dataset, schemaVersion: file?.schemaVersion ?? '', rows });
    });
  }

  side(close: () => void): Side {
    return {
      files: this.#files,
      totals: this.#isRefused ? new Map() : this.#totals.bySubscription(),
      plans: () => this.#totals.planTotals(),
      names: this.#names,
      invoiceIds: this.#invoiceIds,
      refusedRows: this.#refusedRows,
      refused: this.#refused,
      isRefused: this.#isRefused,
      rows: (isWanted) => this.#spill.read(isWanted),
      close,
    };
  }

  async #readDetected(path: string, file: DetectedFile) {
    const { dataset, say } = this.#reading;
    const { detection } = file;
    if (detection.dataset !== dataset) {
      await file.close();
      throw new FileRefusedError(otherDataset(path, detection.dataset, dataset));
    }
    const progress = new RowProgress(path, say);
    let refusedRows = 0;
    const { rows, costView } = await readCharges(file, {
      totals: this.#totals,
      chargeRows: this.#spill.rowsOf(path),
      onCharge: ({ subscriptionId }, { invoiceId, subscriptionName }) => {
        if (invoiceId !== '') this.#invoiceIds.add(invoiceId.toUpperCase());
        const known = this.#names.get(subscriptionId);
        if (known === undefined || subscriptionName < known) this.#names.set(subscriptionId, subscriptionName);
      },
      onRefused: (problem) => {
        refusedRows += 1;
        if (refusedRows <= problemsMax) this.#refused.push(problem);
      },
      onProgress: (read) => progress.at(read),
    });
    progress.end(rows);
    say(`${path}: ${rows} rows, ${refusedRows} refused`);
    this.#refusedRows += refusedRows;
    if (refusedRows > this.#reading.refusedRowsMax) this.#isRefused = true;
    for (const problem of otherPrices(path, detection, costView)) this.#refuse(problem);
    return { rows, schemaVersion: detection.schemaVersion };
  }

  #refuse(problem: Problem): void {
    this.#refused.push(problem);
    this.#isRefused = true;
  }
}

type Opened = { readonly rows: number; readonly schemaVersion: string };

/** @returns nothing for a file of JSON lines without any, as an export without rows has it */
async function openFile(
  bytes: HashedBytes,
  read: (file: DetectedFile) => Promise<Opened>,
): Promise<Opened | undefined> {
  const { path } = bytes;
  if (isParquetName(path)) {
    for await (const _ of bytes.read());
    return withPieces({ path, name: path }, async (file) => read(await detectParquet(file)));
  }
  try {
    return await read(await detectText({ name: path, bytes: bytes.read() }));
  } catch (error) {
    const isEmptyJson =
      error instanceof FileRefusedError && error.problem.code === 'emptyFile' && /\.json(\.gz)?$/i.test(path);
    if (isEmptyJson) return undefined;
    throw error;
  }
}

/** Hashes and counts the bytes of a file as they are read. */
class HashedBytes {
  readonly path: string;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of fileBytesInTurns(this.path)) {
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
      yield chunk;
    }
  }

  /** Once, when all has been read. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}

/** Costs that no invoice has: at other prices, or spread over the time that a purchase is for. */
function otherPrices(path: string, { advice }: Detection, costView: HeldCosts): readonly Problem[] {
  if (advice !== undefined) return [{ code: 'retailScope', file: path, message: `${path}: ${advice}` }];
  if (costView !== 'amortized') return [];
  const message = `${path}: its rows are of amortized cost; invoices are compared with actual cost or FOCUS`;
  return [{ code: 'otherCosts', file: path, message }];
}
