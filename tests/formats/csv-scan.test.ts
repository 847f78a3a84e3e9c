import { CsvError, parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvScanner } from '../../shared/formats/csv-scan.ts';
import { FileRefusedError } from '../../shared/formats/file-refused-error.ts';
import { limits } from '../../shared/formats/limits.ts';
import { chunksOf, mutatedBytes } from './mutated-bytes.ts';

type Row = { readonly line: number; readonly values: readonly string[] };

/** The rows of a scan as text; undefined when the file is refused. */
function scanned(chunks: readonly Uint8Array[]): readonly Row[] | undefined {
  const rows: Row[] = [];
  const scanner = new CsvScanner('a.csv', (start, line, columns) => {
    const values = Array.from({ length: columns }, (_, column) => {
      const from = column === 0 ? start : (scanner.ends[column - 1] ?? 0) + 1;
      const text = Buffer.from(scanner.bytes.subarray(from, scanner.ends[column])).toString('utf8');
      return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
    });
    rows.push({ line, values });
  });
  try {
    for (const chunk of chunks) scanner.push(chunk);
    scanner.end();
  } catch (error) {
    if (error instanceof FileRefusedError) return undefined;
    throw error;
  }
  return rows;
}

function parsed(bytes: Uint8Array): readonly (readonly string[])[] | undefined {
  try {
    return parse(Buffer.from(bytes), { bom: true, record_delimiter: ['\r\n', '\n', '\r'] });
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

const value = fc.string({
  unit: fc.constantFrom('a', 'é', '🙂', ',', '"', '\n', '\r\n', '\r', ' ', '-'),
  maxLength: 12,
});
const cell = fc
  .tuple(value, fc.boolean())
  .map(([text, isQuoted]) => (isQuoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
const file = fc
  .tuple(
    fc
      .integer({ min: 1, max: 5 })
      .chain((columns) => fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 6 })),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.constantFrom('', '\ufeff'),
    fc.boolean(),
  )
  .map(([rows, newline, mark, isEnded]) =>
    Buffer.from(mark + rows.map((row) => row.join(',')).join(newline) + (isEnded ? newline : ''), 'utf8'),
  );
const text = mutatedBytes(file).filter((bytes) => !bytes.includes(0) && isText(bytes));

function isText(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes);
}

describe('a scan of CSV', () => {
  it('finds the rows that csv-parse finds, or both refuse, wherever the bytes are cut', () => {
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(text, fc.nat({ max: 7 }), (bytes, longest) => {
        const expected = parsed(bytes);
        const rows = scanned(chunksOf(bytes, longest));
        expect(rows?.map(({ values }) => values)).toEqual(expected);
        if (expected === undefined) refused += 1;
        else read += 1;
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(refused, read)).toBeGreaterThan(300);
  });

  it('tells the line on which each row begins', () => {
    fc.assert(
      fc.property(file, fc.nat({ max: 7 }), (bytes, longest) => {
        const rows = scanned(chunksOf(bytes, longest)) ?? [];
        let line = 1;
        for (const row of rows) {
          expect(row.line).toBe(line);
          line += row.values.join(' ').split(/\r\n|\n|\r/).length;
        }
      }),
    );
  });

  it('takes long values four bytes at a time, and finds a comma at every offset from the last', () => {
    for (let length = 0; length < 40; length += 1) {
      const line = `${'x'.repeat(length)},${'é'.repeat(length)},"${'-,'.repeat(length)}"`;
      const bytes = Buffer.from(`${line}\n${line}`, 'utf8');
      for (const longest of [0, 1, 5, 16]) {
        const rows = scanned(chunksOf(bytes, longest));
        expect(rows?.map(({ values }) => values)).toEqual(parsed(bytes));
      }
    }
  });

  it.each([
    ['a quote that is never closed', 'a,b\n1,"2\n', 2],
    ['a quote inside a value', 'a,b\n1,2\n1,x"y"\n', 3],
    ['text after the closing quote', 'a,b\n1,"2" \n', 2],
    ['too few values', 'a,b\n"\n",2\n1\n', 4],
    ['too many values', 'a,b\n1,2,3\n', 2],
    ['an empty line', 'a,b\n\n1,2\n', 2],
  ])('refuses %s, with the line of the row', (_, content, line) => {
    const scanner = new CsvScanner('a.csv', () => {});
    const scanning = () => {
      scanner.push(Buffer.from(content, 'utf8'));
      scanner.end();
    };
    expect(scanning).toThrow(`a.csv, line ${line}:`);
  });

  // csv-parse has no limit on columns; a header of more than 4,096 is a file of another kind.
  it('refuses more columns than any file has', () => {
    const scanner = new CsvScanner('a.csv', () => {});
    expect(() => scanner.push(Buffer.from(`${'a,'.repeat(limits.columnsMax)}b\n`, 'utf8'))).toThrow(
      `at most ${limits.columnsMax}`,
    );
  });

  it('refuses a row that never ends before it fills the memory', () => {
    const scanner = new CsvScanner('a.csv', () => {});
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const scanning = () => {
      for (let count = 0; count < 20; count += 1) scanner.push(chunk);
    };
    expect(scanning).toThrow(`longer than ${limits.rowBytesMax} bytes`);
  });
});
