import { isZero, subtract } from './decimal.ts';
import type { DetailRow } from './detail-row.ts';
import { sumOf, sumsOfRow } from './side-sums.ts';

/** Rows of both sides of one meter line. */
export type RowsOfSides = { readonly invoice: readonly DetailRow[]; readonly other: readonly DetailRow[] };

/** Rows of days on which the other side has no row at all. */
export function rowsOfMissingDays({ invoice, other }: RowsOfSides): RowsOfSides {
  return { invoice: onOtherDays(invoice, other), other: onOtherDays(other, invoice) };
}

function onOtherDays(rows: readonly DetailRow[], against: readonly DetailRow[]): readonly DetailRow[] {
  const days = new Set(against.map((row) => row.usageDate));
  return rows.filter((row) => !days.has(row.usageDate));
}

/**
 * The surplus copies: rows that one side has several times, equal in everything, and the other side fewer times. One of
 * them stays. A resource and day on which both sides come to the same quantity has no surplus, however it is split into
 * rows; nor has one of which the other side has as many rows, whatever they say: a resource may well have two equal rows
 * on one day, and then the other side has both, or has one of them in another quantity.
 */
export function duplicateRows({ invoice, other }: RowsOfSides): RowsOfSides {
  const groups = { invoice: Map.groupBy(invoice, placeOf), other: Map.groupBy(other, placeOf) };
  const surplus: { invoice: DetailRow[]; other: DetailRow[] } = { invoice: [], other: [] };
  for (const place of new Set([...groups.invoice.keys(), ...groups.other.keys()])) {
    const left = groups.invoice.get(place) ?? [];
    const right = groups.other.get(place) ?? [];
    if (sameSums(left, right)) continue;
    surplus.invoice.push(...surplusOf(left, right));
    surplus.other.push(...surplusOf(right, left));
  }
  return surplus;
}

function placeOf(row: DetailRow): string {
  return `${row.usageDate} ${row.resourceKey}`;
}

function sameSums(left: readonly DetailRow[], right: readonly DetailRow[]): boolean {
  const a = sumOf(left.map(sumsOfRow));
  const b = sumOf(right.map(sumsOfRow));
  if (!isZero(subtract(a.quantity, b.quantity))) return false;
  return !isZero(a.quantity) || isZero(subtract(a.cost, b.cost));
}

function surplusOf(rows: readonly DetailRow[], against: readonly DetailRow[]): readonly DetailRow[] {
  if (rows.length <= against.length) return [];
  const equal = Map.groupBy(rows, ({ source: _, ...row }) => JSON.stringify(Object.entries(row).sort()));
  return [...equal.values()].flatMap((copies) => {
    const [first] = copies;
    const delivered = against.filter((row) => row.quantity === first?.quantity).length;
    return copies.slice(Math.max(delivered, 1));
  });
}
