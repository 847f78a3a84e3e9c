import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetMetadata, parquetRead } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { FileColumn, FileRow } from '../../shared/formats/file-columns.ts';
import { decimalText } from '../../shared/formats/parquet-values.ts';
import { parquetFile } from '../../shared/formats/parquet-writer.ts';
import { bytesOf } from './bytes-of.ts';
import { sampleColumns, sampleRows } from './sample-table.ts';

const columns = [
  { name: 'Text', type: 'text' },
  { name: 'Amount', type: 'decimal', places: 2 },
  { name: 'Quantity', type: 'decimal' },
  { name: 'Day', type: 'day' },
] as const satisfies readonly FileColumn[];

/** The rows as hyparquet reads them, with decimals as their integers instead of the floats it would make of them. */
async function readBack(bytes: Buffer): Promise<readonly unknown[][]> {
  const file = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(file);
  const schema = metadata.schema.map(({ converted_type, ...element }) =>
    converted_type === 'DECIMAL' || converted_type === undefined ? element : { ...element, converted_type },
  );
  let rows: readonly unknown[][] = [];
  await parquetRead({
    file,
    metadata: { ...metadata, schema },
    rowFormat: 'array',
    onComplete: (read: unknown[][]) => {
      rows = read;
    },
  });
  return rows;
}

function integerOf(bytes: unknown): bigint | null {
  if (bytes === null || bytes === undefined) return null;
  if (!(bytes instanceof Uint8Array)) throw new Error('Not the bytes of a decimal');
  return BigInt.asIntN(128, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

const anyUnits = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
const anyRow = fc.tuple(
  fc.string({ unit: 'grapheme' }),
  fc.option(
    anyUnits.map((units) => decimalText(units, 2)),
    { nil: '' },
  ),
  fc.option(
    fc.tuple(anyUnits, fc.integer({ min: 0, max: 30 })).map(([units, places]) => decimalText(units, places)),
    {
      nil: '',
    },
  ),
  fc.constantFrom('', '2026-02-28', '1969-12-31', '2096-02-29'),
);

describe('a Parquet file of ours', () => {
  it('is read back by hyparquet digit by digit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 20 }), async (rows) => {
        const read = await readBack(await bytesOf(parquetFile(columns, rows, { rows: 7, characters: 100_000 })));
        expect(
          read.map(([text, amount, quantity, day]) => [text, integerOf(amount), quantity ?? null, day ?? null]),
        ).toEqual(
          rows.map(([text, amount, quantity, day]) => [
            text.toWellFormed(),
            amount === '' ? null : BigInt(amount.replace('.', '')),
            quantity === '' ? null : quantity,
            day === '' ? null : new Date(`${day}T00:00:00Z`),
          ]),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('is read by DuckDB with the same types and values', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parquet-'));
    const instance = await DuckDBInstance.create(':memory:');
    try {
      const path = join(folder, 'sample.parquet');
      await writeFile(path, await bytesOf(parquetFile(sampleColumns, sampleRows, { rows: 2, characters: 100_000 })));
      const connection = await instance.connect();
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM '${path}'`);
      expect(described.getRows().map((row) => row[1])).toEqual([
        'VARCHAR',
        'VARCHAR',
        'VARCHAR',
        'DECIMAL(38,2)',
        'VARCHAR',
        'DATE',
        'VARCHAR',
      ]);
      const read = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM '${path}'`);
      const isText = (at: number) => sampleColumns[at]?.type === 'text' || sampleColumns[at]?.type === 'id';
      expect(read.getRows()).toEqual(
        sampleRows.map((row) => row.map((cell, at) => (cell === '' && !isText(at) ? null : cell))),
      );
      connection.closeSync();
    } finally {
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has no doubles, and row groups of bounded size', async () => {
    const rows: FileRow[] = Array.from({ length: 25 }, (_, at) => [`text ${at}`, `${at}.25`, `${at}`, '2026-10-01']);
    const bySize = parquetMetadata(
      new Uint8Array(await bytesOf(parquetFile(columns, rows, { rows: 10, characters: 1e6 }))).buffer,
    );
    expect(bySize.row_groups.map((group) => Number(group.num_rows))).toEqual([10, 10, 5]);
    expect(bySize.schema.map(({ type }) => type)).not.toContain('DOUBLE');
    expect(bySize.schema.map(({ type }) => type)).not.toContain('FLOAT');
    const byText = parquetMetadata(
      new Uint8Array(await bytesOf(parquetFile(columns, rows, { rows: 1000, characters: 120 }))).buffer,
    );
    expect(byText.row_groups.length).toBeGreaterThan(3);
    expect(byText.num_rows).toBe(25n);
  });

  it('may have no rows', async () => {
    const metadata = parquetMetadata(new Uint8Array(await bytesOf(parquetFile(columns, []))).buffer);
    expect(metadata.num_rows).toBe(0n);
    expect(metadata.schema.slice(1).map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
  });

  it('is the same bytes each time', async () => {
    const make = () => bytesOf(parquetFile(sampleColumns, sampleRows));
    expect((await make()).equals(await make())).toBe(true);
  });

  it.each([
    [['a', '1.005', '', ''], "Row 1, column Amount: '1.005' is not a decimal of at most 38 digits, 2 of them places"],
    [['a', '9'.repeat(37), '', ''], 'is not a decimal of at most 38 digits, 2 of them places'],
    [['a', '1', '1,5', ''], "Row 1, column Quantity: '1,5' is not a decimal"],
    [['a', '1', '1', '1.2.2026'], "Row 1, column Day: '1.2.2026' is not a day"],
    [['a'], 'Row 1 has 1 cells; expected 4'],
  ])('refuses %j, and says where', async (row, message) => {
    await expect(bytesOf(parquetFile(columns, [row]))).rejects.toThrow(message);
  });

  it('takes zeros beyond the places, which change nothing', async () => {
    const [row] = await readBack(await bytesOf(parquetFile(columns, [['a', '-1.5000', '', '']])));
    expect(integerOf(row?.[1])).toBe(-150n);
  });
});
