import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detectText } from '../../shared/formats/detected-file.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';
import { type FileHead, lookAt } from '../../shared/formats/file-head.ts';
import { ReplayedBytes } from '../../shared/formats/replayed-bytes.ts';
import type { SourceFile } from '../../shared/formats/source-file.ts';
import { cuttings, fileOf, refusalOf } from './source-files.ts';

async function textOf(file: SourceFile): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

async function headOf(name: string, ...chunks: readonly (string | Uint8Array)[]): Promise<FileHead> {
  const { head, file } = await lookAt(fileOf(name, ...chunks));
  const whole = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  expect(await textOf(file)).toBe(Buffer.concat(whole).toString('latin1'));
  return head;
}

const rowsOf = (head: FileHead) => head.rows.map((row) => Object.fromEntries(row));
const csv = 'A,"B ""b""",C\r\n1,"x\r\ny",é\r\n2,,3\r\n';

describe('the beginning of a file', () => {
  it('is its columns and first rows, and the file is there from its first byte all the same', async () => {
    const head = await headOf('a.csv', csv);
    expect(head).toMatchObject({ layout: 'csv', columns: ['A', 'B "b"', 'C'] });
    expect(rowsOf(head)).toEqual([
      { a: '1', 'b "b"': 'x\r\ny', c: 'é' },
      { a: '2', 'b "b"': '', c: '3' },
    ]);
  });

  it('is the same wherever the bytes are cut, compressed or not', async () => {
    const head = await headOf('a.csv', csv);
    for (const chunks of cuttings(Buffer.from(csv))) expect(await headOf('a.csv', ...chunks)).toEqual(head);
    for (const chunks of cuttings(gzipSync(csv))) expect(await headOf('a.csv.gz', ...chunks)).toEqual(head);
  });

  it('has some rows of a long file, and the rest is still read', async () => {
    const long = `A,B\n${'1,2\n'.repeat(100_000)}`;
    expect((await headOf('a.csv', ...(long.match(/[\s\S]{1,65536}/g) ?? []))).rows).toHaveLength(20);
    const lines = '{"a":1}\n'.repeat(100_000);
    expect((await headOf('a.json', ...(lines.match(/[\s\S]{1,65536}/g) ?? []))).rows).toHaveLength(20);
  });

  it.each([
    ['lines', '{"A":1,"b":null}\n{"A":"x","C":[1.10]}\n', 'jsonLines'],
    ['one line without its end', '{"A":1,"b":null}', 'jsonLines'],
    ['a page in one line', '{"totalCount":1,"items":[{"A":1},{"A":2}]}', 'jsonPage'],
    [
      'a page in many lines',
      `{\n  "totalCount": 40,\n  "items": [\n${'{"A":1},\n'.repeat(39)}{"A":1}\n]}\n`,
      'jsonPage',
    ],
    ['a list', '[\n{"A":1}\n]', 'jsonPage'],
  ])('of JSON is told apart: %s', async (_, text, layout) => {
    const head = await headOf('a.json', text);
    expect(head.layout).toBe(layout);
    expect(head.columns[0]).toBe('A');
    for (const chunks of text.length < 100 ? cuttings(Buffer.from(text)) : []) {
      expect(await headOf('a.json', ...chunks)).toEqual(head);
    }
  });

  it('keeps the digits of numbers in JSON', async () => {
    expect(rowsOf(await headOf('a.json', '{"A":0.2618755954811488071493712087}\n'))).toEqual([
      { a: '0.2618755954811488071493712087' },
    ]);
  });

  it('of a damaged file is the refusal, or what stands before the damage', async () => {
    expect(await refusalOf(lookAt(fileOf('a.csv', '"A')))).toMatchObject({ code: 'badCsv', line: 1 });
    expect(await headOf('a.csv', 'A,B\n1,"2')).toMatchObject({ columns: ['A', 'B'], rows: [] });
    const failure = new Error('the connection was lost');
    async function* broken() {
      yield Buffer.from('A,');
      throw failure;
    }
    await expect(lookAt({ name: 'a.csv', bytes: broken() })).rejects.toBe(failure);
  });
});

describe('bytes that are looked at before they are read', () => {
  it('are taken from the source once, also when a look was left while it waited', async () => {
    let pulled = 0;
    async function* source() {
      for (const byte of [1, 2, 3]) {
        pulled += 1;
        await Promise.resolve();
        yield Uint8Array.of(byte);
      }
    }
    const bytes = new ReplayedBytes(source());
    const look = bytes.look();
    await look.next();
    const waiting = look.next();
    const seen: number[] = [];
    for await (const chunk of bytes.read()) seen.push(...chunk);
    await waiting;
    expect(seen).toEqual([1, 2, 3]);
    expect(pulled).toBe(3);
  });

  it.each([
    ['fits no dataset', 'a.csv', 'x,y\n1,2\n'],
    ['has no beginning', 'a.csv', '"x'],
    ['is of no known kind', 'a.xlsx', 'x'],
  ])('let go of a file that %s', async (_, name, text) => {
    let closed = false;
    async function* source() {
      try {
        yield Buffer.from(text);
        if (name === 'a.csv' && text.startsWith('"')) return;
        for (;;) yield Buffer.from('1,2\n'.repeat(1000));
      } finally {
        closed = true;
      }
    }
    const options = { part: 0, view: 'actual' } as const;
    const read = async () =>
      readDomainRows(await detectText({ name, bytes: source() }), options, { onRow: () => {}, onRefused: () => {} });
    await refusalOf(read());
    // A generator that nobody has begun has nothing to let go of.
    expect(closed || name === 'a.xlsx').toBe(true);
  });

  it('close their source when the reader stops early', async () => {
    let closed = false;
    async function* source() {
      try {
        for (;;) yield Uint8Array.of(1);
      } finally {
        closed = true;
      }
    }
    for await (const _ of new ReplayedBytes(source()).read()) break;
    expect(closed).toBe(true);
  });

  it('hand out every chunk once when looking is left while a chunk is on its way', async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    async function* source() {
      yield Uint8Array.of(1);
      await arrived[0].promise;
      yield Uint8Array.of(2);
      await arrived[1].promise;
      yield Uint8Array.of(3);
    }
    const replayed = new ReplayedBytes(source());
    const looking = replayed.look();
    expect((await looking.next()).value).toEqual(Uint8Array.of(1));
    const onItsWay = looking.next();
    const left = looking.return(undefined);
    const reading = replayed.read();
    const read = [(await reading.next()).value];
    arrived[0].resolve();
    await onItsWay;
    await left;
    arrived[1].resolve();
    for await (const chunk of reading) read.push(chunk);
    expect(read).toEqual([1, 2, 3].map((byte) => Uint8Array.of(byte)));
  });

  it('keep what was looked at when the source uses its memory again', async () => {
    async function* source() {
      const one = new Uint8Array(1);
      for (const byte of [1, 2, 3]) {
        one[0] = byte;
        yield one;
      }
    }
    const replayed = new ReplayedBytes(source());
    for await (const [byte] of replayed.look()) if (byte === 2) break;
    const read: number[] = [];
    for await (const [byte = 0] of replayed.read()) read.push(byte);
    expect(read).toEqual([1, 2, 3]);
  });
});
