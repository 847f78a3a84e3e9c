import { parseDecimal, toText } from '../domain/decimal.ts';

/** As many significant digits as every spreadsheet keeps of a number: more are rounded away without a word. */
const significantDigitsMax = 15;

/**
 * Whether a spreadsheet keeps `text` (plain digits) as it is when it takes it for a number: at most 15 significant
 * digits, not counting zeros at its ends. One with more is written as text.
 */
export function isSpreadsheetNumber(text: string): boolean {
  if (text.length <= significantDigitsMax) return true;
  const digits = text
    .replace(/^-?0*\.?0*/, '')
    .replace('.', '')
    .replace(/0+$/, '');
  return digits.length <= significantDigitsMax;
}

const plainDigits = /^-?\d+(?:\.\d+)?$/;

/** `text` without exponent or plus sign; what is plain already stays digit by digit. @returns undefined when it is no number */
export function plainDecimal(text: string): string | undefined {
  if (plainDigits.test(text)) return text;
  const value = parseDecimal(text);
  return value === undefined ? undefined : toText(value);
}
