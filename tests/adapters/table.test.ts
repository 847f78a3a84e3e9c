import { TableClient, TableServiceClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { azureTable } from '../../shared/adapters/azure-table.ts';
import type { Table } from '../../shared/adapters/table.ts';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { memoryTable } from '../support/memory-table.ts';

let azurite: Azurite;
let tables = 0;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function realTable(): Promise<Table> {
  tables += 1;
  const name = `suite${tables}`;
  const options = { allowInsecureConnection: true };
  await TableServiceClient.fromConnectionString(azurite.connectionString, options).createTable(name);
  return azureTable(TableClient.fromConnectionString(azurite.connectionString, name, options));
}

const keys: readonly (readonly [string, string])[] = [
  ['plain letters', 'abc123'],
  ['nothing at all', ''],
  ['slashes', 'a/b\\c'],
  ['# and ?', 'a#b?c=d&e'],
  ['percent signs, also such as look encoded', '100%25 %zz'],
  ['equal signs, also such as look encoded', '=2F=41='],
  ['quotes', `it's "so", isn''t it`],
  ['umlauts and more', 'Grüße, 漢字 €, 🧾'],
  ['control characters', 'a\tb\nc\u0000d'],
  ['dots', '..'],
  ['a bar', '0a0a|s|'],
  ['as many characters as fit', 'x'.repeat(512)],
  ['as many umlauts as fit', 'ü'.repeat(85)],
];

/** The whole of JSON, so that nothing of a document gets lost on its way. */
const document = { amount: '-0.10', text: 'Grüße "漢字"\n\u2028', empty: '', none: null, list: [1, true, { a: [] }] };

describe.each([
  ['in memory', async () => memoryTable()],
  ['of Azure', realTable],
])('a table %s', (_name, create: () => Promise<Table>) => {
  it.each(keys)('takes %s as keys', async (_what, key) => {
    const table = await create();
    await expect(table.insert(key, key, document)).resolves.toBe('inserted');
    const row = await table.get(key, key);
    expect(row).toMatchObject({ partitionKey: key, rowKey: key, value: document });
    await table.put(key, key, { second: true });
    await table.putMany(key, [{ rowKey: key, value: { third: true } }]);
    expect((await Array.fromAsync(table.list(key))).map(({ rowKey, value }) => ({ rowKey, value }))).toEqual([
      { rowKey: key, value: { third: true } },
    ]);
    expect((await Array.fromAsync(table.listAll())).map((each) => each.partitionKey)).toEqual([key]);
  });

  it('keeps keys apart that look alike', async () => {
    const table = await create();
    const alike = ['a/b', 'a=2Fb', 'a%2Fb', 'A/B', 'a/b ', 'a', ''];
    for (const key of alike) await table.put(key, key, { key });
    for (const key of alike) expect((await table.get(key, key))?.value).toEqual({ key });
    expect(await table.get('a', 'a/b')).toBeUndefined();
    expect(await Array.fromAsync(table.listAll())).toHaveLength(alike.length);
  });

  it.each([
    ['513 plain characters', 'x'.repeat(513)],
    ['86 umlauts', 'ü'.repeat(86)],
    ['half a character', 'a\ud800'],
  ])('refuses a key of %s for good, and says so', async (_what, key) => {
    const table = await create();
    for (const work of [
      () => table.get(key, 'r'),
      () => table.insert('p', key, 1),
      () => table.put(key, 'r', 1),
      () => table.putMany('p', [{ rowKey: key, value: 1 }]),
      () => Array.fromAsync(table.list(key)),
    ]) {
      const error: unknown = await work().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TerminalError);
      expect(String(error)).toMatch(/key .*(512|Unicode)/);
    }
    expect(await Array.fromAsync(table.listAll())).toEqual([]);
  });

  it('lists the rows of a partition behind one, whether it is there or not, in the order of keys of one length', async () => {
    const table = await create();
    const keyOf = (line: number) => `00000-${String(line).padStart(9, '0')}`;
    const lines = Array.from({ length: 1_205 }, (_, at) => 2 * at);
    await table.putMany(
      'p|q',
      lines.map((line) => ({ rowKey: keyOf(line), value: { line } })),
    );
    await table.put('p|r', keyOf(5), { line: 5 });
    const behind = async (line: number) =>
      (await Array.fromAsync(table.list('p|q', keyOf(line)))).map(({ rowKey }) => rowKey);
    expect(await behind(2_400)).toEqual([2_402, 2_404, 2_406, 2_408].map(keyOf));
    expect(await behind(2_401)).toEqual(await behind(2_400));
    expect(await behind(2_408)).toEqual([]);
    expect(await behind(0)).toEqual(lines.slice(1).map(keyOf));
  });

  it('leaves a row that exists alone on insert', async () => {
    const table = await create();
    expect(await table.insert('p', 'r', { first: 1 })).toBe('inserted');
    expect(await table.insert('p', 'r', { second: 2 })).toBe('exists');
    expect((await table.get('p', 'r'))?.value).toEqual({ first: 1 });
  });

  it('lets exactly one of many inserts at once win', async () => {
    const table = await create();
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, index) => table.insert('p', 'r', { index })));
    expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
    expect((await table.get('p', 'r'))?.value).toEqual({ index: outcomes.indexOf('inserted') });
  });

  it('replaces only the version it was given', async () => {
    const table = await create();
    await table.put('p', 'r', { v: 1 });
    const first = await table.get('p', 'r');
    if (first === undefined) throw new Error('the row was just written');
    expect(await table.replace(first, { v: 2 })).toBe('replaced');
    expect(await table.replace(first, { v: 3 })).toBe('changed');
    expect((await table.get('p', 'r'))?.value).toEqual({ v: 2 });
    const second = await table.get('p', 'r');
    await table.put('p', 'r', { v: 2 });
    if (second === undefined) throw new Error('the row was just written');
    expect(await table.replace(second, { v: 4 })).toBe('changed');
    expect(await table.replace({ ...second, rowKey: 'gone' }, { v: 5 })).toBe('changed');
    expect(await table.get('p', 'gone')).toBeUndefined();
  });

  it('lets exactly one of two replacers win', async () => {
    const table = await create();
    await table.put('p', 'r', { v: 0 });
    const row = await table.get('p', 'r');
    if (row === undefined) throw new Error('the row was just written');
    const outcomes = await Promise.all([table.replace(row, { v: 1 }), table.replace(row, { v: 2 })]);
    expect([...outcomes].sort()).toEqual(['changed', 'replaced']);
    expect((await table.get('p', 'r'))?.value).toEqual({ v: outcomes.indexOf('replaced') + 1 });
  });

  it.each([0, 1, 100, 101, 2_500])('puts %i entries at once, new ones and old ones', async (count) => {
    const table = await create();
    await table.put('p', rowKeyOf(0), { old: true, more: true });
    await table.put('other', 'r', { untouched: true });
    await table.putMany('p', entriesOf(count));
    await table.putMany('p', entriesOf(count));
    const rows = await Array.fromAsync(table.list('p'));
    expect(rows).toHaveLength(Math.max(count, 1));
    expect(rows.map((row) => row.rowKey)).toEqual(rows.map((row) => row.rowKey).sort());
    if (count > 0) expect(rows.map((row) => row.value)).toEqual(entriesOf(count).map((entry) => entry.value));
    expect(await Array.fromAsync(table.listAll())).toHaveLength(Math.max(count, 1) + 1);
  });

  it.each([
    ['of letters', 'x'.repeat(31_000)],
    ['of letters of three bytes', '漢'.repeat(31_000)],
    ['of quotes, which are escaped twice', '"'.repeat(15_000)],
  ])('puts as many large documents %s at once as there are', async (_what, text) => {
    const table = await create();
    const entries = Array.from({ length: 101 }, (_, index) => ({ rowKey: rowKeyOf(index), value: { text } }));
    await table.putMany('p', entries);
    const rows = await Array.fromAsync(table.list('p'));
    expect(rows.map((row) => row.rowKey)).toEqual(entries.map((entry) => entry.rowKey));
    expect(rows.at(-1)?.value).toEqual({ text });
  });

  it('takes a document of 32,000 characters and refuses a larger one for good, naming its row', async () => {
    const table = await create();
    await table.put('p', 'fits', 'x'.repeat(31_998));
    expect((await table.get('p', 'fits'))?.value).toBe('x'.repeat(31_998));
    const tooLarge = 'x'.repeat(31_999);
    const row = { partitionKey: 'p', rowKey: 'large', value: 1, etag: '1' };
    for (const work of [
      () => table.put('p', 'large', tooLarge),
      () => table.insert('p', 'large', tooLarge),
      () => table.replace(row, tooLarge),
      () =>
        table.putMany('p', [
          { rowKey: 'first', value: 1 },
          { rowKey: 'large', value: tooLarge },
        ]),
    ]) {
      const error: unknown = await work().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TerminalError);
      expect(String(error)).toMatch(/32001 characters does not fit a table row \(32000\): p, large/);
    }
    expect(await Array.fromAsync(table.list('p'))).toHaveLength(1);
  });

  it('refuses one row twice in a batch, where the order would decide', async () => {
    const table = await create();
    const twice = [1, 2].map((value) => ({ rowKey: 'r', value }));
    await expect(table.putMany('p', twice)).rejects.toThrow(/once in a batch/);
    expect(await table.get('p', 'r')).toBeUndefined();
  });

  it('lists plain keys in the order of their characters', async () => {
    const table = await create();
    const shuffled = ['b', 'a1', 'B', 'a', '10', '9', 'aa', 'Z0'];
    await table.putMany(
      'p',
      shuffled.map((rowKey) => ({ rowKey, value: {} })),
    );
    expect((await Array.fromAsync(table.list('p'))).map((row) => row.rowKey)).toEqual([...shuffled].sort());
    expect(await Array.fromAsync(table.list('nobody'))).toEqual([]);
  });

  it('lists from behind a row on, whether it is there or not, in the order of the whole list', async () => {
    const table = await create();
    const partitions = ['2026-09', '2026-10', '2026-10|x', "it's", 'ü'];
    const names = ['', 'a', 'a|b', 'a-b', 'b', "b'c", 'Ü', 'zz'];
    for (const partition of partitions) {
      await table.putMany(
        partition,
        names.map((rowKey) => ({ rowKey, value: {} })),
      );
    }
    const keysOf = async (rows: AsyncIterable<{ readonly partitionKey: string; readonly rowKey: string }>) =>
      (await Array.fromAsync(rows)).map(({ partitionKey, rowKey }) => `${partitionKey} ${rowKey}`);
    const all = await keysOf(table.listAll());
    expect(all).toHaveLength(partitions.length * names.length);
    expect(new Set(all).size).toBe(all.length);
    for await (const row of table.listAll()) {
      const at = all.indexOf(`${row.partitionKey} ${row.rowKey}`);
      expect(await keysOf(table.listAll(row, 3))).toEqual(all.slice(at + 1));
      const own = all.slice(at + 1).filter((key) => key.startsWith(`${row.partitionKey} `));
      expect(await keysOf(table.list(row.partitionKey, row.rowKey, 3))).toEqual(own);
    }
    expect(await keysOf(table.list('2026-10', 'aa'))).toEqual(['2026-10 b', "2026-10 b'c", '2026-10 zz']);
    expect(await keysOf(table.listAll({ partitionKey: '2026-11', rowKey: '' }))).toEqual(
      await keysOf(table.listAll({ partitionKey: '2026-10|x', rowKey: 'zz' })),
    );
  });

  it('removes a row, and nothing when there is none', async () => {
    const table = await create();
    await table.put('p', 'a/b', { v: 1 });
    await table.put('p', 'c', { v: 1 });
    const row = await table.get('p', 'a/b');
    if (row === undefined) throw new Error('the row was just written');
    await table.remove('p', 'a/b');
    await table.remove('p', 'a/b');
    expect((await Array.fromAsync(table.listAll())).map((each) => each.rowKey)).toEqual(['c']);
    expect(await table.insert('p', 'a/b', { v: 2 })).toBe('inserted');
    expect(await table.replace(row, { v: 3 })).toBe('changed');
  });

  it('gives with each listed row the tag to replace it by', async () => {
    const table = await create();
    await table.put('p', 'r', { v: 1 });
    for await (const row of table.listAll()) expect(await table.replace(row, { v: 2 })).toBe('replaced');
    for await (const row of table.list('p')) expect(row.value).toEqual({ v: 2 });
  });
});

function rowKeyOf(index: number): string {
  return String(index).padStart(6, '0');
}

function entriesOf(count: number): { readonly rowKey: string; readonly value: unknown }[] {
  return Array.from({ length: count }, (_, index) => ({ rowKey: rowKeyOf(index), value: { index } }));
}
