import { parseMicrosoftDay } from '../domain/calendar.ts';
import { type Decimal, parseDecimal } from '../domain/decimal.ts';
import { foldId } from '../domain/ids.ts';
import type { Problem } from '../domain/problem.ts';
import { parseRate } from '../domain/rates.ts';

/**
 * One of our fields and the columns it may come from. `names`: Microsoft's names for it, compared without regard to
 * letter case. `text` is taken as it is; `currency` is text that is never blank, since amounts without one would meet;
 * `folded` is trimmed and lower-cased (GUIDs, regions); `decimal` must be a plain decimal; `day` must be a day; `rate` is
 * a share, told as a fraction of one whether the file writes 15 or 0.15; `id` is an id in its one spelling, `idOrNone`
 * one that a row may do without; `kept` is text that is handed on and tells nothing of the row, not even that it is
 * none. A required column must be there, and a required decimal, currency, rate, day or id must have a value. `unit`
 * says what a number counts.
 */
export type Column = {
  readonly names: readonly string[];
  readonly type: 'text' | 'currency' | 'folded' | 'decimal' | 'day' | 'rate' | 'id' | 'idOrNone' | 'kept';
  readonly required: boolean;
  readonly unit?: 'billingCurrency' | 'pricingCurrency' | 'pricingUnits' | 'consumedUnits' | 'fraction';
};

export type ColumnTable = { readonly [field: string]: Column };

type FieldOf<C extends Column> = C['type'] extends 'decimal' | 'rate'
  ? C['required'] extends true
    ? Decimal
    : Decimal | undefined
  : string;

/** A row as we name its fields. Absent text is empty. */
export type Fields<T extends ColumnTable> = { readonly [field in keyof T]: FieldOf<T[field]> };

/** Takes one value of a row by our field's position in the table; undefined where the row has no such column. */
export type ValueAt = (field: number) => string | undefined;

/** Some of a table's columns, in the order of the table: what is read where the others are not needed. */
export function pickColumns<T extends ColumnTable, K extends keyof T & string>(
  table: T,
  fields: readonly K[],
): Pick<T, K> {
  const wanted = new Set<string>(fields);
  return Object.fromEntries(Object.entries(table).filter(([field]) => wanted.has(field))) as Pick<T, K>;
}

/** Where a row's fields and the refusals of rows go. */
export type RowSink<T extends ColumnTable> = {
  readonly onRow: (fields: Fields<T>, line: number) => void;
  readonly onRefused: (problem: Problem) => void;
  /** Awaited now and then between rows: the time to write what has gathered. */
  readonly drain?: (() => Promise<void>) | undefined;
};

/** Rows after which a reader lets its sink drain. */
export const rowsBetweenDrains = 4096;

/**
 * Turns the values of a row into fields, for one file. A row with a bad value is refused: the first bad value is
 * reported, with file, line and column.
 */
export function rowReader<T extends ColumnTable>(fileName: string, table: T, sink: RowSink<T>) {
  const columns = Object.entries(table).map(([field, column]) => ({ field, column, values: new ColumnValues(column) }));
  // As it comes from JSON.parse, an object and its copies have one shape, however many fields there are.
  const empty = JSON.parse(JSON.stringify(Object.fromEntries(columns.map(({ field }) => [field, null]))));
  return (valueAt: ValueAt, line: number): void => {
    const fields: Record<string, FieldValue> = { ...empty };
    for (let index = 0; index < columns.length; index += 1) {
      const { field, column, values } = columns[index] as (typeof columns)[number];
      const text = valueAt(index) ?? '';
      const value = values.of(text);
      if (value === undefined && (text !== '' || column.required)) {
        sink.onRefused(strayRow(fileName, line, columns, valueAt) ?? badValue(fileName, line, column, text));
        return;
      }
      fields[field] = value;
    }
    sink.onRow(fields as Fields<T>, line);
  };
}

type FieldValue = string | Decimal | undefined;

/** Texts of one column whose values are remembered, and how many new ones tell whether it is worth it. */
const remembered = { most: 8192, trial: 256 } as const;

/**
 * The values of a column by their texts: names, ids, prices and days repeat from row to row. So each is read once, and
 * is one string or one decimal wherever it is kept. Of a column in which most texts are new, none is remembered.
 */
class ColumnValues {
  readonly #column: Column;
  readonly #values = new Map<string, FieldValue>();
  #known = 0;
  #isOff = false;

  constructor(column: Column) {
    this.#column = column;
  }

  /** Undefined for a text that is no value, and for an optional one that is empty. */
  of(text: string): FieldValue {
    if (this.#isOff) return fieldValue(this.#column, text);
    const known = this.#values.get(text);
    if (known !== undefined) {
      this.#known += 1;
      return known;
    }
    const value = fieldValue(this.#column, text);
    if (value !== undefined) this.#remember(text, value);
    return value;
  }

  #remember(text: string, value: FieldValue): void {
    const { size } = this.#values;
    this.#isOff = size >= remembered.trial && this.#known < size;
    if (this.#isOff || size === remembered.most) {
      this.#values.clear();
      this.#known = 0;
    }
    if (!this.#isOff) this.#values.set(text, value);
  }
}

/** What a text is in a column; undefined for one that is no value, and for an optional number that is empty. */
export function fieldValue(column: Column, text: string): FieldValue {
  switch (column.type) {
    case 'text':
    case 'kept':
      return text;
    case 'currency':
      return text.trim() === '' ? undefined : text;
    case 'folded':
      return text.trim().toLowerCase();
    case 'decimal':
      return text === '' ? undefined : parseDecimal(text);
    case 'day':
      return dayValue(column, text);
    case 'rate':
      return text === '' ? undefined : parseRate(text);
    case 'id':
      return foldId(text) || (column.required ? undefined : '');
    case 'idOrNone':
      return foldId(text);
  }
}

/** The day that .NET writes for "none". */
const noDay = '0001-01-01';

function dayValue(column: Column, text: string): string | undefined {
  if (text === '' && !column.required) return '';
  const day = parseMicrosoftDay(text);
  return day !== noDay ? day : column.required ? undefined : '';
}

const totalWords: readonly string[] = ['total', 'totals', 'grand total', 'sum', 'subtotal'];

/** A row that is no data at all: the header once more, as in files that were joined, or a total under the data. */
function strayRow(
  file: string,
  line: number,
  columns: readonly { readonly column: Column }[],
  valueAt: ValueAt,
): Problem | undefined {
  for (const [index, { column }] of columns.entries()) {
    if (column.type === 'kept') continue;
    const text = (valueAt(index) ?? '').trim();
    const folded = text.toLowerCase();
    if (column.names.some((name) => name.toLowerCase() === folded)) {
      const message = `${file}, line ${line}, column ${text}: the header stands here again; expected a row of data`;
      return { code: 'repeatedHeader', file, line, column: text, value: text, message };
    }
    if (totalWords.includes(folded.replace(/:$/, ''))) {
      const column0 = column.names[0] ?? '';
      const message = `${file}, line ${line}, column ${column0}: '${text}' makes this a row of totals; expected a row of data`;
      return { code: 'totalsRow', file, line, column: column0, value: text, message };
    }
  }
  return undefined;
}

/** Longest part of a bad value that a message repeats. */
const shownValueLength = 80;

/** What a column of each type wants, and what a value that is not so is not. */
const wanted = {
  text: { one: 'text', expected: 'text' },
  kept: { one: 'text', expected: 'text' },
  currency: { one: 'a currency', expected: 'a currency such as EUR' },
  folded: { one: 'text', expected: 'text' },
  decimal: { one: 'a decimal', expected: 'a decimal (digits with an optional sign, point and exponent)' },
  rate: { one: 'a rate', expected: 'a rate (from 0 to 100, or from 0 to 1)' },
  day: { one: 'a day', expected: 'a day (YYYY-MM-DD or M/D/YYYY)' },
  id: { one: 'an id', expected: 'an id' },
  idOrNone: { one: 'an id', expected: 'an id' },
} as const satisfies Record<Column['type'], { one: string; expected: string }>;

function badValue(file: string, line: number, column: Column, text: string): Problem {
  const name = column.names[0] ?? '';
  const value = text.slice(0, shownValueLength);
  const { one, expected } = wanted[column.type];
  const found = text === '' ? 'is empty' : `'${value}' is not ${one}`;
  return {
    code: text === '' ? 'missingValue' : 'badValue',
    file,
    line,
    column: name,
    value,
    message: `${file}, line ${line}, column ${name}: ${found}; expected ${expected}`,
  };
}
