import { parseMicrosoftDay } from '../domain/calendar.ts';
import { type Decimal, parseDecimal } from '../domain/decimal.ts';
import type { Problem } from '../domain/problem.ts';

/**
 * One of our fields and the columns it may come from. `names`: Microsoft's names for it, compared without regard to
 * letter case. `text` is taken as it is; `folded` is trimmed and lower-cased (GUIDs, regions); `decimal` must be a
 * plain decimal; `day` must be a day. A required column must be there, and a required decimal or day must have a value.
 */
export type Column = {
  readonly names: readonly string[];
  readonly type: 'text' | 'folded' | 'decimal' | 'day';
  readonly required: boolean;
};

export type ColumnTable = { readonly [field: string]: Column };

type FieldOf<C extends Column> = C['type'] extends 'decimal'
  ? C['required'] extends true
    ? Decimal
    : Decimal | undefined
  : string;

/** A row as we name its fields. Absent text is empty. */
export type Fields<T extends ColumnTable> = { readonly [field in keyof T]: FieldOf<T[field]> };

/** Takes one value of a row by our field's position in the table; undefined where the row has no such column. */
export type ValueAt = (field: number) => string | undefined;

/** Where a row's fields and the refusals of rows go. */
export type RowSink<T extends ColumnTable> = {
  readonly onRow: (fields: Fields<T>, line: number) => void;
  readonly onRefused: (problem: Problem) => void;
};

/**
 * Turns the values of a row into fields, for one file. A row with a bad value is refused: the first bad value is
 * reported, with file, line and column.
 */
export function rowReader<T extends ColumnTable>(fileName: string, table: T, sink: RowSink<T>) {
  const columns = Object.entries(table);
  const days = new Map<string, string | undefined>();
  const dayOf = (text: string) => {
    if (!days.has(text)) days.set(text, parseMicrosoftDay(text));
    return days.get(text);
  };
  return (valueAt: ValueAt, line: number): void => {
    const fields: Record<string, string | Decimal | undefined> = {};
    for (const [index, [field, column]] of columns.entries()) {
      const text = valueAt(index) ?? '';
      const value = fieldValue(column, text, dayOf);
      if (value === undefined && (text !== '' || column.required)) {
        sink.onRefused(badValue(fileName, line, column, text));
        return;
      }
      fields[field] = value;
    }
    sink.onRow(fields as Fields<T>, line);
  };
}

function fieldValue(
  column: Column,
  text: string,
  dayOf: (text: string) => string | undefined,
): string | Decimal | undefined {
  switch (column.type) {
    case 'text':
      return text;
    case 'folded':
      return text.trim().toLowerCase();
    case 'decimal':
      return text === '' ? undefined : parseDecimal(text);
    case 'day':
      return text === '' && !column.required ? '' : dayOf(text);
  }
}

/** Longest part of a bad value that a message repeats. */
const shownValueLength = 80;

function badValue(file: string, line: number, column: Column, text: string): Problem {
  const name = column.names[0] ?? '';
  const value = text.slice(0, shownValueLength);
  const expected =
    column.type === 'day'
      ? 'a day (YYYY-MM-DD or M/D/YYYY)'
      : 'a decimal (digits with an optional sign, point and exponent)';
  const found = text === '' ? 'is empty' : `'${value}' is not ${column.type === 'day' ? 'a day' : 'a decimal'}`;
  return {
    code: text === '' ? 'missingValue' : 'badValue',
    file,
    line,
    column: name,
    value,
    message: `${file}, line ${line}, column ${name}: ${found}; expected ${expected}`,
  };
}
