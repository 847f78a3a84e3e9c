import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { z } from 'zod';
import { limits } from './limits.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import type { RowSieve } from './row-sieve.ts';
import type { SourceFile } from './source-file.ts';
import {
  type IndexRoot,
  indexPage,
  indexRoot,
  type PartLayout,
  type RowRange,
  subscriptionRowLimits,
  trailerBytes,
  type VerbatimRow,
} from './subscription-rows.ts';

const inflate = promisify(gunzip);

/** As much of the end of a file as is read at once: trailer and, with up to some thousands of subscriptions, the root. */
const tailBytes = 4096;

/** More than a member may come to: a full group and the longest row. */
const memberBytesMax = subscriptionRowLimits.memberBytesMax + 2 * limits.rowBytesMax;
/** A full group comes out in one piece; the usual 16 KiB take a turn of the event loop and a copy each. */
const inflatedPieceBytes = subscriptionRowLimits.memberBytesMax + 64 * 1024;
/** More than any index comes to; a page or root beyond it is damaged. */
const indexBytesMax = 64 * 1024 * 1024;

/** The rows of one part, grouped by subscription. Reading some reads their bytes alone. */
export type SubscriptionRows = {
  readonly layout: PartLayout;
  /** Of the whole part. */
  readonly rows: number;
  readonly subscriptions: number;
  /**
   * The rows of one subscription, in the order of the part; none where the part has none of it. `skipRows`: without the
   * first so many, which are hardly read.
   */
  readonly readRows: (subscriptionId: string, skipRows?: number) => AsyncGenerator<VerbatimRow>;
  /** The same rows, as many at once as stand together: where there are very many, a turn for each takes longer than the row. */
  readonly readGroups: (subscriptionId: string, sieving?: Sieving) => AsyncGenerator<readonly VerbatimRow[]>;
};

/** Only rows that pass `sieve` come, and those that come first: what the part is must still be told by them. */
export type Sieving = { readonly sieve: RowSieve; readonly firstRows: number };

/** A file of grouped rows that is not what was written: cut off, or changed. */
export class DamagedRowsError extends Error {
  override readonly name = 'DamagedRowsError';
}

/** @throws DamagedRowsError when the file is not whole; so do the reads of its rows */
export async function openSubscriptionRows(file: RandomAccessFile): Promise<SubscriptionRows> {
  const root = await readRoot(file);
  return {
    layout: root.layout,
    rows: root.rows,
    subscriptions: root.subscriptions,
    readRows: async function* (subscriptionId, skipRows = 0) {
      for await (const group of readGroups(file, root, { subscriptionId, skipRows })) yield* group;
    },
    readGroups: (subscriptionId, sieving) => readGroups(file, root, { subscriptionId, skipRows: 0, sieving }),
  };
}

async function readRoot(file: RandomAccessFile): Promise<IndexRoot> {
  const { sizeBytes } = file;
  if (sizeBytes < trailerBytes) throw damaged(file, `has ${sizeBytes} bytes, fewer than its trailer`);
  const tailStart = Math.max(0, sizeBytes - tailBytes);
  const tail = await readPiece(file, tailStart, sizeBytes);
  const trailer = await inflatePiece(file, 'trailer', tail.subarray(tail.length - trailerBytes), indexBytesMax);
  const found = /^(\d{1,16}) (\d{1,16}) *\n$/.exec(trailer.toString('latin1'));
  const start = Number(found?.[1]);
  const end = start + Number(found?.[2]);
  if (found === null || end !== sizeBytes - trailerBytes) throw damaged(file, 'has a trailer that fits another file');
  const bytes =
    start >= tailStart ? tail.subarray(start - tailStart, end - tailStart) : await readPiece(file, start, end);
  return parsed(
    file,
    'root of the index',
    indexRoot,
    await inflatePiece(file, 'root of the index', bytes, indexBytesMax),
  );
}

type RowsAsked = { readonly subscriptionId: string; readonly skipRows: number; readonly sieving?: Sieving | undefined };

async function* readGroups(
  file: RandomAccessFile,
  root: IndexRoot,
  { subscriptionId, skipRows, sieving }: RowsAsked,
): AsyncGenerator<readonly VerbatimRow[]> {
  const { ranges, toSkip } = rangesBehind(await rangesOf(file, root, subscriptionId), skipRows);
  const ahead = sieving === undefined ? nextAlone : sievedAhead;
  let rowsBefore = 0;
  for await (const { range, bytes } of membersOf(file, ranges, ahead)) {
    const [offset, , expected] = range;
    const what = `member at ${offset}`;
    const { count, rows } = rowsOf(file, { what, bytes }, sieving && { ...sieving, rowsBefore });
    if (count !== expected) throw damaged(file, `${what}: has ${count} rows, its index says ${expected}`);
    if (sieving !== undefined) letGo(bytes);
    yield rowsBefore === 0 ? rows.slice(toSkip) : rows;
    rowsBefore += count;
  }
}

/** Frees a member of which nothing is held, which the collector would do late and by looking through everything. */
function letGo({ buffer }: Buffer): void {
  // Smaller ones may be shared.
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= inflatedPieceBytes) buffer.transfer(0);
}

/** The members from the one on in which the row behind the first `skipRows` stands, and how many of its rows come before. */
function rangesBehind(ranges: readonly RowRange[], skipRows: number) {
  let toSkip = skipRows;
  for (const [index, [, , rows]] of ranges.entries()) {
    if (toSkip < rows) return { ranges: ranges.slice(index), toSkip };
    toSkip -= rows;
  }
  return { ranges: [], toSkip: 0 };
}

/** Members that are read and inflated while one is worked on; the most bytes of members side by side in one read. */
type Ahead = { readonly members: number; readonly readBytesMax: number };

/** Nobody may want more than the rows of this one. */
const nextAlone: Ahead = { members: 1, readBytesMax: 0 };
/** Who sieves reads to the end, and is done with a member long before a thread has inflated the next one. */
const sievedAhead: Ahead = { members: 4, readBytesMax: 1024 * 1024 };

type Member = { readonly range: RowRange; readonly bytes: Buffer };

/** The members of `ranges`, in their order. */
async function* membersOf(file: RandomAccessFile, ranges: readonly RowRange[], ahead: Ahead): AsyncGenerator<Member> {
  const packed = packedMembers(file, ranges, ahead.readBytesMax);
  const read = async (range: RowRange, index: number): Promise<Member> => {
    const bytes = await inflatePiece(file, `member at ${range[0]}`, await packed(index), memberBytesMax);
    return { range, bytes };
  };
  const coming: Promise<Member>[] = [];
  let begun = 0;
  const begin = (end: number): void => {
    for (const range of ranges.slice(begun, end)) {
      const member = read(range, begun);
      // Whether it can be read is asked when it is its turn, which does not come when nobody wants more rows.
      member.catch(() => undefined);
      coming.push(member);
      begun += 1;
    }
  };
  begin(1);
  for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
    const member = await next;
    begin(begun + ahead.members - coming.length);
    yield member;
  }
}

/** Reads the bytes of a member, to be asked for in their order; of those that follow it directly, some at once. */
function packedMembers(file: RandomAccessFile, ranges: readonly RowRange[], readBytesMax: number) {
  let [start, end] = [0, 0];
  let piece: Promise<Uint8Array> = Promise.resolve(new Uint8Array(0));
  return async (index: number): Promise<Uint8Array> => {
    const [offset = 0, length = 0] = ranges[index] ?? [];
    if (offset < start || offset + length > end) {
      start = offset;
      end = offset + length;
      for (const [nextOffset, nextLength] of ranges.slice(index + 1)) {
        if (nextOffset !== end || end + nextLength - start > readBytesMax) break;
        end += nextLength;
      }
      piece = readPiece(file, start, end);
    }
    const from = offset - start;
    return (await piece).subarray(from, from + length);
  };
}

async function rangesOf(file: RandomAccessFile, root: IndexRoot, subscriptionId: string): Promise<readonly RowRange[]> {
  const page = root.pages.findLast(([firstId]) => firstId <= subscriptionId);
  if (page === undefined) return [];
  const [, offset, length] = page;
  const what = `page of the index at ${offset}`;
  const bytes = await inflatePiece(file, what, await readPiece(file, offset, offset + length), indexBytesMax);
  return parsed(file, what, indexPage, bytes).find(([id]) => id === subscriptionId)?.[1] ?? [];
}

const lineFeed = 10;
const space = 32;
const digitZero = 48;

/** The rows of a member that pass, and how many it has. */
function rowsOf(
  file: RandomAccessFile,
  { what, bytes }: { readonly what: string; readonly bytes: Buffer },
  sieving: (Sieving & { readonly rowsBefore: number }) | undefined,
): { readonly count: number; readonly rows: readonly VerbatimRow[] } {
  const firstRows = sieving === undefined ? Number.POSITIVE_INFINITY : sieving.firstRows - sieving.rowsBefore;
  const hitFrom = sieving?.sieve(bytes);
  const rows: VerbatimRow[] = [];
  let count = 0;
  let at = 0;
  const readNumber = (end: number): number => {
    const start = at;
    let value = 0;
    for (; at < bytes.length && bytes[at] !== end; at += 1) {
      const digit = (bytes[at] ?? 0) - digitZero;
      if (digit < 0 || digit > 9) throw damaged(file, `${what}: no number at byte ${at}`);
      value = 10 * value + digit;
    }
    if (at === start || at === bytes.length) throw damaged(file, `${what}: ends in the middle of a row`);
    at += 1;
    return value;
  };
  while (at < bytes.length) {
    const line = readNumber(space);
    const length = readNumber(lineFeed);
    const [start, end] = [at, at + length];
    if (bytes[end] !== lineFeed) throw damaged(file, `${what}: a row does not end where it should`);
    at = end + 1;
    if (hitFrom === undefined) rows.push({ line, bytes: bytes.subarray(start, end) });
    // Copied: one row of each member would hold them all in memory.
    else if (count < firstRows || hitFrom(start) < end)
      rows.push({ line, bytes: new Uint8Array(bytes.subarray(start, end)) });
    count += 1;
  }
  return { count, rows };
}

async function readPiece(file: RandomAccessFile, start: number, end: number): Promise<Uint8Array> {
  if (start < 0 || end < start || end > file.sizeBytes) throw damaged(file, `has no bytes from ${start} to ${end}`);
  const bytes = await file.read(start, end);
  if (bytes.length !== end - start) throw damaged(file, `gave ${bytes.length} bytes from ${start} to ${end}`);
  return bytes;
}

async function inflatePiece(
  file: RandomAccessFile,
  what: string,
  bytes: Uint8Array,
  maxOutputLength: number,
): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength, chunkSize: inflatedPieceBytes });
  } catch (error) {
    throw damaged(file, `${what}: is no whole gzip member`, error);
  }
}

function parsed<T extends z.ZodType>(file: RandomAccessFile, what: string, schema: T, bytes: Buffer): z.infer<T> {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw damaged(file, `${what}: is not what was written`, error);
  }
}

function damaged(file: RandomAccessFile, found: string, cause?: unknown): DamagedRowsError {
  return new DamagedRowsError(`The grouped rows ${file.name} are damaged: ${found}`, { cause });
}

/** Rows of a part as a file of their own, and what the lines of that file are in the part. */
export type RowsAsFile = {
  readonly file: SourceFile;
  /** The line of the part that a line of `file` is, for lines on which a row begins. */
  readonly lineOf: (line: number) => number;
};

/** The first pieces are small: who tells what the file is looks at its first rows, and at no part of a piece. */
const pieceBytes = { first: 16 * 1024, most: 256 * 1024 } as const;

/**
 * Some rows of a part as a small file that the readers of rows take: the header of the part, then the rows, in the
 * order given. `name` is the part's own; the bytes are not compressed, so `.gz` at its end is left out, and what was
 * no text is JSON lines.
 */
export function rowsAsFile(name: string, layout: PartLayout, rows: AsyncIterable<VerbatimRow>): RowsAsFile {
  async function* groups(): AsyncGenerator<readonly VerbatimRow[]> {
    for await (const row of rows) yield [row];
  }
  return groupsAsFile(name, layout, groups());
}

/** The same of rows as `readGroups` gives them. */
export function groupsAsFile(
  name: string,
  layout: PartLayout,
  groups: AsyncIterable<readonly VerbatimRow[]>,
): RowsAsFile {
  const lines = new Map<number, number>();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let pieces: Uint8Array[] = [];
    let gathered = 0;
    let enough: number = pieceBytes.first;
    let next = 1;
    const take = (piece: Uint8Array): void => {
      pieces.push(piece, lineEnd);
      gathered += piece.length + 1;
      // A row of JSON lines is one line.
      next += 1 + (layout.format === 'csv' ? lineBreaksIn(piece) : 0);
    };
    if (layout.format === 'csv') take(Buffer.from(layout.header, 'utf8'));
    for await (const group of groups) {
      for (const row of group) {
        lines.set(next, row.line);
        take(row.bytes);
        if (gathered < enough) continue;
        yield Buffer.concat(pieces);
        enough = Math.min(2 * enough, pieceBytes.most);
        pieces = [];
        gathered = 0;
      }
    }
    if (gathered > 0) yield Buffer.concat(pieces);
  }
  return {
    file: { name: nameAs(layout, name.replace(/\.gz$/i, '')), bytes: bytes() },
    lineOf: (line) => {
      const ofPart = lines.get(line);
      if (ofPart === undefined) throw new Error(`No row of ${name} was handed out as line ${line}`);
      return ofPart;
    },
  };
}

function nameAs({ format }: PartLayout, name: string): string {
  return format === 'csv' || /\.jsonl?$/i.test(name) ? name : `${name}.jsonl`;
}

const lineEnd = Uint8Array.of(lineFeed);
const carriageReturn = 13;

/** CRLF, LF and CR each end a line, as the readers of rows count them. Only values in quotes have any. */
function lineBreaksIn(bytes: Uint8Array): number {
  if (bytes.indexOf(lineFeed) === -1 && bytes.indexOf(carriageReturn) === -1) return 0;
  let breaks = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte === carriageReturn || (byte === lineFeed && bytes[at - 1] !== carriageReturn)) breaks += 1;
  }
  return breaks;
}
