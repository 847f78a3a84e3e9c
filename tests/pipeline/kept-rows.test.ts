import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatasetKind } from '../../shared/domain/datasets.ts';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { meterLineKey } from '../../shared/domain/meter-totals.ts';
import { ChargeSpill, type SpillFile } from '../../shared/formats/charge-spill.ts';
import type { ColumnTable } from '../../shared/formats/columns.ts';
import { costDetailsColumns } from '../../shared/formats/cost-details.ts';
import { detectParquet, detectText } from '../../shared/formats/detected-file.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';
import { focusColumns } from '../../shared/formats/focus.ts';
import { parquetFile } from '../../shared/formats/parquet-writer.ts';
import { type PartContents, type PartFile, readPart } from '../../shared/formats/part-reader.ts';
import type { RandomAccessFile } from '../../shared/formats/random-access-file.ts';
import { usageRowColumns } from '../../shared/formats/usage-rows.ts';
import { readDetailRows, readSubscriptionRows } from '../../shared/pipeline/read-subscription-rows.ts';
import { splitWhile } from '../../shared/pipeline/split-rows.ts';
import { bytesOf } from '../formats/bytes-of.ts';
import { detailOfCost, detailOfUsage } from '../formats/detail-rows.ts';
import { chunksOf } from '../formats/mutated-bytes.ts';
import { fileOf } from '../formats/source-files.ts';

/* Whatever its format, a part keeps each row that it counts, once, and the row comes back as it would be read there. */

type Table = readonly (readonly string[])[];

const amounts = ['1', '-1.50', '0', '-0', '+2.5', '1E-28', '1e3', '0.1234567890123456789012345678', '1234567890123'];
const otherMeter = '7544C4D1-F876-405F-9202-013d7c03642d';
const values: Readonly<Record<string, readonly string[]>> = {
  usageDate: ['2026-10-01', '10/1/2026', '2026-10-02T00:00:00Z', '2026-11-02T00:00:00Z'],
  quantity: amounts,
  cost: amounts,
  pricingQuantity: ['0.0004', '4', '10', '1e-3', ''],
  consumedQuantity: ['4', '40000', '100000', ''],
  blockSize: ['10000', '1', '0', ''],
  billedUnitPrice: ['0.1', '2', '0', ''],
  billedCost: ['0.00004', '1', '0.2', '0'],
  unitPrice: ['0.1', '0.10', '2', '1e-3'],
  exchangeRate: ['0.846202666', '0.85', ''],
  partnerEarnedCredit: ['15', '0.15', '0', ''],
  meterRegion: ['EU West', 'eu west', 'CH North', ''],
  unit: ['1 Hour', '10K', ''],
  meterId: ['METER-1', '{0F8FAD5B-D9CB-469F-A165-70867728950E}', '0f8fad5bd9cb469fa16570867728950e', otherMeter],
  meterName: ['D2 v3', 'D2, "v3"', 'Zwei\nZeilen', '🙂'],
  subscriptionId: ['SUB-A', 'sub-a', 'sub-b'],
  subAccountId: ['/subscriptions/SUB-A', '/subscriptions/sub-b', ''],
  customerId: ['customer-a'],
  chargeType: ['Usage', 'customerCredit', 'RoundingAdjustment', ''],
  creditType: ['Credit Not Applied', 'Azure Credit Applied', ''],
  chargeCategory: ['Usage', 'Purchase', 'Adjustment'],
  resourceId: ['/Subscriptions/A/vm', '/subscriptions/a/vm', ' /a ', '/a "q", b\\s', '/GRÜN', 'null', ''],
  invoiceId: ['G1', 'g1', ''],
  tags: ['', '"env": "prod"', '{"a":[1]}'],
};
const plainValues = { text: ['x', ''], folded: ['X'], decimal: ['1', ''], day: ['2026-10-01'], rate: ['15'] } as const;
const idValues = { id: ['id'], idOrNone: ['', 'ID-2'], kept: [''], currency: ['EUR'] } as const;
const badValues: Readonly<Record<string, readonly string[]>> = {
  quantity: ['1,5', ''],
  billedCost: [''],
  usageDate: ['2026-02-30'],
  customerId: ['customer-b'],
};

/** A table of rows of few values, so that most of them repeat; some are refused. The header comes first. */
function tableOf(columns: ColumnTable, more: readonly string[] = []): fc.Arbitrary<Table> {
  const all = Object.entries(columns).map(([field, { names, type }]) => ({
    names,
    good: values[field] ?? { ...plainValues, ...idValues }[type],
    bad: badValues[field] ?? [],
  }));
  const sound = fc.tuple(...all.map(({ good }) => fc.constantFrom(...good)));
  const unsound = fc.tuple(...all.map(({ good, bad }) => fc.constantFrom(...good, ...bad)));
  const row = fc.oneof({ weight: 2, arbitrary: sound }, { weight: 1, arbitrary: unsound });
  const header = fc.tuple(...all.map(({ names }) => fc.constantFrom(...names)));
  return fc
    .tuple(header, fc.array(row, { minLength: 1, maxLength: 10 }), fc.array(fc.nat(), { maxLength: 20 }))
    .map(([names, rows, again]) => [
      [...names, ...more],
      ...[...rows, ...again.map((index) => rows[index % rows.length] ?? [])].map((cells) => [
        ...cells,
        ...more.map(() => 'more'),
      ]),
    ]);
}

function csv(table: Table): Buffer {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return Buffer.from(table.map((cells) => `${cells.map(cell).join(',')}\r\n`).join(''));
}

const camelCase = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** Numbers now and then without quotes; empty values null, empty, or left out, but not in every row. */
function jsonRows([header = [], ...rows]: Table): readonly string[] {
  return rows.map((cells, row) => {
    const members = cells.flatMap((cell, index) => {
      const key = JSON.stringify(camelCase(header[index] ?? ''));
      if (cell === '' && index % 3 === 0 && row > 0) return [];
      if (cell === '' && index % 3 === 1) return [`${key}:null`];
      return [`${key}:${/^-?(0|[1-9]\d*)(\.\d+)?([eE]-?\d+)?$/.test(cell) ? cell : JSON.stringify(cell)}`];
    });
    return `{${members.join(',')}}`;
  });
}

async function parquet([header = [], ...rows]: Table): Promise<Buffer> {
  return bytesOf(
    parquetFile(
      header.map((name) => ({ name, type: 'text' })),
      rows,
      { rows: 7, characters: 1e6 },
    ),
  );
}

const usage = tableOf(usageRowColumns);
const details = tableOf(costDetailsColumns.mpa);
const focus = tableOf(focusColumns, ['ContractedCost']);

/** Of agreements that no invoice is compared with, only what tells them apart matters. */
function detailsOf(agreement: 'cspSubscription' | 'mca' | 'ea' | 'payAsYouGo', absent: readonly string[]) {
  const columns = Object.entries(costDetailsColumns[agreement]).filter(([field]) => !absent.includes(field));
  const more = { cspSubscription: ['partnerName'], mca: [], ea: ['AccountOwnerId'], payAsYouGo: ['ServiceTier'] };
  return tableOf(Object.fromEntries(columns), more[agreement]);
}
const ofNoPartner = ['tenantId', 'customerId', 'partnerEarnedCredit'];
const noInvoice = [...ofNoPartner, 'invoiceId', 'billingProfileId', 'costInPricingCurrency'];

const formats = [
  ['daily rated usage, CSV', 'dailyratedusage', 'u.csv', usage, csv],
  ['daily rated usage, Graph', 'dailyratedusage', 'u.json', usage, async (table: Table) => lines(jsonRows(table))],
  ['daily rated usage, a page', 'dailyratedusage', 'p.json', usage, async (table: Table) => page(jsonRows(table))],
  ['daily rated usage, Parquet', 'dailyratedusage', 'u.parquet', usage, parquet],
  ['cost details, CSV', 'costexport', 'c.csv', details, csv],
  ['cost details, Parquet', 'costexport', 'c.snappy.parquet', details, parquet],
  ['FOCUS, CSV', 'costexport', 'f.csv', focus, csv],
  ['FOCUS, JSON lines', 'costexport', 'f.json', focus, async (table: Table) => lines(jsonRows(table))],
  ['FOCUS, Parquet', 'costexport', 'f.parquet', focus, parquet],
  [
    'a subscription’s details',
    'costexport',
    's.parquet',
    detailsOf('cspSubscription', ['tenantId', 'invoiceId', 'partnerEarnedCredit']),
    parquet,
  ],
  ['a customer agreement’s', 'costexport', 'm.parquet', detailsOf('mca', ofNoPartner), parquet],
  ['an enterprise agreement’s', 'costexport', 'e.parquet', detailsOf('ea', noInvoice), parquet],
  ['pay-as-you-go', 'costexport', 'p.parquet', detailsOf('payAsYouGo', noInvoice), parquet],
] as const satisfies readonly (readonly [
  string,
  DatasetKind,
  string,
  fc.Arbitrary<Table>,
  (table: Table) => Buffer | Promise<Buffer>,
])[];

function lines(rows: readonly string[]): Buffer {
  return Buffer.from(rows.map((row) => `${row}\n`).join(''));
}

function page(rows: readonly string[]): Buffer {
  return Buffer.from(`{"totalCount":${rows.length},"items":[${rows.join(',\n')}],"attributes":{}}`);
}

function sourceOf(name: string, bytes: Buffer, longest = 0): PartFile {
  return name.endsWith('.parquet') ? inMemory(name, bytes) : fileOf(name, ...chunksOf(bytes, longest));
}

function inMemory(name: string, bytes: Buffer): RandomAccessFile {
  return { name, sizeBytes: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

type PlacedRow = { readonly subscriptionId: string; readonly meterId: string; readonly detail: DetailRow };

/** The rows of the whole file, as the reader of rows has them. */
async function wholeFile(source: PartFile): Promise<readonly PlacedRow[]> {
  const rows: PlacedRow[] = [];
  const file = 'read' in source ? await detectParquet(source) : await detectText(source);
  await readDomainRows(
    file,
    { part: 0, view: 'actual' },
    {
      onRow: ({ kind, row }) => {
        if (kind !== 'usage' && kind !== 'cost') throw new Error(`A row of kind ${kind}`);
        const detail = kind === 'usage' ? detailOfUsage(row) : detailOfCost(row);
        rows.push({ subscriptionId: row.subscriptionId, meterId: row.meterId, detail });
      },
      onRefused: () => {},
    },
  );
  return rows;
}

/** What is kept of a part. */
async function kept(source: PartFile, kind: DatasetKind) {
  let file: Buffer = Buffer.alloc(0);
  const createRows = async (_: string, __: number, bytes: AsyncIterable<Uint8Array>) => {
    file = await bytesOf(bytes);
  };
  const contents: PartContents = await splitWhile({ createRows }, { datasetId: 'd', part: 0 }, (chargeRows) =>
    readPart(source, { kind, part: 0, problemsMax: 3, chargeRows }),
  );
  return { contents, datasets: { openRows: async () => inMemory('rows', file) } };
}

function memorySpill(): SpillFile {
  let bytes = Buffer.alloc(0);
  return {
    append: (block) => {
      bytes = Buffer.concat([bytes, block]);
    },
    read: (offset, into) => {
      if (bytes.copy(into, 0, offset) < into.length) throw new Error('the spill is shorter than it said');
    },
  };
}

/** Meter lines beside which a part had others, and bad rows, of all formats together: controls of what was tried. */
let passedOver = 0;
let refusedInAll = 0;

describe.each(formats)('the rows of a part: %s', (_, kind, name, tables, toBytes) => {
  it('are kept once each, and read back as the whole file has them', async () => {
    let read = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom(0, 7, 500), async (table, longest) => {
        const bytes = await toBytes(table);
        const expected = await wholeFile(sourceOf(name, bytes));
        const { contents, datasets } = await kept(sourceOf(name, bytes, longest), kind);
        expect(contents.totals.reduce((rows, total) => rows + total.rows, 0)).toBe(expected.length);
        for (const subscriptionId of ['', 'sub-a', 'sub-b', 'sub-c']) {
          const own = expected.filter((row) => row.subscriptionId === subscriptionId);
          const key = { datasetId: 'd', part: 0, subscriptionId };
          const verbatim = await Array.fromAsync(readSubscriptionRows(datasets, key), ({ line }) => line);
          expect(verbatim).toEqual(own.map(({ detail }) => detail.source.line));
          const back: DetailRow[] = [];
          await readDetailRows(datasets, { ...key, fileName: name }, (row) => back.push(row));
          expect(back).toEqual(own.map(({ detail }) => detail));
          read += back.length;
        }
        refused += contents.refusedRows;
      }),
      { numRuns: 12 },
    );
    expect(read).toBeGreaterThan(0);
    refusedInAll += refused;
  });

  it('are read back for one meter line alone, as those of it', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const bytes = await toBytes(table);
        const expected = await wholeFile(sourceOf(name, bytes));
        const { contents, datasets } = await kept(sourceOf(name, bytes), kind);
        for (const line of new Set(contents.totals.map(meterLineKey))) {
          const own = contents.totals.filter((total) => meterLineKey(total) === line);
          const { subscriptionId = '', meterId } = own[0] ?? {};
          const back: DetailRow[] = [];
          const isWanted = (meter: Parameters<typeof meterLineKey>[0]) => meterLineKey(meter) === line;
          const request = { datasetId: 'd', part: 0, subscriptionId, fileName: name, isWanted };
          await readDetailRows(datasets, request, (row, place) => {
            expect(meterLineKey(place.meter)).toBe(line);
            back.push(row);
          });
          expect(back).toHaveLength(own.reduce((rows, total) => rows + total.rows, 0));
          const possible = expected.filter((row) => row.subscriptionId === subscriptionId && row.meterId === meterId);
          for (const row of back) expect(possible.map(({ detail }) => detail)).toContainEqual(row);
          read += back.length;
        }
      }),
      { numRuns: 6 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('are the same for one meter line when rows without its meter are not read', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(tables, async ([header = [], ...rows]) => {
        // More than the first rows, which are read in any case.
        const table = [header, ...Array.from({ length: 40 }, (_, index) => rows[index % rows.length] ?? [])];
        const { contents, datasets } = await kept(sourceOf(name, await toBytes(table)), kind);
        for (const line of new Set(contents.totals.map(meterLineKey))) {
          const [{ subscriptionId, meterId } = { subscriptionId: '', meterId: '' }] = contents.totals.filter(
            (total) => meterLineKey(total) === line,
          );
          const opened = async (meterIds: ReadonlySet<string> | undefined) => {
            let asked = 0;
            const back: DetailRow[] = [];
            const isWanted = (meter: Parameters<typeof meterLineKey>[0]) => meterLineKey(meter) === line;
            const request = { datasetId: 'd', part: 0, subscriptionId, fileName: name, isWanted, meterIds };
            await readDetailRows(datasets, request, (row, { resourceId }) => {
              asked += resourceId().length;
              back.push(row);
            });
            return { back, asked };
          };
          const sieved = await opened(new Set([meterId]));
          expect(sieved).toEqual(await opened(undefined));
          read += sieved.back.length;
          passedOver += contents.totals.some((total) => total.meterId !== meterId) ? 1 : 0;
        }
      }),
      { numRuns: 6 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('come out of a spill the same', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const bytes = await toBytes(table);
        const spill = new ChargeSpill(memorySpill());
        await readPart(sourceOf(name, bytes), { kind, part: 0, problemsMax: 3, chargeRows: spill.rowsOf(name) });
        const back = [...spill.read(() => true)].map(({ row }) => row);
        expect(back).toEqual((await wholeFile(sourceOf(name, bytes))).map(({ detail }) => detail));
        read += back.length;
      }),
      { numRuns: 8 },
    );
    expect(read).toBeGreaterThan(0);
  });
});

it('of other meters than the one that was asked for, and of bad rows, there were some', () => {
  expect(refusedInAll).toBeGreaterThan(3);
  expect(passedOver).toBeGreaterThan(3);
});
