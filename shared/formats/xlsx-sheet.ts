import { Temporal } from 'temporal-polyfill';
import { TerminalError } from '../domain/terminal-error.ts';
import { ByteText } from './byte-text.ts';
import type { FileColumn } from './file-columns.ts';
import { hasFormulaLead } from './formula-lead.ts';
import { isSpreadsheetNumber, plainDecimal } from './spreadsheet-number.ts';
import type { FormulaCell, TypedCell, XlsxRow } from './xlsx-cells.ts';
import { headerStyle, quotedTextStyle, styleOf } from './xlsx-styles.ts';

/** The most characters of a cell; with more, Excel finds the whole file damaged. */
const cellCharactersMax = 32_767;
/** The most columns of a worksheet. */
const columnsMax = 16_384;
const widthCharsMax = 60;
const namespace = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

const ampersand = 0x26;
const lessThan = 0x3c;
const greaterThan = 0x3e;
const space = 0x20;
const underscore = 0x5f;

/** What is the same for every cell of a column, as text. */
type ColumnParts = {
  readonly column: FileColumn;
  readonly letters: string;
  readonly style: number;
  /** Between the row number and the value of a cell that is text, or a number. */
  readonly textStart: string;
  readonly numberStart: string;
};

/**
 * Writes one worksheet as XML, row by row: a bold header that stays in sight, then typed cells. Strings stand in their
 * cells, not in a table of their own, which would have to be held until the end.
 */
export class XlsxSheetWriter {
  readonly #out = new ByteText();
  readonly #name: string;
  readonly #columns: readonly ColumnParts[];
  #rows = 0;
  #takenBytes = 0;
  /** Serial numbers of days, which repeat. */
  readonly #days = new Map<string, string>();

  /** @throws TerminalError when there are more columns than a worksheet has */
  constructor(name: string, columns: readonly FileColumn[], isFirst: boolean) {
    if (columns.length > columnsMax) {
      throw new TerminalError(`Sheet ${name} has ${columns.length} columns; expected at most ${columnsMax}`);
    }
    this.#name = name;
    this.#columns = columns.map(partsOf);
    this.#out.utf8(headXml(columns, isFirst));
    this.#writeHeader();
  }

  /** Rows written, the header among them. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes that wait to be taken. */
  get sizeBytes(): number {
    return this.#out.length;
  }

  /** Bytes written from the beginning. */
  get totalBytes(): number {
    return this.#takenBytes + this.#out.length;
  }

  take(): Uint8Array {
    const taken = this.#out.take();
    this.#takenBytes += taken.length;
    return taken;
  }

  /** @throws Error when a cell is not what its column says; TerminalError when it does not fit a worksheet */
  addRow(cells: XlsxRow): void {
    const count = this.#columns.length;
    if (cells.length !== count) throw new Error(`Row ${this.#rows + 1} has ${cells.length} cells; expected ${count}`);
    const row = this.#beginRow();
    for (let index = 0; index < count; index += 1) {
      const parts = this.#columns[index];
      const cell = cells[index];
      if (parts === undefined || cell === undefined || cell === '') continue;
      if (typeof cell === 'string') this.#addValue(parts, row, cell);
      else if ('formula' in cell) this.#addFormula(parts, row, cell);
      else if (cell.value !== '') this.#addTyped(parts, row, cell);
    }
    this.#out.ascii('</row>');
  }

  /** Closes the worksheet; what it wrote still has to be taken. */
  end(): void {
    const out = this.#out;
    out.ascii('</sheetData>');
    const last = Math.max(2, this.#rows);
    const ids = this.#columns.filter(({ column }) => column.type !== 'day');
    const ranges = ids.map(({ letters }) => `${letters}2:${letters}${last}`);
    // Numbers that are text on purpose, in cells that programs would flag otherwise.
    if (ranges.length > 0) {
      out.ascii(`<ignoredErrors><ignoredError sqref="${ranges.join(' ')}" numberStoredAsText="1"/></ignoredErrors>`);
    }
    out.ascii('</worksheet>');
  }

  #beginRow(): string {
    this.#rows += 1;
    const row = String(this.#rows);
    this.#out.ascii('<row r="');
    this.#out.ascii(row);
    this.#out.ascii('">');
    return row;
  }

  #writeHeader(): void {
    const row = this.#beginRow();
    for (const parts of this.#columns) this.#addText({ ...parts, ...startsOf(headerStyle) }, row, parts.column.name);
    this.#out.ascii('</row>');
  }

  #addTyped(parts: ColumnParts, row: string, { type, value, places }: TypedCell): void {
    const column = { name: parts.column.name, type, ...(places === undefined ? {} : { places }) };
    this.#addValue({ ...parts, column, ...startsOf(styleOf(type, places)) }, row, value);
  }

  #addValue(parts: ColumnParts, row: string, value: string): void {
    const { type } = parts.column;
    if (type === 'decimal') this.#addDecimal(parts, row, value);
    else if (type === 'day') this.#addNumber(parts, row, this.#serialOf(parts, row, value));
    else if (type === 'text' && hasFormulaLead(value)) {
      this.#addText({ ...parts, ...startsOf(quotedTextStyle) }, row, value);
    } else this.#addText(parts, row, value);
  }

  #addDecimal(parts: ColumnParts, row: string, value: string): void {
    const digits = plainDecimal(value);
    if (digits === undefined) throw this.#wrongCell(parts, row, `'${value.slice(0, 40)}' is not a decimal`);
    if (isSpreadsheetNumber(digits)) this.#addNumber(parts, row, digits);
    else this.#addText(parts, row, digits);
  }

  #addFormula(parts: ColumnParts, row: string, { formula, value }: FormulaCell): void {
    const { type } = parts.column;
    const isText = type === 'text' || type === 'id';
    const cached = type === 'day' && value !== '' ? this.#serialOf(parts, row, value) : value;
    this.#out.ascii(`<c r="${parts.letters}${row}" s="${parts.style}"${isText ? ' t="str"' : ''}><f>`);
    this.#writeEscaped(formula.replaceAll('{row}', row));
    this.#out.ascii('</f>');
    if (cached !== '') {
      this.#out.ascii('<v>');
      this.#writeEscaped(type === 'decimal' ? (plainDecimal(cached) ?? '') : cached);
      this.#out.ascii('</v>');
    }
    this.#out.ascii('</c>');
  }

  #addNumber({ letters, numberStart }: ColumnParts, row: string, digits: string): void {
    const out = this.#out;
    out.ascii('<c r="');
    out.ascii(letters);
    out.ascii(row);
    out.ascii(numberStart);
    out.ascii(digits);
    out.ascii('</v></c>');
  }

  #addText(parts: ColumnParts, row: string, text: string): void {
    if (text.length > cellCharactersMax) {
      const found = `the text has ${text.length} characters; a workbook takes ${cellCharactersMax}, a CSV file any number`;
      throw new TerminalError(this.#wrongCell(parts, row, found).message);
    }
    const out = this.#out;
    out.ascii('<c r="');
    out.ascii(parts.letters);
    out.ascii(row);
    out.ascii(parts.textStart);
    // Readers drop blanks at the ends unless they are told not to.
    out.ascii(text.trim() === text ? '<t>' : '<t xml:space="preserve">');
    this.#writeEscaped(text);
    out.ascii('</t></is></c>');
  }

  #writeEscaped(text: string): void {
    const out = this.#out;
    out.reserve(text.length);
    const target = out.bytes;
    let at = out.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < space || code > 0x7e || code === ampersand || code === lessThan || code === greaterThan) {
        return void out.utf8(escaped(text));
      }
      if (code === underscore && text.charCodeAt(index + 1) === 0x78) return void out.utf8(escaped(text));
      target[at++] = code;
    }
    out.length = at;
  }

  #serialOf(parts: ColumnParts, row: string, day: string): string {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const serial = serialOfDay(day);
    if (serial === undefined)
      throw this.#wrongCell(parts, row, `'${day.slice(0, 40)}' is not a day that a workbook has`);
    this.#days.set(day, serial);
    return serial;
  }

  #wrongCell({ column }: ColumnParts, row: string, found: string): Error {
    return new Error(`Sheet ${this.#name}, row ${row}, column ${column.name}: ${found}`);
  }
}

const dayText = /^\d{4}-\d{2}-\d{2}$/;
/** Day 0 of workbooks; from March 1900 on it counts right, before that there is a day that never was. */
const dayZero = Temporal.PlainDate.from('1899-12-30');
const firstRightDay = '1900-03-01';

function serialOfDay(day: string): string | undefined {
  if (!dayText.test(day) || day < firstRightDay) return undefined;
  return String(dayZero.until(Temporal.PlainDate.from(day), { largestUnit: 'days' }).days);
}

function partsOf(column: FileColumn, index: number): ColumnParts {
  return { column, letters: columnLetters(index), ...startsOf(styleOf(column.type, column.places)) };
}

function startsOf(style: number): Pick<ColumnParts, 'style' | 'textStart' | 'numberStart'> {
  return {
    style,
    textStart: `" s="${style}" t="inlineStr"><is>`,
    numberStart: `" s="${style}"><v>`,
  };
}

/** The letters of a column by its number from 0: A … Z, AA … */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(0x41 + (index % 26));
  return index < 26 ? last : `${columnLetters(Math.floor(index / 26) - 1)}${last}`;
}

function headXml(columns: readonly FileColumn[], isFirst: boolean): string {
  const widths = columns.map((column, index) => {
    const width = Math.min(widthCharsMax, column.widthChars ?? Math.max(12, column.name.length + 2));
    return `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
    `<worksheet xmlns="${namespace}">`,
    `<sheetViews><sheetView${isFirst ? ' tabSelected="1"' : ''} workbookViewId="0">`,
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>',
    '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>',
    widths.length === 0 ? '' : `<cols>${widths.join('')}</cols>`,
    '<sheetData>',
  ].join('');
}

/**
 * `text` as the content of an XML element. What XML cannot say (control characters, halves of a pair, carriage returns,
 * which it would turn into line feeds) is written `_x000D_`, as spreadsheets do, and so is what looks like that already.
 */
export function escaped(text: string): string {
  return text
    .replace(/_(?=x[0-9a-fA-F]{4}_)/g, '_x005F_')
    .replace(unwritable, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

const unwritable = /(?![\t\n])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;
