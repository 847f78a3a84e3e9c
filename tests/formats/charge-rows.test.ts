import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChargeRows } from '../../shared/formats/charge-rows.ts';
import { readCsvRows } from '../../shared/formats/csv-rows.ts';
import { readJsonLineRows } from '../../shared/formats/json-line-rows.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { usageChargeColumns } from '../../shared/formats/usage-rows.ts';
import { chunksOf } from './mutated-bytes.ts';
import { fileOf } from './source-files.ts';

/** What is kept of a row that was told; its bytes as text. */
type Told = { readonly line: number; readonly day: string; readonly subscriptionId: string; readonly text: string };

class Listener implements ChargeRows {
  readonly told: Told[] = [];
  readonly handles = new Set<object>();
  /** Rows whose handle is not that of their line; none. */
  strays = 0;
  #open = 0;
  /** The most rows that were told between two times of draining. */
  openMax = 0;

  add({ line, day, handle, charge, bytes, start, end }: Parameters<ChargeRows['add']>[0]): void {
    if (handle !== charge.line) this.strays += 1;
    this.handles.add(handle);
    const text = Buffer.from(bytes.subarray(start, end)).toString('utf8');
    this.told.push({ line, day, subscriptionId: charge.subscriptionId, text });
    this.#open += 1;
    this.openMax = Math.max(this.openMax, this.#open);
  }

  async drain(): Promise<void> {
    await Promise.resolve();
    this.#open = 0;
  }

  get allDrained(): boolean {
    return this.#open === 0;
  }
}

const names = Object.entries(usageChargeColumns).map(([field, column]) => ({
  field,
  type: column.type,
  name: column.names[0],
}));

/** Values by field; a few of them make a row refused. */
const values: Readonly<Record<string, readonly string[]>> = {
  usageDate: ['2026-10-01', '10/1/2026', '2026-10-31T00:00:00Z', '2026-11-01', '2026-02-30'],
  quantity: ['1', '2.5', '1e-3', 'oops'],
  cost: ['1', '-2.5', '12345678901.1'],
  unitPrice: ['1', '2'],
  meterId: ['meter-1', 'METER-1', 'meter-2'],
  meterName: ['D2 v3', 'D2, "v3"', 'Zwei\nZeilen', 'é🙂'],
  subscriptionId: ['sub-a', 'SUB-A', 'sub-b'],
};

/** Numbers that charges carry beside their amounts. */
const isNumber = (type: string) => type === 'decimal' || type === 'rate';
const valuesOf = ({ field, type }: (typeof names)[number]) => values[field] ?? (isNumber(type) ? ['1'] : ['x']);

const row = fc.tuple(...names.map((name) => fc.constantFrom(...valuesOf(name))));
const rows = fc
  .tuple(fc.array(row, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 14 }))
  .map(([all, again]) => (all.length === 0 ? [] : [...all, ...again.map((index) => all[index % all.length] ?? [])]));

function csvText(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

/** Now and then a key in escapes or twice, as only JSON.parse reads it. */
function jsonText(cells: readonly string[], index: number): string {
  const members = cells.map((cell, at) => `${JSON.stringify(names[at]?.name)}:${JSON.stringify(cell)}`);
  return `{${index % 5 === 4 ? '"\\u0041":1,' : ''}${members.join(',')}}`;
}

type Laid = { readonly text: string; readonly texts: readonly string[] };

function csvFile(all: readonly (readonly string[])[], lineEnd: string, hasLastEnd: boolean): Laid {
  const texts = all.map(csvText);
  const text = [csvText(names.map(({ name }) => name)), ...texts].join(lineEnd);
  return { text: hasLastEnd ? text + lineEnd : text, texts };
}

function jsonFile(all: readonly (readonly string[])[], hasLastEnd: boolean): Laid {
  const texts = all.map(jsonText);
  return { text: texts.join('\n') + (hasLastEnd ? '\n' : ''), texts };
}

/** The rows that a reader of rows accepts, which csv-parse or JSON.parse has read; the bytes are those written. */
async function accepted(name: string, { text, texts }: Laid): Promise<readonly Told[]> {
  const told: Told[] = [];
  const lines = new Map<number, number>();
  const table = Object.fromEntries(
    Object.entries(usageChargeColumns).map(([field, column]) => [field, { ...column, type: 'text' as const }]),
  );
  const read = name.endsWith('.csv') ? readCsvRows : readJsonLineRows;
  const file = () => fileOf(name, Buffer.from(text, 'utf8'));
  await read(file(), table, { onRow: (_, line) => lines.set(line, lines.size), onRefused: () => {} });
  await read(file(), usageChargeColumns, {
    onRefused: () => {},
    onRow: ({ usageDate, subscriptionId }, line) => {
      told.push({ line, day: usageDate, subscriptionId, text: texts[lines.get(line) ?? -1] ?? '' });
    },
  });
  return told;
}

/** Of each way to cut, one: hardly, in the middle of most values, and around each of their bytes. */
const cuts = fc.tuple(fc.constantFrom(0, 500), fc.constantFrom(7, 64), fc.constantFrom(1, 1, 2, 3));

describe('a listener to rows of charges is told of each accepted row once, in the order of the file', () => {
  const layouts = [
    ['CSV', 'a.csv', fc.tuple(rows, fc.constantFrom('\r\n', '\n', '\r'), fc.boolean()).map((all) => csvFile(...all))],
    ['JSON lines', 'a.json', fc.tuple(rows, fc.boolean()).map((all) => jsonFile(...all))],
  ] as const;

  it.each(layouts)('%s, with its line, day and bytes, however the file is cut', async (_, name, files) => {
    let known = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(files, cuts, async (laid, longest) => {
        const expected = await accepted(name, laid);
        for (const length of longest) {
          const listener = new Listener();
          const file = fileOf(name, ...chunksOf(Buffer.from(laid.text, 'utf8'), length));
          const options = { kind: 'dailyratedusage', part: 0, problemsMax: 3, chargeRows: listener } as const;
          const contents = await readPart(file, options);
          expect(listener.told).toEqual(expected);
          expect(listener.strays).toBe(0);
          expect(listener.allDrained).toBe(true);
          expect(listener.handles.size).toBe(contents.totals.length);
          refused += contents.refusedRows;
        }
        known += expected.length - new Set(expected.map(({ text }) => text)).size;
      }),
      { numRuns: 40 },
    );
    // Controls: there were rows on the fast path, which have been there before, and rows that nobody is told of.
    expect(known).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(50);
  });

  it('and has time to write between two chunks of a file that is inflated', async () => {
    const cells = names.map((name) => valuesOf(name)[0] ?? '');
    const { text } = csvFile(
      Array.from({ length: 20_000 }, () => cells),
      '\n',
      true,
    );
    const listener = new Listener();
    const file = fileOf('a.csv.gz', gzipSync(text));
    await readPart(file, { kind: 'dailyratedusage', part: 0, problemsMax: 3, chargeRows: listener });
    expect(listener.told).toHaveLength(20_000);
    expect(listener.strays).toBe(0);
    expect(listener.openMax).toBeLessThan(10_000);
  });
});
