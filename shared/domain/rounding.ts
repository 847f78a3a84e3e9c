import { compareDecimals, type Decimal, decimal, multiply, toText } from './decimal.ts';
import type { RowsOfSides } from './row-causes.ts';
import { costOf, type SideSums } from './side-sums.ts';

/** The smallest amount that an invoice shows: what the rounding rows of a whole invoice may come to on one line. */
const smallestAmount = decimal('0.01');
const moneyPlaces = 2;

/**
 * How much rounding can come to: half a unit of the last place that the rounded side shows, for each of its rows, and a
 * cent at the least. The rounded side is the one whose costs show fewer places, never fewer than two.
 */
export function roundingLimit(invoice: SideSums, other: SideSums, rows: RowsOfSides | undefined): Decimal {
  const sides = [
    { places: placesOf(invoice, rows?.invoice), rows: invoice.rows },
    { places: placesOf(other, rows?.other), rows: other.rows },
  ];
  const places = Math.min(...sides.map((side) => side.places));
  const rounded = Math.max(...sides.filter((side) => side.places === places).map((side) => side.rows));
  const limit = multiply(decimal(`5e-${places + 1}`), decimal(String(Math.max(rounded, 0))));
  return compareDecimals(limit, smallestAmount) > 0 ? limit : smallestAmount;
}

/** How much so many line items can come to less than what they are made of: each is cut off at the cent. */
export function cutOffLimit(invoiceLines: number): Decimal {
  return multiply(smallestAmount, decimal(String(invoiceLines)));
}

/** Of rows the most that one shows; of a total, which drops zeros at the end, what it shows itself. */
function placesOf(side: SideSums, rows: RowsOfSides['invoice'] | undefined): number {
  const texts = rows === undefined || rows.length === 0 ? [toText(costOf(side))] : rows.map((row) => row.cost);
  return texts.reduce((places, text) => Math.max(places, text.split('.')[1]?.length ?? 0), moneyPlaces);
}
