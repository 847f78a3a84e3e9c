import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installDurableLoki } from '../../infra/local/azurite-durable-loki.ts';

type Row = { key: string; value: number; $loki?: number };
type LokiCollection = {
  insert(row: Row): void;
  update(row: Row): void;
  findOne(query: object): Row | null;
  find(): Row[];
  findAndRemove(query: object): void;
};
type Loki = {
  readonly collections: readonly { readonly name: string }[];
  addCollection(name: string, options: object): LokiCollection;
  getCollection(name: string): LokiCollection | null;
  removeCollection(name: string): void;
  loadDatabase(options: object, callback: (error?: unknown) => void): void;
  saveDatabase(callback: (error?: unknown) => void): void;
};

/** Small, so that snapshots are written in the middle of things. */
const JOURNAL_LIMIT_BYTES = 2_000;

const require = createRequire(import.meta.url);
const fromAzurite = createRequire(require.resolve('azurite/dist/src/azurite.js'));
const { flushAll } = installDurableLoki(fromAzurite, JOURNAL_LIMIT_BYTES);
const LokiClass = fromAzurite('lokijs') as new (filename: string, options: object) => Loki;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-loki-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As Azurite opens its databases: load when there is a file, then save. */
function open(filename: string): Loki {
  const database = new LokiClass(filename, { persistenceMethod: 'fs', autosave: true, autosaveInterval: 5000 });
  const rethrow = (error?: unknown): void => {
    if (error !== undefined && error !== null) {
      throw error;
    }
  };
  if (readdirSync(folder).includes('db.json')) {
    database.loadDatabase({}, rethrow);
  }
  database.saveDatabase(rethrow);
  return database;
}

/** What the database holds, without Loki's own fields; also asks each row by its indexed key. */
function contents(database: Loki): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const result: Record<string, Record<string, number>> = {};
  for (const { name } of database.collections) {
    const collection = database.getCollection(name);
    const rows: Record<string, number> = {};
    for (const { key } of collection?.find() ?? []) {
      rows[key] = collection?.findOne({ key })?.value ?? Number.NaN;
    }
    result[name] = rows;
  }
  return result;
}

type Step =
  | { readonly kind: 'put'; readonly table: string; readonly key: string; readonly value: number }
  | { readonly kind: 'remove'; readonly table: string; readonly key: string }
  | { readonly kind: 'drop'; readonly table: string }
  | { readonly kind: 'answer' | 'crash' | 'tornCrash' };

function run(database: Loki, step: Extract<Step, { readonly table: string }>): void {
  if (step.kind === 'drop') {
    database.removeCollection(step.table);
    return;
  }
  const collection = database.getCollection(step.table) ?? database.addCollection(step.table, { indices: ['key'] });
  if (step.kind === 'remove') {
    collection.findAndRemove({ key: step.key });
    return;
  }
  const existing = collection.findOne({ key: step.key });
  if (existing === null) {
    collection.insert({ key: step.key, value: step.value });
  } else {
    existing.value = step.value;
    collection.update(existing);
  }
}

const tables = fc.constantFrom('blobs', 'rows');
const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), table: tables, key: keys, value: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), table: tables, key: keys }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), table: tables }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'answer' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'crash' as const }, { kind: 'tornCrash' as const }) },
);

test('after any steps and crashes, the database is what it was at the last answer', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 120 }), (steps) => {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), 'durable-loki-'));
      const filename = join(folder, 'db.json');
      let database = open(filename);
      let answered = contents(database);
      for (const step of [...steps, { kind: 'crash' as const }]) {
        if ('table' in step) {
          run(database, step);
        } else if (step.kind === 'answer') {
          flushAll();
          answered = contents(database);
        } else {
          if (step.kind === 'tornCrash') {
            tearJournal();
          }
          database = open(filename);
          expect(contents(database)).toEqual(answered);
        }
      }
    }),
    { numRuns: 150 },
  );
});

/** Leaves the files as a process killed in the middle of a write does. */
function tearJournal(): void {
  const journal = readdirSync(folder).find((name) => name.includes('.journal-'));
  if (journal !== undefined) {
    appendFileSync(join(folder, journal), '{"kind":"put","collection":"blobs","docu');
  }
}
