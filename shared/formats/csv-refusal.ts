import { FileRefusedError } from './file-refused-error.ts';

/** What makes a CSV file as a whole unusable. */
export type CsvFault = 'unclosedQuote' | 'strayQuote' | 'raggedRow' | 'rowTooLong' | 'tooManyColumns';

/** Longest row that is read; a longer one is a lost quote, not data. */
export const rowSizeMaxBytes = 16 * 1024 * 1024;

/** More columns than any file of Microsoft's has; a header with more is not one. */
export const columnsMax = 4096;

const sentences = {
  unclosedQuote: 'a quote is opened and never closed',
  strayQuote: 'a quote stands inside a value; expected the whole value in quotes, and quotes in it doubled',
  raggedRow: 'the row has more or fewer values than the header has columns',
  tooManyColumns: `the header has more than ${columnsMax} columns`,
  rowTooLong: `the row is longer than ${rowSizeMaxBytes} bytes`,
} as const satisfies Record<CsvFault, string>;

/** `line` is the line on which the row begins. */
export function csvRefusal(fileName: string, line: number, fault: CsvFault, cause?: Error): FileRefusedError {
  return new FileRefusedError(
    {
      code: fault === 'raggedRow' ? 'raggedRow' : 'badCsv',
      file: fileName,
      line,
      message: `${fileName}, line ${line}: ${sentences[fault]}`,
    },
    { cause },
  );
}
