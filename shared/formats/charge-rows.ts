import type { ChargeHandle } from '../domain/meter-totals.ts';
import type { ChargeSpans, LearnedCharge } from './charge-tally.ts';

/** Where a row stands: the line on which it begins, from 1, and its bytes, `start` to `end`, without its line end. */
export type RowPlace = {
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly key: number;
  readonly values: Uint8Array;
  readonly spans: ChargeSpans;
};

/**
 * One accepted row of a file of charges, as it stands in the file. A reader has one such object and fills it anew for
 * each row, so nothing of it may be kept but `day`, `handle` and `charge`.
 */
export type ChargeRow = {
  line: number;
  /** The day of use, `YYYY-MM-DD`. */
  day: string;
  /** What the row was added to: the same object for all rows of one meter line. */
  readonly handle: ChargeHandle;
  charge: LearnedCharge;
  /** The same number for rows of one charge, within a file, from 0; -1 where that is not known. */
  key: number;
  bytes: Uint8Array;
  start: number;
  end: number;
  /**
   * Where the values are that `spans` points to: `bytes`, but for lines of JSON so unusual that they were read in another
   * way. Quotes around a value belong to it. Neither may be kept.
   */
  values: Uint8Array;
  spans: RowPlace['spans'];
};

/** Told of every row of a file of charges that is accepted, once, in the order of the file. */
export interface ChargeRows {
  /** Told the header row of a CSV file, its own text without line end, before any row; JSON lines have none. */
  header?(text: string): void;
  /** Must be done with the bytes when it returns: the next row may overwrite them. */
  add(row: ChargeRow): void;
  /** Awaited after each chunk of the file and after the last row: the time to write what has gathered. */
  drain(): Promise<void>;
}

/** Fills the one row anew and hands it to `rows`. */
export function rowTeller(rows: ChargeRows): (place: RowPlace, day: string, charge: LearnedCharge) => void {
  let row: ChargeRow | undefined;
  return (place, day, charge) => {
    row ??= {
      ...place,
      day,
      charge,
      // Taken from the charge where it is asked for: to touch every row's charge costs more than all else here.
      get handle() {
        return this.charge.line;
      },
    };
    row.line = place.line;
    row.day = day;
    row.charge = charge;
    row.bytes = place.bytes;
    row.start = place.start;
    row.end = place.end;
    row.key = place.key;
    row.values = place.values;
    row.spans = place.spans;
    rows.add(row);
  };
}
