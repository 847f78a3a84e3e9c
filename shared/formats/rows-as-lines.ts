import { toText } from '../domain/decimal.ts';
import type { ChargeHandle } from '../domain/meter-totals.ts';
import { type ChargeRows, rowTeller } from './charge-rows.ts';
import type { ReadCharge } from './charge-tally.ts';
import { chargeSpans, type LearnedCharge } from './charge-tally.ts';
import type { Column, ColumnTable } from './columns.ts';
import { agreementColumns } from './detect.ts';
import type { FileHead } from './file-head.ts';
import { foldColumnName } from './header.ts';

/** Tells rows that have no bytes of their own: those of Parquet, of pages of the API, and of FOCUS. */
export type RowsAsLines = {
  /** What must be read beside the columns of the charge. */
  readonly columns: ColumnTable;
  /** Tells of an accepted row. */
  readonly tell: (row: Readonly<Record<string, unknown>>, line: number, taken: ReadCharge) => void;
};

/**
 * Each row is told as one line of JSON: the columns that the table names, and those that tell the agreement, under the
 * names that the file has for them, with their values as text. Reading these lines gives the rows of the file.
 */
export function rowsAsLines(head: FileHead, table: ColumnTable, chargeRows: ChargeRows): RowsAsLines {
  const kept = keptColumns(head, table);
  const resource = kept.find(({ names }) => names === table['resourceId']?.names);
  const tell = rowTeller(chargeRows);
  const keys = new ChargeKeys();
  const spans = chargeSpans();
  return {
    columns: Object.fromEntries(kept.map(({ field, names }) => [field, { names, type: 'kept', required: false }])),
    tell: (row, line, taken) => {
      const textAt = (field: string | undefined) => (field === undefined ? '' : String(row[field] ?? ''));
      const bytes = Buffer.from(lineOf(kept, textAt), 'utf8');
      const amounts = [toText(taken.quantity), toText(taken.cost)] as const;
      const values = Buffer.from(`${amounts.join('')}${JSON.stringify(textAt(resource?.field))}`, 'utf8');
      setSpan(spans.quantity, 0, amounts[0].length);
      setSpan(spans.cost, amounts[0].length, amounts.join('').length);
      setSpan(spans.resource, amounts.join('').length, values.length);
      const { charge, key } = keys.of(taken.charge);
      tell({ line, bytes, start: 0, end: bytes.length, key, values, spans }, taken.day, charge);
    },
  };
}

type KeptColumn = {
  readonly field: string;
  readonly names: Column['names'];
  /** What stands before its value: `"Name":`. */
  readonly label: string;
  /** Whether it is written in every row, as the head of the file has it. */
  readonly isSure: boolean;
};

/**
 * The columns of CSV and Parquet are those of their head. In JSON a column may come up later; its value is written
 * where there is one, so that a file without it is not taken for one that has it.
 */
function keptColumns({ layout, columns: header }: FileHead, table: ColumnTable): readonly KeptColumn[] {
  const isJson = layout === 'jsonLines' || layout === 'jsonPage';
  const folded = header.map(foldColumnName);
  const labels = new Set<string>();
  const all = [...Object.values(table).map(({ names }) => names), ...agreementColumns.map((name) => [name])];
  return all.flatMap((names, index) => {
    const found = names.find((name) => folded.includes(name.toLowerCase()));
    const own = header[folded.indexOf(found?.toLowerCase() ?? '')]?.trim();
    // A translated header says the English name in brackets, which JSON does not know.
    const name = own?.toLowerCase() === found?.toLowerCase() ? own : found;
    const label = `${JSON.stringify(name ?? names[0])}:`;
    if ((name === undefined && !isJson) || labels.has(label)) return [];
    labels.add(label);
    return [{ field: `kept ${index}`, names, label, isSure: name !== undefined }];
  });
}

function lineOf(kept: readonly KeptColumn[], textAt: (field: string) => string): string {
  let line = '';
  for (const { field, label, isSure } of kept) {
    const text = textAt(field);
    if (isSure || text !== '') line += `${line === '' ? '' : ','}${label}${JSON.stringify(text)}`;
  }
  return `{${line}}`;
}

function setSpan(span: Int32Array, start: number, end: number): void {
  span[0] = start;
  span[1] = end;
}

/** Numbers charges: those that are the same have one number and are one object, so that memory does not grow with rows. */
class ChargeKeys {
  readonly #keys = new Map<ChargeHandle, Map<string, { readonly charge: LearnedCharge; readonly key: number }>>();
  #size = 0;

  of(charge: LearnedCharge): { readonly charge: LearnedCharge; readonly key: number } {
    const ofLine = this.#keys.get(charge.line) ?? new Map<string, { charge: LearnedCharge; key: number }>();
    this.#keys.set(charge.line, ofLine);
    const text = JSON.stringify(charge.detail);
    const known = ofLine.get(text);
    if (known !== undefined) return known;
    const numbered = { charge, key: this.#size };
    this.#size += 1;
    ofLine.set(text, numbered);
    return numbered;
  }
}
