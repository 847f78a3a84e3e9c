import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLineScanner } from '../../shared/formats/json-line-scan.ts';
import { loadablePieces, RowScan } from '../../shared/formats/row-scan.ts';
import { assembledModule } from '../support/assemble-wat.ts';

const whole = (text: string) => Buffer.from(text, 'utf8');

function loaded(scan: RowScan, text: string): Buffer {
  const bytes = scan.load(whole(text));
  if (bytes === undefined) throw new Error('The text is too long');
  return bytes;
}

/** The values of the row that `text` begins with, as they stand there; undefined where it is left to TypeScript. */
function rowOf(scan: RowScan, text: string, end?: number): readonly string[] | undefined {
  const bytes = loaded(scan, text);
  const lineEnd = scan.csvRow(0, end ?? bytes.length);
  if (lineEnd === -1) return undefined;
  const ends = [...scan.positions.subarray(0, scan.columns)];
  expect(ends.at(-1)).toBe(lineEnd);
  return ends.map((at, column) => whole(text).toString('utf8', column === 0 ? 0 : (ends[column - 1] ?? 0) + 1, at));
}

describe('the scanner in WebAssembly', () => {
  it('is what its text is assembled to', async () => {
    const url = new URL('../../shared/formats/row-scan-wasm.ts', import.meta.url);
    expect(await readFile(url, 'utf8')).toBe(await assembledModule());
  });

  it.each([
    ['a,bb,\r\n', ['a', 'bb', '']],
    [',\n', ['', '']],
    ['\n', ['']],
    ['"a,""b""",c\rnext', ['"a,""b"""', 'c']],
    [`${'x'.repeat(100)},"${'y'.repeat(100)}",é🙂\n`, ['x'.repeat(100), `"${'y'.repeat(100)}"`, 'é🙂']],
    ['a,b', undefined],
    ['a,"b"', undefined],
    ['a,"b\nc"\n', undefined],
    ['a"b\n', undefined],
    ['"a"b\n', undefined],
    [`${','.repeat(4096)}\n`, undefined],
  ])('takes plain rows of CSV, and no others: %j', (text, values) => {
    expect(rowOf(new RowScan(), text)).toEqual(values);
  });

  it('takes 4,096 values', () => {
    expect(rowOf(new RowScan(), `${','.repeat(4095)}\n`)).toHaveLength(4096);
  });

  it('never takes anything from beyond the end, whatever stands there', () => {
    const pieces = fc.constantFrom('a', ',', '"', '""', '\n', '\r\n', 'longer than sixteen bytes');
    const texts = fc.array(pieces, { maxLength: 20 }).map((all) => all.join(''));
    let taken = 0;
    fc.assert(
      fc.property(texts, texts, (text, beyond) => {
        const clean = rowOf(new RowScan(), text);
        expect(rowOf(new RowScan(), text + beyond, text.length)).toEqual(clean);
        if (clean !== undefined) taken += 1;
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(30);
  });

  it.each([
    ['{"a":"x","b":1}', true],
    ['{"a":"","b":-0.5}', true],
    ['{"a":null,"b":10}', true],
    ['{"a":"\\"\\\\ \\n","b":0}', true],
    [`{"a":"${'é'.repeat(40)}","b":"🙂"}`, true],
    ['{"a":"\\u0041","b":1}', false],
    ['{"a":"\\x","b":1}', false],
    ['{"a":"x","b":01}', false],
    ['{"a":"x","b":1.}', false],
    ['{"a":"x","b":1e2}', false],
    ['{"a":"x","b":-}', false],
    ['{"a":"x","b":true}', false],
    ['{"a":"x","b":{}}', false],
    ['{"b":1,"a":"x"}', false],
    ['{"a":"x","b":1', false],
    ['{"a":"x","b":1}}', false],
    ['{"a":"x\ty","b":1}', false],
    ['{"a":"x","b":nulL}', false],
    ['{"a":"x"}', true],
    ['{"a":"x","b":1,"c":2}', false],
  ])('takes plain lines of JSON that are led as the one before, and no others: %j', (text, isTaken) => {
    const scan = new RowScan();
    for (const [place, [lead, slot]] of [['{"a":', 0] as const, [',"b":', 1] as const].entries()) {
      scan.leads.set(whole(lead), place * 64);
      scan.leadLengths[place] = lead.length;
      scan.leadSlots[place] = slot;
    }
    const { length } = loaded(scan, text);
    expect(scan.jsonLine(0, length, 16) === 1).toBe(isTaken);
    for (let end = 0; isTaken && end < length; end += 1) expect(scan.jsonLine(0, end, 16)).toBe(0);
  });

  it('comes to the spans that the scanner in TypeScript comes to', () => {
    const values = ['"x"', '""', '"a\\"b"', '"\\u0041"', '1', '-0.50', '1e3', 'null', 'true', '{"n":[1]}', '01', '"'];
    const line = fc.array(fc.constantFrom(...values), { minLength: 2, maxLength: 2 });
    const lines = fc.array(line, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lines, fc.constantFrom('', ' '), (all, blank) => {
        const loaded = new JsonLineScanner(['A', 'B']);
        const unloaded = new JsonLineScanner(['A', 'B']);
        for (const [a, b] of all) {
          const bytes = whole(`{"a":${blank}${a}${blank},"b":${b}}`);
          const { view } = loaded.load(bytes);
          const isRead = loaded.scan(view, 0, bytes.length);
          expect(unloaded.scan(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)).toBe(
            isRead,
          );
          if (isRead) expect([...loaded.spans]).toEqual([...unloaded.spans]);
        }
      }),
    );
  });

  it('is given long chunks in pieces', () => {
    const chunk = Buffer.alloc(2.5 * 1024 * 1024, 'x');
    const pieces = [...loadablePieces(chunk)];
    expect(pieces.map(({ length }) => length)).toEqual([1_048_576, 1_048_576, 524_288]);
    const scan = new RowScan();
    for (const piece of pieces) expect(scan.load(piece)).toEqual(piece);
  });
});
