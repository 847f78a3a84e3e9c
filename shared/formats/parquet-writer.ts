import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { Temporal } from 'temporal-polyfill';
import type { FileColumn, FileRow, FileRows } from './file-columns.ts';
import { plainDecimal } from './spreadsheet-number.ts';

/** A row group is held whole, as cells and as bytes, until it is written: so many rows, or characters, at most. */
const groupLimits = { rows: 20_000, characters: 8_000_000 } as const;
/** The widest decimal that Parquet's readers agree on: 38 digits in 16 bytes. */
const precision = 38;
const decimalBytes = 16;

type Value = string | bigint | number | null;

/**
 * The Parquet file (snappy) of `rows`, for machines: decimals of a column with `places` are DECIMAL(38, places), all
 * other decimals are strings of plain digits, because how many digits they have is not known before the last row; never
 * doubles. Days are DATE; an empty decimal or day is null. Memory holds one row group.
 * @throws Error when a cell is not what its column says: that is our own bug, not bad input
 */
export async function* parquetFile(
  columns: readonly FileColumn[],
  rows: FileRows,
  limits: { readonly rows: number; readonly characters: number } = groupLimits,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(schemaOf)],
    createdBy: 'csp-reconcile',
  });
  let group = new RowGroup(columns, 1);
  for await (const row of rows) {
    group.add(row);
    if (group.rows < limits.rows && group.characters < limits.characters) continue;
    await group.writeTo(writer);
    group = new RowGroup(columns, group.nextRow);
    yield takeFrom(bytes);
  }
  if (group.rows > 0) await group.writeTo(writer);
  await writer.finish();
  yield takeFrom(bytes);
}

class RowGroup {
  readonly #columns: readonly FileColumn[];
  readonly #values: Value[][];
  /** The number in the file of the next row to be added, from 1. */
  nextRow: number;
  rows = 0;
  characters = 0;

  constructor(columns: readonly FileColumn[], firstRow: number) {
    this.#columns = columns;
    this.#values = columns.map(() => []);
    this.nextRow = firstRow;
  }

  add(row: FileRow): void {
    const columns = this.#columns;
    if (row.length !== columns.length) {
      throw new Error(`Row ${this.nextRow} has ${row.length} cells; expected ${columns.length}`);
    }
    for (const [index, column] of columns.entries()) {
      const text = row[index] ?? '';
      this.characters += text.length;
      this.#values[index]?.push(this.#valueOf(column, text));
    }
    this.rows += 1;
    this.nextRow += 1;
  }

  async writeTo(writer: ParquetWriter): Promise<void> {
    const columnData = this.#columns.map(({ name }, index) => ({ name, data: this.#values[index] ?? [] }));
    await writer.write({ columnData, rowGroupSize: this.rows });
  }

  #valueOf(column: FileColumn, text: string): Value {
    if (column.type === 'text' || column.type === 'id') return text;
    if (text === '') return null;
    const value = column.type === 'day' ? daysOf(text) : decimalOf(text, column.places);
    if (value !== undefined) return value;
    const expected = column.type === 'day' ? 'a day' : decimalName(column.places);
    throw new Error(`Row ${this.nextRow}, column ${column.name}: '${text.slice(0, 60)}' is not ${expected}`);
  }
}

function decimalName(places: number | undefined): string {
  return places === undefined ? 'a decimal' : `a decimal of at most ${precision} digits, ${places} of them places`;
}

function schemaOf({ name, type, places }: FileColumn): SchemaElement {
  if (type === 'day') return { name, type: 'INT32', converted_type: 'DATE', repetition_type: 'OPTIONAL' };
  if (type !== 'decimal') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
  if (places === undefined) return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
  return {
    name,
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: decimalBytes,
    converted_type: 'DECIMAL',
    precision,
    scale: places,
    repetition_type: 'OPTIONAL',
  };
}

/** The integer of a decimal with `places`, or its digits where the column has none; undefined where it does not fit. */
function decimalOf(text: string, places: number | undefined): bigint | string | undefined {
  const plain = plainDecimal(text);
  if (plain === undefined || places === undefined) return plain;
  const [whole = '', fraction = ''] = plain.split('.');
  if (/[1-9]/.test(fraction.slice(places))) return undefined;
  const digits = `${whole}${fraction.slice(0, places).padEnd(places, '0')}`;
  return digits.replace(/^-?0*/, '').length > precision ? undefined : BigInt(digits);
}

const dayText = /^\d{4}-\d{2}-\d{2}$/;
const dayZero = Temporal.PlainDate.from('1970-01-01');

function daysOf(text: string): number | undefined {
  return dayText.test(text) ? dayZero.until(Temporal.PlainDate.from(text), { largestUnit: 'days' }).days : undefined;
}

/** The bytes written since they were last taken; the writer goes on counting from where it was. */
function takeFrom(bytes: ByteWriter): Uint8Array {
  const taken = bytes.getBytes().slice();
  bytes.index = 0;
  return taken;
}
