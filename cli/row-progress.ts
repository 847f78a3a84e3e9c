/** How often progress is told: never for what takes less than this. */
const tellEveryMs = 1000;
/** Fewest rows between two looks at the clock. */
const rowsBetween = 1024;

/** Tells how many rows of a file have been read, and how fast, for everything that takes longer than a second. */
export class RowProgress {
  readonly #name: string;
  readonly #say: (line: string) => void;
  readonly #startedMs = performance.now();
  #toldMs = this.#startedMs;
  #rows = 0;

  constructor(name: string, say: (line: string) => void) {
    this.#name = name;
    this.#say = say;
  }

  /** `rows` have been read by now. */
  at(rows: number): void {
    if (rows - this.#rows < rowsBetween) return;
    this.#rows = rows;
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    this.#tell(rows, nowMs);
  }

  end(rows: number): void {
    if (performance.now() - this.#startedMs >= tellEveryMs) this.#tell(rows, performance.now());
  }

  #tell(rows: number, nowMs: number): void {
    const rowsPerSecond = Math.round((rows * 1000) / Math.max(1, nowMs - this.#startedMs));
    this.#say(`${this.#name}: ${rows} rows, ${rowsPerSecond} rows/s`);
  }
}
