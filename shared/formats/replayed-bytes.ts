/**
 * Bytes that can be looked at before they are read: `look` and `read` both begin at the first byte, and each chunk is
 * taken from the source once. What has been looked at is held until it is read.
 */
export class ReplayedBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #held: Uint8Array[] = [];
  #pulling: Promise<boolean> = Promise.resolve(true);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  /** The bytes from the start, copied and held for `read`: sources may use a chunk's memory again. May be left at any point. */
  async *look(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; at += 1) {
      const chunk = this.#held[at] ?? ((await this.#pull(at, copyOf)) ? this.#held[at] : undefined);
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  /** All bytes from the start, once. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#held.length === 0 && !(await this.#pull(0, asItIs))) return;
        const chunk = this.#held.shift();
        if (chunk !== undefined) yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  /** Lets go of the source, for who will not read to the end. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /**
   * Takes chunks from the source, one at a time, until there is one at `at`. Who looks may have left by the time that the
   * chunk comes, and who reads may have begun: so nothing but this puts a chunk where it belongs.
   * @returns false when there is none
   */
  #pull(at: number, keep: (chunk: Uint8Array) => Uint8Array): Promise<boolean> {
    const pull = async (): Promise<boolean> => {
      if (this.#held.length > at) return true;
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#held.push(keep(next.value));
      return true;
    };
    this.#pulling = this.#pulling.then(pull, pull);
    return this.#pulling;
  }
}

function copyOf(chunk: Uint8Array): Uint8Array {
  return Uint8Array.from(chunk);
}

function asItIs(chunk: Uint8Array): Uint8Array {
  return chunk;
}
