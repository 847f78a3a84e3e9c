import type { CultureName } from '../domain/culture-names.ts';
import type { FileMaking } from '../domain/file-lines.ts';
import { RatedUsageCsv, type UsageSource } from '../formats/rated-usage-csv.ts';

/** Daily rated usage as CSV, of which it can be known beforehand whether it has rows, and afterwards how many. */
export class UsageCsvContent {
  readonly #csv: RatedUsageCsv;
  readonly #bytes: AsyncGenerator<Uint8Array>;
  /** Made before there was a row: the header, and no more, since chunks are handed over when they are full. */
  readonly #waiting: Uint8Array[] = [];
  /** Known when all have been read. */
  total: number | undefined;

  constructor(making: FileMaking, culture: CultureName, sources: AsyncIterable<UsageSource>) {
    this.#csv = new RatedUsageCsv(making, culture);
    this.#bytes = this.#csv.bytesOf(sources);
  }

  async hasAny(): Promise<boolean> {
    while (this.#csv.rows === 0) {
      const next = await this.#bytes.next();
      if (next.done === true) return false;
      this.#waiting.push(next.value);
    }
    return true;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#waiting;
      yield* this.#bytes;
      this.total = this.#csv.rows;
    } finally {
      await this.#bytes.return(undefined);
    }
  }
}
