import type { ColumnTable } from './columns.ts';
import { FileRefusedError } from './file-refused-error.ts';

/**
 * Position in the file of each field of the table; -1 where an optional column is absent.
 * @throws FileRefusedError when a required column is missing, or any column is there twice
 */
export function bindHeader(fileName: string, table: ColumnTable, header: readonly string[]): readonly number[] {
  const folded = header.map((name) => name.trim().toLowerCase());
  const doubled = folded.find((name, index) => name !== '' && folded.indexOf(name) !== index);
  if (doubled !== undefined) {
    throw new FileRefusedError({
      code: 'duplicateColumn',
      file: fileName,
      line: 1,
      column: doubled,
      message: `${fileName}, line 1: the column ${doubled} is there twice`,
    });
  }
  return Object.values(table).map((column) => {
    const positions = column.names.map((name) => folded.indexOf(name.toLowerCase()));
    const position = positions.find((found) => found !== -1) ?? -1;
    if (position === -1 && column.required) {
      const name = column.names[0] ?? '';
      throw new FileRefusedError({
        code: 'missingColumn',
        file: fileName,
        line: 1,
        column: name,
        message: `${fileName}, line 1: the column ${name} is missing`,
      });
    }
    return position;
  });
}

export function emptyFile(fileName: string): FileRefusedError {
  return new FileRefusedError({
    code: 'emptyFile',
    file: fileName,
    message: `${fileName}: the file is empty; expected a header row`,
  });
}
