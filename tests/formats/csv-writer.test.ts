import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cultureNames } from '../../shared/domain/culture-names.ts';
import { decimal, toText } from '../../shared/domain/decimal.ts';
import { viewed } from '../../shared/formats/byte-text.ts';
import { CsvWriter, csvFile } from '../../shared/formats/csv-writer.ts';
import { type Culture, cultureNamed, dayIn } from '../../shared/formats/culture.ts';
import type { FileColumn, FileRow } from '../../shared/formats/file-columns.ts';
import { hasFormulaLead, neutralised } from '../../shared/formats/formula-lead.ts';
import { bytesOf } from './bytes-of.ts';

const columns = [
  { name: 'Text', type: 'text' },
  { name: 'Id', type: 'id' },
  { name: 'Amount', type: 'decimal' },
  { name: 'Day', type: 'day' },
] as const satisfies readonly FileColumn[];

/** The text that a cell was made from, if the apostrophe before a formula lead is ours. */
function withoutApostrophe(cell: string): string {
  return cell.startsWith("'") && hasFormulaLead(cell.slice(1)) ? cell.slice(1) : cell;
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n",;\' 0aü＝－\u00a0\u200b.'), maxLength: 6 }),
);
const anyDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 25 }))
  .map(([units, places]) => toText(decimal(`${units}e-${places}`)));
const anyDay = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const anyRow = fc.tuple(anyText, anyText, fc.option(anyDecimal, { nil: '' }), fc.option(anyDay, { nil: '' }));
const anyCulture = fc.constantFrom(...cultureNames).map(cultureNamed);

function parsed(bytes: Buffer, separator: string): string[][] {
  return parse(bytes, { bom: true, delimiter: separator, record_delimiter: '\r\n' }) as string[][];
}

describe('a CSV file of ours', () => {
  it('is read back by csv-parse cell by cell, in every region', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 8 }), anyCulture, async (rows, culture) => {
        const [header, ...read] = parsed(await bytesOf(csvFile(columns, rows, culture)), culture.columnSeparator);
        expect(header).toEqual(columns.map(({ name }) => name));
        const expected = rows.map(([text, id, amount, day]) => [
          text.toWellFormed(),
          id.toWellFormed(),
          amount.replace('.', culture.decimalMark),
          day === '' ? '' : dayIn(culture, day),
        ]);
        expect(read.map((cells) => cells.map((cell, at) => (at < 2 ? withoutApostrophe(cell) : cell)))).toEqual(
          expected,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('has no text that a spreadsheet would run, and no apostrophe before a number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 8 }), anyCulture, async (rows, culture) => {
        const read = parsed(await bytesOf(csvFile(columns, rows, culture)), culture.columnSeparator).slice(1);
        for (const [text = '', id = '', amount = ''] of read) {
          for (const cell of [text, id]) expect(cell.replace(/^["\s\p{C}\p{Z}]+/u, '')).not.toMatch(/^[=+\-@＝＋－＠]/);
          expect(amount).toMatch(/^(-?\d+([.,]\d+)?)?$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same, byte for byte, whether cells come as text or as the bytes of another CSV file', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 6 }), anyCulture, fc.boolean(), (rows, culture, quotesAll) => {
        const wellFormed = rows.map((row) => row.map((cell) => cell.toWellFormed()));
        const asText = new CsvWriter(columns, culture);
        for (const row of wellFormed) asText.addRow(row);
        expect(copied(wellFormed, quotesAll, culture)).toBe(Buffer.from(asText.take()).toString('utf8'));
      }),
      { numRuns: 500 },
    );
  });

  /** The rows as CSV of Microsoft's kind, copied cell by cell from its bytes. */
  function copied(rows: readonly FileRow[], quotesAll: boolean, culture: Culture): string {
    const writer = new CsvWriter(columns, culture);
    for (const row of rows) {
      for (const [at, cell] of row.entries()) {
        const isQuoted = (quotesAll && at < 2) || /[",\r\n]/.test(cell);
        const bytes = Buffer.from(`x,${isQuoted ? `"${cell.replaceAll('"', '""')}"` : cell},y`, 'utf8');
        const [start, end] = [2, bytes.length - 2];
        if (at < 2) writer.addTextBytes(viewed(bytes), start, end);
        else if (at === 3 || !writer.addedDecimalBytes(bytes, start, end)) {
          writer.addCell(columns[at]?.type ?? 'text', cell);
        }
      }
      writer.endRow();
    }
    return Buffer.from(writer.take()).toString('utf8');
  }

  it('puts text from bytes in lower case, or leaves it to others', () => {
    let written = 0;
    fc.assert(
      fc.property(
        fc.oneof(anyText, fc.string({ unit: fc.constantFrom(...'aZ@[`{é;0 /') })),
        anyCulture,
        (text, culture) => {
          fc.pre(!/[",\r\n]/.test(text) && text.isWellFormed());
          const bytes = Buffer.from(`x,${text},y`, 'utf8');
          const writer = new CsvWriter([{ name: 'Id', type: 'id' }], culture);
          const before = writer.sizeBytes;
          if (!writer.addedLowerBytes(viewed(bytes), 2, bytes.length - 2)) {
            expect([writer.sizeBytes, writer.cells]).toEqual([before, 0]);
            return;
          }
          written += 1;
          const asText = new CsvWriter([{ name: 'Id', type: 'id' }], culture);
          if (text !== '') asText.addText(text.trim().toLowerCase());
          expect(Buffer.from(writer.take())).toEqual(Buffer.from(asText.take()));
        },
      ),
      { numRuns: 1000 },
    );
    expect(written).toBeGreaterThan(100);
  });

  it.each([
    ['1.2E-05', '0,000012'],
    ['+5', '5'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890,123456789'],
  ])('writes the decimal %s digit by digit: %s', async (given, expected) => {
    const { decimals, bytes } = bothWays(given);
    expect(decimals).toBe(`Amount\r\n${expected}\r\n`);
    expect(bytes).toBe(decimals);
  });

  it.each([
    ['-1.50', '-1,5'],
    ['007', '7'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['00.10', '0,1'],
    ['100', '100'],
    ['24.000000', '24'],
    ['-000.0500', '-0,05'],
  ])('writes the bytes %s without zeros that say nothing: %s', (given, expected) => {
    expect(bothWays(given).bytes).toBe(`Amount\r\n${expected}\r\n`);
    expect(toText(decimal(given)).replace('.', ',')).toBe(expected);
  });

  function bothWays(given: string) {
    const asText = new CsvWriter([{ name: 'Amount', type: 'decimal' }], cultureNamed('de-DE'));
    const asBytes = new CsvWriter([{ name: 'Amount', type: 'decimal' }], cultureNamed('de-DE'));
    asText.addRow([given]);
    if (!asBytes.addedDecimalBytes(Buffer.from(given), 0, given.length)) asBytes.addDecimal(given);
    asBytes.endRow();
    const textOf = (writer: CsvWriter) => Buffer.from(writer.take()).toString('utf8').replace('\uFEFF', '');
    return { decimals: textOf(asText), bytes: textOf(asBytes) };
  }

  it.each(['1,5', '1.', '.5', '-', '--1', '1-', '1.2.3', '1e', 'NaN', ' 1', "'1", '1 000'])(
    'refuses %j as a decimal, and says where',
    (given) => {
      const message = `Row 2, column Amount: '${given}' is not a decimal`;
      const writer = () => new CsvWriter([{ name: 'Amount', type: 'decimal' }], cultureNamed('de-DE'));
      expect(() => writer().addRow([given])).toThrow(message);
      expect(writer().addedDecimalBytes(Buffer.from(given), 0, given.length)).toBe(false);
    },
  );

  it.each(['2026-13-01', '01.02.2026', 'today'])('refuses %j as a day, and says where', (given) => {
    const writer = () => new CsvWriter([{ name: 'Day', type: 'day' }], cultureNamed('de-DE'));
    const message = `Row 2, column Day: '${given}' is not a day`;
    expect(() => writer().addRow([given])).toThrow(message);
  });

  it('refuses rows of another width', () => {
    expect(() => new CsvWriter(columns, cultureNamed('de-DE')).addRow(['a'])).toThrow('Row 2 has 1 cells; expected 4');
    const writer = new CsvWriter(columns, cultureNamed('de-DE'));
    writer.addText('a');
    expect(() => writer.endRow()).toThrow('Row 2 has 1 cells; expected 4');
  });

  it('hands over a large file in pieces', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => [`customer ${at}`, `00${at}`, `${at}.5`, '2026-10-01']);
    const sizes: number[] = [];
    for await (const chunk of csvFile(columns, rows, cultureNamed('de-DE'))) sizes.push(chunk.length);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(80_000);
  });
});

describe('a formula lead', () => {
  it.each([
    '=1',
    '+1',
    '-1',
    '@x',
    '\tx',
    '\rx',
    '\nx',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    ' =1',
    '"=1',
    `' "=1`,
    '\u00a0=1',
    '\u200b=1',
    '\ufeff=1',
    '\0=1',
  ])('is found in %j', (text) => expect(neutralised(text)).toBe(`'${text}`));

  it.each(['', 'a=1', '1-2', 'x@y', ' a', "'a", '"a"', '0', 'ä', '/=', '(=1)'])('is not found in %j', (text) =>
    expect(neutralised(text)).toBe(text),
  );
});
