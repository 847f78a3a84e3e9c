import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { convert } from '../../cli/convert.ts';
import { keepHeapSmall } from '../../cli/small-heap.ts';
import { ratedUsageColumns } from '../../shared/domain/file-columns-rated-usage.ts';
import type { FileColumn } from '../../shared/formats/file-columns.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { sourceLines } from '../../shared/formats/source-lines.ts';
import { openSubscriptionRows } from '../../shared/formats/subscription-row-reader.ts';
import { xlsxFile } from '../../shared/formats/xlsx-writer.ts';
import { splitWhile } from '../../shared/pipeline/split-rows.ts';
import { generatedSubscriptionIds } from './generated-charges.ts';
import { benchSeed } from './write-rows.ts';

/*
 * The making of files, one piece of work in a process of its own: node file-work.ts <name> <path…>. Prints as JSON what
 * work-items.ts prints.
 */

const work = {
  /** Daily rated usage for the CSP, with margins on resellers and customers. */
  convertUsage: async (path: string, out: string) => {
    const catalogueFolder = join(dirname(out), 'catalogue');
    await mkdir(catalogueFolder, { recursive: true });
    await writeFile(join(catalogueFolder, 'margins.csv'), margins);
    const asked = { kind: 'dailyratedusage', audience: 'csp', culture: 'invariant', format: 'csv' } as const;
    const made = await convert({ path, catalogueFolder, out, ...asked }, () => {});
    return made.kind === 'written' ? made.rows : -1;
  },
  /**
   * csv-stringify alone: the cells of one row over and over, in as many columns as Microsoft's. No file is read for it,
   * and no margin is worked out.
   */
  stringifyUsage: async (path: string, rows: string, out: string) => {
    const count = Number(rows);
    const cells = await firstCells(path);
    const lines = function* () {
      for (let at = 0; at < count; at += 1) yield cells;
    };
    await pipeline(Readable.from(lines()), stringify({ record_delimiter: 'windows' }), createWriteStream(out));
    return count;
  },
  /** Reads the rows of a reseller of about a hundredth of the month from what is kept of a part; counts what is read. */
  resellerRows: async (path: string, kept: string) => {
    await keepRows(path, kept);
    const { size: sizeBytes } = await stat(kept);
    const handle = await open(kept);
    let bytesRead = 0;
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      bytesRead += end - start;
      const { buffer } = await handle.read({ buffer: new Uint8Array(end - start), position: start });
      return buffer;
    };
    const rows = await openSubscriptionRows({ name: kept, sizeBytes, read });
    let rowsRead = 0;
    for (const subscriptionId of subscriptionsOfReseller()) {
      for await (const _ of rows.readRows(subscriptionId)) rowsRead += 1;
    }
    await handle.close();
    extra = { bytesRead, partBytes: (await stat(path)).size, keptBytes: sizeBytes, rowsOfReseller: rowsRead };
    return rows.rows;
  },
  xlsx: async (rows: string, columns: string, out: string) => {
    const count = Number(rows);
    const header = Array.from({ length: Number(columns) }, (_, at): FileColumn => {
      return { name: `Column${at}`, type: (['text', 'id', 'decimal', 'day'] as const)[at % 4] ?? 'text' };
    });
    const texts = { text: 'Virtual Machines', id: '0012345678901234567', day: '2026-10-15' };
    const lines = function* () {
      for (let at = 0; at < count; at += 1) {
        yield header.map(({ type }) => (type === 'decimal' ? `${at}.0625` : texts[type]));
      }
    };
    const file = xlsxFile([{ name: 'usage', columns: header, rows: lines() }]);
    await pipeline(Readable.from(file), createWriteStream(out));
    return count;
  },
} satisfies Record<string, (...args: string[]) => Promise<number>>;

const margins = [
  'id,buyer,level,kind,value,from,to',
  'first,customer,default,markup,0.1,2026-01-01,2026-10-16',
  'second,customer,default,markup,0.125,2026-10-16,',
  'third,reseller,default,markup,0.05,2026-01-01,',
  '',
].join('\n');

/** Told beside time and memory. */
let extra: Readonly<Record<string, number>> = {};

/** Fifty of the smaller subscriptions, which have about a hundredth of all rows. */
function subscriptionsOfReseller(): readonly string[] {
  return generatedSubscriptionIds(benchSeed).filter((_, rank) => rank >= 100 && rank % 36 === 0);
}

/** Keeps the rows of a part as the pipeline does when it reads one. */
async function keepRows(path: string, kept: string): Promise<void> {
  const createRows = (_: string, _part: number, bytes: AsyncIterable<Uint8Array>) =>
    pipeline(Readable.from(bytes), createWriteStream(kept));
  const source = { name: path, bytes: createReadStream(path, { highWaterMark: 256 * 1024 }) };
  await splitWhile({ createRows }, { datasetId: 'bench', part: 0 }, (chargeRows) =>
    readPart(source, { kind: 'dailyratedusage', part: 0, problemsMax: 20, chargeRows }),
  );
}

async function firstCells(path: string): Promise<readonly string[]> {
  for await (const { line } of sourceLines('dailyratedusage', { name: path, bytes: createReadStream(path) })) {
    return Object.values(ratedUsageColumns)
      .slice(0, 55)
      .map(({ from }) => ('line' in from ? String(Reflect.get(line, from.line)) : ''));
  }
  throw new Error(`${path} has no rows`);
}

keepHeapSmall();
const [name, ...args] = process.argv.slice(2);
const item = Object.entries(work).find(([known]) => known === name)?.[1] as
  | ((...args: readonly string[]) => Promise<number>)
  | undefined;
if (item === undefined) throw new Error(`There is no work ${name}; expected ${Object.keys(work).join(', ')}`);
const started = performance.now();
const rows = await item(...args);
const usage = process.resourceUsage();
const ms = Math.round(performance.now() - started);
const cpuMs = Math.round((usage.userCPUTime + usage.systemCPUTime) / 1000);
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb: Math.round(usage.maxRSS / 1024), rows, ...extra })}\n`);
