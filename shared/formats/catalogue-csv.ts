import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Catalogue, CatalogueKind, Customer, MarginRule, Reseller, Subscription } from '../domain/catalogue.ts';
import { type CatalogueChange, changeOf } from '../domain/catalogue-changes.ts';
import { type CatalogueFault, checkCatalogue } from '../domain/catalogue-check.ts';
import { columnsOf } from '../domain/catalogue-fields.ts';
import {
  type CatalogueRecord,
  type FlatRecord,
  toCustomer,
  toFlat,
  toMarginRule,
  toReseller,
  toSubscription,
} from '../domain/flat-record.ts';
import type { Problem } from '../domain/problem.ts';
import { hasFormulaLead, neutralised } from './formula-lead.ts';
import { nearestName } from './nearest-name.ts';

/** A CSV file of one kind of record, whole. */
export type CatalogueFile = { readonly kind: CatalogueKind; readonly name: string; readonly text: string };

/** A change, and the line of the file that asks for it. */
export type ImportedChange = CatalogueChange & { readonly file: string; readonly line: number };

export type CatalogueImport = {
  /** What each line does; empty when anything is wrong, because then none of them does anything. */
  readonly changes: readonly ImportedChange[];
  /** Every bad line, in the order of files and lines. */
  readonly problems: readonly Problem[];
  /** The catalogue after the import; absent when anything is wrong. */
  readonly catalogue?: Catalogue;
};

/** Largest file that is taken, and most rows in it. */
export const catalogueFileLimits = { charactersMax: 32 * 1024 * 1024, rowsMax: 200_000 } as const;

/**
 * What importing `files` into `current` would do: a dry run, and with its `catalogue` the import itself. A line adds a
 * record or changes the one of its id; records that no line names stay, and so does what a file has no column for. An
 * empty cell empties its field. What a line changes is marked as entered by a person. One bad line, in whichever file,
 * refuses all of them. Files are read before any is checked against another, so their order does not matter.
 */
export function importCatalogue(current: Catalogue, files: readonly CatalogueFile[]): CatalogueImport {
  const read = files.map((file) => readFile(current, file));
  const rows = read.flatMap((file) => file.rows);
  const bad = [...read.flatMap((file) => file.problems), ...doubledRows(rows)];
  if (bad.length > 0) return { changes: [], problems: inPlace(bad, files) };
  const catalogue = written(current, rows);
  const byRecord = new Map(rows.map((row) => [`${row.kind} ${row.after.id}`, row]));
  const faults = checkCatalogue(catalogue).map((fault) => faultProblem(fault, byRecord));
  if (faults.length > 0) return { changes: [], problems: inPlace(faults, files) };
  const changes = rows.map(({ file, line, kind, before, after }) => ({ ...changeOf(kind, before, after), file, line }));
  return { changes, problems: [], catalogue };
}

/** All records of a kind as CSV: header first, CRLF, by id. Importing it changes nothing. */
export function exportCatalogue(catalogue: Catalogue, kind: CatalogueKind): string {
  const headers = Object.keys(columnsOf(kind));
  const records: readonly CatalogueRecord[] = catalogue[kind];
  const rows = records
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map((record) => {
      const flat = toFlat(kind, record);
      return headers.map((column) => {
        const text = flat[column] ?? '';
        return numberColumn.test(column) ? text : neutralised(text);
      });
    });
  return stringify([headers, ...rows], { record_delimiter: 'windows' });
}

/** A line of a file as the record that it would write. */
type ReadRow = {
  readonly kind: CatalogueKind;
  readonly file: string;
  readonly line: number;
  readonly before: CatalogueRecord | undefined;
  readonly after: CatalogueRecord;
};

type ReadFile = { readonly rows: readonly ReadRow[]; readonly problems: readonly Problem[] };

type ParsedRow = { readonly record: readonly string[]; readonly line: number };

function readFile(current: Catalogue, file: CatalogueFile): ReadFile {
  if (file.text.length > catalogueFileLimits.charactersMax) {
    return refused(file, 1, 'tooLarge', `is larger than ${catalogueFileLimits.charactersMax} characters`);
  }
  const parsed = parsedRows(file);
  if (!Array.isArray(parsed)) return { rows: [], problems: [parsed] };
  const [header, ...body] = parsed;
  if (header === undefined) return refused(file, 1, 'emptyFile', 'is empty; expected a header');
  if (body.length > catalogueFileLimits.rowsMax) {
    return refused(file, 1, 'tooManyRows', `has ${body.length} rows; expected at most ${catalogueFileLimits.rowsMax}`);
  }
  const names = header.record.map((name) => name.trim());
  const headerProblems = badHeader(file, names);
  if (headerProblems.length > 0) return { rows: [], problems: headerProblems };
  const known = new Map<string, CatalogueRecord>(current[file.kind].map((record) => [record.id, record]));
  const rows: ReadRow[] = [];
  const problems: Problem[] = [];
  for (const row of body) {
    const read = readRow(file, names, row, known);
    if ('after' in read) rows.push(read);
    else problems.push(...read.problems);
  }
  return { rows, problems };
}

/** The rows with the lines they begin on. Blank lines are none; rows of another length than the header are left to be named. */
function parsedRows(file: CatalogueFile): ParsedRow[] | Problem {
  const text = file.text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  try {
    const parsed: unknown = parse(text, { bom: true, relax_column_count: true, info: true, record_delimiter: '\n' });
    return placed(parsed as readonly { readonly record: string[]; readonly info: { readonly lines: number } }[]);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return problem(file, { code: 'badCsv', line, column: '', value: '' }, 'cannot be read: a quote is lost or astray');
  }
}

function placed(
  parsed: readonly { readonly record: string[]; readonly info: { readonly lines: number } }[],
): ParsedRow[] {
  let next = 1;
  return parsed.flatMap(({ record, info }) => {
    const line = next;
    next = info.lines + 1;
    return record.length === 1 && record[0]?.trim() === '' ? [] : [{ record, line }];
  });
}

function badHeader(file: CatalogueFile, names: readonly string[]): readonly Problem[] {
  const columns = columnsOf(file.kind);
  const known = Object.keys(columns);
  const place = (column: string) => ({ line: 1, column, value: column });
  const [only = '', ...others] = names;
  if (others.length === 0 && /[;\t]/.test(only)) {
    // What Excel writes as CSV in most of Europe.
    const found = only.includes(';') ? 'a semicolon' : 'a tab';
    const where = { line: 1, column: '', value: only };
    return [
      problem(file, { code: 'wrongDelimiter', ...where }, `the columns are divided by ${found}; expected a comma`),
    ];
  }
  const unknown = names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest === undefined ? `one of ${known.join(', ')}` : nearest;
      return problem(file, { code: 'unknownColumn', ...place(name) }, `is no column of ${file.kind}; expected ${hint}`);
    });
  const doubled = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) =>
    problem(file, { code: 'doubleColumn', ...place(name) }, 'stands there twice; expected it once'),
  );
  const missing = names.includes('id')
    ? []
    : [problem(file, { code: 'missingColumn', line: 1, column: 'id', value: '' }, 'is missing; every line needs one')];
  return [...unknown, ...doubled, ...missing];
}

function readRow(
  file: CatalogueFile,
  names: readonly string[],
  { record, line }: ParsedRow,
  known: ReadonlyMap<string, CatalogueRecord>,
): ReadRow | { readonly problems: readonly Problem[] } {
  if (record.length !== names.length) {
    const found = `has ${record.length} cells; expected ${names.length}, as the header`;
    return { problems: [problem(file, { code: 'raggedRow', line, column: '', value: '' }, found)] };
  }
  const columns = columnsOf(file.kind);
  const problems: Problem[] = [];
  const cells: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const column = columns[name];
    const text = plain(record[index] ?? '');
    const value = text.trim() === '' ? '' : column?.read(text);
    if (value === undefined) problems.push(badCell(file, line, name, text));
    else cells[name] = value;
  }
  const before = known.get(cells['id'] ?? '');
  const flat: FlatRecord = { ...(before === undefined ? {} : toFlat(file.kind, before)), ...cells };
  for (const [name, { isRequired }] of Object.entries(columns)) {
    const isBad = problems.some(({ column }) => column === name);
    if (isRequired && !flat[name] && !isBad) problems.push(badCell(file, line, name, ''));
  }
  problems.push(...halfMargins(file, line, flat, problems));
  if (problems.length > 0) return { problems };
  const after = recordOf(file.kind, withOrigin(file.kind, flat, before, names));
  return { kind: file.kind, file: file.name, line, before, after };
}

/** An override of a subscription has both a kind and a value, or nothing. */
function halfMargins(
  file: CatalogueFile,
  line: number,
  flat: FlatRecord,
  known: readonly Problem[],
): readonly Problem[] {
  if (file.kind !== 'subscriptions') return [];
  return ['resellerMargin', 'customerMargin'].flatMap((margin) => {
    const columns = [`${margin}Kind`, `${margin}Value`];
    const isHeld = (column: string) => Boolean(flat[column]) || known.some((one) => one.column === column);
    const empty = columns.filter((column) => !isHeld(column));
    const isNone = empty.length === 2 && !flat[`${margin}Guards`];
    return isNone ? [] : empty.map((column) => badCell(file, line, column, ''));
  });
}

/**
 * A person who changes a record has entered it, and so has one who takes "discovered" out of it. A file that says
 * "discovered" of what a person entered does not undo that.
 */
function withOrigin(
  kind: CatalogueKind,
  flat: FlatRecord,
  before: CatalogueRecord | undefined,
  names: readonly string[],
): FlatRecord {
  if (kind === 'margins') return flat;
  if (before === undefined) return { ...flat, origin: flat['origin'] || 'entered' };
  const was = toFlat(kind, before);
  const isSame = Object.keys(was).every((column) => column === 'origin' || was[column] === (flat[column] ?? ''));
  const stays = isSame && (!names.includes('origin') || flat['origin'] === 'discovered');
  return { ...flat, origin: stays ? (was['origin'] ?? '') : 'entered' };
}

function recordOf(kind: CatalogueKind, flat: FlatRecord): CatalogueRecord {
  switch (kind) {
    case 'resellers':
      return toReseller(flat);
    case 'customers':
      return toCustomer(flat);
    case 'subscriptions':
      return toSubscription(flat);
    case 'margins':
      return toMarginRule(flat);
  }
}

/** `current` with the records of `rows` in place of those of their ids, and after them where there were none. */
function written(current: Catalogue, rows: readonly ReadRow[]): Catalogue {
  const replaced = <Entry extends CatalogueRecord>(kind: CatalogueKind, entries: readonly Entry[]): Entry[] => {
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    // A row of a kind is read into a record of that kind, by `recordOf`.
    for (const row of rows) if (row.kind === kind) byId.set(row.after.id, row.after as Entry);
    return [...byId.values()];
  };
  return {
    resellers: replaced<Reseller>('resellers', current.resellers),
    customers: replaced<Customer>('customers', current.customers),
    subscriptions: replaced<Subscription>('subscriptions', current.subscriptions),
    margins: replaced<MarginRule>('margins', current.margins),
  };
}

/** Every line whose id an earlier one has. */
function doubledRows(rows: readonly ReadRow[]): readonly Problem[] {
  const seen = new Map<string, ReadRow>();
  return rows.flatMap((row) => {
    const key = `${row.kind} ${row.after.id}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, row);
      return [];
    }
    const place = { code: 'doubleId', line: row.line, column: 'id', value: row.after.id };
    const where = `${first.file === row.file ? '' : `${first.file}, `}line ${first.line}`;
    return [problem({ name: row.file }, place, `'${row.after.id}' stands on ${where} already; expected one line`)];
  });
}

/** A fault of the catalogue as the import would leave it, placed on the line that brought it in if one did. */
function faultProblem(fault: CatalogueFault, rows: ReadonlyMap<string, ReadRow>): Problem {
  const { code, column, value } = fault;
  const row = rows.get(`${fault.kind} ${fault.id}`);
  if (row === undefined) return { code, column, value, message: `${fault.kind}, not in the import: ${fault.message}` };
  const { file, line } = row;
  return { code, file, line, column, value, message: `${file}, line ${line}, column ${column}: ${fault.message}` };
}

/** Longest part of a bad value that a message repeats. */
const shownValueLength = 80;

function badCell(file: CatalogueFile, line: number, column: string, text: string): Problem {
  const value = text.slice(0, shownValueLength);
  const expected = columnsOf(file.kind)[column]?.expected ?? '';
  const found = value === '' ? `is empty; expected ${expected}` : `'${value}' is wrong; expected ${expected}`;
  return problem(file, { code: value === '' ? 'missingValue' : 'badValue', line, column, value }, found);
}

function problem(
  { name }: { readonly name: string },
  place: { readonly code: string; readonly line: number; readonly column: string; readonly value: string },
  found: string,
): Problem {
  const at = place.column === '' ? '' : `, column ${place.column}`;
  return { ...place, file: name, message: `${name}, line ${place.line}${at}: ${found}` };
}

function refused(file: CatalogueFile, line: number, code: string, found: string): ReadFile {
  return { rows: [], problems: [problem(file, { code, line, column: '', value: '' }, found)] };
}

function inPlace(problems: readonly Problem[], files: readonly CatalogueFile[]): readonly Problem[] {
  const order = new Map(files.map(({ name }, index) => [name, index]));
  const fileOf = ({ file }: Problem) => order.get(file ?? '') ?? files.length;
  return problems.toSorted((left, right) => fileOf(left) - fileOf(right) || (left.line ?? 0) - (right.line ?? 0));
}

const numberColumn = /value$/i;

/** The text that a cell of an export stands for: an apostrophe before a formula lead is one that the export put there. */
function plain(cell: string): string {
  return cell.startsWith("'") && hasFormulaLead(cell) ? cell.slice(1) : cell;
}
