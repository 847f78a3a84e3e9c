import type { MeterLine } from '../shared/domain/comparison.ts';
import type { DetailRow } from '../shared/domain/detail-row.ts';
import { type MeterPair, matchMeters } from '../shared/domain/matching.ts';
import { type MeterTotal, meterLineKey, meterTotalKey } from '../shared/domain/meter-totals.ts';
import type { RowsOfSides } from '../shared/domain/row-causes.ts';
import type { LearnedCharge } from '../shared/formats/charge-tally.ts';
import type { Side } from './read-side.ts';

/** Rows that are held at once; a subscription whose lines have more keeps the causes that totals tell for the largest. */
export const rowsAtOnceMax = 200_000;

/** A meter line that is looked at again: all its rows, as far as the files were told row by row. */
type WantedLine = {
  readonly key: string;
  readonly rowCounts: { readonly invoice: number; readonly other: number };
  readonly rows: { readonly invoice: DetailRow[]; readonly other: DetailRow[] };
};

/** The totals of one subscription on both sides. */
export type SubscriptionTotals = { readonly invoice: readonly MeterTotal[]; readonly other: readonly MeterTotal[] };

/** Which rows are wanted of which lines: gathered for some subscriptions, then read in one pass over each side. */
export class SecondLook {
  readonly #invoice = new Map<string, WantedLine>();
  readonly #other = new Map<string, WantedLine>();
  readonly #lines = new Map<string, WantedLine>();
  #rows = 0;

  /** How many rows are wanted. */
  get rows(): number {
    return this.#rows;
  }

  /** Wants the rows of the lines of a subscription that need them, the smallest first, as far as there is room. */
  want(totals: SubscriptionTotals, lines: readonly MeterLine[]): void {
    const asked = new Set(lines.filter((line) => line.needsRows === true).map(meterLineKey));
    const wanted = matchMeters(totals.invoice, totals.other).flatMap((pair) => {
      if (pair.kind !== 'both' || !asked.has(meterLineKey(pair.invoice.total))) return [];
      return [{ pair, rows: pair.invoice.total.rows + pair.other.total.rows }];
    });
    let rows = 0;
    for (const { pair, rows: more } of wanted.sort((left, right) => left.rows - right.rows)) {
      rows += more;
      if (rows > rowsAtOnceMax) break;
      this.#wantPair(pair);
    }
  }

  /** @param isOfInvoices whether a cost stands against the invoices that are compared */
  read(sides: { readonly invoice: Side; readonly other: Side }, isOfInvoices: (invoiceId?: string) => boolean): void {
    gather(sides.invoice, this.#invoice, 'invoice', () => true);
    gather(sides.other, this.#other, 'other', isOfInvoices);
  }

  /** All rows of a line, or nothing when one of them is not at hand: half the rows would tell wrong causes. */
  rowsOf(total: MeterTotal): RowsOfSides | undefined {
    const line = this.#lines.get(meterLineKey(total));
    if (line === undefined) return undefined;
    const { rows, rowCounts } = line;
    return rows.invoice.length === rowCounts.invoice && rows.other.length === rowCounts.other ? rows : undefined;
  }

  #wantPair({ invoice, other }: Extract<MeterPair, { kind: 'both' }>): void {
    const line: WantedLine = {
      key: meterLineKey(invoice.total),
      rowCounts: { invoice: invoice.total.rows, other: other.total.rows },
      rows: { invoice: [], other: [] },
    };
    for (const part of invoice.parts) this.#invoice.set(meterTotalKey(part), line);
    for (const part of other.parts) this.#other.set(meterTotalKey(part), line);
    this.#lines.set(line.key, line);
    this.#rows += line.rowCounts.invoice + line.rowCounts.other;
  }
}

function gather(
  side: Side,
  wanted: ReadonlyMap<string, WantedLine>,
  which: 'invoice' | 'other',
  isOfInvoices: (invoiceId?: string) => boolean,
): void {
  const lineOf = ({ line }: LearnedCharge): WantedLine | undefined => {
    const { invoiceId, ...names } = line.line.names;
    return isOfInvoices(invoiceId) ? wanted.get(meterTotalKey(names)) : undefined;
  };
  for (const { charge, row } of side.rows((charge) => lineOf(charge) !== undefined))
    lineOf(charge)?.rows[which].push(row);
}
