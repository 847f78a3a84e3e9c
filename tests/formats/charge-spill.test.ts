import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { resourceKeyOf } from '../../shared/domain/resource-key.ts';
import { ChargeSpill, type SpillFile } from '../../shared/formats/charge-spill.ts';
import { detectText } from '../../shared/formats/detected-file.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { detailOfUsage } from './detail-rows.ts';
import { chunksOf } from './mutated-bytes.ts';
import { fileOf } from './source-files.ts';

const names = [
  'PartnerId',
  'CustomerId',
  'UsageDate',
  'MeterId',
  'Unit',
  'MeterRegion',
  'EffectiveUnitPrice',
  'BillingCurrency',
  'EntitlementId',
  'ResourceURI',
  'Quantity',
  'BillingPreTaxTotal',
  'ChargeType',
  'CreditType',
] as const;

const amount = fc.constantFrom('1', '-1.50', '0', '1E-28', '1e3', '0.1234567890123456789012345678', '12345678901234');
const resource = fc.constantFrom(
  '/subscriptions/A/resourceGroups/RG/providers/Vm/one',
  '/subscriptions/a/resourcegroups/rg/providers/vm/one',
  '/subscriptions/a/resourcegroups/rg/providers/vm/two',
  ' /subscriptions/a/resourcegroups/rg/providers/vm/two ',
  '/subscriptions/a/resourceGroups/GRÜN/vm',
  '/subscriptions/a/resourceGroups/grün/vm',
  '/a "quoted", back\\slash/x',
  'abc',
  '',
);
const row = fc
  .tuple(
    fc.constantFrom('2026-10-01', '10/2/2026', '2026-11-30T00:00:00Z', '2026-02-30'),
    fc.constantFrom('meter-1', 'meter-2'),
    fc.constantFrom('0.1', '0.10', '2'),
    fc.constantFrom('sub-a', 'sub-b'),
    resource,
    amount,
    amount,
    fc.constantFrom('', 'new', 'customerCredit'),
    fc.constantFrom('', 'Credit Not Applied', 'Azure Credit Applied'),
  )
  .map(([day, meter, price, subscription, uri, quantity, cost, chargeType, creditType]) => [
    ...['partner', 'customer', day, meter, '1 Hour', 'EU West', price, 'EUR', subscription, uri, quantity, cost],
    ...[chargeType, creditType],
  ]);

function csvOf(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [names, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** Some lines have a key with an escape or a value with one, so that they are read in another way; some have null. */
function jsonOf(rows: readonly (readonly string[])[]): string {
  return rows
    .map((cells, line) => {
      const members = cells.map((cell, index) => {
        const name = names[index] ?? '';
        const key = line % 4 === 1 && name === 'Unit' ? '"\\u0055nit"' : JSON.stringify(name);
        if (name === 'ResourceURI' && cell === '') return `${key}:null`;
        if (name === 'Quantity' && line % 4 === 2)
          return `${key}:"\\u00${cell.charCodeAt(0).toString(16)}${cell.slice(1)}"`;
        if (name === 'Quantity' && line % 4 === 3) return `${key}:${cell}`;
        return `${key}:${JSON.stringify(cell)}`;
      });
      return `{${members.join(',')}}\n`;
    })
    .join('');
}

function memorySpill(): SpillFile & { sizeBytes(): number } {
  let bytes = Buffer.alloc(0);
  return {
    append: (block) => {
      bytes = Buffer.concat([bytes, block]);
    },
    read: (offset, into) => {
      if (bytes.copy(into, 0, offset) < into.length) throw new Error('the spill is shorter than it said');
    },
    sizeBytes: () => bytes.length,
  };
}

/** What the readers of whole rows make of the same file. */
async function expectedRows(name: string, text: string): Promise<readonly { meter: string; row: DetailRow }[]> {
  const rows: { meter: string; row: DetailRow }[] = [];
  await readDomainRows(
    await detectText(fileOf(name, text)),
    { part: 0, view: 'actual' },
    {
      onRow: ({ kind, row }) => {
        if (kind === 'usage') rows.push({ meter: row.meterId, row: detailOfUsage(row) });
      },
      onRefused: () => {},
    },
  );
  return rows;
}

describe.each([
  ['CSV', 'a.csv', csvOf],
  ['JSON lines', 'a.json', jsonOf],
] as const)('a spill of %s', (_, name, textOf) => {
  it('gives back the rows of the charges that are wanted, as reading the file again would', async () => {
    let returned = 0;
    let credits = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 10, maxLength: 40 }),
        fc.constantFrom(0, 1, 7, 64),
        fc.constantFrom('meter-1', 'meter-2'),
        async (rows, longest, wanted) => {
          const text = textOf(rows);
          const spill = new ChargeSpill(memorySpill());
          const file = fileOf(name, ...chunksOf(Buffer.from(text), longest));
          const chargeRows = spill.rowsOf(name);
          await readPart(file, { kind: 'dailyratedusage', part: 0, problemsMax: 9, chargeRows });
          const read = [...spill.read((charge) => charge.line.line.names.meterId === wanted)];
          const expected = (await expectedRows(name, text)).filter(({ meter }) => meter === wanted);
          expect(read.map(({ row }) => row)).toEqual(expected.map(({ row }) => row));
          returned += read.length;
          credits += expected.filter(({ row }) => row.isCredit === true).length;
        },
      ),
      { numRuns: 150 },
    );
    expect(returned).toBeGreaterThan(500);
    expect(credits).toBeGreaterThan(100);
    expect(credits).toBeLessThan(returned);
  });
});

describe('a spill', () => {
  it('keeps several files that are read at once apart', async () => {
    const spill = new ChargeSpill(memorySpill());
    const rowsOf = (meter: string) =>
      Array.from({ length: 9000 }, (_, index) => [
        'p',
        'c',
        '2026-10-01',
        meter,
        '1 Hour',
        '',
        '1',
        'EUR',
        'sub',
        `/r/${index}`,
        '2',
        String(index),
        '',
        '',
      ]);
    await Promise.all(
      ['one', 'two'].map(async (file) => {
        const source = fileOf(`${file}.csv`, ...chunksOf(Buffer.from(csvOf(rowsOf(file))), 5000));
        const chargeRows = spill.rowsOf(`${file}.csv`);
        await readPart(source, { kind: 'dailyratedusage', part: 0, problemsMax: 9, chargeRows });
      }),
    );
    const all = [...spill.read(() => true)];
    for (const file of ['one', 'two']) {
      const own = all.filter(({ row }) => row.source.file === `${file}.csv`);
      expect(own.every(({ charge }) => charge.line.line.names.meterId === file)).toBe(true);
      expect(own.map(({ row }) => row.source.line)).toEqual(Array.from({ length: 9000 }, (_, index) => index + 2));
      expect(own.map(({ row }) => row.cost)).toEqual(Array.from({ length: 9000 }, (_, index) => String(index)));
    }
    expect([...spill.read(() => false)]).toEqual([]);
  });
});

describe('the key of a resource', () => {
  it('is one for all spellings of an id, and differs for different ids', () => {
    expect(resourceKeyOf(' /A/B ')).toBe(resourceKeyOf('/a/b'));
    expect(resourceKeyOf('/GRÜN')).toBe(resourceKeyOf('/grün'));
    expect(resourceKeyOf('  ')).toBe('');
    const ids = Array.from({ length: 5000 }, (_, index) => `/subscriptions/s/resourceGroups/rg/providers/vm-${index}`);
    expect(new Set(ids.map(resourceKeyOf)).size).toBeGreaterThanOrEqual(4999);
  });
});
