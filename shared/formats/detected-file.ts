import { assertNever } from '../domain/assert-never.ts';
import type { ColumnTable, RowSink } from './columns.ts';
import { readCsvRows } from './csv-rows.ts';
import { type Detection, detect } from './detect.ts';
import { type FileHead, lookAt, type RowLayout } from './file-head.ts';
import { readJsonLineRows } from './json-line-rows.ts';
import { readJsonPageRows } from './json-page-rows.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import type { SourceFile } from './source-file.ts';

/** Any of Microsoft's files, known by its beginning and still to be read. */
export type DetectedFile = {
  readonly name: string;
  readonly detection: Detection;
  readonly head: FileHead;
  /** The file from its first byte, once, where its rows are lines of text: what can be read by its bytes. */
  readonly lines: SourceFile | undefined;
  /**
   * Reads all rows by a table, once.
   * @returns how many rows the file has, refused ones included
   * @throws FileRefusedError when the file as a whole cannot be used
   */
  readonly readRows: <T extends ColumnTable>(table: T, sink: RowSink<T>) => Promise<number>;
  /** Lets go of the source, for who does not read it. */
  readonly close: () => Promise<void>;
};

/**
 * Tells what a text file is.
 * @throws FileRefusedError when its beginning cannot be read or fits nothing of Microsoft's; the source is let go then
 */
export async function detectText(source: SourceFile): Promise<DetectedFile> {
  const { head, file, close } = await lookAt(source);
  try {
    const detection = detect(file.name, head);
    return {
      name: file.name,
      detection,
      head,
      lines: head.layout === 'csv' || head.layout === 'jsonLines' ? file : undefined,
      readRows: (table, sink) => readerOf(head.layout)(file, table, sink),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Tells what a Parquet file is.
 * @throws FileRefusedError when it is damaged, or fits nothing of Microsoft's
 */
export async function detectParquet(file: RandomAccessFile): Promise<DetectedFile> {
  // Only where there is such a file: its libraries take 20 MB.
  const { openParquet, parquetHead, readParquetRows } = await import('./parquet-rows.ts');
  const open = await openParquet(file);
  const head = await parquetHead(open);
  return {
    name: file.name,
    detection: detect(file.name, head),
    head,
    lines: undefined,
    readRows: (table, sink) => readParquetRows(open, table, sink),
    close: async () => {},
  };
}

/** Whether a file is Parquet, by its name: it is read by ranges and not from its start. */
export function isParquetName(fileName: string): boolean {
  return fileName.toLowerCase().endsWith('.parquet');
}

function readerOf(
  layout: RowLayout,
): <T extends ColumnTable>(file: SourceFile, table: T, sink: RowSink<T>) => Promise<number> {
  switch (layout) {
    case 'csv':
      return readCsvRows;
    case 'jsonLines':
      return readJsonLineRows;
    case 'jsonPage':
      return readJsonPageRows;
    case 'parquet':
      throw new Error('Parquet is read by row groups, not as text');
    default:
      return assertNever(layout);
  }
}
