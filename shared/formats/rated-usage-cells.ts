import { decimal, multiply, toText } from '../domain/decimal.ts';
import type { RatedUsageLine } from '../domain/file-columns-rated-usage.ts';
import { bracedJson } from './braced-json.ts';
import { type Column, fieldValue } from './columns.ts';
import { usageRowColumns } from './usage-rows.ts';

/** The cell of a column of daily rated usage that a text in Microsoft's file makes; undefined where it is no value. */
export type UsageCell = (text: string) => string | undefined;

export type UsageField = keyof RatedUsageLine;

/** What a field of a line is read from, where the two have different names. */
const readFrom = { partnerEarnedCreditPercentage: 'partnerEarnedCredit', creditPercentage: 'credit' } as const;

/** What is done to a value beside reading it by its column. */
const folds: Readonly<Partial<Record<UsageField, (text: string) => string>>> = {
  unit: (text) => text.trim(),
  currency: (text) => text.trim().toUpperCase(),
  pricingCurrency: (text) => text.trim().toUpperCase(),
  tags: bracedJson,
  additionalInfo: bracedJson,
};

const hundred = decimal('100');

/** The column of Microsoft's file that a field of a line is read by. */
export function usageColumnOf(field: UsageField): Column {
  const name = field in readFrom ? readFrom[field as keyof typeof readFrom] : field;
  return usageRowColumns[name as keyof typeof usageRowColumns];
}

/** Whether a cell is the text of Microsoft's file as it stands. */
export function isUsageText(field: UsageField): boolean {
  return usageColumnOf(field).type === 'text' && folds[field] === undefined;
}

/**
 * How one field of a line is made from its text alone: what `ratedUsageLines` makes of a whole row, which judges this one
 * in a property test.
 */
export function usageCellOf(field: UsageField): UsageCell {
  const column = usageColumnOf(field);
  const fold = folds[field];
  const isPercent = field in readFrom;
  return (text) => {
    const value = fieldValue(column, text);
    if (value === undefined) return text === '' && !column.required ? '' : undefined;
    if (typeof value === 'string') return fold === undefined ? value : fold(value);
    return toText(isPercent ? multiply(value, hundred) : value);
  };
}
