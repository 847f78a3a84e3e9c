import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../shared/domain/problem.ts';
import { unpackedText } from '../../shared/formats/source-file.ts';
import { costValues, csvOf, detailsSchema, ids, readText, usageValues, type Values } from './sample-files.ts';
import { fileOf, refusalOf } from './source-files.ts';

/*
 * The catalogue of bad input: what is wrong, and the exact words in which it is refused. A file that is refused as a
 * whole yields no row; a row that is refused is the second of three, and the other two are read.
 */

type BadInput = {
  readonly title: string;
  readonly name: string;
  readonly content: () => string | Uint8Array;
  readonly problem: Problem;
};

const columns = Object.keys(usageValues);
const csv = (...changes: readonly Values[]) =>
  csvOf(columns, ...changes.map((change) => ({ ...usageValues, ...change })));
const good = csv({});
const [header = '', goodRow = ''] = good.split('\r\n');
const linesOf = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n`;
const headerWith = (name: string, other: string) => linesOf(header.replace(`,${name},`, `,${other},`), goodRow);
const json = (change: Readonly<Record<string, unknown>>) => `${JSON.stringify({ ...usageValues, ...change })}\n`;
const costCsv = (...changes: readonly Values[]) =>
  csvOf(detailsSchema('mpa', '2023-12-01-preview'), ...changes.map((change) => ({ ...costValues, ...change })));
const utf16 = (mark: readonly number[], text: string, swap: boolean) => {
  const bytes = Buffer.from(text, 'utf16le');
  return Buffer.concat([Buffer.from(mark), swap ? bytes.swap16() : bytes]);
};
const zipped = gzipSync(good);
const changed = (bytes: Uint8Array, at: number, value: number) => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(value, at);
  return copy;
};
const spliced = (text: string, mark: string, bytes: readonly number[]) => {
  const [before = '', after = ''] = text.split(mark);
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
};

const wholeFiles: readonly BadInput[] = [
  {
    title: 'no byte at all',
    name: 'u.csv',
    content: () => '',
    problem: { code: 'emptyFile', file: 'u.csv', message: 'u.csv: the file is empty; expected a header row' },
  },
  {
    title: 'no byte at all, as JSON',
    name: 'u.json',
    content: () => '',
    problem: { code: 'emptyFile', file: 'u.json', message: 'u.json: the file is empty; expected a header row' },
  },
  {
    title: 'no byte at all, as gzip',
    name: 'u.csv.gz',
    content: () => '',
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (unexpected end of file)',
    },
  },
  {
    title: 'gzip of nothing',
    name: 'u.csv.gz',
    content: () => gzipSync(''),
    problem: { code: 'emptyFile', file: 'u.csv.gz', message: 'u.csv.gz: the file is empty; expected a header row' },
  },
  {
    title: 'blank lines alone',
    name: 'u.json',
    content: () => '\n\n',
    problem: { code: 'emptyFile', file: 'u.json', message: 'u.json: the file is empty; expected a header row' },
  },
  {
    title: 'a gzip checksum that is wrong',
    name: 'u.csv.gz',
    content: () => changed(zipped, zipped.length - 8, 0),
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (incorrect data check)',
    },
  },
  {
    title: 'a gzip length that is wrong',
    name: 'u.csv.gz',
    content: () => changed(zipped, zipped.length - 4, 0),
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (incorrect length check)',
    },
  },
  {
    title: 'text after the end of gzip',
    name: 'u.csv.gz',
    content: () => Buffer.concat([zipped, Buffer.from('garbage')]),
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (incorrect header check)',
    },
  },
  {
    title: 'a second gzip member that is cut off',
    name: 'u.csv.gz',
    content: () => Buffer.concat([zipped, zipped.subarray(0, 30)]),
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (unexpected end of file)',
    },
  },
  {
    title: 'text under the name of gzip',
    name: 'u.csv.gz',
    content: () => good,
    problem: {
      code: 'damagedContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: the gzip data is damaged or cut off (incorrect header check)',
    },
  },
  {
    title: 'gzip under the name of text',
    name: 'u.csv',
    content: () => zipped,
    problem: {
      code: 'wrongContainer',
      file: 'u.csv',
      message: 'u.csv: this is a gzip file; expected text, or gzip once under .gz',
    },
  },
  {
    title: 'gzip in gzip',
    name: 'u.csv.gz',
    content: () => gzipSync(zipped),
    problem: {
      code: 'wrongContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: this is a gzip file; expected text, or gzip once under .gz',
    },
  },
  {
    title: 'a zip archive',
    name: 'u.csv',
    content: () => Buffer.from('PK\u0003\u0004rest'),
    problem: {
      code: 'wrongContainer',
      file: 'u.csv',
      message: 'u.csv: this is a zip archive or workbook; expected text; unpack it',
    },
  },
  {
    title: 'a zip archive in gzip',
    name: 'u.csv.gz',
    content: () => gzipSync('PK\u0003\u0004rest'),
    problem: {
      code: 'wrongContainer',
      file: 'u.csv.gz',
      message: 'u.csv.gz: this is a zip archive or workbook; expected text; unpack it',
    },
  },
  {
    title: 'an empty zip archive',
    name: 'u.csv',
    content: () => Buffer.from('PK\u0005\u0006rest'),
    problem: { code: 'wrongContainer', file: 'u.csv', message: 'u.csv: this is an empty zip archive; expected text' },
  },
  {
    title: 'Parquet under the name of text',
    name: 'c.csv',
    content: () => 'PAR1rest',
    problem: {
      code: 'wrongContainer',
      file: 'c.csv',
      message: 'c.csv: this is a Parquet file; expected text; name it .parquet',
    },
  },
  {
    title: 'a name that says nothing',
    name: 'u.xlsx',
    content: () => good,
    problem: {
      code: 'unknownFileType',
      file: 'u.xlsx',
      message: 'u.xlsx: not a kind of file that can be read; expected .csv, .csv.gz, .json, .json.gz or .parquet',
    },
  },
  {
    title: 'a gzip bomb of blank lines',
    name: 'u.json.gz',
    content: () =>
      gzipSync(Buffer.concat([Buffer.from(json({})), Buffer.alloc(40 * 1024 * 1024, `${' '.repeat(1023)}\n`)])),
    problem: {
      code: 'tooLarge',
      file: 'u.json.gz',
      message: 'u.json.gz: the file inflates to more than 250 times its size',
    },
  },
  {
    title: 'UTF-16, little endian',
    name: 'u.csv',
    content: () => utf16([0xff, 0xfe], good, false),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      message: 'u.csv: this is UTF-16 text (little endian); expected UTF-8',
    },
  },
  {
    title: 'UTF-16, big endian',
    name: 'u.csv',
    content: () => utf16([0xfe, 0xff], good, true),
    problem: { code: 'badEncoding', file: 'u.csv', message: 'u.csv: this is UTF-16 text (big endian); expected UTF-8' },
  },
  {
    title: 'UTF-16 without its mark',
    name: 'u.csv',
    content: () => utf16([], good, false),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 1,
      message: 'u.csv, line 1: byte 1 (counted from 0) is NUL; expected UTF-8 text',
    },
  },
  {
    title: 'NUL in a field',
    name: 'u.csv',
    content: () => csv({ CustomerName: 'Con\u0000toso' }),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 2,
      message: 'u.csv, line 2: byte 838 (counted from 0) is NUL; expected UTF-8 text',
    },
  },
  {
    title: 'a byte of Latin-1',
    name: 'u.csv',
    content: () => spliced(csv({ CustomerName: 'M@ller' }), '@', [0xfc]),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 2,
      message: 'u.csv, line 2: byte 836 (counted from 0) does not belong to UTF-8 text; expected UTF-8 text',
    },
  },
  {
    title: 'a character cut off at the end',
    name: 'u.csv',
    content: () => spliced(`${good}@`, '@', [0xe2, 0x82]),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: byte 1465 (counted from 0) does not belong to UTF-8 text; expected UTF-8 text',
    },
  },
  {
    title: 'half a surrogate pair',
    name: 'u.csv',
    content: () => spliced(csv({ CustomerName: '@' }), '@', [0xed, 0xa0, 0x80]),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 2,
      message: 'u.csv, line 2: byte 835 (counted from 0) does not belong to UTF-8 text; expected UTF-8 text',
    },
  },
  {
    title: 'an overlong character',
    name: 'u.csv',
    content: () => spliced(csv({ CustomerName: '@' }), '@', [0xc0, 0xaf]),
    problem: {
      code: 'badEncoding',
      file: 'u.csv',
      line: 2,
      message: 'u.csv, line 2: byte 835 (counted from 0) does not belong to UTF-8 text; expected UTF-8 text',
    },
  },
  {
    title: 'a required column that is gone',
    name: 'u.csv',
    content: () =>
      csvOf(
        columns.filter((name) => name !== 'Quantity'),
        usageValues,
      ),
    problem: {
      code: 'missingColumn',
      file: 'u.csv',
      line: 1,
      column: 'Quantity',
      message: 'u.csv, line 1: the column Quantity is missing',
    },
  },
  {
    title: 'a required column that is renamed',
    name: 'u.csv',
    content: () => headerWith('BillingPreTaxTotal', 'BillingPreTaxTotals'),
    problem: {
      code: 'missingColumn',
      file: 'u.csv',
      line: 1,
      column: 'BillingPreTaxTotal',
      value: 'BillingPreTaxTotals',
      message: 'u.csv, line 1: the column BillingPreTaxTotal is missing; the nearest column is BillingPreTaxTotals',
    },
  },
  {
    title: 'a required column that is misspelled',
    name: 'u.csv',
    content: () => headerWith('EntitlementId', 'EntitelmentId'),
    problem: {
      code: 'missingColumn',
      file: 'u.csv',
      line: 1,
      column: 'EntitlementId',
      value: 'EntitelmentId',
      message: 'u.csv, line 1: the column EntitlementId is missing; the nearest column is EntitelmentId',
    },
  },
  {
    title: 'a required column that is gone in every row of JSON',
    name: 'u.json',
    content: () => json({ Quantity: undefined }),
    problem: {
      code: 'missingColumn',
      file: 'u.json',
      column: 'Quantity',
      message: 'u.json: the column Quantity is missing in every row',
    },
  },
  {
    title: 'a column that is there twice',
    name: 'u.csv',
    content: () => headerWith('PartnerName', 'CustomerId'),
    problem: {
      code: 'duplicateColumn',
      file: 'u.csv',
      line: 1,
      column: 'customerid',
      message: 'u.csv, line 1: the column customerid is there twice',
    },
  },
  {
    title: 'two columns that differ in letter case',
    name: 'u.csv',
    content: () => headerWith('ProductName', 'SKUNAME'),
    problem: {
      code: 'duplicateColumn',
      file: 'u.csv',
      line: 1,
      column: 'skuname',
      message: 'u.csv, line 1: the column skuname is there twice',
    },
  },
  {
    title: 'two columns that fold to one in brackets',
    name: 'u.csv',
    content: () => headerWith('ProductName', 'SKU-Name (SkuName)'),
    problem: {
      code: 'duplicateColumn',
      file: 'u.csv',
      line: 1,
      column: 'skuname',
      message: 'u.csv, line 1: the column skuname is there twice',
    },
  },
  {
    title: 'a key of JSON in two spellings',
    name: 'u.json',
    content: () => json({ quantity: '1' }),
    problem: {
      code: 'duplicateColumn',
      file: 'u.json',
      line: 1,
      column: 'Quantity',
      message: 'u.json, line 1: the column Quantity is there twice',
    },
  },
  {
    title: 'semicolons',
    name: 'u.csv',
    content: () => good.replaceAll(',', ';'),
    problem: {
      code: 'wrongDelimiter',
      file: 'u.csv',
      line: 1,
      value: ';',
      message: 'u.csv, line 1: the columns are divided by a semicolon; expected a comma',
    },
  },
  {
    title: 'tabs',
    name: 'u.csv',
    content: () => good.replaceAll(',', '\t'),
    problem: {
      code: 'wrongDelimiter',
      file: 'u.csv',
      line: 1,
      value: '\t',
      message: 'u.csv, line 1: the columns are divided by a tab; expected a comma',
    },
  },
  {
    title: 'bars',
    name: 'u.csv',
    content: () => good.replaceAll(',', '|'),
    problem: {
      code: 'wrongDelimiter',
      file: 'u.csv',
      line: 1,
      value: '|',
      message: 'u.csv, line 1: the columns are divided by a bar; expected a comma',
    },
  },
  {
    title: 'a row that is short',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, 'a,b,c'),
    problem: {
      code: 'raggedRow',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: the row has more or fewer fields than the header; expected as many',
    },
  },
  {
    title: 'a row that is long',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, `${goodRow},more`),
    problem: {
      code: 'raggedRow',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: the row has more or fewer fields than the header; expected as many',
    },
  },
  {
    title: 'an empty line between rows',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, '', goodRow),
    problem: {
      code: 'raggedRow',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: the row has more or fewer fields than the header; expected as many',
    },
  },
  {
    title: 'a stray quote',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, goodRow.replace('Contoso', 'Con"toso')),
    problem: {
      code: 'badCsv',
      file: 'u.csv',
      line: 3,
      message:
        'u.csv, line 3: a quote stands inside a value; expected the whole value in quotes, and quotes in it doubled',
    },
  },
  {
    title: 'text after a closing quote',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, goodRow.replace('Contoso', '"Con"toso')),
    problem: {
      code: 'badCsv',
      file: 'u.csv',
      line: 3,
      message:
        'u.csv, line 3: a quote stands inside a value; expected the whole value in quotes, and quotes in it doubled',
    },
  },
  {
    title: 'a quote that is closed by the next one',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, goodRow.replace('Contoso', '"Contoso')),
    problem: {
      code: 'badCsv',
      file: 'u.csv',
      line: 3,
      message:
        'u.csv, line 3: a quote stands inside a value; expected the whole value in quotes, and quotes in it doubled',
    },
  },
  {
    title: 'a quote that is open at the end',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, goodRow.replace(/,[^,]*$/, ',"open')),
    problem: {
      code: 'badCsv',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: a quoted field is still open at the end of the file; expected a quote',
    },
  },
  {
    title: 'a quote that is never closed in the header',
    name: 'u.csv',
    content: () => `"${header}`,
    problem: {
      code: 'badCsv',
      file: 'u.csv',
      line: 1,
      message: 'u.csv, line 1: a quoted field is still open at the end of the file; expected a quote',
    },
  },
  {
    title: 'a field of 10 MB',
    name: 'u.csv',
    content: () => csv({}, { CustomerName: 'x'.repeat(10 * 1024 * 1024) }),
    problem: {
      code: 'rowTooLong',
      file: 'u.csv',
      line: 3,
      message: 'u.csv, line 3: the row is longer than 8388608 bytes; expected its end',
    },
  },
  {
    title: 'a header of 10 MB',
    name: 'u.csv',
    content: () => 'x'.repeat(10 * 1024 * 1024),
    problem: {
      code: 'rowTooLong',
      file: 'u.csv',
      line: 1,
      message: 'u.csv, line 1: the row is longer than 8388608 bytes; expected its end',
    },
  },
  {
    title: 'a line of JSON of 10 MB',
    name: 'u.json',
    content: () => `${json({})}${json({ CustomerName: 'x'.repeat(10 * 1024 * 1024) })}`,
    problem: {
      code: 'lineTooLong',
      file: 'u.json',
      line: 2,
      message: 'u.json, line 2: the line is longer than 8388608 bytes; expected its end',
    },
  },
  {
    title: '20,000 columns',
    name: 'u.csv',
    content: () => linesOf(Array.from({ length: 20_000 }, (_, at) => `c${at}`).join(',')),
    problem: {
      code: 'tooManyColumns',
      file: 'u.csv',
      line: 1,
      value: '20000',
      message: 'u.csv, line 1: the header has 20000 columns; expected at most 1000',
    },
  },
  {
    title: 'rows without a header',
    name: 'u.csv',
    content: () => linesOf(goodRow, goodRow),
    problem: {
      code: 'unknownDataset',
      file: 'u.csv',
      line: 1,
      message:
        'u.csv, line 1: 55 columns (0e195b37-4574-4539-bc42-0e539b9684c0, Fabrikam, 196e2273-9651-43a3-ba7e-7cbcd918 …) that fit no dataset; expected daily rated usage, invoice line items or a cost export',
    },
  },
  {
    title: 'a sheet that is none of Microsoft’s',
    name: 'u.csv',
    content: () => 'Name,Amount\n',
    problem: {
      code: 'unknownDataset',
      file: 'u.csv',
      line: 1,
      message:
        'u.csv, line 1: 2 columns (Name, Amount …) that fit no dataset; expected daily rated usage, invoice line items or a cost export',
    },
  },
  {
    title: 'JSON that is cut off',
    name: 'u.json',
    content: () => `${json({})}${json({}).slice(0, 40)}`,
    problem: { code: 'badJson', file: 'u.json', line: 2, message: 'u.json, line 2: it is not valid JSON' },
  },
  {
    title: 'JSON with a stray comma',
    name: 'u.json',
    content: () => `${json({})}${json({}).replace('}', ',}')}`,
    problem: { code: 'badJson', file: 'u.json', line: 2, message: 'u.json, line 2: it is not valid JSON' },
  },
  {
    title: 'a line of JSON that is a list',
    name: 'u.json',
    content: () => `${json({})}[1]\n`,
    problem: { code: 'badJson', file: 'u.json', line: 2, message: 'u.json, line 2: expected a JSON object' },
  },
  {
    title: 'a page of JSON that is cut off',
    name: 'u.json',
    content: () => `{\n"items": [${json({})}`,
    problem: {
      code: 'badJson',
      file: 'u.json',
      message: 'u.json: it is not valid JSON; expected JSON lines, a list of rows, or one under items or value',
    },
  },
];

const second = (change: Values) => () => csv({}, change, {});
const cost = (change: Values) => () => costCsv({}, change, {});

const rows: readonly BadInput[] = [
  {
    title: 'the header once more',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, header, goodRow),
    problem: {
      code: 'repeatedHeader',
      file: 'u.csv',
      line: 3,
      column: 'PartnerId',
      value: 'PartnerId',
      message: 'u.csv, line 3, column PartnerId: the header stands here again; expected a row of data',
    },
  },
  {
    title: 'a row of totals',
    name: 'u.csv',
    content: () => linesOf(header, goodRow, `Total${',9'.repeat(columns.length - 1)}`, goodRow),
    problem: {
      code: 'totalsRow',
      file: 'u.csv',
      line: 3,
      column: 'PartnerId',
      value: 'Total',
      message: "u.csv, line 3, column PartnerId: 'Total' makes this a row of totals; expected a row of data",
    },
  },
  ...decimals(),
  {
    title: 'a required decimal that is empty',
    name: 'u.csv',
    content: second({ Quantity: '' }),
    problem: {
      code: 'missingValue',
      file: 'u.csv',
      line: 3,
      column: 'Quantity',
      value: '',
      message:
        'u.csv, line 3, column Quantity: is empty; expected a decimal (digits with an optional sign, point and exponent)',
    },
  },
  {
    title: 'a required decimal of blanks',
    name: 'u.csv',
    content: second({ Quantity: '  ' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'Quantity',
      value: '  ',
      message:
        "u.csv, line 3, column Quantity: '  ' is not a decimal; expected a decimal (digits with an optional sign, point and exponent)",
    },
  },
  {
    title: 'a bad decimal in an optional column',
    name: 'u.csv',
    content: second({ UnitPrice: 'n/a' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'UnitPrice',
      value: 'n/a',
      message:
        "u.csv, line 3, column UnitPrice: 'n/a' is not a decimal; expected a decimal (digits with an optional sign, point and exponent)",
    },
  },
  {
    title: 'a boolean for a number in JSON',
    name: 'u.json',
    content: () => `${json({})}${json({ Quantity: true })}${json({})}`,
    problem: {
      code: 'badValue',
      file: 'u.json',
      line: 2,
      column: 'Quantity',
      value: 'true',
      message:
        "u.json, line 2, column Quantity: 'true' is not a decimal; expected a decimal (digits with an optional sign, point and exponent)",
    },
  },
  {
    title: 'a list for a number in JSON',
    name: 'u.json',
    content: () => `${json({})}${json({ Quantity: [1] })}${json({})}`,
    problem: {
      code: 'badValue',
      file: 'u.json',
      line: 2,
      column: 'Quantity',
      value: '["1"]',
      message:
        'u.json, line 2, column Quantity: \'["1"]\' is not a decimal; expected a decimal (digits with an optional sign, point and exponent)',
    },
  },
  {
    title: 'null for a number in JSON',
    name: 'u.json',
    content: () => `${json({})}${json({ Quantity: null })}${json({})}`,
    problem: {
      code: 'missingValue',
      file: 'u.json',
      line: 2,
      column: 'Quantity',
      value: '',
      message:
        'u.json, line 2, column Quantity: is empty; expected a decimal (digits with an optional sign, point and exponent)',
    },
  },
  {
    title: 'a cost of a cost export in euros',
    name: 'c.csv',
    content: cost({ costinbillingcurrency: '1,5' }),
    problem: {
      code: 'badValue',
      file: 'c.csv',
      line: 3,
      column: 'costInBillingCurrency',
      value: '1,5',
      message:
        "c.csv, line 3, column costInBillingCurrency: '1,5' is not a decimal; expected a decimal (digits with an optional sign, point and exponent)",
    },
  },
  {
    title: 'a credit above all',
    name: 'u.csv',
    content: second({ PartnerEarnedCreditPercentage: '150' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'PartnerEarnedCreditPercentage',
      value: '150',
      message:
        "u.csv, line 3, column PartnerEarnedCreditPercentage: '150' is not a rate; expected a rate (from 0 to 100, or from 0 to 1)",
    },
  },
  {
    title: 'a credit with its sign',
    name: 'u.csv',
    content: second({ PartnerEarnedCreditPercentage: '15%' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'PartnerEarnedCreditPercentage',
      value: '15%',
      message:
        "u.csv, line 3, column PartnerEarnedCreditPercentage: '15%' is not a rate; expected a rate (from 0 to 100, or from 0 to 1)",
    },
  },
  ...days(),
  {
    title: 'a required day that is empty',
    name: 'u.csv',
    content: second({ UsageDate: '' }),
    problem: {
      code: 'missingValue',
      file: 'u.csv',
      line: 3,
      column: 'UsageDate',
      value: '',
      message: 'u.csv, line 3, column UsageDate: is empty; expected a day (YYYY-MM-DD or M/D/YYYY)',
    },
  },
  {
    title: 'the day that stands for none',
    name: 'u.csv',
    content: second({ UsageDate: '0001-01-01T00:00:00' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'UsageDate',
      value: '0001-01-01T00:00:00',
      message:
        "u.csv, line 3, column UsageDate: '0001-01-01T00:00:00' is not a day; expected a day (YYYY-MM-DD or M/D/YYYY)",
    },
  },
  {
    title: 'a bad day in an optional column',
    name: 'u.csv',
    content: second({ ChargeStartDate: 'soon' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'ChargeStartDate',
      value: 'soon',
      message: "u.csv, line 3, column ChargeStartDate: 'soon' is not a day; expected a day (YYYY-MM-DD or M/D/YYYY)",
    },
  },
  {
    title: 'a bad day of a cost export',
    name: 'c.csv',
    content: cost({ date: '13/01/2026' }),
    problem: {
      code: 'badValue',
      file: 'c.csv',
      line: 3,
      column: 'date',
      value: '13/01/2026',
      message: "c.csv, line 3, column date: '13/01/2026' is not a day; expected a day (YYYY-MM-DD or M/D/YYYY)",
    },
  },
  {
    title: 'a subscription of zeros',
    name: 'u.csv',
    content: second({ EntitlementId: '00000000-0000-0000-0000-000000000000' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'EntitlementId',
      value: '00000000-0000-0000-0000-000000000000',
      message:
        "u.csv, line 3, column EntitlementId: '00000000-0000-0000-0000-000000000000' is not an id; expected an id",
    },
  },
  {
    title: 'usage without a currency',
    name: 'u.csv',
    content: second({ BillingCurrency: '' }),
    problem: {
      code: 'missingValue',
      file: 'u.csv',
      line: 3,
      column: 'BillingCurrency',
      value: '',
      message: 'u.csv, line 3, column BillingCurrency: is empty; expected a currency such as EUR',
    },
  },
  {
    title: 'costs whose currency is a blank',
    name: 'c.csv',
    content: cost({ billingcurrency: ' ' }),
    problem: {
      code: 'badValue',
      file: 'c.csv',
      line: 3,
      column: 'billingCurrency',
      value: ' ',
      message: "c.csv, line 3, column billingCurrency: ' ' is not a currency; expected a currency such as EUR",
    },
  },
  {
    title: 'no subscription',
    name: 'u.csv',
    content: second({ EntitlementId: '' }),
    problem: {
      code: 'missingValue',
      file: 'u.csv',
      line: 3,
      column: 'EntitlementId',
      value: '',
      message: 'u.csv, line 3, column EntitlementId: is empty; expected an id',
    },
  },
  {
    title: 'a customer of zeros in braces',
    name: 'u.csv',
    content: second({ CustomerId: '{00000000-0000-0000-0000-000000000000}' }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'CustomerId',
      value: '{00000000-0000-0000-0000-000000000000}',
      message:
        "u.csv, line 3, column CustomerId: '{00000000-0000-0000-0000-000000000000}' is not an id; expected an id",
    },
  },
  {
    title: 'a meter of zeros without dashes',
    name: 'u.csv',
    content: second({ MeterId: '0'.repeat(32) }),
    problem: {
      code: 'badValue',
      file: 'u.csv',
      line: 3,
      column: 'MeterId',
      value: '00000000000000000000000000000000',
      message: "u.csv, line 3, column MeterId: '00000000000000000000000000000000' is not an id; expected an id",
    },
  },
  {
    title: 'one subscription under two customers',
    name: 'u.csv',
    content: second({ CustomerId: ids.plan }),
    problem: {
      code: 'twoCustomers',
      file: 'u.csv',
      line: 3,
      column: 'CustomerId',
      value: '307628f1-d9d2-f09c-ea1f-4183f0cae308',
      message:
        'u.csv, line 3, column CustomerId: subscription 81fcedaf-3d94-4a5a-8a4c-4f3b1c2d9e10 is of customer 307628f1-d9d2-f09c-ea1f-4183f0cae308 here and of 196e2273-9651-43a3-ba7e-7cbcd918fc40 on line 2; expected one customer',
    },
  },
  {
    title: 'one subscription under two customers of a cost export',
    name: 'c.csv',
    content: cost({ customertenantid: ids.plan }),
    problem: {
      code: 'twoCustomers',
      file: 'c.csv',
      line: 3,
      column: 'customerTenantId',
      value: '307628f1-d9d2-f09c-ea1f-4183f0cae308',
      message:
        'c.csv, line 3, column customerTenantId: subscription 81fcedaf-3d94-4a5a-8a4c-4f3b1c2d9e10 is of customer 307628f1-d9d2-f09c-ea1f-4183f0cae308 here and of 196e2273-9651-43a3-ba7e-7cbcd918fc40 on line 2; expected one customer',
    },
  },
];

function decimals(): readonly BadInput[] {
  const bad: readonly (readonly [string, string])[] = [
    ['with a decimal comma', '1234,5'],
    ['with thousands in the German way', '1.234,5'],
    ['with thousands in the English way', '1,234.5'],
    ['with thousands in the Swiss way', "1'234.5"],
    ['with thousands after a blank', '1 234.5'],
    ['with a no-break space', '1\u00a0234.5'],
    ['that is none', 'NaN'],
    ['without end', 'Infinity'],
    ['in parentheses', '(1.5)'],
    ['with a dollar sign', '$1.5'],
    ['with a euro sign', '1.5 €'],
    ['with a currency code', '1.5 EUR'],
    ['in hexadecimal', '0x1F'],
    ['in full-width digits', '１２３'],
    ['in Arabic digits', '١٢٣'],
    ['with two points', '1.2.3'],
    ['with two signs', '--1'],
    ['with its sign behind', '1.5-'],
    ['with a typographic minus', '−1.5'],
    ['without digits before the point', '.5'],
    ['without digits after the point', '5.'],
    ['with half an exponent', '1e'],
    ['with an exponent beyond reason', '1e99'],
    ['with underscores', '1_000'],
    ['with more digits than money has', '9'.repeat(81)],
    ['that runs a formula', '=1+1'],
    ['of Excel’s error', '#N/A'],
  ];
  return bad.map(([how, value]) => ({
    title: `a decimal ${how}`,
    name: 'u.csv',
    content: second({ BillingPreTaxTotal: value }),
    problem: badValue('BillingPreTaxTotal', value, 'decimal', '(digits with an optional sign, point and exponent)'),
  }));
}

function days(): readonly BadInput[] {
  const bad: readonly (readonly [string, string])[] = [
    ['that February does not have', '2/30/2026'],
    ['of a month 13', '13/1/2026'],
    ['in the German order', '31.10.2026'],
    ['in the British order', '31/10/2026'],
    ['of a leap year that is none', '2026-02-29'],
    ['with a year of two digits', '10/2/26'],
    ['as a number of Excel’s', '46297'],
    ['with a month in words', '2 Oct 2026'],
    ['of zeros', '0000-00-00'],
    ['after blanks', ' 2026-10-02'],
    ['without dashes', '20261002'],
    ['as seconds since 1970', '1790899200'],
  ];
  return bad.map(([how, value]) => ({
    title: `a day ${how}`,
    name: 'u.csv',
    content: second({ UsageDate: value }),
    problem: badValue('UsageDate', value, 'day', '(YYYY-MM-DD or M/D/YYYY)'),
  }));
}

function badValue(column: string, text: string, what: string, form: string): Problem {
  const value = text.slice(0, 80);
  return {
    code: 'badValue',
    file: 'u.csv',
    line: 3,
    column,
    value,
    message: `u.csv, line 3, column ${column}: '${value}' is not a ${what}; expected a ${what} ${form}`,
  };
}

describe('a file is refused as a whole', () => {
  it.each(wholeFiles)('for $title', async ({ name, content, problem }) => {
    expect(await refusalOf(readText(name, content()))).toEqual(problem);
  });

  it('when it is gzip that is cut off at any byte', async () => {
    for (let length = 0; length < zipped.length; length += 1) {
      const problem = await refusalOf(readText('u.csv.gz', zipped.subarray(0, length)));
      expect(problem, `${length} bytes`).toMatchObject({ code: 'damagedContainer', file: 'u.csv.gz' });
    }
  });

  it('when it inflates beyond the size allowed, whatever its ratio', async () => {
    const allowed = { inflatedBytesMax: good.length - 1, inflateRatioMax: 1e9, ratioCheckedFromBytes: 0 };
    const read = async (max: number) => {
      for await (const _ of unpackedText(fileOf('u.csv.gz', zipped), { ...allowed, inflatedBytesMax: max }));
    };
    expect(await refusalOf(read(good.length - 1))).toEqual({
      code: 'tooLarge',
      file: 'u.csv.gz',
      message: `u.csv.gz: the file inflates to more than ${good.length - 1} bytes`,
    });
    await expect(read(good.length)).resolves.toBeUndefined();
  });
});

describe('a row is refused, and the rows around it are read', () => {
  it.each(rows)('for $title', async ({ name, content, problem }) => {
    const { problems, rows: read } = await readText(name, content());
    expect(problems).toEqual([problem]);
    expect(read).toHaveLength(2);
  });
});

describe('what looks odd and is right', () => {
  const accepted: readonly (readonly [string, string, () => string | Uint8Array, number])[] = [
    [
      'gzip of several members',
      'u.csv.gz',
      () => Buffer.concat([gzipSync(linesOf(header)), gzipSync(linesOf(goodRow))]),
      1,
    ],
    ['columns in another order', 'u.csv', () => csvOf(columns.toReversed(), usageValues), 1],
    ['columns that nobody knows', 'u.csv', () => linesOf(`${header},Extra`, `${goodRow},1`), 1],
    ['a byte order mark', 'u.csv', () => `\uFEFF${good}`, 1],
    ['LF', 'u.csv', () => good.replaceAll('\r\n', '\n'), 1],
    ['no end of line at the end', 'u.csv', () => good.trimEnd(), 1],
    ['a header and no row', 'u.csv', () => linesOf(header), 0],
    ['names in another case', 'u.csv', () => linesOf(header.toUpperCase(), goodRow), 1],
    ['blanks around names', 'u.csv', () => linesOf(header.replaceAll(',', ' , '), goodRow), 1],
    ['a line break in quotes', 'u.csv', () => csv({ CustomerName: 'Con\r\ntoso' }), 1],
    ['an exponent', 'u.csv', () => csv({ Quantity: '1.5E-10' }), 1],
    ['28 decimals', 'u.csv', () => csv({ Quantity: '0.2618755954811488071493712087' }), 1],
    ['a negative zero', 'u.csv', () => csv({ Quantity: '-0.00' }), 1],
    ['a plus sign', 'u.csv', () => csv({ Quantity: '+1' }), 1],
    [
      'a day that stands for none, where none is needed',
      'u.csv',
      () => csv({ ChargeStartDate: '0001-01-01T00:00:00' }),
      1,
    ],
    [
      'ids in braces and without dashes',
      'u.csv',
      () =>
        csv({}, { EntitlementId: `{${ids.subscription}}` }, { EntitlementId: ids.subscription.replaceAll('-', '') }),
      3,
    ],
    ['an unfinished character between two chunks', 'u.csv', () => csv({ CustomerName: '€'.repeat(200_000) }), 1],
  ];

  it.each(accepted)('%s is read', async (_, name, content, count) => {
    expect(await readText(name, content())).toMatchObject({ count, problems: [] });
  });

  it('three spellings of one subscription are one', async () => {
    const spellings = [ids.subscription, `{${ids.subscription.toUpperCase()}}`, ids.subscription.replaceAll('-', '')];
    const { rows: read } = await readText('u.csv', csv(...spellings.map((EntitlementId) => ({ EntitlementId }))));
    expect(read.map((row) => (row.kind === 'usage' ? row.row.subscriptionId : ''))).toEqual(
      Array(3).fill(ids.subscription),
    );
  });
});

it('the catalogue has at least 80 cases', () => {
  expect(wholeFiles.length + rows.length).toBeGreaterThanOrEqual(80);
  expect(new Set([...wholeFiles, ...rows].map(({ title }) => title)).size).toBe(wholeFiles.length + rows.length);
});
