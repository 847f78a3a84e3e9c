import { setImmediate } from 'node:timers/promises';
import { constants, createGzip, type Gzip, gzipSync, type ZlibReset } from 'node:zlib';
import {
  type IndexRoot,
  type PartLayout,
  type RowRange,
  type SubscriptionRowLimits,
  subscriptionRowLimits,
  trailerBytes,
  trailerTextBytes,
} from './subscription-rows.ts';

/** Writes a file from its beginning to its end, once; may return without reading when the file is there already. */
export type WriteFile = (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>;

/** Rows of one subscription that have not been written yet, in blocks of memory; the last of them is being filled. */
type Group = {
  readonly subscriptionId: string;
  blocks: Block[];
  last: Block;
  /** In all blocks. */
  sizeBytes: number;
  rows: number;
};

type Block = { readonly bytes: Uint8Array; used: number };

/** A group on its way into the file. */
type Member = Pick<Group, 'subscriptionId' | 'rows' | 'sizeBytes'> & { readonly blocks: readonly Block[] };

type Job = { readonly member: Member; readonly compressed: PromiseWithResolvers<Uint8Array> };

/** Room for what stands before a row and after it: two numbers of at most 16 digits, and three bytes between. */
const frameBytes = 36;
const noBlock: Block = { bytes: new Uint8Array(0), used: 0 };
const lineFeed = 10;
const space = 32;
const digitZero = 48;

/**
 * Groups rows by subscription and writes them, in bounded memory (subscription-rows.ts has the shape of the file).
 * What goes where depends on the rows and their order alone. Writing begins when the first group is full, or at the
 * end; compressing goes on beside the reading, on other threads.
 *
 * Rows are added between calls of `drain`, which waits while more is on its way than may be. In the end either `finish`
 * or `abandon` is called; after `abandon` no file is there.
 */
export class SubscriptionRowWriter {
  readonly #write: WriteFile;
  readonly #limits: SubscriptionRowLimits;
  readonly #groups = new Map<string, Group>();
  readonly #blocks: BlockPool;
  #latest: Group | undefined;
  #bufferedBytes = 0;
  #rows = 0;
  readonly #members: MemberQueue;
  #writing: Promise<void> | undefined;

  constructor(write: WriteFile, limits: SubscriptionRowLimits = subscriptionRowLimits) {
    this.#write = write;
    this.#limits = limits;
    this.#blocks = new BlockPool(limits.blockBytes);
    this.#members = new MemberQueue(limits, this.#blocks);
  }

  /** Takes the row in `bytes` from `start` to `end`, without its line end; they are copied. */
  add(subscriptionId: string, line: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#members.isClosed) return;
    const group = this.#groupOf(subscriptionId);
    this.#append(group, line, bytes, start, end);
    this.#rows += 1;
    if (group.sizeBytes >= this.#limits.memberBytesMax) this.#send(group);
    else if (this.#bufferedBytes > this.#limits.bufferedBytesMax) this.#sendLargest();
  }

  /** @throws what writing failed with */
  async drain(): Promise<void> {
    await this.#members.settled();
  }

  /** Writes what is left, and the index. @throws what writing failed with */
  async finish(layout: PartLayout): Promise<void> {
    for (const id of [...this.#groups.keys()].sort()) {
      const group = this.#groups.get(id);
      if (group !== undefined && group.rows > 0) this.#send(group);
    }
    this.#members.end((ranges, offset) => indexBytes(layout, this.#rows, { ranges, offset }, this.#limits));
    this.#begin();
    await this.#writing;
  }

  /** Gives the file up, for `reason`: what has been written of it is not kept. */
  async abandon(reason: Error): Promise<void> {
    this.#members.close(reason);
    this.#groups.clear();
    // Writing ends with `reason`, or with its own trouble, which no longer matters: there is no file in either case.
    await this.#writing?.catch(() => {});
  }

  #groupOf(subscriptionId: string): Group {
    if (this.#latest?.subscriptionId === subscriptionId) return this.#latest;
    let group = this.#groups.get(subscriptionId);
    if (group === undefined) {
      group = { subscriptionId, blocks: [], last: noBlock, sizeBytes: 0, rows: 0 };
      this.#groups.set(subscriptionId, group);
    }
    this.#latest = group;
    return group;
  }

  /** Sends the largest groups, until half of what may be held is free. */
  #sendLargest(): void {
    const groups = [...this.#groups.values()].filter(({ rows }) => rows > 0);
    groups.sort((left, right) => right.sizeBytes - left.sizeBytes);
    for (const group of groups) {
      if (this.#bufferedBytes <= this.#limits.bufferedBytesMax / 2) return;
      this.#send(group);
    }
  }

  #send(group: Group): void {
    const { subscriptionId, rows, sizeBytes, blocks } = group;
    this.#bufferedBytes -= blocks.length * this.#limits.blockBytes;
    group.blocks = [];
    group.last = noBlock;
    group.sizeBytes = 0;
    group.rows = 0;
    this.#members.push({ subscriptionId, rows, sizeBytes, blocks });
    this.#begin();
  }

  #append(group: Group, line: number, bytes: Uint8Array, start: number, end: number): void {
    let { last } = group;
    if (last.bytes.length - last.used < frameBytes) last = this.#addBlock(group);
    const into = last.bytes;
    const frameStart = last.used;
    let at = writeNumber(into, frameStart, line);
    into[at] = space;
    at = writeNumber(into, at + 1, end - start);
    into[at] = lineFeed;
    last.used = at + 1;
    group.sizeBytes += last.used - frameStart + end - start + 1;
    for (let from = start; from < end; ) {
      if (last.used === last.bytes.length) last = this.#addBlock(group);
      const to = Math.min(end, from + last.bytes.length - last.used);
      last.bytes.set(bytes.subarray(from, to), last.used);
      last.used += to - from;
      from = to;
    }
    if (last.used === last.bytes.length) last = this.#addBlock(group);
    last.bytes[last.used] = lineFeed;
    last.used += 1;
    group.rows += 1;
  }

  #addBlock(group: Group): Block {
    const block = this.#blocks.take();
    group.blocks.push(block);
    group.last = block;
    this.#bufferedBytes += this.#limits.blockBytes;
    return block;
  }

  #begin(): void {
    if (this.#writing !== undefined) return;
    const members = this.#members;
    this.#writing = this.#write(members.bytes()).then(
      () => members.close(undefined),
      (error: unknown) => {
        members.close(error);
        throw error;
      },
    );
    this.#writing.catch(() => {}); // `drain`, `finish` and `abandon` tell of it.
  }
}

/** Blocks that are used again and again: fresh memory for each group takes longer than compressing it. */
class BlockPool {
  readonly #blockBytes: number;
  readonly #free: Block[] = [];

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  take(): Block {
    return this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(this.#blockBytes), used: 0 };
  }

  give(blocks: readonly Block[]): void {
    for (const block of blocks) {
      block.used = 0;
      this.#free.push(block);
    }
  }
}

/** Writes the digits of a whole number. @returns where they end */
function writeNumber(into: Uint8Array, start: number, value: number): number {
  let end = start + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  let rest = value;
  for (let at = end - 1; at >= start; at -= 1) {
    const tenth = Math.floor(rest / 10);
    into[at] = digitZero + rest - 10 * tenth;
    rest = tenth;
  }
  return end;
}

type Ranges = ReadonlyMap<string, readonly RowRange[]>;
type MakeIndex = (ranges: Ranges, offset: number) => Uint8Array;

/** Members in the order in which they were sent, compressed a few at a time, and the index behind them. */
class MemberQueue {
  readonly #limits: SubscriptionRowLimits;
  readonly #blocks: BlockPool;
  /** Where a member's blocks are joined, one for each that is compressed at once. */
  readonly #rooms: Uint8Array[] = [];
  /** Those that are at rest. */
  readonly #compressors: MemberCompressor[] = [];
  readonly #jobs: Job[] = [];
  /** Jobs, of those in `#jobs`, whose compression has begun. */
  #begun = 0;
  #compressing = 0;
  #pendingBytes = 0;
  #makeIndex: MakeIndex | undefined;
  #closed: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(limits: SubscriptionRowLimits, blocks: BlockPool) {
    this.#limits = limits;
    this.#blocks = blocks;
  }

  /** Nothing more is written: it is done, or was given up. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  push(member: Member): void {
    if (this.isClosed) return;
    const compressed = Promise.withResolvers<Uint8Array>();
    compressed.promise.catch(() => {}); // Whoever takes the member out of the queue gets the error.
    this.#jobs.push({ member, compressed });
    this.#pendingBytes += member.sizeBytes;
    this.#compressMore();
    this.#notify();
  }

  end(makeIndex: MakeIndex): void {
    this.#makeIndex = makeIndex;
    this.#notify();
  }

  close(error: unknown): void {
    if (this.isClosed) return;
    this.#closed = { error };
    this.#jobs.length = 0;
    this.#begun = 0;
    this.#pendingBytes = 0;
    for (const compressor of this.#compressors.splice(0)) compressor.close();
    this.#notify();
  }

  /** Waits until no more is on its way than may be. @throws what it was closed with */
  async settled(): Promise<void> {
    while (!this.isClosed && this.#pendingBytes > this.#limits.pendingBytesMax) await this.#changed.promise;
    this.#throwIfFailed();
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    const ranges = new Map<string, RowRange[]>();
    let offset = 0;
    for (;;) {
      this.#throwIfFailed();
      const job = this.#jobs[0];
      if (job !== undefined) {
        const bytes = await job.compressed.promise;
        this.#throwIfFailed();
        this.#jobs.shift();
        this.#begun -= 1;
        this.#pendingBytes -= job.member.sizeBytes;
        const { subscriptionId, rows } = job.member;
        const ofSubscription = ranges.get(subscriptionId) ?? [];
        ofSubscription.push([offset, bytes.length, rows]);
        ranges.set(subscriptionId, ofSubscription);
        offset += bytes.length;
        this.#notify();
        yield bytes;
      } else if (this.#makeIndex !== undefined) {
        yield this.#makeIndex(ranges, offset);
        return;
      } else await this.#changed.promise;
    }
  }

  #compressMore(): void {
    while (this.#compressing < this.#limits.membersAtOnce) {
      const job = this.#jobs[this.#begun];
      if (job === undefined) return;
      this.#begun += 1;
      this.#compressing += 1;
      this.#compress(job.member)
        .then(job.compressed.resolve, job.compressed.reject)
        .finally(() => {
          this.#compressing -= 1;
          this.#compressMore();
        });
    }
  }

  async #compress({ blocks, sizeBytes }: Member): Promise<Uint8Array> {
    const free = this.#rooms.pop();
    const room = free !== undefined && free.length >= sizeBytes ? free : Buffer.allocUnsafeSlow(roomFor(sizeBytes));
    let at = 0;
    for (const { bytes, used } of blocks) {
      room.set(bytes.subarray(0, used), at);
      at += used;
    }
    this.#blocks.give(blocks);
    const compressor = this.#compressors.pop() ?? new MemberCompressor();
    try {
      return await compressor.compress(room.subarray(0, at));
    } finally {
      this.#rooms.push(room);
      if (this.isClosed) compressor.close();
      else this.#compressors.push(compressor);
    }
  }

  #throwIfFailed(): void {
    if (this.#closed?.error !== undefined) throw this.#closed.error;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** Sizes of rooms are powers of two, so that a room soon fits every member that comes. */
function roomFor(sizeBytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(sizeBytes, 64 * 1024)));
}

/** One piece of output that takes nearly every member: each further piece is a way to the thread and back. */
const outputBytes = 512 * 1024;

/**
 * Makes gzip members, one after another, with one and the same compressor: to set one up takes longer than to fill it,
 * as most members have a few ten kilobytes.
 */
class MemberCompressor {
  /** `flush`: every write is a member to its end. That it can be reset is left out of its type. */
  readonly #gzip = createGzip({
    level: constants.Z_BEST_SPEED,
    chunkSize: outputBytes,
    flush: constants.Z_FINISH,
  }) as Gzip & ZlibReset;
  #pieces: Uint8Array[] = [];

  constructor() {
    this.#gzip.on('data', (piece: Uint8Array) => this.#pieces.push(piece));
    this.#gzip.on('error', () => {}); // Whoever has written is told of it.
  }

  async compress(bytes: Uint8Array): Promise<Uint8Array> {
    await new Promise<void>((resolve, reject) => {
      this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    // All is there now, but the last of it may be on its way to the listener, which takes one turn.
    for (let turn = 0; this.#gzip.readableLength > 0; turn += 1) {
      if (turn === 100) throw new Error('A gzip member was made and not handed over');
      await setImmediate();
    }
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#gzip.reset();
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  close(): void {
    this.#gzip.destroy();
  }
}

/** Pages, root and trailer, which begin at `offset`. */
function indexBytes(
  layout: PartLayout,
  rows: number,
  { ranges, offset }: { readonly ranges: Ranges; readonly offset: number },
  { pageSubscriptions }: SubscriptionRowLimits,
): Uint8Array {
  const ids = [...ranges.keys()].sort();
  const pieces: Uint8Array[] = [];
  const pages: IndexRoot['pages'][number][] = [];
  let at = offset;
  for (let first = 0; first < ids.length; first += pageSubscriptions) {
    const page = ids.slice(first, first + pageSubscriptions).map((id) => [id, ranges.get(id) ?? []] as const);
    const bytes = gzipSync(JSON.stringify(page));
    pages.push([ids[first] ?? '', at, bytes.length]);
    pieces.push(bytes);
    at += bytes.length;
  }
  const root: IndexRoot = { version: 1, layout, rows, subscriptions: ids.length, pages };
  const rootBytes = gzipSync(JSON.stringify(root));
  const place = `${at} ${rootBytes.length}`.padEnd(trailerTextBytes - 1);
  const trailer = gzipSync(`${place}\n`, { level: constants.Z_NO_COMPRESSION });
  if (trailer.length !== trailerBytes) throw new Error(`A trailer of ${trailer.length} bytes`);
  return Buffer.concat([...pieces, rootBytes, trailer]);
}
