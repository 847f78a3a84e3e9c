import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRowsAtLines } from '../../shared/formats/rows-at-lines.ts';

async function* inChunks(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield Uint8Array.from(bytes.subarray(at, at + sizeBytes));
}

async function rowsAt(text: string, lines: readonly number[], { name = 'file.csv', sizeBytes = 7 } = {}) {
  const bytes = name.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
  const found = await readRowsAtLines({ name, bytes: inChunks(bytes, sizeBytes) }, new Set(lines));
  if (found === undefined) return undefined;
  return {
    layout: found.layout,
    rows: found.rows.map(({ line, bytes }) => [line, Buffer.from(bytes).toString('utf8')]),
  };
}

const csv = '\uFEFFa,b\r\n1,"x\r\ny ""z"""\r\n2,ü\r\n3,last';

describe('rows by their lines', () => {
  it('are those of a CSV file, byte for byte, with its header, values of several lines too', async () => {
    const layout = { format: 'csv', header: 'a,b' };
    expect(await rowsAt(csv, [2, 5])).toEqual({
      layout,
      rows: [
        [2, '1,"x\r\ny ""z"""'],
        [5, '3,last'],
      ],
    });
    expect(await rowsAt(csv, [4])).toEqual({ layout, rows: [[4, '2,ü']] });
    expect(await rowsAt(csv, [4], { name: 'file.csv.gz' })).toEqual({ layout, rows: [[4, '2,ü']] });
  });

  it('are the same however the bytes come', async () => {
    const expected = await rowsAt(csv, [2, 4, 5], { sizeBytes: 1000 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 40 }), async (sizeBytes) => {
        expect(await rowsAt(csv, [2, 4, 5], { sizeBytes })).toEqual(expected);
      }),
    );
  });

  it('are those of lines of JSON, whose quotes are not those of CSV', async () => {
    const json = '{"CustomerId":"a","x":"\\""}\n{"CustomerId":"b","x":1.50}\n';
    const layout = { format: 'jsonLines' };
    expect(await rowsAt(json, [2], { name: 'file.json' })).toEqual({
      layout,
      rows: [[2, '{"CustomerId":"b","x":1.50}']],
    });
    expect(await rowsAt(json, [1], { name: 'file.json' })).toEqual({
      layout,
      rows: [[1, '{"CustomerId":"a","x":"\\""}']],
    });
  });

  it('are none of a page of JSON, in one line or in many, and none that the file has not', async () => {
    const page = { totalCount: 1, items: [{ customerId: 'a' }] };
    expect(await rowsAt(JSON.stringify(page), [1], { name: 'page.json' })).toBeUndefined();
    expect(await rowsAt(JSON.stringify(page, undefined, 1), [3], { name: 'page.json' })).toBeUndefined();
    expect(await rowsAt(csv, [3])).toBeUndefined();
    expect(await rowsAt(csv, [6])).toBeUndefined();
    expect(await rowsAt('', [1])).toBeUndefined();
  });

  it('are not read from bytes that are no text, or not whole', async () => {
    await expect(rowsAt('a,b\n1,\u0000', [2])).rejects.toThrow('NUL');
    const cut = readRowsAtLines(
      { name: 'cut.csv.gz', bytes: inChunks(gzipSync(csv).subarray(0, -9), 7) },
      new Set([5]),
    );
    await expect(cut).rejects.toThrow('cut off');
  });
});
