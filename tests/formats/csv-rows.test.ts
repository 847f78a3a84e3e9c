import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsvRows } from '../../shared/formats/csv-rows.ts';
import { cuttings, fileOf, readAll, refusalOf, smallTable } from './source-files.ts';

const header = 'MeterId,Name,Day,Cost,Price,End,Note';
const row = 'AB-1,Disk,2026-10-01,1.50,0.1,10/31/2026,hot';
const rowRead = {
  meterId: 'ab-1',
  name: 'Disk',
  day: '2026-10-01',
  cost: '1.5',
  price: '0.1',
  end: '2026-10-31',
  note: 'hot',
};

const read = (...chunks: readonly (string | Uint8Array)[]) => readAll(readCsvRows, fileOf('usage.csv', ...chunks));
const refusal = (...chunks: readonly (string | Uint8Array)[]) => refusalOf(read(...chunks));

describe('a CSV file', () => {
  it.each([
    ['LF', '\n', ''],
    ['CRLF', '\r\n', ''],
    ['LF at the end too', '\n', '\n'],
    ['CRLF at the end too', '\r\n', '\r\n'],
  ])('may end its lines with %s', async (_, newline, end) => {
    const { count, rows, refused } = await read([header, row, row].join(newline) + end);
    expect({ count, refused }).toEqual({ count: 2, refused: [] });
    expect(rows).toEqual([
      { line: 2, ...rowRead },
      { line: 3, ...rowRead },
    ]);
  });

  it('may end its lines in both ways, and keeps neither in a value', async () => {
    expect((await read(`${header}\n${row}\r\n${row}\n`)).rows).toEqual([
      { line: 2, ...rowRead },
      { line: 3, ...rowRead },
    ]);
    expect((await read(`${header}\r\n${row}\n${row}\r\n`)).rows.map(({ line, note }) => [line, note])).toEqual([
      [2, 'hot'],
      [3, 'hot'],
    ]);
  });

  it('may begin with a byte order mark, and quote its first column', async () => {
    expect((await read(`\ufeff${header}\n${row}\n`)).rows).toEqual([{ line: 2, ...rowRead }]);
    expect((await read(`\ufeff${header.replace('MeterId', '"MeterId"')}\n${row}\n`)).rows).toHaveLength(1);
  });

  it('may hold no row', async () => {
    for (const text of [header, `${header}\n`, `${header}\r\n`])
      expect(await read(text)).toEqual({ count: 0, rows: [], refused: [] });
  });

  it('may quote commas, quotes and line ends', async () => {
    const { rows } = await read(`${header}\r\nAB-1,"a, ""b""\r\nc\nd",2026-10-01,1.50,0.1,10/31/2026,"hot"\r\n`);
    expect(rows).toEqual([{ line: 2, ...rowRead, name: 'a, "b"\r\nc\nd' }]);
  });

  it.each([
    ['LF', '\n', '\n'],
    ['CRLF', '\r\n', '\r\n'],
    ['LF inside quotes and CRLF outside', '\r\n', '\n'],
    ['CRLF inside quotes and LF outside', '\n', '\r\n'],
  ])('tells the true line of a row after quoted line ends: %s', async (_, newline, inside) => {
    const long = `AB-1,"one${inside}two${inside}${inside}four",2026-10-01,1,,,`;
    const wide = `AB-1,"one${inside}","2026-10-01",1,,,"${inside}three"`;
    const text = [header, long, row, wide, row, 'AB-1,Disk,2026-10-01,oops,,,', row].join(newline);
    const { rows, refused } = await read(text);
    expect(rows.map(({ line }) => line)).toEqual([2, 6, 7, 10, 12]);
    expect(refused.map(({ line }) => line)).toEqual([11]);
  });

  it('keeps text as it is, and folds what is compared without regard to case', async () => {
    const { rows } = await read(`${header}\n  AB-1 , Disk  É🙂 ,2026-10-01,1,,,\t\n`);
    expect(rows).toEqual([
      { line: 2, meterId: 'ab-1', name: ' Disk  É🙂 ', day: '2026-10-01', cost: '1', end: '', note: '\t' },
    ]);
  });

  it('gives the same rows wherever its bytes are cut', async () => {
    const bytes = Buffer.from(`\ufeff${header}\r\nAB-1,"é🙂, ""q""\r\nx",10/1/2026,-1e-7,,,\r\n${row}\r\n`);
    const whole = await read(bytes);
    expect(whole).toMatchObject({ count: 2, rows: [{ line: 2, name: 'é🙂, "q"\r\nx' }, { line: 4 }], refused: [] });
    for (const chunks of cuttings(bytes)) expect(await read(...chunks)).toEqual(whole);
  });

  it('gives back the text that was written into it', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'É', '🙂', ',', '"', '\n', '\r\n', ' ', ';') }));
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom('\n', '\r\n'), async (names, newline) => {
        const lines = names.map((name) => `m,${quoted(name)},2026-10-01,1,,,${quoted(name)}`);
        const { rows } = await read(`${[header, ...lines].join(newline)}${newline}`);
        expect(rows.map((fields) => [fields['name'], fields['note']])).toEqual(names.map((name) => [name, name]));
      }),
    );
  });
});

describe('the columns of a CSV file', () => {
  it('are found by name, in any order and letter case, blanks around them aside', async () => {
    const text = 'note,COST , day,METERID,name,eND,pRiCe\nhot,1.50,2026-10-01,AB-1,Disk,10/31/2026,0.1\n';
    expect((await read(text)).rows).toEqual([{ line: 2, ...rowRead }]);
  });

  it('may have another name, and where both are there the first one named by us is read, wherever it stands', async () => {
    const rest = 'Day,Cost\nAB-1';
    expect((await read(`MeterId,OldName,${rest},Disk,2026-10-01,1\n`)).rows).toMatchObject([{ name: 'Disk' }]);
    for (const [names, values] of [
      ['Name,OldName', 'new,old'],
      ['OldName,Name', 'old,new'],
    ])
      expect((await read(`MeterId,${names},${rest},${values},2026-10-01,1\n`)).rows).toMatchObject([{ name: 'new' }]);
  });

  it('that the table does not name are passed over, whatever they hold', async () => {
    const { rows, refused } = await read(`Extra,${header},\n"1,5 ""€""",${row},x\n`);
    expect({ rows, refused }).toEqual({ rows: [{ line: 2, ...rowRead }], refused: [] });
  });

  it('may be absent where they are optional', async () => {
    expect((await read('MeterId,Name,Day,Cost\nAB-1,Disk,2026-10-01,1.50\n')).rows).toEqual([
      { line: 2, meterId: 'ab-1', name: 'Disk', day: '2026-10-01', cost: '1.5', end: '', note: '' },
    ]);
  });

  it.each(
    Object.values(smallTable)
      .filter((column) => column.required)
      .map((column) => column.names[0]),
  )('refuse the file when %s, which is required, is missing', async (column) => {
    const text = `${header.replace(column, 'Unknown')}\n${row}\n`;
    expect(await refusal(text)).toMatchObject({ code: 'missingColumn', file: 'usage.csv', line: 1, column });
  });

  it('refuse the file when another delimiter was used', async () => {
    for (const delimiter of [';', '\t', '|'])
      expect(await refusal(`${header}\n${row}\n`.replaceAll(',', delimiter))).toMatchObject({
        code: 'wrongDelimiter',
        value: delimiter,
      });
  });

  it.each([
    ['a column of ours', `${header},cost`, 'cost'],
    ['a column we do not read', `Extra,${header},EXTRA`, 'extra'],
  ])('refuse the file when %s is there twice', async (_, names, column) => {
    expect(await refusal(`${names}\n`)).toMatchObject({ code: 'duplicateColumn', file: 'usage.csv', line: 1, column });
  });
});

describe('a bad value', () => {
  it.each([
    ['Cost', '1,5', 'badValue'],
    ['Cost', '(1.5)', 'badValue'],
    ['Cost', ' 1.5', 'badValue'],
    ['Cost', 'NaN', 'badValue'],
    ['Cost', '', 'missingValue'],
    ['Price', '€1', 'badValue'],
    ['Day', '31/10/2026', 'badValue'],
    ['Day', '2026-02-30', 'badValue'],
    ['Day', '', 'missingValue'],
    ['End', 'never', 'badValue'],
  ])('refuses its row alone and says where it stands: %s is %j', async (column, value, code) => {
    const values: Record<string, string> = {
      MeterId: 'm',
      Name: 'n',
      Day: '2026-10-01',
      Cost: '1',
      Price: '',
      End: '',
      Note: '',
    };
    const bad = Object.values({ ...values, [column]: `"${value}"` }).join(',');
    const { count, rows, refused } = await read(`${header}\n${row}\n${bad}\n${row}\n`);
    expect(count).toBe(3);
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(refused).toEqual([
      {
        code,
        file: 'usage.csv',
        line: 3,
        column,
        value,
        message: expect.stringContaining(`usage.csv, line 3, column ${column}`),
      },
    ]);
    expect(refused[0]?.message).toContain(value === '' ? 'is empty' : `'${value}'`);
  });

  it('may be left empty where the column is optional, and where it is text', async () => {
    const { rows, refused } = await read(`${header}\n,,2026-10-01,0,,,\n`);
    expect(refused).toEqual([]);
    expect(rows).toEqual([{ line: 2, meterId: '', name: '', day: '2026-10-01', cost: '0', end: '', note: '' }]);
  });

  it('is reported once a row, the first of our fields that is bad, and every time it occurs', async () => {
    const { refused } = await read(`${header}\nm,n,never,oops,,,\nm,n,never,oops,,,\n`);
    expect(refused.map(({ line, column }) => [line, column])).toEqual([
      [2, 'Day'],
      [3, 'Day'],
    ]);
  });

  it('is not repeated at full length', async () => {
    const { refused } = await read(`${header}\nm,n,2026-10-01,${'9'.repeat(10_000)},,,\n`);
    expect(refused[0]?.value).toBe('9'.repeat(80));
    expect(refused[0]?.message.length).toBeLessThan(300);
  });
});

describe('a damaged CSV file is refused whole', () => {
  it.each([
    ['an empty one', ''],
    ['a byte order mark alone', '\ufeff'],
  ])('%s', async (_, text) => {
    expect(await refusal(text)).toMatchObject({ code: 'emptyFile', file: 'usage.csv' });
    expect(await refusal()).toMatchObject({ code: 'emptyFile' });
  });

  it.each([
    ['a row that is too short', 'AB-1,Disk,2026-10-01,1', 4],
    ['a row that is too long', `${row},more`, 4],
    ['an empty line', '', 4],
    ['a row that is too short after quoted line ends', `AB-1,"a\r\nb\nc",2026-10-01,1,,,\r\nAB-1`, 7],
  ])('%s', async (_, bad, line) => {
    const text = `${[header, row, row, bad, row].join('\r\n')}\r\n`;
    expect(await refusal(text)).toMatchObject({ code: 'raggedRow', file: 'usage.csv', line });
  });

  it.each([
    ['a quote that is never closed', `AB-1,"Disk,2026-10-01,1,,,\n${row}\n${row}\n`],
    ['a quote inside a value', 'AB-1,Di"sk,2026-10-01,1,,,\n'],
    ['text after a closing quote', 'AB-1,"Di"sk,2026-10-01,1,,,\n'],
  ])('%s, at the line where the row begins', async (_, rest) => {
    expect(await refusal(`${header}\n${row}\n${rest}`)).toMatchObject({ code: 'badCsv', file: 'usage.csv', line: 3 });
  });

  it.each([
    ['a byte of Latin-1', [0xe9]],
    ['half a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['UTF-16', [0xff, 0xfe]],
  ])('%s, which is not UTF-8', async (_, bytes) => {
    const parts = [`${header}\nAB-1,`, Buffer.from(bytes), ',2026-10-01,1,,,\n'];
    expect(await refusal(...parts)).toMatchObject({ code: 'badEncoding', file: 'usage.csv' });
    expect(await refusal(`${header}\n${row}`, Buffer.from(bytes))).toMatchObject({ code: 'badEncoding' });
  });

  it('a value of which the file ends before the character does', async () => {
    const whole = Buffer.from(`${header}\n${row}É`);
    expect(await refusal(whole.subarray(0, -1))).toMatchObject({ code: 'badEncoding' });
    expect((await read(whole)).rows).toMatchObject([{ note: 'hotÉ' }]);
  });
});

describe('the source of a CSV file', () => {
  const failure = new Error('the connection was lost');

  it('passes its own error through as itself, for reading again may help', async () => {
    async function* broken() {
      yield Buffer.from(`${header}\n${row}\n`);
      throw failure;
    }
    await expect(readAll(readCsvRows, { name: 'usage.csv', bytes: broken() })).rejects.toBe(failure);
  });

  it('is closed when the file is refused before its end', async () => {
    let closed = false;
    async function* endless() {
      try {
        yield Buffer.from('Unknown\n');
        for (;;) yield Buffer.from('x\n'.repeat(50_000));
      } finally {
        closed = true;
      }
    }
    await refusalOf(readAll(readCsvRows, { name: 'usage.csv', bytes: endless() }));
    expect(closed).toBe(true);
  });
});
