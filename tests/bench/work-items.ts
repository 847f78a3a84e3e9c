import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { fileBytesInTurns } from '../../cli/file-bytes.ts';
import { reconcile } from '../../cli/reconcile.ts';
import { reconciliationJson } from '../../cli/reconcile-json.ts';
import { keepHeapSmall } from '../../cli/small-heap.ts';
import { add, type Decimal, decimal, zero } from '../../shared/domain/decimal.ts';
import { readPart } from '../../shared/formats/part-reader.ts';

/*
 * One piece of work in a process of its own, so that its peak memory is its own:
 * node work-items.ts <name> <path…>, which prints as JSON its wall time without start-up, its processor time, its peak
 * memory, and how many rows it read; -1 where it does not know.
 */

/** Stands for the rows of a work that does not count them. */
const uncounted = -1;

const work = {
  readPart: async (path: string) => {
    const options = { kind: 'dailyratedusage', part: 1, problemsMax: 20 } as const;
    return (await readPart({ name: path, bytes: fileBytesInTurns(path) }, options)).rows;
  },
  csvParse: sumByCsvParse,
  gunzip: async (...paths: readonly string[]) => {
    for (const path of paths) {
      for await (const _ of createReadStream(path, { highWaterMark: 256 * 1024 }).pipe(
        createGunzip({ chunkSize: 256 * 1024 }),
      ));
    }
    return uncounted;
  },
  reconcile: async (usage: string, cost: string, out: string) => {
    const result = await reconcile({ usage: [usage], cost: [cost], invoice: [] }, () => {});
    await pipeline(Readable.from(reconciliationJson(result)), createWriteStream(out));
    result.close();
    return result.comparisons.reduce((rows, comparison) => rows + comparison.rows.invoice + comparison.rows.other, 0);
  },
  duckdbRead: async (path: string) => {
    await (await duckdb()).readUsage(path);
    return uncounted;
  },
  duckdbSum: async (path: string) => {
    await (await duckdb()).sumUsage(path);
    return uncounted;
  },
  duckdbCompare: async (usage: string, cost: string, out: string) => {
    await (await duckdb()).compare(usage, cost, out);
    return uncounted;
  },
} satisfies Record<string, (...paths: string[]) => Promise<number>>;

export type WorkName = keyof typeof work;

/** Loaded where it is used, so that its library is no part of the memory of other work. */
function duckdb() {
  return import('./duckdb-queries.ts');
}

/** The same sums with csv-parse and decimal.js, without checks and without folding what was folded before. */
async function sumByCsvParse(path: string): Promise<number> {
  const sums = new Map<string, { quantity: Decimal; cost: Decimal }>();
  let at: readonly number[] | undefined;
  let rows = 0;
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
    rows += 1;
  }
  return rows;
}

// As the command line does.
keepHeapSmall();
const [name = '', ...paths] = process.argv.slice(2);
const run: ((...paths: string[]) => Promise<number>) | undefined = Object.entries(work).find(
  ([known]) => known === name,
)?.[1];
if (run === undefined) throw new Error(`No work is named '${name}'`);
const startedAt = performance.now();
const rows = await run(...paths);
const ms = Math.round(performance.now() - startedAt);
const { user, system } = process.cpuUsage();
const cpuMs = Math.round((user + system) / 1000);
process.stdout.write(JSON.stringify({ ms, cpuMs, peakMb: await peakMb(), rows }));

/**
 * The peak memory of this process alone. What `resourceUsage` tells begins, on Linux, with the peak of the process that
 * started this one.
 */
async function peakMb(): Promise<number> {
  const status = process.platform === 'linux' ? await readFile('/proc/self/status', 'utf8') : '';
  const kibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
  return Math.round((kibibytes * 1024) / 1_000_000);
}
