import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as immediate } from 'node:timers/promises';

type Waiting = { readonly invocation: number; readonly go: () => void };

/** Rounds of the event loop that an invocation may take between two calls; inflating goes through the thread pool. */
const roundsMax = 100_000;

/**
 * Lets several invocations run at once, one step at a time: each waits for its turn before and after every call of the
 * outside world, and a seeded die says whose turn is next. The same seed gives the same order.
 */
export class Turns {
  readonly atOnceMax: number;
  readonly #invocation = new AsyncLocalStorage<number>();
  readonly #active = new Set<number>();
  readonly #failures: unknown[] = [];
  #waiting: Waiting[] = [];
  #started = 0;
  #state: number;

  constructor(seed: number, atOnceMax = 4) {
    this.#state = seed >>> 0;
    this.atOnceMax = atOnceMax;
  }

  get running(): number {
    return this.#active.size;
  }

  /** A whole number from 0 to below `count`. The generator is mulberry32. */
  random(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  /** Waited for by everything that takes turns; what runs outside of an invocation does not. */
  readonly take = (): Promise<void> => {
    const invocation = this.#invocation.getStore();
    if (invocation === undefined) return Promise.resolve();
    return new Promise((go) => {
      this.#waiting.push({ invocation, go });
    });
  };

  start(work: () => Promise<unknown>): void {
    this.#started += 1;
    const invocation = this.#started;
    this.#active.add(invocation);
    this.#invocation
      .run(invocation, work)
      .catch((error: unknown) => {
        this.#failures.push(error);
      })
      .finally(() => this.#active.delete(invocation));
  }

  /** Waits until every invocation has ended or waits for its turn, and gives one of them its turn. */
  async next(): Promise<void> {
    for (let rounds = 0; ; rounds += 1) {
      if (rounds > roundsMax) throw new Error('An invocation neither ends nor waits for its turn');
      await immediate();
      if (this.#failures.length > 0) throw this.#failures[0];
      const waiting = new Set(this.#waiting.map(({ invocation }) => invocation));
      if ([...this.#active].every((invocation) => waiting.has(invocation))) break;
    }
    if (this.#waiting.length === 0) return;
    const [chosen] = this.#waiting.splice(this.random(this.#waiting.length), 1);
    chosen?.go();
  }
}
