import type { CultureName } from '../domain/culture-names.ts';
import { writtenColumns } from '../domain/file-columns.ts';
import { type RatedUsageLine, ratedUsageLine } from '../domain/file-columns-rated-usage.ts';
import { type FileMaking, FileRowMaker } from '../domain/file-lines.ts';
import { checkedBytes } from './checked-bytes.ts';
import { rowReader } from './columns.ts';
import { CsvScanner, cellText } from './csv-scan.ts';
import { CsvWriter } from './csv-writer.ts';
import { cultureNamed } from './culture.ts';
import { isCsvName } from './file-head.ts';
import { FileRefusedError } from './file-refused-error.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import { UsageRowCopier } from './rated-usage-copier.ts';
import { detectRatedUsage, ratedUsageLines } from './rated-usage-lines.ts';
import { UsagePricing } from './rated-usage-prices.ts';
import type { SourceFile } from './source-file.ts';
import { fromUsageRow, usageRowColumns } from './usage-rows.ts';

/** A file of daily rated usage, and what a message calls a line of it. */
export type UsageSource = {
  readonly file: SourceFile | RandomAccessFile;
  readonly placeOf: (lineNumber: number) => string;
};

/** About how many bytes are handed over at once, and how many of a source are read for it. */
const chunkBytes = 64 * 1024;
const pieceBytes = 512 * 1024;

/**
 * A reconciliation file of daily rated usage as CSV, from files of Microsoft's. Rows of CSV go from bytes to bytes, and
 * those of other formats through `FileRowMaker`; both come to the same bytes.
 */
export class RatedUsageCsv {
  readonly #maker: FileRowMaker;
  readonly #writer: CsvWriter;
  readonly #pricing: UsagePricing;
  /** Of the header that came last: the parts of a dataset have the same one. */
  #copier: { readonly header: string; readonly rows: UsageRowCopier } | undefined;
  /** Rows written, and rows read for them. */
  rows = 0;
  rowsRead = 0;
  /** Of those read, how many were not copied by their bytes. */
  rowsByValue = 0;

  constructor(making: FileMaking, culture: CultureName) {
    this.#maker = new FileRowMaker(making);
    this.#writer = new CsvWriter(writtenColumns(this.#maker.columns), cultureNamed(culture));
    this.#pricing = new UsagePricing(making, this.#writer);
  }

  /**
   * The bytes of the file, while its sources are read; once.
   * @throws FileRefusedError when a source is no daily rated usage, or a row of it is bad
   * @throws UnpricedLineError when the catalogue has no price for a row
   */
  async *bytesOf(sources: AsyncIterable<UsageSource> | Iterable<UsageSource>): AsyncGenerator<Uint8Array> {
    for await (const source of sources) {
      const { file } = source;
      if (isCsvName(file.name) && 'bytes' in file) yield* this.#copied(file, source);
      else yield* this.#made(source);
    }
    if (this.#writer.sizeBytes > 0) yield this.#writer.take();
  }

  async *#copied(file: SourceFile, { placeOf }: UsageSource): AsyncGenerator<Uint8Array> {
    const { lines } = await detectRatedUsage(file);
    if (lines === undefined) throw new Error(`${file.name} has no lines`);
    const writer = this.#writer;
    const read = this.#rowReader(file.name, placeOf);
    let copier: UsageRowCopier | undefined;
    const scanner = new CsvScanner(file.name, (start, line, columns) => {
      if (copier === undefined) {
        copier = this.#copierFor(file.name, headerOf(scanner, start, columns));
        return;
      }
      this.rowsRead += 1;
      const outcome = copier.copy(scanner, start);
      if (outcome === 'written') this.rows += 1;
      else if (outcome === 'unusual') {
        this.rowsByValue += 1;
        const { positions } = copier.layout;
        read((field) => valueAt(scanner, start, positions[field] ?? -1), line);
      }
    });
    for await (const bytes of checkedBytes(lines, () => scanner.line)) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        scanner.push(bytes.subarray(at, at + pieceBytes));
        if (writer.sizeBytes >= chunkBytes) yield writer.take();
      }
    }
    scanner.end();
  }

  #copierFor(fileName: string, header: readonly string[]): UsageRowCopier {
    const text = JSON.stringify(header);
    if (this.#copier?.header === text) return this.#copier.rows;
    const rows = new UsageRowCopier({
      fileName,
      header,
      table: this.#maker.columns,
      writer: this.#writer,
      pricing: this.#pricing,
    });
    this.#copier = { header: text, rows };
    return rows;
  }

  /** The way of a row that has something unusual in it: its values are read, and it is refused or written. */
  #rowReader(file: string, placeOf: UsageSource['placeOf']) {
    return rowReader(file, usageRowColumns, {
      onRow: (fields, lineNumber) => {
        this.#addLine(ratedUsageLine(fromUsageRow(fields, { file, line: lineNumber })), placeOf(lineNumber));
      },
      onRefused: (problem) => {
        throw new FileRefusedError(problem);
      },
    });
  }

  #addLine(line: RatedUsageLine, place: string): void {
    const cells = this.#maker.cellsOf({ kind: 'dailyratedusage', line, place });
    if (cells === undefined) return;
    this.#writer.addRow(cells);
    this.rows += 1;
  }

  async *#made({ file, placeOf }: UsageSource): AsyncGenerator<Uint8Array> {
    for await (const { line, lineNumber } of ratedUsageLines(file)) {
      this.rowsRead += 1;
      this.rowsByValue += 1;
      this.#addLine(line, placeOf(lineNumber));
      if (this.#writer.sizeBytes >= chunkBytes) yield this.#writer.take();
    }
  }
}

function headerOf(scanner: CsvScanner, start: number, columns: number): readonly string[] {
  return Array.from({ length: columns }, (_, column) => valueAt(scanner, start, column));
}

/** The value of a column as text; empty where there is no such column. */
function valueAt({ bytes, ends }: CsvScanner, start: number, column: number): string {
  if (column === -1) return '';
  return cellText(bytes, column === 0 ? start : (ends[column - 1] ?? 0) + 1, ends[column] ?? 0);
}
