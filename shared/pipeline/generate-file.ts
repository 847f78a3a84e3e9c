import type { FileRecord } from '../contracts/files.ts';
import type { GenerateFileMessage } from '../contracts/messages.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import { type FileMaking, FileRowMaker } from '../domain/file-lines.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { UnpricedLineError } from '../domain/unpriced-line-error.ts';
import { reconciliationFile } from '../formats/reconciliation-file.ts';
import { scopeOfFile, scopeText } from './file-scope.ts';
import type { CatalogueStore, FileStore, Log } from './ports.ts';
import { type ReadFileLinesPorts, readFileLines, usageSources } from './read-file-lines.ts';
import { UsageCsvContent } from './usage-csv-content.ts';

export type GenerateFilePorts = ReadFileLinesPorts & {
  readonly log: Log;
  readonly files: FileStore;
  readonly catalogue: CatalogueStore;
};

/**
 * Makes one reconciliation file from sealed data and the catalogue as it was when the file was asked for. Nothing of it
 * is visible before it is whole; a line that cannot be priced fails it, by name.
 */
export async function generateFile(ports: GenerateFilePorts, message: GenerateFileMessage): Promise<void> {
  const record = await ports.files.get(message.fileId);
  if (record === undefined) throw new TerminalError(`There is no file ${message.fileId}`);
  if (record.state === 'available' || record.state === 'failed') return;
  await ports.files.advance({ ...record, state: 'processing' });
  const finished = await makeContent(ports, record);
  await ports.files.advance(finished);
  ports.log.info('file generated', {
    fileId: record.fileId,
    invoiceId: record.invoiceId,
    state: finished.state,
    rows: finished.rows ?? 0,
  });
}

async function makeContent(ports: GenerateFilePorts, record: FileRecord): Promise<FileRecord> {
  const catalogue = await ports.catalogue.readKept(record.catalogueHash);
  try {
    const first = contentOf(ports, record, catalogue);
    if (!(await first.hasAny())) {
      return {
        ...record,
        state: 'failed',
        reason: `Invoice ${record.invoiceId} has no lines for ${scopeText(record)}`,
      };
    }
    const { sizeBytes, sha256 } = await ports.files.writeContent(record, first.bytes());
    const rows = first.total ?? (await countRows(ports, record, catalogue));
    return { ...record, state: 'available', rows, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }) };
  } catch (error) {
    if (!(error instanceof UnpricedLineError)) throw error;
    return { ...record, state: 'failed', reason: error.message };
  }
}

/** What a file is made of: CSV of daily rated usage from bytes, everything else row by row. */
function contentOf(ports: GenerateFilePorts, record: FileRecord, catalogue: Catalogue): CountedRows | UsageCsvContent {
  const { kind, format, culture, invoiceId, undatedDay } = record;
  const making = { kind, invoiceId, undatedDay, catalogue, scope: scopeOfFile(record) };
  if (kind !== 'dailyratedusage' || format !== 'csv') return new CountedRows(ports, record, making);
  return new UsageCsvContent(making, culture, usageSources(ports, record));
}

/** An earlier attempt had written the content and then died, so that this one's rows were not asked for. */
async function countRows(ports: GenerateFilePorts, record: FileRecord, catalogue: Catalogue): Promise<number> {
  const again = contentOf(ports, record, catalogue);
  for await (const _ of again.bytes());
  return again.total ?? 0;
}

/** The rows of a file, of which it can be known beforehand whether there are any, and afterwards how many there were. */
class CountedRows {
  readonly #columns: FileRowMaker['columns'];
  readonly #record: FileRecord;
  readonly #rows: AsyncGenerator<readonly string[]>;
  #first: IteratorResult<readonly string[]> | undefined;
  /** Known when all have been read. */
  total: number | undefined;

  constructor(ports: GenerateFilePorts, record: FileRecord, making: FileMaking) {
    const maker = new FileRowMaker(making);
    this.#record = record;
    this.#columns = maker.columns;
    this.#rows = rowsOf(ports, record, maker);
  }

  bytes(): AsyncGenerator<Uint8Array> {
    const { kind, format, culture } = this.#record;
    return reconciliationFile({ columns: this.#columns, rows: this.#read(), format, culture, title: kind });
  }

  async hasAny(): Promise<boolean> {
    this.#first ??= await this.#rows.next();
    return this.#first.done !== true;
  }

  async *#read(): AsyncGenerator<readonly string[]> {
    let count = 0;
    try {
      if (!(await this.hasAny())) return;
      yield this.#first?.value as readonly string[];
      for (count = 1; ; count += 1) {
        const next = await this.#rows.next();
        if (next.done === true) break;
        yield next.value;
      }
      this.total = count;
    } finally {
      await this.#rows.return(undefined);
    }
  }
}

async function* rowsOf(
  ports: GenerateFilePorts,
  record: FileRecord,
  maker: FileRowMaker,
): AsyncGenerator<readonly string[]> {
  for await (const line of readFileLines(ports, record)) {
    const cells = maker.cellsOf(line);
    if (cells !== undefined) yield cells;
  }
}
