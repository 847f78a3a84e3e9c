import { type FileMetaData, parquetMetadataAsync, parquetRead, type SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import { type ColumnTable, type RowSink, rowReader, rowsBetweenDrains } from './columns.ts';
import type { FileHead } from './file-head.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { bindHeader, checkWidth, foldColumnName } from './header.ts';
import { limits } from './limits.ts';
import { parquetParsers, scaleOf, valueText } from './parquet-values.ts';
import type { RandomAccessFile } from './random-access-file.ts';

/** A Parquet file whose footer has been read: its columns by name, and what their values are made of. */
export type OpenParquet = {
  readonly file: RandomAccessFile;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly metadata: FileMetaData;
  /** Decimal places of each decimal column; other columns have none. */
  readonly scales: ReadonlyMap<string, number>;
};

/** What a footer must have for its columns and rows to be found; the library takes what it finds. */
const footerFields = z.object({
  schema: z.array(z.object({ name: z.string() })).min(1),
  num_rows: z.bigint().nonnegative(),
  row_groups: z.array(z.object({ num_rows: z.bigint().nonnegative(), columns: z.array(z.object({})) })),
});

const magic = 'PAR1';
/** The footer's length and the magic word after it. */
const tailBytes = 8;

/**
 * Reads the footer of a Parquet file (uncompressed, snappy, gzip; flat columns).
 * @throws FileRefusedError when it is damaged, cut off or something else
 */
export async function openParquet(file: RandomAccessFile): Promise<OpenParquet> {
  await checkFooter(file);
  const metadata = await refusing(file, (buffer) => parquetMetadataAsync(buffer, { geoparquet: false }));
  if (!footerFields.safeParse(metadata).success) {
    throw refusal(file.name, 'damagedContainer', 'the Parquet footer is damaged; expected columns and row groups');
  }
  const elements = metadata.schema.slice(1);
  const columns = elements.map((element) => element.name);
  checkWidth(file.name, columns);
  const nested = elements.find((element) => (element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED');
  if (nested !== undefined) {
    throw refusal(file.name, 'badParquet', `the column ${nested.name} is nested; expected flat columns`);
  }
  const scales = new Map(
    elements.flatMap((element): [string, number][] => {
      const scale = scaleOf(element);
      return scale === undefined ? [] : [[element.name, scale]];
    }),
  );
  return {
    file,
    columns,
    rows: Number(metadata.num_rows),
    metadata: { ...metadata, schema: metadata.schema.map(readAs) },
    scales,
  };
}

/**
 * The type by which a column is read. A decimal loses its own, so that the library hands over its integers: it would
 * make floats of them, and digits would be lost; the scale is kept beside it. Bytes of no type are text.
 */
function readAs(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical, ...rest } = element;
  if (scaleOf(element) !== undefined) return rest;
  const isPlain = element.type === 'BYTE_ARRAY' && converted === undefined && logical === undefined;
  return isPlain ? { ...rest, converted_type: 'UTF8' } : element;
}

async function checkFooter(file: RandomAccessFile): Promise<void> {
  if (file.sizeBytes === 0) {
    throw new FileRefusedError({
      code: 'emptyFile',
      file: file.name,
      message: `${file.name}: the file is empty; expected Parquet`,
    });
  }
  const start = await file.read(0, Math.min(4, file.sizeBytes));
  if (Buffer.from(start).toString('latin1') !== magic) {
    throw refusal(file.name, 'wrongContainer', 'this is not a Parquet file; expected it to begin with PAR1');
  }
  const tail = Buffer.from(await file.read(Math.max(0, file.sizeBytes - tailBytes), file.sizeBytes));
  if (tail.length < tailBytes || tail.toString('latin1', 4) !== magic) {
    throw refusal(file.name, 'damagedContainer', 'the Parquet file is cut off; expected PAR1 at its end');
  }
  const footerBytes = tail.readUInt32LE(0);
  if (footerBytes > limits.parquetFooterBytesMax) {
    const most = limits.parquetFooterBytesMax;
    throw refusal(file.name, 'tooLarge', `the Parquet footer has ${footerBytes} bytes; expected at most ${most}`);
  }
  if (footerBytes > file.sizeBytes - tailBytes - magic.length) {
    throw refusal(file.name, 'damagedContainer', `the Parquet footer of ${footerBytes} bytes does not fit in the file`);
  }
}

/** The columns of an open file and its first rows. */
export async function parquetHead(open: OpenParquet): Promise<FileHead> {
  const names = open.columns.map(foldColumnName);
  const rows: ReadonlyMap<string, string>[] = [];
  for await (const values of slicesOf(open, open.columns, limits.headRowsMax)) {
    for (const row of values) {
      const texts = row.map((value, index) => valueText(value, open.scales.get(open.columns[index] ?? '')));
      rows.push(new Map(names.flatMap((name, index) => (texts[index] === undefined ? [] : [[name, texts[index]]]))));
    }
    break;
  }
  return { layout: 'parquet', columns: open.columns, rows };
}

/**
 * Reads the rows of a Parquet file and hands each row's fields to `sink`, as `readCsvRows` does. Decimals keep every
 * digit. Memory grows with the size of a row group at most, not of the file. Rows are counted in place of lines.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readParquetRows<T extends ColumnTable>(
  open: OpenParquet,
  table: T,
  sink: RowSink<T>,
): Promise<number> {
  const positions = bindHeader(open.file.name, table, open.columns);
  const wanted = [...new Set(positions.filter((position) => position !== -1))];
  const columns = wanted.map((position) => open.columns[position] ?? '');
  const scales = columns.map((column) => open.scales.get(column));
  const places = positions.map((position) => wanted.indexOf(position));
  const read = rowReader(open.file.name, table, sink);
  let line = 0;
  for await (const values of slicesOf(open, columns, limits.parquetRowsAtOnce)) {
    for (const row of values) {
      line += 1;
      read((field) => {
        const place = places[field] ?? -1;
        return place === -1 ? undefined : valueText(row[place], scales[place]);
      }, line);
      if (line % rowsBetweenDrains === 0) await sink.drain?.();
    }
  }
  if (line !== open.rows) {
    throw refusal(open.file.name, 'damagedContainer', `the footer says ${open.rows} rows, the file has ${line}`);
  }
  return line;
}

/** The rows of a file, some at a time and never across row groups. */
async function* slicesOf(
  { file, metadata }: OpenParquet,
  columns: readonly string[],
  rowsAtOnce: number,
): AsyncGenerator<readonly (readonly unknown[])[]> {
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(groupEnd, rowStart + rowsAtOnce);
      const rows = await refusing(file, (buffer) => readSlice({ buffer, metadata, columns, rowStart, rowEnd }));
      if (rows.length !== rowEnd - rowStart) {
        const found = `rows ${rowStart + 1} to ${rowEnd} are ${rows.length}`;
        throw refusal(file.name, 'damagedContainer', `the Parquet data is damaged (${found})`);
      }
      yield rows;
    }
    groupStart = groupEnd;
  }
}

async function readSlice({
  buffer,
  metadata,
  columns,
  rowStart,
  rowEnd,
}: {
  readonly buffer: Buffered;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly rowStart: number;
  readonly rowEnd: number;
}): Promise<readonly (readonly unknown[])[]> {
  let rows: readonly (readonly unknown[])[] = [];
  await parquetRead({
    file: buffer,
    metadata,
    columns: [...columns],
    rowStart,
    rowEnd,
    compressors,
    parsers: parquetParsers,
    utf8: false,
    geoparquet: false,
    onComplete: (complete: unknown[][]) => {
      rows = complete;
    },
  });
  return rows;
}

type Buffered = { readonly byteLength: number; readonly slice: (start: number, end?: number) => Promise<ArrayBuffer> };

/**
 * Runs a reader of the library over `file`. What the library throws means that the file is damaged; what the source
 * throws passes through unchanged, since reading again may help.
 */
async function refusing<T>(file: RandomAccessFile, read: (buffer: Buffered) => Promise<T>): Promise<T> {
  let sourceFailure: { readonly error: unknown } | undefined;
  const slice = async (start: number, end: number = file.sizeBytes): Promise<ArrayBuffer> => {
    try {
      return Uint8Array.from(await file.read(Math.max(0, start), Math.min(end, file.sizeBytes))).buffer;
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  };
  try {
    return await read({ byteLength: file.sizeBytes, slice });
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure.error;
    if (!(error instanceof Error) || error instanceof FileRefusedError) throw error;
    throw refusal(file.name, 'damagedContainer', `the Parquet data is damaged (${error.message.slice(0, 200)})`, error);
  }
}

function refusal(fileName: string, code: string, reason: string, cause?: Error): FileRefusedError {
  return new FileRefusedError({ code, file: fileName, message: `${fileName}: ${reason}` }, { cause });
}
