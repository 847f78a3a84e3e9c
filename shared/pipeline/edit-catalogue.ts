import type { RecordedChange } from '../contracts/catalogue.ts';
import type { Catalogue, CatalogueKind } from '../domain/catalogue.ts';
import { changeOf } from '../domain/catalogue-changes.ts';
import { type CatalogueFault, checkCatalogue } from '../domain/catalogue-check.ts';
import type { CatalogueRecord } from '../domain/flat-record.ts';
import type { Problem } from '../domain/problem.ts';
import { type CatalogueFile, type ImportedChange, importCatalogue } from '../formats/catalogue-csv.ts';
import type { CatalogueStore, Clock, StoredRecord } from './ports.ts';

export type EditCataloguePorts = { readonly clock: Clock; readonly catalogue: CatalogueStore };

/** `refused`: the catalogue would have these faults afterwards. `conflict`: the record is not what the caller saw. */
export type EditOutcome =
  | { readonly kind: 'done'; readonly isNew: boolean }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly faults: readonly CatalogueFault[] };

export type PutRecord = {
  readonly record: CatalogueRecord;
  readonly etag: string | undefined;
  readonly principalId: string;
};

/**
 * Writes a record as a person entered it. `etag` is the version that the person saw; undefined: there was none.
 * Faults that the catalogue had before do not stand in the way.
 */
export async function putRecord(
  { clock, catalogue }: EditCataloguePorts,
  kind: CatalogueKind,
  { record, etag, principalId }: PutRecord,
): Promise<EditOutcome> {
  const { catalogue: before } = await catalogue.read();
  const present = await catalogue.get(kind, record.id);
  if (present?.etag !== etag) return { kind: 'conflict' };
  const faults = newFaults(before, withRecord(before, kind, record));
  if (faults.length > 0) return { kind: 'refused', faults };
  const change = recordedChange({ at: clock.now(), by: 'api', principalId }, kind, { before: present, after: record });
  if (change === undefined) return { kind: 'done', isNew: false };
  const written = await catalogue.write(kind, record, { etag, change });
  return written === 'conflict' ? { kind: 'conflict' } : { kind: 'done', isNew: present === undefined };
}

/** Takes a record out that no other record names. */
export async function removeRecord(
  { clock, catalogue }: EditCataloguePorts,
  kind: CatalogueKind,
  { id, etag, principalId }: { readonly id: string; readonly etag: string; readonly principalId: string },
): Promise<EditOutcome> {
  const { catalogue: before } = await catalogue.read();
  const faults = newFaults(before, { ...before, [kind]: before[kind].filter((record) => record.id !== id) });
  if (faults.length > 0) return { kind: 'refused', faults };
  const change: RecordedChange = { at: clock.now(), by: 'api', principalId, change: 'removed', fields: [] };
  const removed = await catalogue.remove(kind, id, { etag, change });
  return removed === 'conflict' ? { kind: 'conflict' } : { kind: 'done', isNew: false };
}

export type ImportOutcome = { readonly changes: readonly ImportedChange[]; readonly problems: readonly Problem[] };

/** A record that somebody changes meanwhile is read again; so many times. */
const triesMax = 5;

/**
 * Imports CSV files, all or nothing: one bad line refuses every line. A dry run tells the same and writes nothing. When
 * somebody edits the same records meanwhile, the import is checked and written once more; what it has written stays.
 */
export async function importFiles(
  { clock, catalogue }: EditCataloguePorts,
  files: readonly CatalogueFile[],
  { isDryRun, principalId }: { readonly isDryRun: boolean; readonly principalId: string },
): Promise<ImportOutcome> {
  let first: ImportOutcome | undefined;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const stored = await catalogue.read();
    const { changes, problems, catalogue: after } = importCatalogue(stored.catalogue, files);
    first ??= { changes, problems };
    if (after === undefined) return { changes, problems };
    if (isDryRun) return { changes, problems };
    let hasConflict = false;
    for (const { kind, id, change: what, fields } of changes) {
      if (what === 'same') continue;
      const record = after[kind].find((candidate) => candidate.id === id);
      if (record === undefined) throw new Error(`The import has no ${kind} record '${id}'`);
      const etag = what === 'added' ? undefined : stored.etagOf(kind, id);
      const made = { at: clock.now(), by: 'import', principalId } as const;
      const change: RecordedChange = { ...made, change: what, fields: [...fields] };
      if ((await catalogue.write(kind, record, { etag, change })) === 'conflict') hasConflict = true;
    }
    if (!hasConflict) return first;
  }
  throw new Error('The catalogue kept changing');
}

function withRecord(catalogue: Catalogue, kind: CatalogueKind, record: CatalogueRecord): Catalogue {
  const others: readonly CatalogueRecord[] = catalogue[kind].filter(({ id }) => id !== record.id);
  // The record was read by the schema of its kind.
  return { ...catalogue, [kind]: [...others, record] };
}

function newFaults(before: Catalogue, after: Catalogue): readonly CatalogueFault[] {
  const known = new Set(checkCatalogue(before).map(({ message }) => message));
  return checkCatalogue(after).filter(({ message }) => !known.has(message));
}

function recordedChange(
  made: Pick<RecordedChange, 'at' | 'by' | 'principalId'>,
  kind: CatalogueKind,
  { before, after }: { readonly before: StoredRecord | undefined; readonly after: CatalogueRecord },
): RecordedChange | undefined {
  const { change, fields } = changeOf(kind, before?.record, after);
  return change === 'same' ? undefined : { ...made, change, fields: [...fields] };
}
