import { type CsvFault, csvRefusal } from './csv-refusal.ts';
import type { FileRefusedError } from './file-refused-error.ts';
import { limits } from './limits.ts';
import { loadablePieces, RowScan } from './row-scan.ts';

const { columnsMax, rowBytesMax } = limits;

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/**
 * Takes the rows of a scan, the header too: where the row begins in the scanner's `bytes`, the line on which it begins,
 * and how many values it has. The scanner's `ends` and `bytes` hold for this row only while the handler runs.
 */
type CsvRowHandler = (start: number, line: number, columns: number) => void;

type State = 'plain' | 'quoted' | 'afterQuote';

/**
 * Finds rows and values in the bytes of a CSV file (RFC 4180; rows end with CRLF, LF or CR), chunk by chunk, wherever
 * they are cut. Nothing is decoded or copied but the one row that spans two chunks. The bytes must have been checked to
 * be UTF-8 without NUL.
 *
 * The same rows as csv-parse reads, with these differences: a row longer than 16 MiB is measured with its quotes and
 * delimiters; more than 4,096 columns are refused.
 *
 * Rows without newlines in quotes are found by `RowScan`. The others, and rows that span two chunks, are read here: one
 * byte at a time with a comparison each takes 2.9 ns a byte; four at a time, passing over those above the comma
 * (letters, digits, hyphens; every byte that means something is below), takes 0.8 ns.
 */
export class CsvScanner {
  /** Where each value of the row ends, quotes included, in `bytes`; it begins one byte after the one before. */
  ends: Int32Array;
  bytes: Buffer = Buffer.alloc(0);
  /** Whether `bytes` are in the memory of `rowScan`: as good as always, but for rows of more than a mebibyte. */
  isLoaded = false;
  readonly rowScan = new RowScan();
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #fileName: string;
  readonly #onRow: CsvRowHandler;
  /** The beginning of a row whose end is still to come. */
  #rest: Uint8Array = new Uint8Array(0);
  #state: State = 'plain';
  #rowStart = 0;
  #columns = 0;
  #expectedColumns = -1;
  #rowLine = 1;
  #line = 1;
  /** Whether the row before ended with CR: LF as the next byte belongs to it. */
  #isAfterReturn = false;
  /** The first bytes, until there are enough to tell whether they are a byte order mark; then undefined. */
  #head: Uint8Array | undefined = new Uint8Array(0);

  constructor(fileName: string, onRow: CsvRowHandler) {
    this.#fileName = fileName;
    this.#onRow = onRow;
    this.ends = this.rowScan.positions;
  }

  /** The line on which the bytes end that have been scanned. */
  get line(): number {
    return this.#line;
  }

  /** @throws FileRefusedError for a stray quote, a ragged row, a row without end */
  push(chunk: Uint8Array): void {
    if (this.#head === undefined) {
      this.#pushText(chunk);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < byteOrderMark.length) return;
    const text = byteOrderMark.every((byte, at) => this.#head?.[at] === byte) ? this.#head.subarray(3) : this.#head;
    this.#head = undefined;
    this.#pushText(text);
  }

  #pushText(chunk: Uint8Array): void {
    for (const piece of loadablePieces(chunk)) this.#pushPiece(piece);
  }

  #pushPiece(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.#rest.length > 0) {
      // Half a row is waiting: it is joined with as much as was there, and at least a page, until it ends.
      const rest = this.#rest;
      const piece = chunk.subarray(at, at + Math.max(4096, rest.length));
      this.#use(Buffer.concat([rest, piece]));
      const scannedTo = this.#scanRow(rest.length, this.bytes.length);
      if (this.#rowStart === 0) this.#stash();
      else this.#rest = new Uint8Array(0);
      at += scannedTo - rest.length;
    }
    if (at === chunk.length) return;
    this.#use(chunk.subarray(at));
    this.#rowStart = 0;
    this.#scanRows(this.bytes.length);
    this.#stash();
  }

  /** Takes the last row, which may end without a line end. @throws FileRefusedError when a quote is still open */
  end(): void {
    if (this.#head !== undefined) this.#pushText(this.#head);
    if (this.#state === 'quoted') throw this.#refused('unclosedQuote');
    if (this.#rest.length === 0) return;
    this.#use(this.#rest);
    this.#endRow(this.bytes.length);
  }

  #use(piece: Uint8Array): void {
    const loaded = this.rowScan.load(piece);
    const bytes = loaded ?? Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    this.isLoaded = loaded !== undefined;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.ends = this.rowScan.positions;
  }

  /** Keeps what has been scanned of an unfinished row. */
  #stash(): void {
    const start = this.#rowStart;
    if (this.bytes.length - start > rowBytesMax) throw this.#refused('rowTooLong');
    this.#rest = new Uint8Array(this.bytes.subarray(start));
    for (let column = 0; column < Math.min(this.#columns, columnsMax); column += 1) {
      this.ends[column] = (this.ends[column] ?? 0) - start;
    }
    this.#rowStart = 0;
  }

  /** Scans all rows of a piece that begins with one. */
  #scanRows(end: number): void {
    const { bytes } = this;
    let at = 0;
    while (at < end) {
      const lineEnd = this.rowScan.csvRow(at, end);
      if (lineEnd === -1) at = this.#scanRow(at, end);
      else {
        this.#columns = this.rowScan.columns - 1;
        at = this.#endLine(lineEnd, end, bytes[lineEnd] ?? 0);
      }
    }
  }

  /**
   * What it touches at every value is held in local variables: fields of the object would be read and written each time.
   * @returns where it stopped: after a row, or at `end`
   */
  #scanRow(from: number, end: number): number {
    const { bytes, ends } = this;
    const view = this.#view;
    const lastWord = end - 4;
    let at = this.#state === 'plain' ? from : this.#scanQuoted(from, end);
    let column = this.#columns;
    while (at < end) {
      while (at <= lastWord) {
        // The high bit of every byte below 45 is set; the lowest one set is never a false one.
        const word = view.getInt32(at, true);
        const low = (word - 0x2d2d2d2d) & ~word & 0x80808080;
        if (low !== 0) {
          at += (31 - Math.clz32(low & -low)) >> 3;
          break;
        }
        at += 4;
      }
      if (at >= end) break;
      const byte = bytes[at] ?? 0;
      if (byte === comma) {
        ends[column] = at;
        column += 1;
        at += 1;
      } else if (byte === lineFeed || byte === carriageReturn) {
        this.#columns = column;
        return this.#endLine(at, end, byte);
      } else if (byte === quote) {
        this.#columns = column;
        if (at !== this.#valueStart()) throw this.#refused('strayQuote');
        this.#state = 'quoted';
        at = this.#scanQuoted(at + 1, end);
      } else at += 1;
    }
    this.#columns = column;
    return end;
  }

  /** Goes on inside a value in quotes, to the byte after it or to `end`. @returns where it stopped */
  #scanQuoted(from: number, end: number): number {
    const bytes = this.bytes;
    let at = from;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      if (byte > quote && this.#state === 'quoted') {
        at += 1;
      } else if (byte === quote) {
        this.#state = this.#state === 'quoted' ? 'afterQuote' : 'quoted';
        at += 1;
      } else if (this.#state === 'afterQuote') {
        if (byte !== comma && byte !== lineFeed && byte !== carriageReturn) throw this.#refused('strayQuote');
        this.#state = 'plain';
        return at;
      } else {
        if (byte === carriageReturn || (byte === lineFeed && bytes[at - 1] !== carriageReturn)) this.#line += 1;
        at += 1;
      }
    }
    return at;
  }

  /** Takes a line end. @returns where the next row begins */
  #endLine(at: number, end: number, byte: number): number {
    let next = at + 1;
    if (byte === lineFeed && at === this.#rowStart && this.#isAfterReturn) {
      this.#isAfterReturn = false;
    } else {
      this.#endRow(at);
      this.#line += 1;
      this.#rowLine = this.#line;
      this.#isAfterReturn = byte === carriageReturn;
      if (this.#isAfterReturn && next < end && this.bytes[next] === lineFeed) {
        this.#isAfterReturn = false;
        next += 1;
      }
    }
    this.#rowStart = next;
    return next;
  }

  #endRow(at: number): void {
    this.ends[this.#columns] = at;
    const columns = this.#columns + 1;
    if (at - this.#rowStart > rowBytesMax) throw this.#refused('rowTooLong');
    if (columns !== this.#expectedColumns) {
      if (this.#expectedColumns !== -1) throw this.#refused('raggedRow');
      if (columns > columnsMax) throw this.#refused('tooManyColumns');
      this.#expectedColumns = columns;
    }
    this.#columns = 0;
    this.#onRow(this.#rowStart, this.#rowLine, columns);
  }

  #valueStart(): number {
    return this.#columns === 0 ? this.#rowStart : (this.ends[this.#columns - 1] ?? 0) + 1;
  }

  #refused(fault: CsvFault): FileRefusedError {
    return csvRefusal(this.#fileName, this.#rowLine, fault);
  }
}

/** The value whose bytes stand between `start` and `end`, as text. */
export function cellText(bytes: Buffer, start: number, end: number): string {
  if (start < end && bytes[start] === quote) return bytes.toString('utf8', start + 1, end - 1).replaceAll('""', '"');
  return bytes.toString('utf8', start, end);
}
