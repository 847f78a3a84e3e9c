import { once } from 'node:events';
import { CsvError, type Parser, parse } from 'csv-parse';
import { checkedBytes } from './checked-bytes.ts';
import { type ColumnTable, type RowSink, rowReader, rowsBetweenDrains } from './columns.ts';
import { type CsvFault, csvRefusal, emptyFile } from './csv-refusal.ts';
import { bindHeader } from './header.ts';
import { limits } from './limits.ts';
import type { SourceFile } from './source-file.ts';

type PlacedRecord = readonly string[] & { readonly line: number };

/**
 * Reads a CSV file (RFC 4180, header first, UTF-8) and hands each row's fields to `sink`. Columns are found by name;
 * columns that the table does not name are passed over.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readCsvRows<T extends ColumnTable>(
  file: SourceFile,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const read = rowReader(file.name, table, sink);
  const place = lineCounter();
  let positions: readonly number[] | undefined;
  const parser = parse({
    bom: true,
    max_record_size: limits.rowBytesMax,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: false,
    on_record: (record: string[], { lines }) => {
      const placed = Object.assign(record, { line: place.next(record, lines) });
      if (positions !== undefined) return placed;
      positions = bindHeader(file.name, table, record);
      return null;
    },
  });
  const feeding = feed(file, parser);
  let rows = 0;
  try {
    for await (const record of parser as AsyncIterable<PlacedRecord>) {
      rows += 1;
      read((field) => record[positions?.[field] ?? -1], record.line);
      if (rows % rowsBetweenDrains === 0) await sink.drain?.();
    }
    await feeding;
  } catch (error) {
    parser.destroy();
    await feeding.catch(() => {}); // The error in hand is the first one; what feeding adds is its echo.
    throw error instanceof CsvError ? refusedCsv(file.name, place.line(), error) : error;
  }
  if (positions === undefined) throw emptyFile(file.name);
  return rows;
}

/**
 * Counts the lines on which records begin. The parser's own count, of the lines up to the end of a record, serves only
 * to tell whether the record spans several: inside quotes it takes CRLF for two.
 */
function lineCounter() {
  let line = 1;
  let counted = 0;
  return {
    /** The line of the record that is being parsed. */
    line: () => line,
    /** Takes the next record that is complete, and tells its line. */
    next: (record: readonly string[], linesCounted: number): number => {
      const start = line;
      line += linesCounted - counted === 1 ? 1 : record.join(' ').split(/\r\n|\n|\r/).length;
      counted = linesCounted;
      return start;
    },
  };
}

/** Decodes and hands the bytes on, waiting where the parser is behind. */
async function feed(file: SourceFile, parser: Parser): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const lines = new LineCount();
  try {
    for await (const bytes of checkedBytes(file, () => lines.line)) {
      if (parser.destroyed) return;
      lines.count(bytes);
      if (!parser.write(decoder.decode(bytes, { stream: true }))) await drained(parser);
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error('Reading failed', { cause: error }));
    throw error;
  }
}

/** The line on which the bytes end that have been counted: CRLF, LF and CR each end one. */
class LineCount {
  line = 1;
  #isAfterReturn = false;

  count(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 13 || (byte === 10 && !this.#isAfterReturn)) this.line += 1;
      this.#isAfterReturn = byte === 13;
    }
  }
}

/** Resolves when the parser takes more, or has been destroyed and never will. */
async function drained(parser: Parser): Promise<void> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  try {
    await Promise.race([once(parser, 'drain', options), once(parser, 'close', options)]);
  } finally {
    settled.abort();
  }
}

const faults: Readonly<Record<string, CsvFault>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'raggedRow',
  CSV_QUOTE_NOT_CLOSED: 'unclosedQuote',
  CSV_INVALID_CLOSING_QUOTE: 'strayQuote',
  INVALID_OPENING_QUOTE: 'strayQuote',
  CSV_MAX_RECORD_SIZE: 'rowTooLong',
};

/** The refusal that an error of the parser stands for. */
export function refusedCsv(fileName: string, line: number, error: CsvError): Error {
  const fault = faults[error.code];
  return fault === undefined ? error : csvRefusal(fileName, line, fault, error);
}
