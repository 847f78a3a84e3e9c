/** One row: a document under two keys, with the tag of its present version. */
export type TableRow = {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly value: unknown;
  readonly etag: string;
};

/**
 * A table of JSON documents, as much of Table Storage as the stores need. Keys may be any text.
 * Rows come in the order of their keys as Table Storage has it, which for plain letters and digits is that of text, and
 * are read as they are asked for, `rowsAtOnce` in one answer (1,000 unless it says less).
 */
export interface Table {
  get(partitionKey: string, rowKey: string): Promise<TableRow | undefined>;
  /** Leaves an existing row alone. */
  insert(partitionKey: string, rowKey: string, value: unknown): Promise<'inserted' | 'exists'>;
  put(partitionKey: string, rowKey: string, value: unknown): Promise<void>;
  /** Writes only if the row is still the version that `etag` names. */
  replace(row: TableRow, value: unknown): Promise<'replaced' | 'changed'>;
  /** All in one partition, in batches; after a failure some may be there. */
  putMany(
    partitionKey: string,
    entries: readonly { readonly rowKey: string; readonly value: unknown }[],
  ): Promise<void>;
  /** Removing what is not there is no failure. */
  remove(partitionKey: string, rowKey: string): Promise<void>;
  /** `afterRowKey`: only the rows behind it, whether it is there or not. */
  list(partitionKey: string, afterRowKey?: string, rowsAtOnce?: number): AsyncIterable<TableRow>;
  /** Ordered by partition, and within one by row. `after`: only the rows behind it, of this partition and of later ones. */
  listAll(after?: Pick<TableRow, 'partitionKey' | 'rowKey'>, rowsAtOnce?: number): AsyncIterable<TableRow>;
}
