import type { ColumnTable } from './columns.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { limits } from './limits.ts';
import { nearestName } from './nearest-name.ts';

const localised = /^[^()]{1,200}\(([A-Za-z_][A-Za-z0-9_]{0,63})\)$/;

/**
 * A column's name as it is compared: trimmed and in lower case. Older portals translate headers and keep the English
 * name in brackets, `Abonnement-GUID (SubscriptionGuid)`: then the bracketed name is it.
 */
export function foldColumnName(name: string): string {
  const trimmed = name.trim();
  return (localised.exec(trimmed)?.[1] ?? trimmed).toLowerCase();
}

/** @throws FileRefusedError when a header has more columns than any file of Microsoft's has */
export function checkWidth(fileName: string, header: readonly string[]): void {
  if (header.length <= limits.columnsMax) return;
  throw new FileRefusedError({
    code: 'tooManyColumns',
    file: fileName,
    line: 1,
    value: String(header.length),
    message: `${fileName}, line 1: the header has ${header.length} columns; expected at most ${limits.columnsMax}`,
  });
}

/**
 * The folded names of a header, which must differ.
 * @throws FileRefusedError when two fold to one name, or when there are too many
 */
export function foldHeader(fileName: string, header: readonly string[]): readonly string[] {
  checkWidth(fileName, header);
  const folded = header.map(foldColumnName);
  const seen = new Set<string>();
  for (const name of folded) {
    if (name !== '' && seen.has(name)) {
      throw new FileRefusedError({
        code: 'duplicateColumn',
        file: fileName,
        line: 1,
        column: name,
        message: `${fileName}, line 1: the column ${name} is there twice`,
      });
    }
    seen.add(name);
  }
  return folded;
}

/**
 * Position in the file of each field of the table; -1 where an optional column is absent.
 * @throws FileRefusedError when a required column is missing; the message names the nearest column that is there
 */
export function bindHeader(fileName: string, table: ColumnTable, header: readonly string[]): readonly number[] {
  const folded = foldHeader(fileName, header);
  const positionOf = new Map(folded.map((name, index) => [name, index]));
  return Object.values(table).map((column) => {
    const name = column.names.find((candidate) => positionOf.has(candidate.toLowerCase()));
    const position = name === undefined ? undefined : positionOf.get(name.toLowerCase());
    if (position === undefined && column.required) throw missingColumn(fileName, column.names, header);
    return position ?? -1;
  });
}

const otherDelimiters = [
  [';', 'a semicolon'],
  ['\t', 'a tab'],
  ['|', 'a bar'],
] as const;

/** The refusal for a header that lacks a column; a header of one cell that is cut by something else says so. */
function missingColumn(fileName: string, names: readonly string[], header: readonly string[]): FileRefusedError {
  const [only = ''] = header;
  const delimiter = header.length === 1 ? otherDelimiters.find(([mark]) => only.includes(mark)) : undefined;
  if (delimiter !== undefined) {
    return new FileRefusedError({
      code: 'wrongDelimiter',
      file: fileName,
      line: 1,
      value: delimiter[0],
      message: `${fileName}, line 1: the columns are divided by ${delimiter[1]}; expected a comma`,
    });
  }
  const name = names[0] ?? '';
  const nearest = nearestName(name, header);
  const hint = nearest === undefined ? '' : `; the nearest column is ${nearest}`;
  return new FileRefusedError({
    code: 'missingColumn',
    file: fileName,
    line: 1,
    column: name,
    ...(nearest === undefined ? {} : { value: nearest }),
    message: `${fileName}, line 1: the column ${name} is missing${hint}`,
  });
}
