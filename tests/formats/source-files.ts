import { type Decimal, toText } from '../../shared/domain/decimal.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import type { Column, Fields, RowSink } from '../../shared/formats/columns.ts';
import { FileRefusedError } from '../../shared/formats/file-refused-error.ts';
import type { SourceFile } from '../../shared/formats/source-file.ts';

/* Files made of text or bytes, and what reading them comes to, in words that a test can compare. */

/** A table small enough to write rows by hand: one column of each type, and one that may be absent. */
export const smallTable = {
  meterId: { names: ['MeterId'], type: 'folded', required: true },
  name: { names: ['Name', 'OldName'], type: 'text', required: true },
  day: { names: ['Day'], type: 'day', required: true },
  cost: { names: ['Cost'], type: 'decimal', required: true },
  price: { names: ['Price'], type: 'decimal', required: false },
  end: { names: ['End'], type: 'day', required: false },
  note: { names: ['Note'], type: 'text', required: false },
} as const satisfies Record<string, Column>;

export function fileOf(name: string, ...chunks: readonly (string | Uint8Array)[]): SourceFile {
  async function* bytes() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
  }
  return { name, bytes: bytes() };
}

export type ReadFile = {
  readonly count: number;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly refused: readonly Problem[];
};

type Reader = (file: SourceFile, table: typeof smallTable, sink: RowSink<typeof smallTable>) => Promise<number>;

/** Rows as text, with their lines; absent decimals are left out. */
export async function readAll(reader: Reader, file: SourceFile): Promise<ReadFile> {
  const rows: Record<string, string | number>[] = [];
  const refused: Problem[] = [];
  const count = await reader(file, smallTable, {
    onRow: (fields, line) => rows.push({ line, ...textsOf(fields) }),
    onRefused: (problem) => refused.push(problem),
  });
  return { count, rows, refused };
}

function textsOf(fields: Fields<typeof smallTable>): Record<string, string> {
  const entries: [string, string | Decimal | undefined][] = Object.entries(fields);
  return Object.fromEntries(
    entries.flatMap(([field, value]) =>
      value === undefined ? [] : [[field, typeof value === 'string' ? value : toText(value)]],
    ),
  );
}

/** The problem for which the file is refused. @throws Error when it is not refused, or for another reason */
export async function refusalOf(reading: Promise<unknown>): Promise<Problem> {
  try {
    await reading;
  } catch (error) {
    if (error instanceof FileRefusedError) return error.problem;
    throw error;
  }
  throw new Error('Expected the file to be refused');
}

/** `bytes` in two chunks, cut at every place in turn, and one byte at a time. */
export function* cuttings(bytes: Uint8Array): Generator<readonly Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}
