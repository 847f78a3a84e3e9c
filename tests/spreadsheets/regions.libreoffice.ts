import { describe, expect, it } from 'vitest';
import { cultureNames } from '../../shared/domain/culture-names.ts';
import { csvFile } from '../../shared/formats/csv-writer.ts';
import { cultureNamed } from '../../shared/formats/culture.ts';
import { neutralised } from '../../shared/formats/formula-lead.ts';
import type { XlsxRow } from '../../shared/formats/xlsx-cells.ts';
import { xlsxFile } from '../../shared/formats/xlsx-writer.ts';
import { bytesOf } from '../formats/bytes-of.ts';
import { sampleColumns, sampleRows } from '../formats/sample-table.ts';
import { type OpenedSheet, openInLibreOffice } from './libre-office.ts';

const header = sampleColumns.map(({ name }) => name);

/** What a person has to see in the sheet: numbers as numbers, days as days, text and ids letter by letter. */
function expectedSheet(textOf: (text: string) => string): OpenedSheet {
  const rows = sampleRows.map((row) =>
    row.map((cell, at) => {
      if (cell === '') return null;
      const type = sampleColumns[at]?.type;
      if (type === 'decimal') return Number(cell);
      // A cell of a sheet has line feeds only.
      return type === 'day' ? cell : textOf(cell).replaceAll('\r\n', '\n');
    }),
  );
  return [header, ...rows];
}

async function openedCsv(culture: string, locale: string, quotedIsText = true): Promise<OpenedSheet> {
  const { columnSeparator } = cultureNamed(culture);
  const bytes = await bytesOf(csvFile(sampleColumns, sampleRows, cultureNamed(culture)));
  const csv = { separator: columnSeparator, quotedIsText };
  return openInLibreOffice({ locale, fileName: 'sample.csv', bytes, csv });
}

const localeOf = (culture: string) => (culture === 'invariant' ? 'en-US' : culture);

describe('LibreOffice', () => {
  it.each(cultureNames)('opens a CSV file for %s there: the same numbers, days and ids', async (culture) => {
    expect(await openedCsv(culture, localeOf(culture))).toEqual(expectedSheet(neutralised));
  });

  it.each(['en-US', 'de-DE', 'sv-SE'])(
    'opens a workbook in %s: the same numbers, days, ids and texts',
    async (locale) => {
      const sheets = [{ name: 'Usage', columns: sampleColumns, rows: sampleRows }];
      const opened = await openInLibreOffice({
        locale,
        fileName: 'sample.xlsx',
        bytes: await bytesOf(xlsxFile(sheets)),
      });
      expect(opened).toEqual(expectedSheet((text) => text));
    },
  );

  it('calculates the formulas of a workbook', async () => {
    const columns = ['Left', 'Right', 'Variance'].map((name) => ({ name, type: 'decimal' }) as const);
    const rows: XlsxRow[] = [['3.5', '1.25', { formula: 'ROUND(A{row}-B{row},2)', value: '' }]];
    const bytes = await bytesOf(xlsxFile([{ name: 'Meters', columns, rows }]));
    const opened = await openInLibreOffice({ locale: 'de-DE', fileName: 'sample.xlsx', bytes });
    expect(opened[1]).toEqual([3.5, 1.25, 2.25]);
  });

  it('reads a file for another region wrongly: the region is what makes the tests above pass', async () => {
    const opened = await openedCsv('de-DE', 'en-US');
    expect(opened[1]?.[3]).not.toBe(1234.5);
    expect(opened[1]?.[5]).not.toBe('2026-02-01');
  });

  it('makes numbers of ids unless it is told that quoted cells are text; numbers and days are right all the same', async () => {
    const opened = await openedCsv('de-DE', 'de-DE', false);
    expect(opened[1]?.slice(1, 3)).toEqual([123456789012346000, 1]);
    const numbersAndDays = (sheet: OpenedSheet) => sheet.slice(1).map((row) => row.slice(3, 6));
    expect(numbersAndDays(opened)).toEqual(numbersAndDays(expectedSheet(neutralised)));
  });
});
