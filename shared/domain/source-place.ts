/** Where a row stands: the file as its manifest names it, and the line (in Parquet the row) counted from one. */
export type SourcePlace = { readonly file: string; readonly line: number };
