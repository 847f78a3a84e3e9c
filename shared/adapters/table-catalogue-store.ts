import type { z } from 'zod';
import {
  catalogueDocument,
  catalogueRecords,
  metFields,
  type RecordedChange,
  storedCatalogueRow,
} from '../contracts/catalogue.ts';
import { type Catalogue, type CatalogueKind, catalogueKinds } from '../domain/catalogue.ts';
import type { MetFields } from '../domain/catalogue-discovery.ts';
import type { CatalogueRecord } from '../domain/flat-record.ts';
import type { CatalogueStore, StoredRecord } from '../pipeline/ports.ts';
import { textBytes } from '../pipeline/text-bytes.ts';
import type { BlobContainer } from './blob-container.ts';
import type { Table, TableRow } from './table.ts';

/** The newest changes of a record, as many as surely fit its row. */
const changesMax = 50;
const changesCharactersMax = 16_000;

/** One row per record, in a partition of its kind; whole catalogues that files were made from as blobs. */
export function tableCatalogueStore(table: Table, kept: BlobContainer): CatalogueStore {
  return {
    read: () => readCatalogue(table),
    get: async (kind, id) => {
      const row = await table.get(kind, id);
      return row === undefined ? undefined : storedRecord(kind, row);
    },
    write: async (kind, record, { etag, change, met }) => {
      if (etag === undefined) {
        const value = rowValue(kind, record, changesAfter([], change), met);
        if ((await table.insert(kind, record.id, value)) === 'inserted') return 'written';
      }
      const present = await table.get(kind, record.id);
      if (present === undefined || etag !== storedRecord(kind, present)?.etag) return 'conflict';
      const changes = changesAfter(changesOf(present), change);
      return (await table.replace(present, rowValue(kind, record, changes, met))) === 'replaced'
        ? 'written'
        : 'conflict';
    },
    remove: async (kind, id, { etag, change }) => {
      const present = await table.get(kind, id);
      if (present === undefined || storedRecord(kind, present)?.etag !== etag) return 'conflict';
      const value = { version: 1, changes: changesAfter(changesOf(present), change) };
      return (await table.replace(present, value)) === 'replaced' ? 'removed' : 'conflict';
    },
    keep: async (catalogueHash, catalogue) => {
      await kept.create(`${catalogueHash}.json`, textBytes(JSON.stringify(catalogueDocumentOf(catalogue))));
    },
    readKept: async (catalogueHash) => {
      const text = await kept.readText(`${catalogueHash}.json`);
      if (text === undefined) throw new Error(`There is no catalogue ${catalogueHash}`);
      return catalogueDocument.parse(JSON.parse(text));
    },
  };
}

async function readCatalogue(table: Table): ReturnType<CatalogueStore['read']> {
  const rows: Record<CatalogueKind, unknown[]> = { resellers: [], customers: [], subscriptions: [], margins: [] };
  const etags = new Map<string, string>();
  const mets = new Map<string, MetFields>();
  for await (const row of table.listAll()) {
    const kind = catalogueKinds.find((candidate) => candidate === row.partitionKey);
    if (kind === undefined) throw new Error(`The catalogue has a row of kind '${row.partitionKey}'`);
    const { record, met } = storedCatalogueRow.parse(row.value);
    if (record === undefined) continue;
    if (met !== undefined) mets.set(`${kind} ${row.rowKey}`, met);
    rows[kind].push(record);
    etags.set(`${kind} ${row.rowKey}`, row.etag);
  }
  return {
    catalogue: {
      resellers: recordsOf(catalogueRecords.resellers, rows.resellers),
      customers: recordsOf(catalogueRecords.customers, rows.customers),
      subscriptions: recordsOf(catalogueRecords.subscriptions, rows.subscriptions),
      margins: recordsOf(catalogueRecords.margins, rows.margins),
    },
    etagOf: (kind, id) => {
      const etag = etags.get(`${kind} ${id}`);
      if (etag === undefined) throw new Error(`The catalogue has no record '${id}' among its ${kind}`);
      return etag;
    },
    metOf: (kind, id) => mets.get(`${kind} ${id}`),
  };
}

function recordsOf<T extends { readonly version: 1; readonly id: string }>(
  schema: z.ZodType<T>,
  rows: readonly unknown[],
): Omit<T, 'version'>[] {
  const records = rows.map((row) => schema.parse(row)).sort((left, right) => (left.id < right.id ? -1 : 1));
  return records.map(({ version: _, ...fields }) => fields);
}

function storedRecord(kind: CatalogueKind, row: TableRow): StoredRecord | undefined {
  const { record, changes } = storedCatalogueRow.parse(row.value);
  if (record === undefined) return undefined;
  const { version: _, ...fields } = catalogueRecords[kind].parse(record);
  return { record: fields, etag: row.etag, changes };
}

function changesOf(row: TableRow): readonly RecordedChange[] {
  return storedCatalogueRow.parse(row.value).changes;
}

/** The fields of a record in the order of its schema, whoever wrote it: the same record is the same bytes. */
function rowValue(
  kind: CatalogueKind,
  record: CatalogueRecord,
  changes: readonly RecordedChange[],
  met: MetFields | undefined,
) {
  const parsed = catalogueRecords[kind].parse({ version: 1, ...record });
  return { version: 1, record: parsed, changes, ...(met === undefined ? {} : { met: metFields.parse(met) }) };
}

function changesAfter(before: readonly RecordedChange[], change: RecordedChange | undefined) {
  let changes = change === undefined ? before : [...before, change].slice(-changesMax);
  while (changes.length > 1 && JSON.stringify(changes).length > changesCharactersMax) changes = changes.slice(1);
  return changes;
}

function catalogueDocumentOf(catalogue: Catalogue) {
  const versioned = <T>(records: readonly T[]) => records.map((record) => ({ version: 1, ...record }));
  return {
    version: 1,
    resellers: versioned(catalogue.resellers),
    customers: versioned(catalogue.customers),
    subscriptions: versioned(catalogue.subscriptions),
    margins: versioned(catalogue.margins),
  };
}
