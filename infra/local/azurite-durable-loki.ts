import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/**
 * A write-ahead journal for LokiJS, the in-memory database in which Azurite keeps the metadata of blobs, queues and
 * the rows of tables. Loki itself writes the whole database to disk every five seconds, so that a killed Azurite
 * forgets up to five seconds of writes it had already answered, and its files contradict each other. Here each
 * changed document is appended to a journal before the answer goes out, at a cost that does not grow with the
 * database; the snapshot is written at start and when the journal has grown large.
 *
 * An entry states what a document is now, or that it is gone, so that replaying one twice changes nothing.
 */
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;

type Document = { readonly $loki: number };

type Collection = {
  readonly name: string;
  readonly data: readonly Document[];
  dirtyIds: number[];
  get(id: number): Document | null;
  ensureAllIndexes(force: boolean): void;
};

type Database = {
  readonly filename: string;
  collections: Collection[];
  isIncremental: boolean;
  loadJSONObject(database: unknown, options: object): void;
  serialize(): string;
  serializeReplacer(key: string, value: unknown): unknown;
};

type DatabaseOptions = { readonly persistenceMethod?: string };
type DatabaseClass = new (filename: string, options: DatabaseOptions) => Database;
type Callback = (error?: unknown) => void;

type Entry =
  | { readonly kind: 'create'; readonly collection: string; readonly shape: StoredCollection }
  | { readonly kind: 'drop'; readonly collection: string }
  | { readonly kind: 'put'; readonly collection: string; readonly document: Document }
  | { readonly kind: 'remove'; readonly collection: string; readonly id: number };

type StoredCollection = {
  readonly name: string;
  data: Document[];
  idIndex: unknown;
  dirtyIds: number[];
  maxId: number;
};
type StoredDatabase = { collections: StoredCollection[]; journalGeneration?: number };

/**
 * Replaces the LokiJS that Azurite is about to load by one with a journal.
 * Call it before Azurite is loaded; `flushAll` writes what has changed since the last call, synchronously.
 */
export function installDurableLoki(
  fromAzurite: NodeJS.Require,
  journalLimitBytes = JOURNAL_LIMIT_BYTES,
): { readonly flushAll: () => void } {
  const Loki = fromAzurite('lokijs') as DatabaseClass;
  const loaded = fromAzurite.cache[fromAzurite.resolve('lokijs')];
  if (loaded === undefined) {
    throw new Error('LokiJS was loaded but is not in the module cache');
  }
  // By file: whoever opens a database again takes over from the one before.
  const journals = new Map<string, DatabaseJournal>();
  loaded.exports = class extends Loki {
    private readonly journal: DatabaseJournal | undefined;

    constructor(filename: string, options: DatabaseOptions) {
      const isOnDisk = options.persistenceMethod === 'fs';
      super(filename, isOnDisk ? { persistenceMethod: 'fs' } : options);
      if (isOnDisk) {
        // Loki then collects the ids of changed documents, for every way of changing them.
        this.isIncremental = true;
        this.journal = new DatabaseJournal(this, journalLimitBytes);
        journals.set(filename, this.journal);
        Object.defineProperty(this, 'journal', { enumerable: false });
      }
    }

    loadDatabase(_options: object, callback: Callback): void {
      settle(callback, () => this.journal?.load());
    }

    saveDatabase(callback: Callback): void {
      settle(callback, () => this.journal?.writeSnapshot());
    }

    close(callback: Callback): void {
      settle(callback, () => this.journal?.flush());
    }
  };
  return {
    flushAll: () => {
      for (const journal of journals.values()) {
        journal.flush();
      }
    },
  };
}

function settle(callback: Callback | undefined, work: () => void): void {
  try {
    work();
  } catch (error) {
    callback?.(error);
    return;
  }
  callback?.();
}

class DatabaseJournal {
  readonly #database: Database;
  readonly #limitBytes: number;
  readonly #known = new Map<string, Collection>();
  #generation = 0;
  #file: number | undefined;
  #sizeBytes = 0;

  constructor(database: Database, limitBytes: number) {
    this.#database = database;
    this.#limitBytes = limitBytes;
  }

  /** Snapshot plus journal; the snapshot names the journal that continues it. */
  load(): void {
    const stored = JSON.parse(readFileSync(this.#database.filename, 'utf8')) as StoredDatabase;
    this.#generation = stored.journalGeneration ?? 0;
    const journal = this.#journalPath(this.#generation);
    const entries = existsSync(journal) ? readEntries(readFileSync(journal, 'utf8'), journal) : [];
    replay(stored, entries);
    this.#database.loadJSONObject(stored, {});
    for (const collection of this.#database.collections) {
      collection.dirtyIds = [];
      collection.ensureAllIndexes(true);
    }
  }

  /** Appends what has changed since the last call. A killed process keeps what it has handed to the system. */
  flush(): void {
    if (this.#file === undefined) {
      return;
    }
    const lines = this.#changes().map((entry) => `${JSON.stringify(entry)}\n`);
    if (lines.length === 0) {
      return;
    }
    const text = lines.join('');
    appendFileSync(this.#file, text);
    this.#sizeBytes += Buffer.byteLength(text);
    if (this.#sizeBytes > this.#limitBytes) {
      this.writeSnapshot();
    }
  }

  /** The new snapshot is moved into place whole and names a new, still empty journal: no moment has half a state. */
  writeSnapshot(): void {
    const { filename } = this.#database;
    const previous = this.#generation;
    const next = previous + 1;
    rmSync(this.#journalPath(next), { force: true });
    const file = openSync(this.#journalPath(next), 'a');
    this.#changes();
    const stored: StoredDatabase = JSON.parse(this.#database.serialize());
    writeFileSync(`${filename}~`, JSON.stringify({ ...stored, journalGeneration: next }));
    renameSync(`${filename}~`, filename);
    if (this.#file !== undefined) {
      closeSync(this.#file);
    }
    rmSync(this.#journalPath(previous), { force: true });
    this.#file = file;
    this.#generation = next;
    this.#sizeBytes = 0;
  }

  #changes(): readonly Entry[] {
    const entries: Entry[] = [];
    const current = new Set(this.#database.collections);
    for (const [name, collection] of this.#known) {
      if (!current.has(collection)) {
        this.#known.delete(name);
        entries.push({ kind: 'drop', collection: name });
      }
    }
    for (const collection of current) {
      if (!this.#known.has(collection.name)) {
        this.#known.set(collection.name, collection);
        entries.push({ kind: 'create', collection: collection.name, shape: this.#shapeOf(collection) });
      }
      entries.push(...documentChanges(collection));
    }
    return entries;
  }

  #shapeOf(collection: Collection): StoredCollection {
    const empty = { ...collection, data: [], idIndex: [], dirtyIds: [] };
    return JSON.parse(JSON.stringify(empty, (key, value) => this.#database.serializeReplacer(key, value)));
  }

  #journalPath(generation: number): string {
    return `${this.#database.filename}.journal-${generation}`;
  }
}

function documentChanges(collection: Collection): readonly Entry[] {
  if (collection.dirtyIds.length === 0) {
    return [];
  }
  const ids = new Set(collection.dirtyIds);
  collection.dirtyIds = [];
  return [...ids].map((id) => {
    const document = collection.get(id);
    return document === null
      ? { kind: 'remove', collection: collection.name, id }
      : { kind: 'put', collection: collection.name, document };
  });
}

/** The last line may be torn when the process was killed inside a write; nobody was answered for it. */
function readEntries(text: string, path: string): readonly Entry[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Entry;
    } catch (cause) {
      throw new Error(`${path}, line ${index + 1}: not a journal entry`, { cause });
    }
  });
}

function replay(stored: StoredDatabase, entries: readonly Entry[]): void {
  const documents = new Map<string, Map<number, Document>>();
  for (const collection of stored.collections) {
    documents.set(collection.name, new Map(collection.data.map((document) => [document.$loki, document])));
  }
  for (const entry of entries) {
    applyEntry(stored, documents, entry);
  }
  for (const collection of stored.collections) {
    // Loki finds documents by binary search on their id, so the order is part of the data.
    collection.data = [...(documents.get(collection.name)?.values() ?? [])].sort((a, b) => a.$loki - b.$loki);
    collection.maxId = Math.max(collection.maxId, collection.data.at(-1)?.$loki ?? 0);
    collection.idIndex = null;
    collection.dirtyIds = [];
  }
}

function applyEntry(stored: StoredDatabase, documents: Map<string, Map<number, Document>>, entry: Entry): void {
  switch (entry.kind) {
    case 'create':
      stored.collections = [...stored.collections.filter(({ name }) => name !== entry.collection), entry.shape];
      documents.set(entry.collection, new Map());
      return;
    case 'drop':
      stored.collections = stored.collections.filter(({ name }) => name !== entry.collection);
      documents.delete(entry.collection);
      return;
    case 'put':
      documents.get(entry.collection)?.set(entry.document.$loki, entry.document);
      return;
    case 'remove':
      documents.get(entry.collection)?.delete(entry.id);
      return;
    default:
      throw new Error(`A journal entry of an unknown kind: ${JSON.stringify(entry satisfies never)}`);
  }
}
