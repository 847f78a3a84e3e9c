import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { convert } from '../../cli/convert.ts';
import { keepHeapSmall } from '../../cli/small-heap.ts';
import { ratedUsageColumns } from '../../shared/domain/file-columns-rated-usage.ts';
import type { FileColumn } from '../../shared/formats/file-columns.ts';
import { sourceLines } from '../../shared/formats/source-lines.ts';
import { xlsxFile } from '../../shared/formats/xlsx-writer.ts';

/*
 * The making of files, one piece of work in a process of its own: node file-work.ts <name> <path…>. Prints as JSON what
 * work-items.ts prints.
 */

const work = {
  /** Daily rated usage for the CSP, with the margins of a catalogue. */
  convertUsage: async (path: string, catalogueFolder: string, out: string) => {
    const asked = { kind: 'dailyratedusage', audience: 'csp', culture: 'invariant', format: 'csv' } as const;
    const made = await convert({ path, catalogueFolder, out, ...asked }, () => {});
    return made.kind === 'written' ? made.rows : -1;
  },
  /** csv-stringify alone: the cells of one row over and over, in as many columns as Microsoft's. */
  stringifyUsage: async (path: string, rows: string, out: string) => {
    const count = Number(rows);
    const cells = await firstCells(path);
    const lines = function* () {
      for (let at = 0; at < count; at += 1) yield cells;
    };
    await pipeline(Readable.from(lines()), stringify({ record_delimiter: 'windows' }), createWriteStream(out));
    return count;
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
process.stdout.write(`${JSON.stringify({ ms, cpuMs, peakMb: Math.round(usage.maxRSS / 1024), rows })}\n`);
