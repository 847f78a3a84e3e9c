/**
 * A blob and, where it was written by us, the SHA-256 of its bytes. Its version and the moment of its last writing are
 * known of blobs that are found or listed.
 */
export type BlobFacts = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256?: string;
  readonly etag?: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly writtenAt?: string;
};

/** One container of blobs, as much of Blob Storage as the stores need. */
export interface BlobContainer {
  find(name: string): Promise<BlobFacts | undefined>;
  open(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** `length` bytes from `offset` on, fewer where the blob ends before. @returns undefined when there is no such blob */
  openRange(name: string, offset: number, length: number): Promise<AsyncIterable<Uint8Array> | undefined>;
  readText(name: string): Promise<string | undefined>;
  /** Writes `bytes` unless the blob exists; a failure on the way leaves nothing. @returns what is there afterwards */
  create(name: string, bytes: AsyncIterable<Uint8Array>): Promise<BlobFacts>;
  list(prefix: string): AsyncIterable<BlobFacts>;
}
