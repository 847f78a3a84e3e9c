import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLineRows } from '../../shared/formats/json-line-rows.ts';
import { cuttings, fileOf, readAll, refusalOf } from './source-files.ts';

const row = '{"MeterId":"AB-1","Name":"Disk","Day":"2026-10-01T00:00:00Z","Cost":1.50}';
const rowRead = { meterId: 'ab-1', name: 'Disk', day: '2026-10-01', cost: '1.5', end: '', note: '' };

const read = (...chunks: readonly (string | Uint8Array)[]) =>
  readAll(readJsonLineRows, fileOf('usage.json', ...chunks));
const refusal = (...chunks: readonly (string | Uint8Array)[]) => refusalOf(read(...chunks));
/** `row` with one of its values, or another key, written so. */
const rowWith = (key: string, json: string) =>
  row.includes(`"${key}"`)
    ? row.replace(new RegExp(`"${key}":("[^"]*"|[^,}]*)`), `"${key}":${json}`)
    : row.replace('}', `,"${key}":${json}}`);

describe('a file of JSON lines', () => {
  it.each([
    ['LF at the end', `${row}\n${row}\n`],
    ['no line end at the end', `${row}\n${row}`],
    ['CRLF', `${row}\r\n${row}\r\n`],
    ['a byte order mark', `\ufeff${row}\n${row}\n`],
    ['blanks around its objects', `  ${row} \n\t${row}\n`],
  ])('may have %s', async (_, text) => {
    expect(await read(text)).toEqual({
      count: 2,
      rows: [
        { line: 1, ...rowRead },
        { line: 2, ...rowRead },
      ],
      refused: [],
    });
  });

  it('may have empty lines, which count as lines and not as rows', async () => {
    const { count, rows } = await read(`\n${row}\n\r\n${row}\n\n`);
    expect(count).toBe(2);
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('may be empty', async () => {
    for (const text of ['', '\n']) expect(await read(text)).toEqual({ count: 0, rows: [], refused: [] });
  });

  it('gives the same rows wherever its bytes are cut', async () => {
    const bytes = Buffer.from(
      `${rowWith('Name', '"é🙂\\u00e9 \\"q\\""')}\r\n${rowWith('Cost', '-1.234567890123456789e-7')}`,
    );
    const whole = await read(bytes);
    expect(whole).toMatchObject({ count: 2, rows: [{ name: 'é🙂é "q"' }, { cost: '-0.0000001234567890123456789' }] });
    for (const chunks of cuttings(bytes)) expect(await read(...chunks)).toEqual(whole);
  });

  it('gives back the text that was written into it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), async (names) => {
        const { rows } = await read(
          names.map((name) => `${rowWith('Note', JSON.stringify(name).replaceAll('$', '$$$$'))}\n`).join(''),
        );
        expect(rows.map((fields) => fields['note'])).toEqual(names);
      }),
    );
  });
});

describe('the numbers of a JSON line', () => {
  it.each([
    ['0.1234567890123456789012345678', '0.1234567890123456789012345678'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['-98765432109876543210.000000000000000001', '-98765432109876543210.000000000000000001'],
    ['0.1', '0.1'],
    ['1.0', '1'],
    ['-0', '0'],
    ['1E-28', '0.0000000000000000000000000001'],
    ['1e+3', '1000'],
    ['9007199254740993', '9007199254740993'],
    ['"1.50"', '1.5'],
  ])('keep all their digits: %s', async (json, cost) => {
    expect((await read(rowWith('Cost', json))).rows).toMatchObject([{ cost }]);
  });

  it('are text where text is wanted, as they were written', async () => {
    expect((await read(rowWith('Name', '1.50'))).rows).toMatchObject([{ name: '1.50' }]);
  });

  it.each([
    ['"1,5"', '1,5', 'badValue'],
    ['true', 'true', 'badValue'],
    ['[1]', '["1"]', 'badValue'],
    ['1e400', '1e400', 'badValue'],
    ['"NaN"', 'NaN', 'badValue'],
    ['""', '', 'missingValue'],
    ['null', '', 'missingValue'],
  ])('that are none refuse their row alone: %s', async (json, value, code) => {
    const { count, rows, refused } = await read(`${row}\n${rowWith('Cost', json)}\n${row}\n`);
    expect(count).toBe(3);
    expect(rows.map(({ line }) => line)).toEqual([1, 3]);
    expect(refused).toMatchObject([{ code, file: 'usage.json', line: 2, column: 'Cost', value }]);
  });
});

describe('the keys of a JSON line', () => {
  it('are found by name, in any order and letter case', async () => {
    const text = '{"cost":1.50,"DAY":"10/1/2026","meterid":"AB-1","name":"Disk"}';
    expect((await read(text)).rows).toEqual([{ line: 1, ...rowRead }]);
  });

  it('may change their spelling and number from line to line', async () => {
    const other = '{"note":"n","cost":"2","day":"2026-10-02","meterId":"x","name":"y"}';
    expect((await read([row, other, row].join('\n'))).rows).toEqual([
      { line: 1, ...rowRead },
      { line: 2, meterId: 'x', name: 'y', day: '2026-10-02', cost: '2', end: '', note: 'n' },
      { line: 3, ...rowRead },
    ]);
  });

  it('may have another name, of which the first one named by us is read', async () => {
    expect((await read(row.replace('"Name"', '"OldName"'))).rows).toEqual([{ line: 1, ...rowRead }]);
    expect((await read(rowWith('OldName', '"old"'))).rows).toMatchObject([{ name: 'Disk' }]);
    expect((await read(row.replace('{', '{"OldName":"old",'))).rows).toMatchObject([{ name: 'Disk' }]);
  });

  it('that the table does not name are passed over, even an empty one and those that every object has', async () => {
    const text = row.replace('{', '{"":"ghost","__proto__":{"Note":"ghost"},"constructor":"ghost","Extra":[{}],');
    expect((await read(text)).rows).toEqual([{ line: 1, ...rowRead }]);
  });

  it('may be left out or null where the value is optional or text', async () => {
    const text = '{"Name":null,"Day":"2026-10-01","Cost":1.5,"Price":null,"End":null,"Note":null}';
    expect((await read(`${row}\n${text}\n`)).rows).toEqual([
      { line: 1, ...rowRead },
      { line: 2, ...rowRead, meterId: '', name: '' },
    ]);
  });

  it.each(['Day', 'Cost'])('refuse the row that leaves out %s', async (column) => {
    const { rows, refused } = await read(`${row}\n${row.replace(column, 'Unknown')}\n`);
    expect(rows.map(({ line }) => line)).toEqual([1]);
    expect(refused).toMatchObject([{ code: 'missingValue', file: 'usage.json', line: 2, column }]);
  });

  it.each(['MeterId', 'Name', 'Day', 'Cost'])(
    'refuse the file when none of its rows has %s, which is required',
    async (column) => {
      const text = row.replace(column, 'Unknown');
      expect(await refusal(`${text}\n${text}\n`)).toMatchObject({ code: 'missingColumn', file: 'usage.json', column });
    },
  );

  it('refuse the file when two of them are one name in two spellings', async () => {
    expect(await refusal(`${row}\n${rowWith('cost', '2')}\n`)).toMatchObject({
      code: 'duplicateColumn',
      file: 'usage.json',
      line: 2,
      column: 'Cost',
    });
  });
});

describe('the objects of a JSON line', () => {
  it.each([
    ['{"Key":"x","List":["a",true,null]}', '{"Key":"x","List":["a",true,null]}'],
    ['{ "a" : "b" }', '{"a":"b"}'],
    ['["15.0% Partner earned credit"]', '["15.0% Partner earned credit"]'],
    ['true', 'true'],
  ])('are kept as their JSON where text is wanted: %s', async (json, note) => {
    expect((await read(rowWith('Note', json))).rows).toMatchObject([{ note }]);
  });
});

describe('a damaged file of JSON lines is refused whole', () => {
  it.each([
    ['a line that is cut off', '{"MeterId":"AB-1"'],
    ['a line that is no JSON', 'MeterId,Name,Day,Cost'],
    ['two objects on one line', `${row}${row}`],
    ['single quotes', "{'MeterId':'x'}"],
    ['a trailing comma', row.replace('}', ',}')],
    ['a number JSON has not', rowWith('Cost', '01')],
    ['a list', `[${row}]`],
    ['a text', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
  ])('%s', async (_, bad) => {
    expect(await refusal(`${row}\n\n${bad}\n${row}\n`)).toMatchObject({ code: 'badJson', file: 'usage.json', line: 3 });
    expect(await refusal(`${row}\n${bad}`)).toMatchObject({ code: 'badJson', line: 2 });
  });

  it('an object that is written over several lines', async () => {
    expect(await refusal(JSON.stringify(JSON.parse(row), undefined, 2))).toMatchObject({ code: 'badJson', line: 1 });
  });

  it.each([
    ['a byte of Latin-1', [0xe9]],
    ['half a character', [0xc3]],
  ])('%s, which is not UTF-8', async (_, bytes) => {
    expect(await refusal('{"Name":"', Buffer.from(bytes), '"}\n')).toMatchObject({
      code: 'badEncoding',
      file: 'usage.json',
    });
    expect(await refusal(`${row}\n`, Buffer.from(bytes))).toMatchObject({ code: 'badEncoding' });
  });

  it('a line that never ends', async () => {
    const chunks = Array.from({ length: 18 }, () => Buffer.alloc(1024 * 1024, 'x'));
    expect(await refusal(...chunks)).toMatchObject({ code: 'lineTooLong', file: 'usage.json' });
  });
});

describe('the source of a file of JSON lines', () => {
  it('passes its own error through as itself, for reading again may help', async () => {
    const failure = new Error('the connection was lost');
    async function* broken() {
      yield Buffer.from(`${row}\n`);
      throw failure;
    }
    await expect(readAll(readJsonLineRows, { name: 'usage.json', bytes: broken() })).rejects.toBe(failure);
  });
});
