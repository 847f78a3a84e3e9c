import type { RandomAccessFile } from './random-access-file.ts';
import type { SourceFile } from './source-file.ts';

/** Rows that may wait to be taken before a file is read on. */
const waitingMax = 2000;

/** Thrown into a reader whose rows nobody takes any more; it never leaves this file. */
class AbandonedError extends Error {}

/**
 * The rows of a file as a stream, though its reader hands them out by a callback: the file's bytes wait while rows wait to
 * be taken, so memory does not grow with rows. What the reader throws comes out of the stream.
 */
export async function* pulledRows<File extends SourceFile | RandomAccessFile, Row>(
  file: File,
  read: (file: File, take: (row: Row) => void) => Promise<unknown>,
): AsyncGenerator<Row> {
  const gate = new Gate<Row>();
  const gated = 'read' in file ? gatedPieces(file, gate) : { name: file.name, bytes: gatedBytes(file, gate) };
  const reading = read(gated as File, (row) => gate.put(row)).then(
    () => gate.end(undefined),
    (error: unknown) => gate.end({ error }),
  );
  try {
    for (;;) {
      const rows = gate.take();
      if (rows.length > 0) yield* rows;
      else if (gate.ended === undefined) await gate.changed();
      else if (gate.ended.failure === undefined) return;
      else throw gate.ended.failure.error;
    }
  } finally {
    gate.abandon();
    await reading;
  }
}

async function* gatedBytes<Row>({ bytes }: SourceFile, gate: Gate<Row>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    await gate.untilWanted();
    yield chunk;
  }
}

function gatedPieces<Row>(file: RandomAccessFile, gate: Gate<Row>): RandomAccessFile {
  return {
    ...file,
    read: async (start, end) => {
      await gate.untilWanted();
      return file.read(start, end);
    },
  };
}

class Gate<Row> {
  #rows: Row[] = [];
  #isAbandoned = false;
  #wake: (() => void)[] = [];
  ended: { readonly failure: { readonly error: unknown } | undefined } | undefined;

  put(row: Row): void {
    if (this.#isAbandoned) throw new AbandonedError();
    this.#rows.push(row);
    if (this.#rows.length === 1) this.#tell();
  }

  take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length > 0) this.#tell();
    return rows;
  }

  end(failure: { readonly error: unknown } | undefined): void {
    this.ended = { failure };
    this.#tell();
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#tell();
  }

  async untilWanted(): Promise<void> {
    while (this.#rows.length >= waitingMax && !this.#isAbandoned) await this.changed();
    if (this.#isAbandoned) throw new AbandonedError();
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
