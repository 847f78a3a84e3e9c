import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RandomAccessFile } from '../../shared/formats/random-access-file.ts';
import { DamagedRowsError, openSubscriptionRows, type Sieving } from '../../shared/formats/subscription-row-reader.ts';
import { SubscriptionRowWriter } from '../../shared/formats/subscription-row-writer.ts';
import {
  type PartLayout,
  type SubscriptionRowLimits,
  subscriptionRowLimits,
  trailerTextBytes,
} from '../../shared/formats/subscription-rows.ts';

type Row = { readonly subscriptionId: string; readonly line: number; readonly text: string };

const csv: PartLayout = { format: 'csv', header: 'EntitlementId,"Zwei\nZeilen",é' };
/** So small that every few rows make a member. */
const smallLimits: SubscriptionRowLimits = {
  bufferedBytesMax: 8192,
  blockBytes: 64,
  memberBytesMax: 300,
  pendingBytesMax: 100,
  membersAtOnce: 2,
  pageSubscriptions: 3,
};

const rows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record({
      subscriptionId: fc.constantFrom('', 'a', 'b', 'c', 'd-1', 'd-10', 'zz'),
      gap: fc.integer({ min: 1, max: 3 }),
      text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.constantFrom('', 'x,"a\r\nb"', '12 3\nrow')),
    }),
    { maxLength: 60 },
  )
  .map((drafts) => {
    let line = 1;
    return drafts.map(({ subscriptionId, gap, text }) => {
      line += gap;
      return { subscriptionId, line, text };
    });
  });

/** Writes rows as a reader would hand them over: in a buffer that is used again, and draining now and then. */
async function written(all: readonly Row[], limits = smallLimits, drainEvery = 3): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const writer = new SubscriptionRowWriter(async (bytes) => {
    for await (const piece of bytes) pieces.push(piece);
  }, limits);
  for (const [index, row] of all.entries()) {
    const bytes = Buffer.from(`#${row.text}#`);
    writer.add(row.subscriptionId, row.line, bytes, 1, bytes.length - 1);
    bytes.fill('!');
    if (index % drainEvery === 0) await writer.drain();
  }
  await writer.finish(csv);
  return Buffer.concat(pieces);
}

/** A file in memory that counts what is read of it. */
function inMemory(bytes: Buffer): RandomAccessFile & { readBytes: number; reads: number } {
  return {
    name: 'rows/00000.gz',
    sizeBytes: bytes.length,
    readBytes: 0,
    reads: 0,
    async read(start, end) {
      this.readBytes += end - start;
      this.reads += 1;
      return bytes.subarray(start, end);
    },
  };
}

async function readBack(bytes: Buffer, subscriptionId: string): Promise<readonly Row[]> {
  const file = await openSubscriptionRows(inMemory(bytes));
  return Array.fromAsync(file.readRows(subscriptionId), (row) => ({
    subscriptionId,
    line: row.line,
    text: Buffer.from(row.bytes).toString(),
  }));
}

/** Rows with a 3 in them, and the first two. */
const threes: Sieving = {
  sieve: (bytes) => (from) => {
    const at = bytes.indexOf('3', from);
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  },
  firstRows: 2,
};

async function readSieved(bytes: Buffer, subscriptionId: string): Promise<readonly Row[]> {
  const file = await openSubscriptionRows(inMemory(bytes));
  const groups = await Array.fromAsync(file.readGroups(subscriptionId, threes));
  return groups.flat().map((row) => ({ subscriptionId, line: row.line, text: Buffer.from(row.bytes).toString() }));
}

describe('rows grouped by subscription', () => {
  it('come back whole: each subscription has its own, in order, with their lines', async () => {
    let members = 0;
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const bytes = await written(all);
        const { layout, rows: count, subscriptions } = await openSubscriptionRows(inMemory(bytes));
        expect({ layout, count }).toEqual({ layout: csv, count: all.length });
        const ids = [...new Set(all.map(({ subscriptionId }) => subscriptionId))];
        expect(subscriptions).toBe(ids.length);
        for (const id of [...ids, 'never', 'b2']) {
          expect(await readBack(bytes, id)).toEqual(all.filter(({ subscriptionId }) => subscriptionId === id));
        }
        members += bytes.toString('latin1').split('\u001f\u008b\b').length - 1;
      }),
      { numRuns: 100 },
    );
    expect(members).toBeGreaterThan(500);
  });

  it('come sieved as well: the first ones and those that pass, in order', async () => {
    let passed = 0;
    let held = 0;
    await fc.assert(
      fc.asyncProperty(rows, async (spread) => {
        const all = spread.map((row) => ({ ...row, subscriptionId: row.subscriptionId < 'c' ? 'a' : 'b' }));
        const bytes = await written(all);
        for (const id of ['a', 'b', 'never']) {
          const own = all.filter(({ subscriptionId }) => subscriptionId === id);
          const expected = own.filter(({ text }, index) => index < threes.firstRows || text.includes('3'));
          expect(await readSieved(bytes, id)).toEqual(expected);
          passed += expected.length;
          held += own.length - expected.length;
        }
      }),
      { numRuns: 100 },
    );
    expect(passed).toBeGreaterThan(100);
    expect(held).toBeGreaterThan(100);
  });

  it('need few reads when they are sieved: members side by side come together, those of others do not', async () => {
    const one = (line: number) => ({ subscriptionId: 'a', line, text: `${line}`.padEnd(200, '.') });
    const many = Array.from({ length: 100 }, (_, index) => one(index + 2));
    const alone = inMemory(await written(many));
    const opened = await openSubscriptionRows(alone);
    const before = alone.reads;
    await Array.fromAsync(opened.readGroups('a', threes));
    expect(alone.reads - before).toBe(2);
    await Array.fromAsync(opened.readGroups('a'));
    expect(alone.reads - before).toBeGreaterThan(30);
    const large = { subscriptionId: 'b', text: randomBytes(4000).toString('hex') };
    const between = many.flatMap((row) => (row.line % 10 === 0 ? [row, { ...large, line: row.line }] : [row]));
    const shared = inMemory(await written(between));
    await Array.fromAsync((await openSubscriptionRows(shared)).readGroups('a', threes));
    expect(shared.readBytes).toBeLessThan(12 * 1024);
    expect(shared.sizeBytes).toBeGreaterThan(40_000);
  });

  it('are the same bytes whenever they are drained', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 50 }), async (all, drainEvery) => {
        expect((await written(all, smallLimits, drainEvery)).equals(await written(all))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('are read from any row on, and what stands before it is not fetched', async () => {
    const all = Array.from({ length: 200 }, (_, index) => ({
      subscriptionId: index % 5 === 0 ? 'rare' : 'frequent',
      line: index + 2,
      text: `${index}`.padEnd(100, '.'),
    }));
    const bytes = await written(all);
    const own = await readBack(bytes, 'frequent');
    expect(own).toHaveLength(160);
    for (const skipRows of [0, 1, 7, 159, 160, 1000]) {
      const opened = await openSubscriptionRows(inMemory(bytes));
      const lines = (await Array.fromAsync(opened.readRows('frequent', skipRows))).map(({ line }) => line);
      expect(lines).toEqual(own.slice(skipRows).map(({ line }) => line));
    }
    const file = inMemory(bytes);
    const opened = await openSubscriptionRows(file);
    const before = file.readBytes;
    await Array.fromAsync(opened.readRows('frequent'));
    const whole = file.readBytes - before;
    await Array.fromAsync(opened.readRows('frequent', 159));
    expect(file.readBytes - before - whole).toBeLessThan(whole / 2);
  });

  it('are one gzip file, which shows every row and the index', async () => {
    const bytes = await written([
      { subscriptionId: 'b', line: 2, text: 'second' },
      { subscriptionId: 'a', line: 3, text: 'third' },
    ]);
    const text = gunzipSync(bytes).toString();
    expect(text.slice(0, text.indexOf('['))).toBe('3 5\nthird\n2 6\nsecond\n');
  });

  it('are written from the largest groups on when too much has gathered', async () => {
    const all = Array.from({ length: 400 }, (_, index) => ({
      subscriptionId: index % 4 === 0 ? `rare ${index % 40}` : 'frequent',
      line: index + 2,
      text: `${index}`.padEnd(100, '.'),
    }));
    const limits = { ...subscriptionRowLimits, bufferedBytesMax: 32 * 1024 };
    const begun: number[] = [];
    const writer = new SubscriptionRowWriter(async (bytes) => {
      begun.push(all.length);
      for await (const _ of bytes);
    }, limits);
    for (const { subscriptionId, line, text } of all.slice(0, 350)) {
      writer.add(subscriptionId, line, Buffer.from(text), 0, text.length);
    }
    expect(begun.length).toBe(1);
    await writer.finish(csv);
    const bytes = await written(all, limits);
    expect((await readBack(bytes, 'rare 4')).length).toBe(10);
    expect((await readBack(bytes, 'frequent')).length).toBe(300);
  });
});

describe('writing rows', () => {
  it('holds the reader back while more is on its way than may be', async () => {
    const gate = Promise.withResolvers<void>();
    const writer = new SubscriptionRowWriter(async (bytes) => {
      await gate.promise;
      for await (const _ of bytes);
    }, smallLimits);
    writer.add('a', 2, Buffer.alloc(400, 'x'), 0, 400);
    let isFree = false;
    const draining = writer.drain().then(() => {
      isFree = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFree).toBe(false);
    gate.resolve();
    await draining;
    expect(isFree).toBe(true);
    await writer.finish(csv);
  });

  it('does not wait for a file that is there already, and writes nothing into it', async () => {
    const writer = new SubscriptionRowWriter(async () => {}, smallLimits);
    for (let line = 2; line < 50; line += 1) {
      writer.add('a', line, Buffer.alloc(400, 'x'), 0, 400);
      await writer.drain();
    }
    await writer.finish(csv);
  });

  it('tells of a failure at the next drain, and at the end', async () => {
    const failing = () =>
      new SubscriptionRowWriter(async (bytes) => {
        for await (const _ of bytes) throw new Error('the store is full');
      }, smallLimits);
    const early = failing();
    const readOn = async () => {
      for (let line = 2; line < 1000; line += 1) {
        early.add('a', line, Buffer.alloc(400, 'x'), 0, 400);
        await early.drain();
      }
    };
    await expect(readOn()).rejects.toThrow('the store is full');
    const late = failing();
    late.add('a', 2, Buffer.from('x'), 0, 1);
    await expect(late.finish(csv)).rejects.toThrow('the store is full');
  });

  it('leaves no file when it is abandoned: the writer of the file gets the reason', async () => {
    const reasons: unknown[] = [];
    const writer = new SubscriptionRowWriter(async (bytes) => {
      try {
        for await (const _ of bytes);
      } catch (error) {
        reasons.push(error);
        throw error;
      }
    }, smallLimits);
    writer.add('a', 2, Buffer.alloc(400, 'x'), 0, 400);
    const reason = new Error('the part is refused');
    await writer.abandon(reason);
    expect(reasons).toEqual([reason]);
  });

  it('never begins a file for a small part that is abandoned', async () => {
    let begun = 0;
    const writer = new SubscriptionRowWriter(async () => {
      begun += 1;
    });
    writer.add('a', 2, Buffer.from('x'), 0, 1);
    await writer.drain();
    await writer.abandon(new Error('the part is refused'));
    expect(begun).toBe(0);
  });
});

describe.each([
  ['read whole', readBack],
  ['sieved', readSieved],
] as const)('grouped rows that are damaged, %s', (_, read) => {
  const all = Array.from({ length: 40 }, (_, index) => ({
    subscriptionId: index % 2 === 0 ? 'a' : 'b',
    line: index + 2,
    text: `row ${index}`,
  }));

  it('are an error that names the file, cut off at any byte', async () => {
    const bytes = await written(all);
    for (let length = 0; length < bytes.length; length += 1) {
      const reading = read(bytes.subarray(0, length), 'a');
      await expect(reading, `cut at ${length}`).rejects.toThrow(DamagedRowsError);
      await expect(reading).rejects.toThrow('rows/00000.gz');
    }
  });

  it('are an error or the same rows, with any one byte changed', async () => {
    const bytes = await written(all);
    const expected = await read(bytes, 'a');
    let errors = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      try {
        expect(await read(changed, 'a'), `byte ${at}`).toEqual(expected);
      } catch (error) {
        if (!(error instanceof DamagedRowsError)) throw error;
        errors += 1;
      }
    }
    // Bytes of other subscriptions are not read, and some of a gzip header mean nothing.
    expect(errors).toBeGreaterThan(bytes.length / 2);
  });

  it('are an error where a member does not have the rows that its index counts', async () => {
    const packed = (value: unknown) => gzipSync(typeof value === 'string' ? value : JSON.stringify(value));
    const fileOf = (member: string, count: number): Buffer => {
      const rows = packed(member);
      const page = packed([['a', [[0, rows.length, count]]]]);
      const pages = [['a', rows.length, page.length]];
      const root = packed({ version: 1, layout: csv, rows: count, subscriptions: 1, pages });
      const place = `${rows.length + page.length} ${root.length}`.padEnd(trailerTextBytes - 1);
      return Buffer.concat([rows, page, root, gzipSync(`${place}\n`, { level: 0 })]);
    };
    const member = '2 5\nrow 0\n4 5\nrow 3\n6 5\nrow 4\n';
    expect((await read(fileOf(member, 3), 'a')).map(({ line }) => line).slice(0, 2)).toEqual([2, 4]);
    for (const [bytes, message] of [
      [fileOf(member, 2), 'has 3 rows, its index says 2'],
      [fileOf(member, 4), 'has 3 rows, its index says 4'],
      [fileOf(member.replace('6 5', '6 4'), 3), 'a row does not end where it should'],
      [fileOf(member.replace('6 5', '6 9'), 3), 'a row does not end where it should'],
      [fileOf(member.replace('6 5', '6 x'), 3), 'no number'],
      [fileOf(`${member}8 5`, 3), 'ends in the middle of a row'],
    ] as const) {
      await expect(read(bytes, 'a')).rejects.toThrow(message);
    }
  });

  it('are an error where a read gives too few bytes', async () => {
    const bytes = await written(all);
    const file: RandomAccessFile = {
      name: 'short',
      sizeBytes: bytes.length,
      read: async (start, end) => bytes.subarray(start, end - 1),
    };
    await expect(openSubscriptionRows(file)).rejects.toThrow('The grouped rows short are damaged');
  });
});

describe('an index of many subscriptions', () => {
  it('is read in pages: one subscription needs its own rows and some kilobytes', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      subscriptionId: `${(index * 7919) % 20_000}`.padStart(36, '0'),
      line: index + 2,
      text: `row ${index}`,
    }));
    const bytes = await written(many, subscriptionRowLimits);
    const file = inMemory(bytes);
    const grouped = await openSubscriptionRows(file);
    const [row] = await Array.fromAsync(grouped.readRows(many[1234]?.subscriptionId ?? ''));
    expect(Buffer.from(row?.bytes ?? []).toString()).toBe('row 1234');
    expect(file.readBytes).toBeLessThan(16 * 1024);
    expect(bytes.length).toBeGreaterThan(500_000);
  });
});
