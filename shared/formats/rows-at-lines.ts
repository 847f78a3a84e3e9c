import { limits } from './limits.ts';
import { type SourceFile, unpackedText } from './source-file.ts';
import type { PartLayout, VerbatimRow } from './subscription-rows.ts';

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const openBrace = 123;
const openBracket = 91;
const byteOrderMark = Buffer.from('\uFEFF', 'utf8');

export type RowsAtLines = { readonly layout: PartLayout; readonly rows: readonly VerbatimRow[] };

/**
 * The rows that begin on some lines of a text file, byte for byte, with the header of a CSV file. The file is read once,
 * as far as the last of them; only wanted rows are held.
 * @returns undefined when the file is no table of rows by lines (a page of JSON), or has no row on one of these lines
 */
export async function readRowsAtLines(file: SourceFile, wanted: ReadonlySet<number>): Promise<RowsAtLines | undefined> {
  const rows: VerbatimRow[] = [];
  let header: string | undefined;
  let isJson: boolean | undefined;
  const missing = new Set(wanted);
  const splitter = new RowSplitter((line) => missing.has(line) || (line === 1 && isJson !== true));
  const take = (row: VerbatimRow): void => {
    if (row.line === 1) {
      const bytes = withoutMark(row.bytes);
      isJson = bytes[0] === openBrace || bytes[0] === openBracket;
      if (!isJson) header = Buffer.from(bytes).toString('utf8');
    }
    if (missing.delete(row.line)) rows.push(row);
  };
  for await (const chunk of unpackedText(file)) {
    splitter.add(chunk, take);
    if (missing.size === 0 && isJson !== undefined) break;
  }
  if (missing.size > 0) splitter.end(take);
  if (missing.size > 0 || isJson === undefined) return undefined;
  if (isJson) return rows.every(isRecord) ? { layout: { format: 'jsonLines' }, rows } : undefined;
  return { layout: { format: 'csv', header: header ?? '' }, rows };
}

/** Whether a line of JSON is one row: a whole object that says whose it is. */
function isRecord({ bytes }: VerbatimRow): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && Object.keys(value).some((name) => /^customerid$/i.test(name));
  } catch {
    // What is cut in the middle is no row of its own: the caller is told so.
    return false;
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return byteOrderMark.every((byte, at) => bytes[at] === byte) ? bytes.subarray(byteOrderMark.length) : bytes;
}

/**
 * Cuts text into rows at line ends outside of quotes. Lines are counted as the readers of rows count them: CRLF, LF and
 * CR each end one. In lines of JSON quotes come in pairs too, but for escaped ones: there every line feed ends a row,
 * since JSON has none inside of it.
 */
class RowSplitter {
  readonly #isWanted: (line: number) => boolean;
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #line = 1;
  #rowLine = 1;
  #isQuoted = false;
  #isJson: boolean | undefined;
  #last = 0;

  constructor(isWanted: (line: number) => boolean) {
    this.#isWanted = isWanted;
  }

  add(chunk: Uint8Array, take: (row: VerbatimRow) => void): void {
    this.#isJson ??= withoutMark(chunk)[0] === openBrace || withoutMark(chunk)[0] === openBracket;
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === quote && !this.#isJson) this.#isQuoted = !this.#isQuoted;
      else if (byte === carriageReturn) this.#line += 1;
      else if (byte === lineFeed) {
        if (this.#last !== carriageReturn) this.#line += 1;
        if (!this.#isQuoted) {
          this.#hold(chunk.subarray(start, at));
          this.#finish(take);
          start = at + 1;
        }
      }
      this.#last = byte;
    }
    this.#hold(chunk.subarray(start));
  }

  /** The last row may have no line end. */
  end(take: (row: VerbatimRow) => void): void {
    if (this.#heldBytes > 0) this.#finish(take);
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0 || !this.#isWanted(this.#rowLine)) return;
    this.#heldBytes += piece.length;
    if (this.#heldBytes > limits.rowBytesMax)
      throw new Error(`Line ${this.#rowLine} begins a row of more than ${limits.rowBytesMax} bytes`);
    this.#pieces.push(Buffer.from(piece));
  }

  #finish(take: (row: VerbatimRow) => void): void {
    if (this.#isWanted(this.#rowLine)) {
      const bytes = Buffer.concat(this.#pieces);
      take({ line: this.#rowLine, bytes: bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes });
    }
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#rowLine = this.#line;
  }
}
