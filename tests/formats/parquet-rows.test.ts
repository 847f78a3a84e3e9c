import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toText } from '../../shared/domain/decimal.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import { detectParquet } from '../../shared/formats/detected-file.ts';
import { type DomainRow, readDomainRows } from '../../shared/formats/domain-rows.ts';
import { openParquet, readParquetRows } from '../../shared/formats/parquet-rows.ts';
import { decimalText } from '../../shared/formats/parquet-values.ts';
import type { RandomAccessFile } from '../../shared/formats/random-access-file.ts';
import { costValues, csvOf, detailsSchema, focusSchema, focusValues, ids, readText } from './sample-files.ts';
import { refusalOf } from './source-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function fileWith(bytes: Uint8Array, name = 'c.parquet'): RandomAccessFile {
  return { name, sizeBytes: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

const costTable = {
  id: { names: ['id'], type: 'text', required: true },
  cost: { names: ['cost'], type: 'decimal', required: false },
} as const;

async function costsOf(bytes: Uint8Array): Promise<readonly (string | undefined)[]> {
  const costs: (string | undefined)[] = [];
  const problems: Problem[] = [];
  await readParquetRows(await openParquet(fileWith(bytes)), costTable, {
    onRow: (row) => costs.push(row.cost === undefined ? undefined : toText(row.cost)),
    onRefused: (problem) => problems.push(problem),
  });
  expect(problems).toEqual([]);
  return costs;
}

/** What DuckDB writes for a query. */
async function duckDbFile(query: string, options: string): Promise<Uint8Array> {
  const path = join(folder, `${crypto.randomUUID()}.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet, ${options})`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return readFile(path);
}

async function readAll(bytes: Uint8Array, name = 'c.parquet') {
  const rows: DomainRow[] = [];
  const problems: Problem[] = [];
  const file = await detectParquet(fileWith(bytes, name));
  const count = await readDomainRows(
    file,
    { part: 0, view: 'actual' },
    { onRow: (row) => rows.push(row), onRefused: (problem) => problems.push(problem) },
  );
  return { rows, problems, detection: file.detection, count };
}

const exact = [
  '0.2618755954811488',
  '12345678901234567890.123456789012345678',
  '-12345678901234567890.123456789012345678',
  '99999999999999999999.999999999999999999',
  '-0.000000000000000001',
  '0',
];
const plain = (text: string) => (text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text);

describe('decimals of Parquet', () => {
  it.each(['snappy', 'gzip', 'uncompressed'])(
    'of DECIMAL(38,18) written by DuckDB with %s keep every digit',
    async (codec) => {
      const values = exact.map((text, index) => `(${index}, CAST('${text}' AS DECIMAL(38,18)))`).join(', ');
      const query = `SELECT CAST(id AS VARCHAR) AS id, cost FROM (VALUES ${values}, (9, NULL)) AS t(id, cost)`;
      const bytes = await duckDbFile(query, `CODEC '${codec}'`);
      expect(await costsOf(bytes)).toEqual([...exact.map(plain), undefined]);
    },
  );

  it.each([
    ['DECIMAL(4,2)', '-12.34'],
    ['DECIMAL(9,4)', '12345.6789'],
    ['DECIMAL(18,10)', '-12345678.0123456789'],
    ['DECIMAL(38,0)', '12345678901234567890123456789012345678'],
    ['BIGINT', '9007199254740993'],
    ['VARCHAR', '0.2618755954811488071493712087'],
    ['DOUBLE', '0.1'],
  ])('of %s keep every digit', async (type, text) => {
    const bytes = await duckDbFile(`SELECT 'a' AS id, CAST('${text}' AS ${type}) AS cost`, "CODEC 'snappy'");
    expect(await costsOf(bytes)).toEqual([text]);
  });

  it.each(['SNAPPY', 'GZIP', 'UNCOMPRESSED'] as const)(
    'written by hyparquet-writer with %s keep every digit',
    async (codec) => {
      const unscaled = [261875595481148807149371208n, -12345678901234567890123456789012345678n, 1n, 0n, -1n];
      const buffer = parquetWriteBuffer({
        codec,
        compressors: { GZIP: (input: Uint8Array) => gzipSync(input) },
        schema: [
          { name: 'root', num_children: 2 },
          { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
          {
            name: 'cost',
            type: 'FIXED_LEN_BYTE_ARRAY',
            type_length: 16,
            converted_type: 'DECIMAL',
            precision: 38,
            scale: 18,
            repetition_type: 'REQUIRED',
          },
        ],
        columnData: [
          { name: 'id', data: unscaled.map(String) },
          { name: 'cost', data: unscaled },
        ],
      });
      expect(await costsOf(new Uint8Array(buffer))).toEqual(unscaled.map((value) => plain(decimalText(value, 18))));
    },
  );

  it('are the integer with its point moved, whatever the sign and scale', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.integer({ min: 0, max: 38 }),
        (value, scale) => {
          const text = decimalText(value, scale);
          const [, fraction = ''] = text.split('.');
          expect(fraction).toHaveLength(scale);
          expect(BigInt(text.replace('.', ''))).toBe(value);
        },
      ),
    );
  });
});

describe('a cost export in Parquet', () => {
  const columns = detailsSchema('mpa', '2023-12-01-preview');
  /** A query for one row of the export; amounts are decimals, days are days. */
  const select = (amountType: string) =>
    columns
      .map((name) => {
        const text = `'${(costValues[name.toLowerCase()] ?? '').replaceAll("'", "''")}'`;
        const value = costValues[name.toLowerCase()] ?? '';
        if (name === 'date') return `DATE '2026-10-02' AS "${name}"`;
        if (/^(quantity|effectivePrice|costInBillingCurrency)$/.test(name))
          return `CAST(${text} AS ${amountType}) AS "${name}"`;
        return value === '' ? `CAST(NULL AS VARCHAR) AS "${name}"` : `${text} AS "${name}"`;
      })
      .join(', ');

  it('comes to the rows of the same export in CSV', async () => {
    const parquet = await readAll(await duckDbFile(`SELECT ${select('DECIMAL(38,18)')}`, "CODEC 'snappy'"));
    const csv = await readText('c.parquet.csv', csvOf(columns, costValues));
    expect(parquet.problems).toEqual([]);
    expect(parquet.detection).toEqual(csv.detection);
    expect(JSON.stringify(parquet.rows[0]?.row, (key, value) => (key === 'file' || key === 'line' ? 0 : value))).toBe(
      JSON.stringify(csv.rows[0]?.row, (key, value) => (key === 'file' || key === 'line' ? 0 : value)),
    );
    expect(parquet.rows[0]?.row).toMatchObject({
      file: 'c.parquet',
      line: 1,
      usageDate: '2026-10-02',
      subscriptionId: ids.subscription,
    });
  });

  it('of FOCUS has moments, and is read with them', async () => {
    const query = focusSchema('1.2-preview')
      .map((name) => {
        const value = focusValues[name.toLowerCase()] ?? '';
        if (name === 'ChargePeriodStart') return `TIMESTAMP '2026-10-02 00:00:00' AS "${name}"`;
        return value === '' ? `CAST(NULL AS VARCHAR) AS "${name}"` : `'${value}' AS "${name}"`;
      })
      .join(', ');
    const { detection, rows, problems } = await readAll(await duckDbFile(`SELECT ${query}`, "CODEC 'gzip'"));
    expect(problems).toEqual([]);
    expect(detection).toMatchObject({
      format: 'focus',
      schemaVersion: '1.2-preview',
      agreement: 'mpa',
      scope: 'billing',
    });
    expect(rows[0]?.row).toMatchObject({ usageDate: '2026-10-02', subscriptionId: ids.subscription });
  });

  it('of several row groups and slices is read in order and whole', async () => {
    const bytes = await duckDbFile(
      `SELECT ${select('DECIMAL(38,18)')}, i AS "row" FROM range(50000) AS r(i)`,
      "CODEC 'snappy', ROW_GROUP_SIZE 30720",
    );
    const { count, rows, problems, detection } = await readAll(bytes);
    expect(problems).toEqual([]);
    expect(count).toBe(50_000);
    expect(rows.map((row) => (row.kind === 'cost' ? row.row.line : 0))).toEqual(
      Array.from({ length: 50_000 }, (_, at) => at + 1),
    );
    expect(detection?.unknownColumns).toEqual(['row']);
  });

  it('without rows is a file of no rows', async () => {
    const bytes = await duckDbFile(`SELECT ${select('DECIMAL(38,18)')} LIMIT 0`, "CODEC 'snappy'");
    expect(await readAll(bytes)).toMatchObject({ count: 0, rows: [] });
  });

  it('with a float that is no number refuses the row', async () => {
    const bytes = await duckDbFile(
      `SELECT ${select('DECIMAL(38,18)').replace(/CAST\('0.00004' AS DECIMAL\(38,18\)\)/, "CAST('NaN' AS DOUBLE)")}`,
      "CODEC 'snappy'",
    );
    expect((await readAll(bytes)).problems).toEqual([
      {
        code: 'badValue',
        file: 'c.parquet',
        line: 1,
        column: 'costInBillingCurrency',
        value: 'NaN',
        message: expect.stringContaining("'NaN' is not a decimal"),
      },
    ]);
  });
});

describe('a damaged Parquet file', () => {
  const small = () =>
    duckDbFile("SELECT 'a' AS id, CAST(1.5 AS DECIMAL(38,18)) AS cost FROM range(3)", "CODEC 'snappy'");
  const read = (bytes: Uint8Array) => refusalOf(costsOf(bytes));

  it('is refused, cut off at whatever byte', async () => {
    const bytes = await small();
    for (let length = 0; length < bytes.length; length += 1) {
      const { code } = await read(bytes.subarray(0, length));
      expect(['emptyFile', 'wrongContainer', 'damagedContainer', 'tooLarge'], `${length} bytes: ${code}`).toContain(
        code,
      );
    }
  });

  it('is refused or read with any of its bytes changed, and never fails in another way', async () => {
    const bytes = await small();
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        const open = openParquet(fileWith(changed));
        const reading = open.then((file) => readParquetRows(file, costTable, { onRow: () => {}, onRefused: () => {} }));
        await reading.catch((error: unknown) => refusalOf(Promise.reject(error)));
      }
    }
  });

  it.each([
    ['', 'emptyFile', 'c.parquet: the file is empty; expected Parquet'],
    ['a,b\n', 'wrongContainer', 'c.parquet: this is not a Parquet file; expected it to begin with PAR1'],
    ['PAR1', 'damagedContainer', 'c.parquet: the Parquet file is cut off; expected PAR1 at its end'],
    [
      'PAR1\u0000\u0001\u0000\u0000PAR1',
      'damagedContainer',
      'c.parquet: the Parquet footer of 256 bytes does not fit in the file',
    ],
    [
      'PAR1\u0000\u0000\u0000\u007fPAR1',
      'tooLarge',
      'c.parquet: the Parquet footer has 2130706432 bytes; expected at most 67108864',
    ],
  ])('%j is %s', async (text, code, message) => {
    expect(await read(Buffer.from(text, 'latin1'))).toEqual({ code, file: 'c.parquet', message });
  });

  it('with text that is not UTF-8 is refused', async () => {
    const bytes = Buffer.from(await duckDbFile("SELECT 'needle' AS id, 1 AS cost", "CODEC 'uncompressed'"));
    for (let at = bytes.indexOf('needle'); at !== -1; at = bytes.indexOf('needle', at + 1)) bytes.writeUInt8(0xff, at);
    expect(await read(bytes)).toMatchObject({ code: 'damagedContainer' });
  });

  it('that lacks a column is refused with its name', async () => {
    const bytes = await duckDbFile("SELECT 'a' AS ID2, 1 AS cost", "CODEC 'snappy'");
    expect(await read(bytes)).toMatchObject({ code: 'missingColumn', column: 'id' });
  });

  it('passes an error of its source through as itself', async () => {
    const bytes = await small();
    const failure = new Error('the connection was lost');
    let reads = 0;
    const file: RandomAccessFile = {
      name: 'c.parquet',
      sizeBytes: bytes.length,
      read: (start, end) => (++reads > 2 ? Promise.reject(failure) : Promise.resolve(bytes.subarray(start, end))),
    };
    await expect(openParquet(file)).rejects.toBe(failure);
  });
});
