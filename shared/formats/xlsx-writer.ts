import { TerminalError } from '../domain/terminal-error.ts';
import type { FileColumn } from './file-columns.ts';
import type { XlsxRow } from './xlsx-cells.ts';
import { escaped, XlsxSheetWriter } from './xlsx-sheet.ts';
import { stylesXml } from './xlsx-styles.ts';
import { type ZipEntry, zipFile } from './zip-file.ts';

/** A sheet with a header. Its name is at most 31 characters long, without any of `[ ] : * ? / \`. */
export type XlsxSheet = {
  readonly name: string;
  readonly columns: readonly FileColumn[];
  readonly rows: AsyncIterable<XlsxRow> | Iterable<XlsxRow>;
};

/** A worksheet has 1,048,576 rows; its XML stays so far below the 4 GiB of a file in a zip that one row more fits. */
export const worksheetLimits = { rows: 1_048_576, bytes: 3.75 * 1024 ** 3 } as const;

/** About how many bytes of a worksheet are packed at once. */
const chunkBytes = 64 * 1024;
const nameCharsMax = 31;
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/**
 * The bytes of a workbook, while its rows are read; the same rows give the same bytes. A decimal of at most 15
 * significant digits is a number, one with more is text with every digit. Text is typed as text, so nothing in it runs
 * as a formula. A sheet that is full goes on in the next one, `Name (2)`, with the header once more; `limits` is for
 * tests.
 * @throws TerminalError when a name, a text or the whole does not fit a workbook
 */
export async function* xlsxFile(
  sheets: readonly XlsxSheet[],
  limits: { readonly rows: number; readonly bytes: number } = worksheetLimits,
): AsyncGenerator<Uint8Array> {
  if (sheets.length === 0) throw new Error('A workbook has at least one sheet');
  for (const { name } of sheets) checkName(name);
  yield* zipFile(partsOf(sheets, limits));
}

async function* partsOf(
  sheets: readonly XlsxSheet[],
  limits: { readonly rows: number; readonly bytes: number },
): AsyncGenerator<ZipEntry> {
  const names: string[] = [];
  yield part('_rels/.rels', packageRelationships);
  yield part('xl/styles.xml', stylesXml);
  for (const sheet of sheets) {
    const rows = new RowsAhead(sheet.rows);
    try {
      let pieces = 0;
      do {
        pieces += 1;
        const name = unusedName(sheet.name, pieces, names);
        names.push(name);
        const writer = new XlsxSheetWriter(name, sheet.columns, names.length === 1);
        yield { path: sheetPath(names.length), content: sheetBytes(writer, rows, limits) };
      } while (await rows.hasNext());
    } finally {
      await rows.close();
    }
  }
  yield part('xl/workbook.xml', workbookXml(names));
  yield part('xl/_rels/workbook.xml.rels', workbookRelationships(names.length));
  yield part('[Content_Types].xml', contentTypes(names.length));
}

async function* sheetBytes(
  writer: XlsxSheetWriter,
  rows: RowsAhead,
  limits: { readonly rows: number; readonly bytes: number },
): AsyncGenerator<Uint8Array> {
  while (writer.rows < limits.rows && writer.totalBytes < limits.bytes && (await rows.hasNext())) {
    writer.addRow(rows.next());
    if (writer.sizeBytes >= chunkBytes) yield writer.take();
  }
  writer.end();
  yield writer.take();
}

/** Rows of which it can be known whether there is one more, before a sheet is begun for it. */
class RowsAhead {
  readonly #rows: AsyncIterator<XlsxRow> | Iterator<XlsxRow>;
  #next: XlsxRow | undefined;

  constructor(rows: XlsxSheet['rows']) {
    this.#rows = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  }

  async hasNext(): Promise<boolean> {
    if (this.#next !== undefined) return true;
    const result = await this.#rows.next();
    if (result.done === true) return false;
    this.#next = result.value;
    return true;
  }

  next(): XlsxRow {
    const row = this.#next;
    if (row === undefined) throw new Error('No row has been read ahead');
    this.#next = undefined;
    return row;
  }

  async close(): Promise<void> {
    await this.#rows.return?.();
  }
}

function part(path: string, xml: string): ZipEntry {
  return { path, content: [Buffer.from(xml, 'utf8')] };
}

function checkName(name: string): void {
  if (name === '' || name.length > nameCharsMax || /[[\]:*?/\\]|^'|'$/.test(name)) {
    throw new TerminalError(`'${name.slice(0, 60)}' cannot be the name of a sheet; expected 1 to 31 characters`);
  }
}

/** The name of the nth piece of a sheet; names differ in more than letter case. */
function unusedName(name: string, piece: number, used: readonly string[]): string {
  const suffix = piece === 1 ? '' : ` (${piece})`;
  const given = `${name.slice(0, nameCharsMax - suffix.length)}${suffix}`;
  if (used.some((other) => other.toLowerCase() === given.toLowerCase())) {
    throw new TerminalError(`Two sheets are named '${given}'; expected a name of its own for each`);
  }
  return given;
}

function sheetPath(number: number): string {
  return `xl/worksheets/sheet${number}.xml`;
}

const packageRelationships = [
  `${declaration}<Relationships xmlns="${packages}/relationships">`,
  `<Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/>`,
  '</Relationships>',
].join('');

function workbookXml(names: readonly string[]): string {
  const sheets = names.map((name, index) => {
    const attribute = escaped(name).replaceAll('"', '&quot;');
    return `<sheet name="${attribute}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`;
  });
  return [
    `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}">`,
    '<bookViews><workbookView/></bookViews>',
    `<sheets>${sheets.join('')}</sheets></workbook>`,
  ].join('');
}

function workbookRelationships(sheets: number): string {
  const targets = Array.from({ length: sheets }, (_, index) => {
    const target = `worksheets/sheet${index + 1}.xml`;
    return `<Relationship Id="rId${index + 1}" Type="${relationships}/worksheet" Target="${target}"/>`;
  });
  return [
    `${declaration}<Relationships xmlns="${packages}/relationships">`,
    ...targets,
    `<Relationship Id="rId${sheets + 1}" Type="${relationships}/styles" Target="styles.xml"/>`,
    '</Relationships>',
  ].join('');
}

function contentTypes(sheets: number): string {
  const overrides = Array.from(
    { length: sheets },
    (_, index) => `<Override PartName="/${sheetPath(index + 1)}" ContentType="${types}.worksheet+xml"/>`,
  );
  return [
    `${declaration}<Types xmlns="${packages}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    `<Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/>`,
    `<Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/>`,
    ...overrides,
    '</Types>',
  ].join('');
}
