import { z } from 'zod';

/*
 * The rows of one part of a dataset, grouped by Azure subscription, in one file that is written once and from its
 * beginning to its end:
 *
 *   members   each a gzip member with rows of one subscription, as many as were gathered when it was written
 *   pages     gzip members of JSON: for up to 50 subscriptions each, in the order of their ids, where their rows are
 *   root      a gzip member of JSON: the header of the part, and where the pages are
 *   trailer   a gzip member of fixed length: where the root is
 *
 * In a member each row stands as it stood in the part, between a line that tells the number of its line and how many
 * bytes it has, and a line feed: `gunzip -c` shows it all. The index comes last and is a part of the same file, so a
 * file without index, or an index that belongs to another attempt, cannot exist: what is there is whole.
 */

/** How one row stands: `812 394\n`, 394 bytes of row, `\n`. */
export type VerbatimRow = {
  /** The line of the part on which the row begins, from 1. */
  readonly line: number;
  /** The row's own bytes, without its line end. */
  readonly bytes: Uint8Array;
};

/** What a reader of rows must know of the part to read some of its rows alone. */
export type PartLayout =
  /** `header` is the header row's own text, without line end and byte order mark. */
  { readonly format: 'csv'; readonly header: string } | { readonly format: 'jsonLines' };

export const subscriptionRowLimits = {
  /** Rows that are held at once, all subscriptions together; beyond it the largest groups are written. */
  bufferedBytesMax: 40 * 1024 * 1024,
  /** A group that has come to this is written at once; one row, of at most 8 MiB, may go beyond it. */
  memberBytesMax: 2 * 1024 * 1024,
  /** Bytes that are being compressed or wait for it while more rows are read. */
  pendingBytesMax: 8 * 1024 * 1024,
  /** Memory comes in blocks of this size; on average half of one stands empty for each subscription. */
  blockBytes: 8 * 1024,
  /** Members that are compressed at once, each on a thread of its own. */
  membersAtOnce: 2,
  /** Subscriptions on one page of the index. */
  pageSubscriptions: 50,
} as const;

export type SubscriptionRowLimits = { readonly [limit in keyof typeof subscriptionRowLimits]: number };

const count = z.int().nonnegative();

/** Offset and length of a member in the file, and how many rows it has. */
const range = z.tuple([count, count, count]).readonly();
export type RowRange = z.infer<typeof range>;

export const indexPage = z.array(z.tuple([z.string(), z.array(range).readonly()]).readonly()).readonly();

export const indexRoot = z.strictObject({
  version: z.literal(1),
  layout: z.discriminatedUnion('format', [
    z.strictObject({ format: z.literal('csv'), header: z.string() }),
    z.strictObject({ format: z.literal('jsonLines') }),
  ]),
  rows: count,
  subscriptions: count,
  /** First subscription id of each page, and the page's offset and length; in the order of the ids. */
  pages: z.array(z.tuple([z.string(), count, count]).readonly()).readonly(),
});
export type IndexRoot = z.infer<typeof indexRoot>;

/** Length of the trailer's text, and of the member that stores it: a header of 10 bytes, 5 of a block, 8 of a checksum. */
export const trailerTextBytes = 41;
export const trailerBytes = trailerTextBytes + 23;
