import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Catalogue, emptyCatalogue } from '../../shared/domain/catalogue.ts';
import type { FileScope } from '../../shared/domain/catalogue-directory.ts';
import { type CultureName, cultureNames } from '../../shared/domain/culture-names.ts';
import { ratedUsageColumns } from '../../shared/domain/file-columns-rated-usage.ts';
import { type FileMaking, FileRowMaker } from '../../shared/domain/file-lines.ts';
import { UnpricedLineError } from '../../shared/domain/unpriced-line-error.ts';
import { FileRefusedError } from '../../shared/formats/file-refused-error.ts';
import { RatedUsageCsv } from '../../shared/formats/rated-usage-csv.ts';
import { reconciliationFile } from '../../shared/formats/reconciliation-file.ts';
import { sourceLines } from '../../shared/formats/source-lines.ts';
import { usageRowColumns } from '../../shared/formats/usage-rows.ts';
import { faultlessCatalogue } from '../domain/catalogues.ts';
import { anyCatalogue, catalogueOf, rule } from '../domain/sold-lines.ts';
import { bytesOf } from './bytes-of.ts';
import { chunksOf, mutatedBytes } from './mutated-bytes.ts';
import { csvOf, usageValues } from './sample-files.ts';
import { fileOf } from './source-files.ts';

/* `RatedUsageCsv` copies bytes; the rows of `sourceLines`, made by `FileRowMaker`, are what it must come to. */

const guid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const noOne = '00000000-0000-0000-0000-000000000000';
const ids = [
  'plan',
  'PLAN2',
  's0',
  'S1',
  guid,
  guid.toUpperCase(),
  `{${guid}}`,
  guid.replaceAll('-', ''),
  ' s0',
  'ä',
  '=s',
];
const optionalIds = [...ids, '', noOne, `org:${guid.replaceAll('-', '')}`, '12345678901234567890123456789012345-'];
const amounts = [
  ...['0', '-0', '0.00', '1', '-1.50', '007', '24.000000', '840.8472217087450417', '1E-28', '1e3', '+2.5', '"1.5"'],
  ...[
    '0.1234567890123456789012345678',
    '99999999999999999999',
    '-0.00000000004',
    '0.00000000005',
    '123456789012345678901',
  ],
  ...['1234567890123456789012345.6789012345678901234567890', '0.99999999995', '9999999.99999999999'],
];
const prices = ['0.930835', '1', '0', '-2', '0.27744', '1e-3', '3', '0.1000'];
const texts = [
  ...[
    '',
    'Contoso',
    '1 GB',
    '=1+1',
    '-5',
    '@x',
    "'=x",
    ' a',
    'a ',
    'Zwei\nZeilen',
    'a;b',
    'a,b',
    '"a"',
    '"',
    'Ω ü',
    '＝cmd',
  ],
  ...['.5', '\t', '\u00a0x', 'x\u00a0', 'a\rb', '~', '{', 'A/b'],
];
const days = ['2026-01-01', '1/3/2026', '2026-01-02T00:00:00Z', '2026-01-04 00:00', '2026-10-31T00:00:00Z'];
const braced = [
  '',
  '"env": "prod","a": "1"',
  '{"a": 1}',
  ' "a": 1 ',
  '"a',
  'x',
  '=x',
  '"',
  '"a" ',
  '{"a":\u00a0"ü"}\u00a0',
];

/** By the type of a column, or by its field. */
const values: Readonly<Record<string, readonly string[]>> = {
  text: texts,
  id: ids,
  idOrNone: optionalIds,
  folded: [...texts, '/subscriptions/X/resourceGroups/RG', 'RG[1]@Z', 'ÄB', '9RG'],
  day: days,
  optionalDay: [...days, '', '0001-01-01'],
  decimal: amounts,
  optionalDecimal: [...amounts, ''],
  rate: ['15', '0.15', '0', '100', '1', '', '1e1', '12.345'],
  currency: ['EUR', ' eur ', 'USD'],
  customerId: ['contoso', 'Fabrikam', 'c0', 'C1', guid],
  resellerMpnId: ['', '0', '-1', '4649221', '5555', '1000', '001000', '777', ' 1000'],
  unitPrice: prices,
  listPrice: [...prices, '0.3264', ''],
  unit: ['1 Hour', ' 1 Hour ', '=1', '1 GB/Month'],
  pricingCurrency: ['USD', ' usd', ''],
  resourceRegion: ['EUWEST', 'EU West', '', 'Mars', ' =x'],
  tags: braced,
  additionalInfo: braced,
};
const badValues: Readonly<Record<string, readonly string[]>> = {
  id: ['', noOne, 'Total'],
  day: ['', '2026-02-30', '0001-01-01'],
  optionalDay: ['2026-13-01', 'x'],
  decimal: ['', '1,5', '.5', '5.', '--1', '€', '1e400', `1${'0'.repeat(90)}`],
  optionalDecimal: ['NaN', ' 1', '1.2.3'],
  rate: ['101', '-1', 'x'],
  currency: ['', ' '],
};

function valueKind(field: string, { type, required }: { readonly type: string; readonly required: boolean }): string {
  if (field in values) return field;
  const isOptional = !required && (type === 'day' || type === 'decimal');
  return isOptional ? `optional${type === 'day' ? 'Day' : 'Decimal'}` : type;
}

const columns = Object.entries(usageRowColumns).map(([field, column]) => {
  const kind = valueKind(field, column);
  return {
    names: column.names as readonly string[],
    isRequired: column.required,
    values: values[kind] ?? [],
    bad: badValues[kind] ?? badValues[column.type === 'id' ? 'id' : column.type] ?? [],
  };
});

/** Few different rows, each several times, some of them changed in a cell or two, under a header of any order. */
const files: fc.Arbitrary<{ readonly name: string; readonly bytes: Buffer }> = fc
  .record({
    order: fc.oneof(
      fc.constant([...columns.keys()]),
      fc.shuffledSubarray([...columns.keys()], { minLength: columns.length - 4 }),
    ),
    renamed: fc.nat(),
    isLower: fc.boolean(),
    rows: fc.array(fc.array(fc.nat(), { minLength: columns.length, maxLength: columns.length }), {
      minLength: 1,
      maxLength: 4,
    }),
    changes: fc.array(fc.record({ row: fc.nat(), column: fc.nat(), value: fc.nat() }), { maxLength: 12 }),
    // Of most files all rows are taken: one that is refused says nothing of the rows behind.
    bad: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.record({ row: fc.nat(), column: fc.nat(), value: fc.nat() }) },
    ),
    quotes: fc.nat({ max: 3 }),
    lineEnd: fc.constantFrom('\r\n', '\n'),
    isPacked: fc.boolean(),
  })
  .map(({ order, renamed, isLower, rows, changes, bad, quotes, lineEnd, isPacked }) => {
    const at = [...order, ...columns.keys()].filter((column, index, all) => {
      return all.indexOf(column) === index && (order.includes(column) || columns[column]?.isRequired === true);
    });
    const names = at.map((column) => {
      const known = columns[column]?.names ?? [];
      const name = known[(renamed + column) % known.length] ?? '';
      return isLower ? name.toLowerCase() : name;
    });
    const picked = (column: number, nat: number) => {
      const { values: all = [] } = columns[column] ?? {};
      return all[nat % all.length] ?? '';
    };
    const cells = rows.map((row) => row.map((nat, column) => picked(column, nat)));
    const all = [...cells];
    for (const { row, column, value } of changes) {
      const place = column % columns.length;
      all.push((cells[row % cells.length] ?? []).with(place, picked(place, value)));
    }
    if (bad !== undefined) {
      const withBad = columns.flatMap(({ bad: list }, column) => (list.length > 0 ? [column] : []));
      const place = withBad[bad.column % withBad.length] ?? 0;
      const list = columns[place]?.bad ?? [];
      all.push((cells[bad.row % cells.length] ?? []).with(place, list[bad.value % list.length] ?? ''));
    }
    const csvCell = (text: string, index: number) =>
      /[",\r\n]/.test(text) || (quotes > 0 && index % (quotes + 1) === 0) ? `"${text.replaceAll('"', '""')}"` : text;
    // A quoted amount as such: its quotes are not a part of it.
    const lines = all.map((row) =>
      at.map((column) => row[column] ?? '').map((text, index) => (text === '"1.5"' ? text : csvCell(text, index))),
    );
    const text = [[...names, 'Unknown'], ...lines.map((line) => [...line, 'x'])].map(
      (line) => line.join(',') + lineEnd,
    );
    const bytes = Buffer.from(text.join(''), 'utf8');
    return isPacked ? { name: 'a.csv.gz', bytes: gzipSync(bytes) } : { name: 'a.csv', bytes };
  });

const catalogues: fc.Arbitrary<Catalogue> = fc.oneof(
  fc.constant(emptyCatalogue),
  fc.constant(
    catalogueOf(
      rule('a', { value: '0.1', from: '2026-01-01', to: '2026-01-03' }),
      rule('b', { value: '0.0333', from: '2026-01-03' }),
      rule('c', { buyer: 'reseller', value: '0.07' }),
      rule('d', { level: 'customer', targetId: 'contoso', kind: 'split', value: '0.4', guards: ['discountLimit'] }),
    ),
  ),
  anyCatalogue,
  faultlessCatalogue,
);

const scopes: fc.Arbitrary<FileScope> = fc.constantFrom(
  { audience: 'csp' },
  { audience: 'csp' },
  { audience: 'reseller', mpnId: '4649221' },
  { audience: 'reseller', mpnId: '1000' },
);

type Outcome = { readonly text: string } | { readonly error: string; readonly message: string };

async function outcomeOf(bytes: AsyncIterable<Uint8Array>): Promise<Outcome> {
  try {
    return { text: (await bytesOf(bytes)).toString('utf8') };
  } catch (error) {
    if (!(error instanceof FileRefusedError) && !(error instanceof UnpricedLineError)) throw error;
    return { error: error.name, message: error.message };
  }
}

async function* cellsOf(making: FileMaking, file: ReturnType<typeof fileOf>) {
  const maker = new FileRowMaker(making);
  for await (const line of sourceLines('dailyratedusage', file)) {
    const cells = maker.cellsOf(line);
    if (cells !== undefined) yield cells;
  }
}

function byRows(making: FileMaking, culture: CultureName, file: ReturnType<typeof fileOf>): Promise<Outcome> {
  const { columns: table } = new FileRowMaker(making);
  const rows = cellsOf(making, file);
  return outcomeOf(reconciliationFile({ columns: table, rows, format: 'csv', culture, title: 'usage' }));
}

function byBytes(csv: RatedUsageCsv, ...sources: readonly ReturnType<typeof fileOf>[]): Promise<Outcome> {
  return outcomeOf(
    csv.bytesOf(sources.map((file) => ({ file, placeOf: (line: number) => `${file.name}, line ${line}` }))),
  );
}

const makingOf = (scope: FileScope, catalogue: Catalogue): FileMaking => {
  return { kind: 'dailyratedusage', scope, catalogue, invoiceId: 'G1', undatedDay: undefined };
};

const any = { file: files, catalogue: catalogues, scope: scopes, culture: fc.constantFrom(...cultureNames) };
const chunking = fc.constantFrom(0, 0, 1, 7, 64, 500);

describe('daily rated usage that is copied by its bytes', () => {
  it('is what its rows come to, one by one: in every region, for every audience and catalogue', async () => {
    const seen = { written: 0, copied: 0, refused: 0, unpriced: 0 };
    await fc.assert(
      fc.asyncProperty(fc.record(any), chunking, async ({ file, catalogue, scope, culture }, longest) => {
        const making = makingOf(scope, catalogue);
        const csv = new RatedUsageCsv(making, culture);
        const outcome = await byBytes(csv, fileOf(file.name, ...chunksOf(file.bytes, longest)));
        expect(outcome).toEqual(await byRows(making, culture, fileOf(file.name, file.bytes)));
        if ('text' in outcome) {
          seen.written += csv.rows;
          seen.copied += csv.rowsRead - csv.rowsByValue;
          expect(outcome.text.split('\r\n').length).toBeGreaterThanOrEqual(csv.rows + 2);
        } else if (outcome.error === 'FileRefusedError') seen.refused += 1;
        else seen.unpriced += 1;
      }),
      { numRuns: 120 },
    );
    expect(seen.written).toBeGreaterThan(50);
    expect(seen.copied).toBeGreaterThan(50);
    expect(Math.min(seen.refused, seen.unpriced)).toBeGreaterThan(0);
  }, 120_000);

  it('is what its rows come to, one by one, where the file is damaged', async () => {
    const damaged = files.chain((file) => {
      const plain = file.name.endsWith('.gz') ? fc.constant(file.bytes) : mutatedBytes(fc.constant(file.bytes));
      return plain.map((bytes) => ({ ...file, bytes: Buffer.from(bytes) }));
    });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.record({ ...any, file: damaged }), chunking, async (of, longest) => {
        const making = makingOf(of.scope, of.catalogue);
        const fast = await byBytes(
          new RatedUsageCsv(making, of.culture),
          fileOf(of.file.name, ...chunksOf(of.file.bytes, longest)),
        );
        const slow = await byRows(making, of.culture, fileOf(of.file.name, of.file.bytes));
        // Of two damages in one file the reader of rows may meet the second one first: csv-parse runs ahead of it.
        if ('error' in fast && 'error' in slow) refused += 1;
        else expect(fast).toEqual(slow);
      }),
      { numRuns: 40 },
    );
    expect(refused).toBeGreaterThan(3);
  }, 120_000);

  it('has the rows of all its sources, whatever they are: CSV, JSON lines, another header', async () => {
    const making = makingOf({ audience: 'csp' }, catalogueOf(rule('a', {})));
    const csv = new RatedUsageCsv(making, 'invariant');
    const json = `${JSON.stringify({ ...usageValues, SkuId: '0007' })}\n`;
    const names = Object.keys(usageValues).toReversed();
    const outcome = await byBytes(
      csv,
      fileOf('a.csv', csvOf(Object.keys(usageValues), usageValues)),
      fileOf('b.json', json),
      fileOf('c.csv', csvOf(names, usageValues)),
    );
    const [header, first, second, third, ...rest] = ('text' in outcome ? outcome.text : '').split('\r\n');
    expect(header?.split(',')).toEqual(Object.keys(ratedUsageColumns));
    expect(second).toBe(first?.replace('"006G"', '"0007"'));
    expect([third, ...rest]).toEqual([first, '']);
    expect(csv).toMatchObject({ rows: 3, rowsRead: 3, rowsByValue: 1 });
  });

  it('copies the usual row, and says where the unusual one stands that it cannot price', async () => {
    const margin = rule('erp', { kind: 'erpMinusDiscount', value: '0.1' });
    const csv = new RatedUsageCsv(makingOf({ audience: 'csp' }, catalogueOf(margin)), 'de-DE');
    const rows = csvOf(Object.keys(usageValues), usageValues, { ...usageValues, UnitPrice: '' });
    const outcome = await byBytes(csv, fileOf('a.csv', rows));
    expect(outcome).toMatchObject({
      error: 'UnpricedLineError',
      message: expect.stringContaining("a.csv, line 3: Margin rule 'erp'"),
    });
    expect(csv).toMatchObject({ rows: 1, rowsRead: 2, rowsByValue: 1 });
  });

  it('lets go of its source when nobody reads on', async () => {
    let isClosed = false;
    async function* bytes() {
      try {
        const row = csvOf(Object.keys(usageValues), usageValues);
        yield Buffer.from(row);
        for (;;) yield Buffer.from(row.slice(row.indexOf('\n') + 1).repeat(500));
      } finally {
        isClosed = true;
      }
    }
    const csv = new RatedUsageCsv(makingOf({ audience: 'csp' }, emptyCatalogue), 'invariant');
    for await (const chunk of csv.bytesOf([{ file: { name: 'a.csv', bytes: bytes() }, placeOf: String }])) {
      if (chunk.length > 0) break;
    }
    expect(isClosed).toBe(true);
  });

  it('refuses a file of something else, by name', async () => {
    const csv = new RatedUsageCsv(makingOf({ audience: 'csp' }, emptyCatalogue), 'invariant');
    expect(await byBytes(csv, fileOf('a.csv', 'a,b\r\n1,2\r\n'))).toMatchObject({ error: 'FileRefusedError' });
  });
});
