import type { MeterLine } from '../shared/domain/comparison.ts';
import { openSpillFile } from './spill-file.ts';

/** What one subscription came to. */
export type ComparedSubscription = {
  readonly subscriptionId: string;
  /** Empty where no row tells it. */
  readonly name: string;
  readonly lines: readonly MeterLine[];
};

/**
 * Keeps the results of subscriptions in a temporary file, so that they can be told in order, and several times, without
 * all of them being in memory at once.
 */
export class ResultStore {
  readonly #file = openSpillFile();
  readonly #places = new Map<string, { readonly offset: number; readonly length: number }>();
  #sizeBytes = 0;

  /** A subscription that is there already is replaced. */
  put(result: ComparedSubscription): void {
    const bytes = Buffer.from(JSON.stringify(result), 'utf8');
    this.#file.append(bytes);
    this.#places.set(result.subscriptionId, { offset: this.#sizeBytes, length: bytes.length });
    this.#sizeBytes += bytes.length;
  }

  /** All of them, by id. */
  *read(): Generator<ComparedSubscription> {
    for (const subscriptionId of [...this.#places.keys()].sort()) {
      const place = this.#places.get(subscriptionId);
      if (place === undefined) continue;
      const bytes = Buffer.allocUnsafe(place.length);
      this.#file.read(place.offset, bytes);
      // Written above, in this process.
      yield JSON.parse(bytes.toString('utf8')) as ComparedSubscription;
    }
  }

  close(): void {
    this.#file.close();
  }
}
