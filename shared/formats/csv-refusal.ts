import { FileRefusedError } from './file-refused-error.ts';
import { limits } from './limits.ts';

/** What makes a CSV file as a whole unusable. */
export type CsvFault = 'unclosedQuote' | 'strayQuote' | 'raggedRow' | 'rowTooLong' | 'tooManyColumns';

const refusals = {
  unclosedQuote: { code: 'badCsv', sentence: 'a quoted field is still open at the end of the file; expected a quote' },
  strayQuote: {
    code: 'badCsv',
    sentence: 'a quote stands inside a value; expected the whole value in quotes, and quotes in it doubled',
  },
  raggedRow: { code: 'raggedRow', sentence: 'the row has more or fewer fields than the header; expected as many' },
  tooManyColumns: {
    code: 'tooManyColumns',
    sentence: `the header has more columns; expected at most ${limits.columnsMax}`,
  },
  rowTooLong: { code: 'rowTooLong', sentence: `the row is longer than ${limits.rowBytesMax} bytes; expected its end` },
} as const satisfies Record<CsvFault, { readonly code: string; readonly sentence: string }>;

/** `line` is the line on which the row begins. The words do not repeat what the file holds. */
export function csvRefusal(fileName: string, line: number, fault: CsvFault, cause?: Error): FileRefusedError {
  const { code, sentence } = refusals[fault];
  return new FileRefusedError(
    { code, file: fileName, line, message: `${fileName}, line ${line}: ${sentence}` },
    { cause },
  );
}

/** Thrown where a file has no row at all, be it CSV or JSON. */
export function emptyFile(fileName: string): FileRefusedError {
  return new FileRefusedError({
    code: 'emptyFile',
    file: fileName,
    message: `${fileName}: the file is empty; expected a header row`,
  });
}
