/** Counts what is under way, from the moment a trigger takes it up until it is settled. */
export class WorkTracker {
  #count = 0;
  readonly #waiters = new Set<() => void>();

  get count(): number {
    return this.#count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) {
        for (const wake of this.#waiters) {
          wake();
        }
      }
    }
  }

  /** Resolves true when nothing is under way, false when that did not come about within the time. */
  async idle(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) {
      return true;
    }
    return await new Promise<boolean>((resolve) => {
      const finish = (isIdle: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve(isIdle);
      };
      const wake = (): void => finish(true);
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#waiters.add(wake);
    });
  }
}
