import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { fileBytesInTurns } from '../../cli/file-bytes.ts';
import { jsonPieces } from '../../cli/json-pieces.ts';
import { reconcile } from '../../cli/reconcile.ts';
import { keepHeapSmall } from '../../cli/small-heap.ts';
import { add, type Decimal, decimal, zero } from '../../shared/domain/decimal.ts';
import { readPart } from '../../shared/formats/part-reader.ts';

/*
 * One piece of work in a process of its own, so that its peak memory is its own:
 * node work-items.ts <name> <path…>, which prints its wall time and peak memory as JSON.
 */

const work = {
  readPart: async (path: string) => {
    await readPart(
      { name: path, bytes: fileBytesInTurns(path) },
      { kind: 'dailyratedusage', part: 1, problemsMax: 20 },
    );
  },
  csvParse: sumByCsvParse,
  gunzip: async (...paths: readonly string[]) => {
    for (const path of paths) {
      for await (const _ of createReadStream(path, { highWaterMark: 256 * 1024 }).pipe(
        createGunzip({ chunkSize: 256 * 1024 }),
      ));
    }
  },
  reconcile: async (usage: string, cost: string, out: string) => {
    const result = await reconcile([usage], [cost], () => {});
    await pipeline(Readable.from(jsonPieces(result)), createWriteStream(out));
  },
  duckdbRead: async (path: string) => (await duckdb()).readUsage(path),
  duckdbSum: async (path: string) => (await duckdb()).sumUsage(path),
  duckdbCompare: async (usage: string, cost: string, out: string) => (await duckdb()).compare(usage, cost, out),
} satisfies Record<string, (...paths: string[]) => Promise<void>>;

export type WorkName = keyof typeof work;

/** Loaded where it is used, so that its library is no part of the memory of other work. */
function duckdb() {
  return import('./duckdb-queries.ts');
}

/** The same sums with csv-parse and decimal.js, without checks and without folding what was folded before. */
async function sumByCsvParse(path: string): Promise<void> {
  const sums = new Map<string, { quantity: Decimal; cost: Decimal }>();
  let at: readonly number[] | undefined;
  const names = [
    'EntitlementId',
    'MeterId',
    'MeterRegion',
    'Unit',
    'BillingCurrency',
    'Quantity',
    'BillingPreTaxTotal',
  ];
  for await (const row of createReadStream(path).pipe(parse()) as AsyncIterable<readonly string[]>) {
    if (at === undefined) {
      at = names.map((name) => row.indexOf(name));
      continue;
    }
    const [subscription, meter, region, unit, currency, quantity, cost] = at.map((column) => row[column] ?? '');
    const key = `${subscription}\n${meter}\n${region}\n${unit}\n${currency}`.toLowerCase();
    const sum = sums.get(key) ?? { quantity: zero, cost: zero };
    sums.set(key, { quantity: add(sum.quantity, decimal(quantity ?? '')), cost: add(sum.cost, decimal(cost ?? '')) });
  }
}

// As the command line does.
keepHeapSmall();
const [name = '', ...paths] = process.argv.slice(2);
const run: ((...paths: string[]) => Promise<void>) | undefined = Object.entries(work).find(
  ([known]) => known === name,
)?.[1];
if (run === undefined) throw new Error(`No work is named '${name}'`);
const startedAt = performance.now();
await run(...paths);
const ms = Math.round(performance.now() - startedAt);
// Linux and macOS both give kibibytes here; Node converts.
process.stdout.write(
  JSON.stringify({
    ms,
    cpuMs: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000),
    peakMb: Math.round(process.resourceUsage().maxRSS / 1000),
  }),
);
