import { type ChargeReader, chargeFields, isKeyField, resourceColumn } from './charge-reader.ts';
import { type RowPlace, rowTeller } from './charge-rows.ts';
import { ChargeTally, chargeSpans, type Span, spansBeforeKey } from './charge-tally.ts';
import { checkedBytes } from './checked-bytes.ts';
import type { ColumnTable } from './columns.ts';
import { emptyFile } from './csv-refusal.ts';
import { CsvScanner } from './csv-scan.ts';
import { bindHeader } from './header.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Reads a CSV file of charges into meter totals: the same outcome as `readCsvRows` with a sink that adds each row.
 * @returns how many rows the file has, refused ones included
 * @throws FileRefusedError when the file as a whole cannot be used
 */
export async function readCsvCharges<T extends ColumnTable>(
  file: SourceFile,
  { table, totals, readRow, chargeRows, onProgress }: ChargeReader<T>,
): Promise<number> {
  let rows = -1;
  const scanner = new CsvScanner(file.name, (start, line, columns) => {
    rows += 1;
    if (rows === 0) takeHeader(start, columns);
    else takeRow(start, line, columns);
  });
  const { rowScan } = scanner;
  const { wasm } = rowScan;
  const tell = chargeRows === undefined ? undefined : rowTeller(chargeRows);
  const told = chargeSpans();
  let at: ChargeColumns | undefined;
  let tally = new ChargeTally(totals, rowScan, 0);
  const takeHeader = (start: number, columns: number): void => {
    const header = Array.from({ length: columns }, (_, column) => cellText(scanner, start, column));
    const [resource = -1] = chargeRows === undefined ? [] : bindHeader(file.name, resourceColumn, header);
    at = chargeColumns(table, bindHeader(file.name, table, header), resource);
    tally = new ChargeTally(totals, rowScan, at.sources.length / 2 - spansBeforeKey);
    rowScan.setSources(at.sources);
    chargeRows?.header?.(textBetween(scanner.bytes, start, scanner.ends[columns - 1] ?? 0));
  };
  const takeRow = (start: number, line: number, columns: number): void => {
    if (at === undefined) return;
    wasm.csvSpans(start, at.sources.length / 2);
    const known = scanner.isLoaded ? tally.add(scanner.bytes) : undefined;
    if (known !== undefined) {
      if (tell !== undefined) tell(placeOf(at, start, line, columns), tally.day, known);
      return;
    }
    const { positions } = at;
    const read = readRow((field) => cellText(scanner, start, positions[field] ?? -1), line);
    if (read === undefined) return;
    tally.learn(read, scanner.isLoaded ? scanner.bytes : undefined);
    if (tell !== undefined) tell(placeOf(at, start, line, columns), read.day, read.charge);
  };
  const placeOf = (at: ChargeColumns, start: number, line: number, columns: number): RowPlace => {
    const { bytes, ends } = scanner;
    setSpan(told.quantity, ends, start, at.quantity);
    setSpan(told.cost, ends, start, at.cost);
    if (at.resource !== -1) setSpan(told.resource, ends, start, at.resource);
    return { line, bytes, start, end: ends[columns - 1] ?? 0, key: tally.key, values: bytes, spans: told };
  };
  for await (const bytes of checkedBytes(file, () => scanner.line)) {
    scanner.push(bytes);
    onProgress(rows);
    if (chargeRows !== undefined) await chargeRows.drain();
  }
  scanner.end();
  await chargeRows?.drain();
  if (at === undefined) throw emptyFile(file.name);
  tally.flush();
  return rows;
}

/** Where a file has what a charge needs, for one header. */
type ChargeColumns = {
  /** Of each field of the table; −1 where the file has none. */
  readonly positions: readonly number[];
  readonly quantity: number;
  readonly cost: number;
  readonly resource: number;
  /** First and last column of the day, the quantity, the cost, and each run of columns of the key that stand side by side. */
  readonly sources: readonly number[];
};

function chargeColumns(table: ColumnTable, positions: readonly number[], resource: number): ChargeColumns {
  const position = (field: string) => positions[Object.keys(table).indexOf(field)] ?? -1;
  const [day, quantity, cost] = [
    position(chargeFields.day),
    position(chargeFields.quantity),
    position(chargeFields.cost),
  ];
  const runs = runsOf(Object.keys(table).filter(isKeyField).map(position));
  return { positions, quantity, cost, resource, sources: [day, day, quantity, quantity, cost, cost, ...runs] };
}

function setSpan(span: Span, ends: Int32Array, start: number, column: number): void {
  span[0] = column === 0 ? start : (ends[column - 1] ?? 0) + 1;
  span[1] = ends[column] ?? 0;
}

/** Columns that are absent (−1) are in no run. */
function runsOf(columns: readonly number[]): readonly number[] {
  const edges: number[] = [];
  for (const column of columns.filter((at) => at !== -1).toSorted((left, right) => left - right)) {
    if (edges.at(-1) === column - 1) edges[edges.length - 1] = column;
    else edges.push(column, column);
  }
  return edges;
}

const quote = 34;

/** The value of a column as text; empty where there is no such column. */
function cellText({ bytes, ends }: CsvScanner, start: number, column: number): string {
  if (column === -1) return '';
  const from = column === 0 ? start : (ends[column - 1] ?? 0) + 1;
  const end = ends[column] ?? 0;
  if (bytes[from] === quote) return textBetween(bytes, from + 1, end - 1).replaceAll('""', '"');
  return textBetween(bytes, from, end);
}

function textBetween(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}
