import type { CellType } from './file-columns.ts';

/** A cell of another type than its column's. */
export type TypedCell = { readonly type: CellType; readonly value: string; readonly places?: number };

/**
 * A formula, without its equals sign, and the value that it comes to, which is shown until a program calculates it again.
 * `{row}` in it stands for the number of the cell's own row. It has the column's type and format.
 */
export type FormulaCell = { readonly formula: string; readonly value: string };

/** A text is a value of its column's type (see `FileRow`). */
export type XlsxCell = string | TypedCell | FormulaCell;
export type XlsxRow = readonly XlsxCell[];
