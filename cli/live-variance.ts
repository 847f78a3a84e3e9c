import { absolute, decimal, roundHalfAwayFromZero, subtract, toText } from '../shared/domain/decimal.ts';
import { isSpreadsheetNumber } from '../shared/formats/spreadsheet-number.ts';
import type { XlsxCell } from '../shared/formats/xlsx-cells.ts';

/** An amount of a workbook: where it stands (`$K{row}` or `C4`), and what it is; empty where the cell is. */
export type Operand = { readonly cell: string; readonly amount: string };

/** Significant digits of a spreadsheet's numbers. */
const digitsMax = 15;
const placesMax = 12;

/**
 * `left - right` as a formula. Amounts of more than 15 digits are text in their cells (docs/files-written.md), so they are
 * made numbers by a function that reads a point in every region; and the difference is rounded to the places that
 * are sure when both sides have 15 digits, so that equal amounts give zero and not some 1E-11.
 */
export function liveDifference(left: Operand, right: Operand): XlsxCell {
  const places = surePlaces([left, right]);
  const exact = subtract(decimal(left.amount || '0'), decimal(right.amount || '0'));
  return {
    formula: `ROUND(${numberOf(left)}-${numberOf(right)},${places})`,
    value: toText(roundHalfAwayFromZero(exact, places)),
  };
}

/** The variance in percent of the left side, with four places; `percent` is what it comes to. */
export function livePercent(left: Operand, right: Operand, percent: string | undefined): XlsxCell {
  if (percent === undefined) return '';
  const base = numberOf(left);
  return { formula: `ROUND((${base}-${numberOf(right)})/ABS(${base})*100,4)`, value: percent };
}

/** The sum of a range of numbers, and of those that stand as text. */
export function liveSum(operands: readonly Operand[], sum: string): XlsxCell {
  const places = surePlaces([...operands, { cell: '', amount: sum }]);
  const terms = operands.map(numberOf).join('+');
  return {
    formula: `ROUND(${terms === '' ? '0' : terms},${places})`,
    value: toText(roundHalfAwayFromZero(decimal(sum), places)),
  };
}

function numberOf({ cell, amount }: Operand): string {
  return amount === '' || isSpreadsheetNumber(amount) ? cell : `_xlfn.NUMBERVALUE(${cell},".",",")`;
}

function surePlaces(operands: readonly Operand[]): number {
  const digits = operands.map(({ amount }) => {
    const whole = toText(absolute(decimal(amount || '0'))).split('.')[0] ?? '';
    return whole === '0' ? 0 : whole.length;
  });
  // One digit is left for what adding numbers with 53 bits loses.
  return Math.max(0, Math.min(placesMax, digitsMax - 1 - Math.max(0, ...digits)));
}
