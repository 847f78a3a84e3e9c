/**
 * What the cells of a column are, in every file that we write: `text` is for reading; `id` is text of digits and letters
 * that must stay as it is (leading zeros, 18 digits); `decimal` is an exact number; `day` is a day of the calendar.
 */
export type CellType = 'text' | 'id' | 'decimal' | 'day';

/**
 * A column of a file that we write. `places` says that every value has been rounded to so many decimal places, as
 * amounts of money have; a workbook then shows all of them, and Parquet has them as DECIMAL(38, places).
 */
export type FileColumn = {
  readonly name: string;
  readonly type: CellType;
  readonly places?: number;
  /** Width in a workbook, in characters. */
  readonly widthChars?: number;
};

/**
 * The cells of one row in the order of the columns: text as it is, decimals as `parseDecimal` takes them (a point, no
 * thousands separator), days as `YYYY-MM-DD`, and the empty text where there is nothing.
 */
export type FileRow = readonly string[];

export type FileRows = AsyncIterable<FileRow> | Iterable<FileRow>;
