import { beforeAll, describe, expect, it } from 'vitest';
import { cultureNames } from '../../shared/domain/culture-names.ts';
import { cultureNamed } from '../../shared/formats/culture.ts';
import { neutralised } from '../../shared/formats/formula-lead.ts';
import { type MonthFile, monthFiles } from '../formats/month-files.ts';
import { type OpenedSheet, openInLibreOffice } from './libre-office.ts';

/* The golden files of a generated month, each opened where its reader is. */

let files: readonly MonthFile[];
beforeAll(async () => {
  files = await monthFiles();
});

/** What a person has to see: numbers as numbers, days as days, ids and text letter by letter. */
function expectedSheet({ columns, rows }: MonthFile): OpenedSheet {
  const body = rows.map((row) =>
    row.map((cell, at) => {
      if (cell === '') return null;
      const type = columns[at]?.type;
      // Spreadsheets keep 15 digits.
      if (type === 'decimal') return Number(Number(cell).toPrecision(15));
      return type === 'day' ? cell : neutralised(cell);
    }),
  );
  return [columns.map(({ name }) => name), ...body];
}

/** A sheet ends each row with its last cell that holds something. */
function withoutEmptyEnd(row: OpenedSheet[number]): OpenedSheet[number] {
  return row.slice(0, row.findLastIndex((cell) => cell !== null) + 1);
}

describe('LibreOffice', () => {
  it.each(cultureNames)('opens the file of a month for %s there: the same numbers, days and ids', async (culture) => {
    const file = files.find((each) => each.culture === culture);
    if (file === undefined) throw new Error(`There is no file for ${culture}`);
    const csv = { separator: cultureNamed(culture).columnSeparator, quotedIsText: true };
    const locale = culture === 'invariant' ? 'en-US' : culture;
    const opened = await openInLibreOffice({ locale, fileName: 'month.csv', bytes: file.bytes, csv });
    expect(opened.map(withoutEmptyEnd)).toEqual(expectedSheet(file).map(withoutEmptyEnd));
  });
});
