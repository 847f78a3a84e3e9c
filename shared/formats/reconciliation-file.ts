import { assertNever } from '../domain/assert-never.ts';
import type { CultureName } from '../domain/culture-names.ts';
import { type AudienceTable, writtenColumns } from '../domain/file-columns.ts';
import type { FileFormat } from '../domain/file-kinds.ts';
import { csvFile } from './csv-writer.ts';
import { cultureNamed } from './culture.ts';
import type { FileRows } from './file-columns.ts';
import { parquetFile } from './parquet-writer.ts';
import { xlsxFile } from './xlsx-writer.ts';

export type ReconciliationFile = {
  readonly columns: AudienceTable;
  readonly rows: FileRows;
  readonly format: FileFormat;
  readonly culture: CultureName;
  /** Of the sheet of a workbook. */
  readonly title: string;
};

/** The bytes of a reconciliation file, while its rows are read; the same rows give the same bytes. */
export function reconciliationFile({ columns, rows, format, culture, title }: ReconciliationFile) {
  const written = writtenColumns(columns);
  switch (format) {
    case 'csv':
      return csvFile(written, rows, cultureNamed(culture));
    case 'xlsx':
      return xlsxFile([{ name: title, columns: written, rows }]);
    case 'parquet':
      return parquetFile(written, rows);
    default:
      return assertNever(format);
  }
}
