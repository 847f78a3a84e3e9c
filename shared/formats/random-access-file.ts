/** One file of which any piece can be read: what Parquet, whose index stands at its end, needs. */
export type RandomAccessFile = {
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes from `start` up to, not including, `end`. */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
};
