import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { generateCharges } from './generated-charges.ts';
import type { RowForm } from './generated-rows.ts';

/** Rows that are made into one piece of text before they are written. */
const rowsAtOnce = 500;

export const benchSeed = 20261001;

/** Writes `rows` generated rows to each of `paths`; those whose name ends with `.gz` compressed. */
export async function writeRows(rows: number, form: RowForm, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const text = Readable.from(textOf(rows, form), { objectMode: false });
    if (path.endsWith('.gz')) {
      await pipeline(text, createGzip({ level: constants.Z_BEST_SPEED }), createWriteStream(path));
    } else {
      await pipeline(text, createWriteStream(path));
    }
  }
}

function* textOf(rows: number, form: RowForm): Generator<Buffer> {
  let text = form.header;
  let count = 0;
  for (const charge of generateCharges(rows, benchSeed)) {
    text += form.toRow(charge);
    count += 1;
    if (count % rowsAtOnce === 0) {
      yield Buffer.from(text, 'utf8');
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}
