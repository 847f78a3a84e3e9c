import type { CellType } from './file-columns.ts';

/*
 * The formats of cells, by their number in the workbook. Days have the format that programs show in the form of the
 * reader's own region; ids are text in the eyes of an editor too, so that a cell that was only looked at keeps its zeros.
 */
const placesMax = 12;
const builtInFormats = { general: 0, shortDate: 14, text: 49 } as const;
/** Numbers of formats of our own begin here. */
const ownFormats = 164;

const fixedStyles = { plain: 0, header: 1, id: 2, day: 3, quotedText: 4 } as const;
const firstPlacesStyle = Object.keys(fixedStyles).length;

export const headerStyle = fixedStyles.header;
/** Of text that would become a formula if somebody edited the cell and left it. */
export const quotedTextStyle = fixedStyles.quotedText;

/** The style of cells of a type; `places` is of decimals that have been rounded to so many. */
export function styleOf(type: CellType, places: number | undefined): number {
  if (type === 'id') return fixedStyles.id;
  if (type === 'day') return fixedStyles.day;
  if (type === 'text' || places === undefined) return fixedStyles.plain;
  return firstPlacesStyle + Math.min(places, placesMax);
}

const allPlaces = Array.from({ length: placesMax + 1 }, (_, places) => places);

function cellFormat(format: number, more = ''): string {
  return `<xf numFmtId="${format}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"${more}/>`;
}

const cellFormats = [
  cellFormat(builtInFormats.general),
  '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
  cellFormat(builtInFormats.text),
  cellFormat(builtInFormats.shortDate),
  cellFormat(builtInFormats.general, ' quotePrefix="1"'),
  ...allPlaces.map((places) => cellFormat(ownFormats + places)),
];

const numberFormats = allPlaces.map((places) => {
  const code = places === 0 ? '0' : `0.${'0'.repeat(places)}`;
  return `<numFmt numFmtId="${ownFormats + places}" formatCode="${code}"/>`;
});

const font = '<sz val="11"/><name val="Calibri"/><family val="2"/>';

export const stylesXml = [
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
  '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">',
  `<numFmts count="${numberFormats.length}">${numberFormats.join('')}</numFmts>`,
  `<fonts count="2"><font>${font}</font><font><b/>${font}</font></fonts>`,
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>',
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>',
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
  `<cellXfs count="${cellFormats.length}">${cellFormats.join('')}</cellXfs>`,
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>',
  '</styleSheet>',
].join('');
