import { type ChargeReader, chargeFields, isKeyField, resourceColumn } from './charge-reader.ts';
import { rowTeller } from './charge-rows.ts';
import { type ChargeSpans, ChargeTally, chargeSpans, type Span } from './charge-tally.ts';
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
  let placer: RowPlacer | undefined;
  const tell = chargeRows === undefined ? undefined : rowTeller(chargeRows);
  let tally = new ChargeTally(totals, 0);
  const scanner = new CsvScanner(file.name, (start, line, columns) => {
    rows += 1;
    if (placer === undefined) {
      const header = Array.from({ length: columns }, (_, column) => cellText(scanner, start, column));
      const [resource = -1] = chargeRows === undefined ? [] : bindHeader(file.name, resourceColumn, header);
      placer = new RowPlacer(table, bindHeader(file.name, table, header), resource);
      tally = new ChargeTally(totals, placer.keySpans);
      chargeRows?.header?.(textBetween(scanner.bytes, start, scanner.ends[columns - 1] ?? 0));
      return;
    }
    const { spans, positions } = placer;
    placer.place(scanner.ends, start);
    const { bytes, view, ends } = scanner;
    const known = tally.add(bytes, view, spans);
    if (known !== undefined) {
      if (tell !== undefined)
        tell(
          { line, bytes, start, end: ends[columns - 1] ?? 0, key: tally.key, values: bytes, spans },
          tally.day,
          known,
        );
      return;
    }
    const read = readRow((field) => cellText(scanner, start, positions[field] ?? -1), line);
    if (read === undefined) return;
    tally.learn(view, spans, read);
    if (tell !== undefined)
      tell(
        { line, bytes, start, end: ends[columns - 1] ?? 0, key: tally.key, values: bytes, spans },
        read.day,
        read.charge,
      );
  });
  for await (const bytes of checkedBytes(file, () => scanner.line)) {
    scanner.push(bytes);
    onProgress(rows);
    if (chargeRows !== undefined) await chargeRows.drain();
  }
  scanner.end();
  await chargeRows?.drain();
  if (placer === undefined) throw emptyFile(file.name);
  tally.flush();
  return rows;
}

/** Finds the spans of a row, for one header. */
class RowPlacer {
  readonly positions: readonly number[];
  readonly spans: ChargeSpans;
  readonly #day: number;
  readonly #quantity: number;
  readonly #cost: number;
  readonly #resource: number;
  /** First and last column of each run of columns that belong to the key and stand side by side. */
  readonly #runs: Int32Array;

  constructor(table: ColumnTable, positions: readonly number[], resource: number) {
    this.positions = positions;
    const position = (field: string) => positions[Object.keys(table).indexOf(field)] ?? -1;
    this.#day = position(chargeFields.day);
    this.#quantity = position(chargeFields.quantity);
    this.#cost = position(chargeFields.cost);
    this.#resource = resource;
    this.#runs = runsOf(Object.keys(table).filter(isKeyField).map(position));
    this.spans = chargeSpans(this.keySpans);
  }

  get keySpans(): number {
    return this.#runs.length / 2;
  }

  place(ends: Int32Array, start: number): void {
    const { keys, day, quantity, cost, resource } = this.spans;
    setSpan(day, ends, start, this.#day);
    setSpan(quantity, ends, start, this.#quantity);
    setSpan(cost, ends, start, this.#cost);
    if (this.#resource !== -1) setSpan(resource, ends, start, this.#resource);
    for (let edge = 0; edge < keys.length; edge += 2) {
      const first = this.#runs[edge] ?? 0;
      keys[edge] = first === 0 ? start : (ends[first - 1] ?? 0) + 1;
      keys[edge + 1] = ends[this.#runs[edge + 1] ?? 0] ?? 0;
    }
  }
}

function setSpan(span: Span, ends: Int32Array, start: number, column: number): void {
  span[0] = column === 0 ? start : (ends[column - 1] ?? 0) + 1;
  span[1] = ends[column] ?? 0;
}

/** Columns that are absent (−1) are in no run. */
function runsOf(columns: readonly number[]): Int32Array {
  const edges: number[] = [];
  for (const column of columns.filter((at) => at !== -1).toSorted((left, right) => left - right)) {
    if (edges.at(-1) === column - 1) edges[edges.length - 1] = column;
    else edges.push(column, column);
  }
  return Int32Array.from(edges);
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

function textBetween(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
