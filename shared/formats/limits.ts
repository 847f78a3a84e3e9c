const mebibyte = 1024 * 1024;

/**
 * Every limit on what is read, in one place; docs/limits.md says why each is where it is. A file beyond one of them is
 * refused with the limit in the message.
 */
export const limits = {
  /** Longest row of a CSV file and longest line of JSON: a longer one is a lost quote, not data. */
  rowBytesMax: 8 * mebibyte,
  /** Most columns of a header; Microsoft's widest file has 105. */
  columnsMax: 1000,
  /** Most text that one compressed file may come to; Microsoft keeps the parts of an export under 1 GB. */
  inflatedBytesMax: 64 * 1024 * mebibyte,
  /** How many times its size a compressed file may come to, once it has come to `ratioCheckedFromBytes`. */
  inflateRatioMax: 250,
  ratioCheckedFromBytes: 32 * mebibyte,
  /** How much of a file is read to tell what it is. */
  headRowsMax: 20,
  headBytesMax: 4 * mebibyte,
  /** Largest JSON document that is read whole: one page of version 1 of the API, 2,000 rows. */
  pageBytesMax: 64 * mebibyte,
  /** Largest manifest of an export, and most files that it may name. */
  manifestBytesMax: 16 * mebibyte,
  manifestBlobsMax: 10_000,
  /**
   * Most rows of a Parquet row group that are held at once, and the largest footer. Writers may put a whole group of
   * 122,880 rows on one page, which is decoded whole for each piece of it.
   */
  parquetRowsAtOnce: 131_072,
  parquetFooterBytesMax: 64 * mebibyte,
  /** Longest column names between which a nearest one is looked for. */
  comparedNameLengthMax: 64,
  /** Rows of both sides that are held at once to tell the causes of one subscription's variances, some 50 MB. */
  causeRowsMax: 100_000,
} as const;
