import fc from 'fast-check';
import { type Cell, readXlsx } from 'hucre';
import { describe, expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import type { FileColumn } from '../../shared/formats/file-columns.ts';
import { isSpreadsheetNumber } from '../../shared/formats/spreadsheet-number.ts';
import type { XlsxRow } from '../../shared/formats/xlsx-cells.ts';
import { columnLetters } from '../../shared/formats/xlsx-sheet.ts';
import { type XlsxSheet, xlsxFile } from '../../shared/formats/xlsx-writer.ts';
import { bytesOf } from './bytes-of.ts';
import { sampleColumns, sampleRows } from './sample-table.ts';
import { unzipped } from './unzipped.ts';
import { checkWellFormed } from './well-formed-xml.ts';

const text = [{ name: 'Text', type: 'text' }] as const satisfies readonly FileColumn[];

function sheet(columns: readonly FileColumn[], rows: readonly XlsxRow[], name = 'Usage'): XlsxSheet {
  return { name, columns, rows };
}

async function sheetXml(bytes: Promise<Buffer>, number = 1): Promise<string> {
  const xml = unzipped(await bytes).get(`xl/worksheets/sheet${number}.xml`);
  return xml?.toString('utf8') ?? '';
}

/** The cells of the first sheet as hucre reads them. */
async function cellsOf(bytes: Buffer): Promise<ReadonlyMap<string, Cell>> {
  const book = await readXlsx(bytes, { readStyles: true });
  return new Map(book.sheets[0]?.cells);
}

describe('a workbook of ours', () => {
  it('is read back by hucre: text, ids, numbers, days', async () => {
    const book = await readXlsx(await bytesOf(xlsxFile([sheet(sampleColumns, sampleRows)])));
    const rows = book.sheets[0]?.rows ?? [];
    expect(book.sheets.map(({ name }) => name)).toEqual(['Usage']);
    expect(rows[0]).toEqual(sampleColumns.map(({ name }) => name));
    const days = (value: unknown) => (value instanceof Date ? value.toISOString().slice(0, 10) : value);
    expect(rows.slice(1).map((row) => row.map(days))).toEqual(
      sampleRows.map((row) =>
        row.map((cell, at) => {
          if (cell === '') return null;
          return sampleColumns[at]?.type === 'decimal' ? Number(cell) : cell;
        }),
      ),
    );
  });

  it('keeps any text, whatever its characters', async () => {
    const characters = fc.constantFrom(...'a&<>"\' \t\n\r_x000D\u0000\u001f\ufffeü=+-@😀\u0085', '_x000D_');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: characters, minLength: 1 }), { minLength: 1 }), async (texts) => {
        const xml = await sheetXml(
          bytesOf(
            xlsxFile([
              sheet(
                text,
                texts.map((value) => [value]),
              ),
            ]),
          ),
        );
        checkWellFormed(xml);
        const cells = [...xml.matchAll(/<t(?: xml:space="preserve")?>([^<]*)<\/t>/g)].map((match) => match[1] ?? '');
        expect(cells.slice(1).map(unescaped)).toEqual(texts);
        const trimmed = [...xml.matchAll(/<t>([^<]*)<\/t>/g)].map((match) => unescaped(match[1] ?? ''));
        for (const value of trimmed) expect(value.trim()).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  /** Written from the description of ST_Xstring, apart from the writer's code. */
  function unescaped(xml: string): string {
    return xml
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .replace(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  }

  it('has every part well-formed, and no clock: the same rows give the same bytes', async () => {
    const make = (size: number) =>
      bytesOf(xlsxFile([{ name: 'Usage', columns: sampleColumns, rows: slowly(sampleRows, size) }]));
    const [first, second] = [await make(1), await make(3)];
    expect(second.equals(first)).toBe(true);
    const parts = unzipped(first);
    expect([...parts.keys()]).toEqual([
      '_rels/.rels',
      'xl/styles.xml',
      'xl/worksheets/sheet1.xml',
      'xl/workbook.xml',
      'xl/_rels/workbook.xml.rels',
      '[Content_Types].xml',
    ]);
    for (const xml of parts.values()) checkWellFormed(xml.toString('utf8'));
  });

  async function* slowly(rows: readonly XlsxRow[], every: number): AsyncGenerator<XlsxRow> {
    for (const [at, row] of rows.entries()) {
      if (at % every === 0) await new Promise((resolve) => setImmediate(resolve));
      yield row;
    }
  }

  it('has a bold header that stays in sight, widths, and formats by column', async () => {
    const bytes = await bytesOf(xlsxFile([sheet(sampleColumns, sampleRows)]));
    const xml = await sheetXml(Promise.resolve(bytes));
    expect(xml).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
    expect(xml.match(/<col /g)).toHaveLength(sampleColumns.length);
    const cells = await cellsOf(bytes);
    expect(cells.get('0,0')?.style?.font?.bold).toBe(true);
    expect(cells.get('1,0')?.style?.font?.bold).not.toBe(true);
    expect(cells.get('1,3')?.style?.numFmt).toBe('0.00');
    expect(cells.get('1,1')?.style?.numFmt).toBe('@');
  });

  it('has numbers of at most 15 significant digits as numbers, digit by digit, and others as text', async () => {
    const amounts = [
      '-1234.50',
      '0.000000000000000123456789012345',
      '1234567890.123456',
      '12345678901234567',
      '1.2E-05',
    ];
    const xml = await sheetXml(
      bytesOf(
        xlsxFile([
          sheet(
            [{ name: 'A', type: 'decimal' }],
            amounts.map((a) => [a]),
          ),
        ]),
      ),
    );
    expect(xml).toContain('<v>-1234.50</v>');
    expect(xml).toContain('<v>0.000000000000000123456789012345</v>');
    expect(xml).toContain('<t>1234567890.123456</t>');
    expect(xml).toContain('<t>12345678901234567</t>');
    expect(xml).toContain('<v>0.000012</v>');
  });

  it('takes for numbers what a double gives back, whatever the digits', () => {
    const digits = fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n });
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 30 }), (units, places) => {
        const padded = String(units < 0n ? -units : units).padStart(places + 1, '0');
        const at = padded.length - places;
        const plain = `${units < 0n ? '-' : ''}${padded.slice(0, at)}${places === 0 ? '' : `.${padded.slice(at)}`}`;
        const significant = String(units).replace('-', '').replace(/0+$/, '').length;
        expect(isSpreadsheetNumber(plain)).toBe(significant <= 15 || plain.length <= 15);
      }),
    );
  });

  it('holds formulas in text cells as text that stays text when it is edited', async () => {
    const xml = await sheetXml(bytesOf(xlsxFile([sheet(text, [['=1+1'], ['plain']])])));
    expect(xml).not.toContain('<f>');
    expect(xml).toContain('<c r="A2" s="4" t="inlineStr"><is><t>=1+1</t></is></c>');
    expect(xml).toContain('<c r="A3" s="0" t="inlineStr"><is><t>plain</t></is></c>');
    const styles =
      unzipped(await bytesOf(xlsxFile([sheet(text, [])])))
        .get('xl/styles.xml')
        ?.toString('utf8') ?? '';
    const formats = styles.slice(styles.indexOf('<cellXfs')).match(/<xf [^>]*>/g) ?? [];
    expect(formats.findIndex((format) => format.includes('quotePrefix="1"'))).toBe(4);
  });

  it('has live formulas with the value they come to, and cells of a type of their own', async () => {
    const columns = [
      { name: 'Left', type: 'decimal' },
      { name: 'Right', type: 'decimal' },
      { name: 'Variance', type: 'decimal', places: 2 },
    ] as const satisfies readonly FileColumn[];
    const rows: XlsxRow[] = [
      ['3.5', '1.25', { formula: 'ROUND(A{row}-B{row},2)', value: '2.25' }],
      [
        { type: 'text', value: 'Sum <all>' },
        { type: 'day', value: '2026-10-01' },
        { formula: 'SUM(C2:C2)', value: '' },
      ],
    ];
    const bytes = await bytesOf(xlsxFile([sheet(columns, rows)]));
    const xml = await sheetXml(Promise.resolve(bytes));
    expect(xml).toContain('<f>ROUND(A2-B2,2)</f><v>2.25</v>');
    expect(xml).toContain('<f>SUM(C2:C2)</f></c>');
    const cells = await cellsOf(bytes);
    expect(cells.get('1,2')).toMatchObject({ formula: 'ROUND(A2-B2,2)' });
    expect(cells.get('2,0')?.value).toBe('Sum <all>');
    expect(cells.get('2,1')?.value).toEqual(new Date('2026-10-01T00:00:00Z'));
  });

  it('goes on in another sheet when one is full, with the header once more', async () => {
    const rows = Array.from({ length: 7 }, (_, at) => [`row ${at}`]);
    const limits = { rows: 4, bytes: 1_000_000 };
    const second = sheet(text, [], 'Causes');
    const book = await readXlsx(await bytesOf(xlsxFile([sheet(text, rows), second], limits)));
    expect(book.sheets.map(({ name, rows: read }) => [name, read.flat()])).toEqual([
      ['Usage', ['Text', 'row 0', 'row 1', 'row 2']],
      ['Usage (2)', ['Text', 'row 3', 'row 4', 'row 5']],
      ['Usage (3)', ['Text', 'row 6']],
      ['Causes', ['Text']],
    ]);
  });

  it('begins no sheet for no row', async () => {
    const rows = Array.from({ length: 6 }, (_, at) => [`row ${at}`]);
    const book = await readXlsx(await bytesOf(xlsxFile([sheet(text, rows)], { rows: 4, bytes: 1_000_000 })));
    expect(book.sheets.map(({ name }) => name)).toEqual(['Usage', 'Usage (2)']);
  });

  it('goes on in another sheet when the XML of one comes to the limit', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => [`row ${at}`]);
    const book = await readXlsx(await bytesOf(xlsxFile([sheet(text, rows)], { rows: 100, bytes: 1500 })));
    expect(book.sheets.length).toBeGreaterThan(1);
    expect(book.sheets.flatMap((read) => read.rows.slice(1).flat())).toEqual(rows.flat());
  });

  it.each([[['x'.repeat(32_768)], 'Sheet Usage, row 2, column Text: the text has 32768 characters']])(
    'refuses a text that no workbook takes',
    async (row, message) => {
      const made = bytesOf(xlsxFile([sheet(text, [row])]));
      await expect(made).rejects.toThrow(message);
      await expect(made).rejects.toBeInstanceOf(TerminalError);
    },
  );

  it.each([
    ['decimal', '1,5', "Sheet Usage, row 2, column A: '1,5' is not a decimal"],
    ['day', '1900-02-28', "Sheet Usage, row 2, column A: '1900-02-28' is not a day that a workbook has"],
    ['day', '01.02.2026', "Sheet Usage, row 2, column A: '01.02.2026' is not a day that a workbook has"],
  ] as const)('refuses the %s %j, and says where', async (type, value, message) => {
    await expect(bytesOf(xlsxFile([sheet([{ name: 'A', type }], [[value]])]))).rejects.toThrow(message);
  });

  it.each(['', 'a/b', 'x'.repeat(32), "'x"])('refuses %j as the name of a sheet', async (name) => {
    await expect(bytesOf(xlsxFile([sheet(text, [], name)]))).rejects.toThrow('cannot be the name of a sheet');
  });

  it('refuses two sheets of one name, also when a full sheet needs it', async () => {
    await expect(bytesOf(xlsxFile([sheet(text, [], 'A'), sheet(text, [], 'a')]))).rejects.toThrow("are named 'a'");
    const full = [sheet(text, [['1'], ['2']], 'A'), sheet(text, [], 'A (2)')];
    await expect(bytesOf(xlsxFile(full, { rows: 2, bytes: 1_000_000 }))).rejects.toThrow("are named 'A (2)'");
  });

  it('hands on what goes wrong while rows are read, and lets go of them when nobody reads on', async () => {
    let closed = 0;
    async function* rows(fails: boolean) {
      try {
        for (let at = 0; at < 200_000; at += 1) yield [`row ${at}`];
        if (fails) throw new Error('the rows broke off');
      } finally {
        closed += 1;
      }
    }
    await expect(bytesOf(xlsxFile([{ name: 'A', columns: text, rows: rows(true) }]))).rejects.toThrow('broke off');
    for await (const chunk of xlsxFile([{ name: 'A', columns: text, rows: rows(false) }])) {
      if (chunk.length > 1000) break;
    }
    expect(closed).toBe(2);
  });

  it.each([
    [0, 'A'],
    [25, 'Z'],
    [26, 'AA'],
    [701, 'ZZ'],
    [702, 'AAA'],
    [16_383, 'XFD'],
  ])('names column %i %s', (index, letters) => {
    expect(columnLetters(index)).toBe(letters);
  });
});

describe('the check of XML', () => {
  const start = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

  it.each([
    '<a>x</b>',
    '<a>',
    '<a/><b/>',
    '<a>&foo;</a>',
    '<a>&</a>',
    '<a x="1/>',
    '<a x="1" x="2"/>',
    '<a>\u0001</a>',
    '<a>\ud800</a>',
    'x',
    '',
  ])('finds the fault in %j', (xml) => expect(() => checkWellFormed(`${start}${xml}`)).toThrow());

  it('finds none in good XML', () => {
    expect(() => checkWellFormed(`${start}<a x="&quot;"><b/>ü😀 &amp;\t\n</a>`)).not.toThrow();
    expect(() => checkWellFormed('<a/>')).toThrow('no declaration');
  });
});
